"""Runs chaos from the command line, and prints its table."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Plan, run
from tests.chaos.site import DATABASES


def main() -> int:
    asked = argparse.ArgumentParser(prog="make chaos")
    asked.add_argument("--database", choices=sorted(DATABASES), default=Plan.database)
    asked.add_argument("--stacks", type=int, default=Plan.stacks)
    asked.add_argument("--at-once", type=int, default=Plan.at_once)
    asked.add_argument("--keep", type=int, default=Plan.keep)
    asked.add_argument("--pause", type=float, default=Plan.pause, help="seconds between two acts")
    asked.add_argument("--seed", type=int, default=Plan.seed)
    asked.add_argument("--acts", help="only these, for example kill,freeze,database")
    asked.add_argument("--folder", type=Path, help="keep the logs here")
    given = vars(asked.parse_args())
    folder = given.pop("folder")
    given["acts"] = tuple((given["acts"] or "").split(",")) if given["acts"] else ()
    plan = Plan(**given)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        result = run(folder, plan)
    else:
        with tempfile.TemporaryDirectory(prefix="heat-chaos-") as name:
            result = run(Path(name), plan)
    print(*result.lines(), sep="\n")
    return bool(result.wrong)


if __name__ == "__main__":
    sys.exit(main())

"""Run many seeds: python -m tests.sim --seeds 1000 [--first 0] [--table FILE]."""

import argparse
import gc
import sys
import time
from collections import Counter
from pathlib import Path

from tests.sim.points import table
from tests.sim.scenario import draw
from tests.sim.simulate import attempt, explain, shrink


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds for each that fails")
    parser.add_argument("--table", type=Path, help="where to write what came of each crash")
    given = parser.parse_args()
    # What is loaded by now stays, and runs make little garbage that refers to itself.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    counts, sums, failed, began = Counter(), Counter(), 0, time.process_time()
    for seed in range(given.first, given.first + given.seeds):
        report = attempt(draw(seed))
        counts += report.counts
        sums += report.table
        if report.broken:
            failed += 1
            small = shrink(report, given.shrink) if given.shrink else report
            print(
                explain(small, report) if given.shrink else f"{seed}: {report.broken}", flush=True
            )
        done = seed + 1 - given.first
        if given.table and (done % 10 == 0 or done == given.seeds):
            said = f"{done} scenarios from {given.first} on, {failed} failed"
            given.table.write_text(f"{said}\n{table(sums)}")
        if done % 100 == 0:
            rate = done / (time.process_time() - began) * 60
            print(f"-- {done} scenarios, {failed} failed, {rate:.0f} a minute", flush=True)
            print("   " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items())), flush=True)
    for name, count in sorted(counts.items()):
        print(f"{name}: {count}")
    print(f"{given.seeds} scenarios, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

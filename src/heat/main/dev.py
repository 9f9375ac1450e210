"""`heat dev`: a local cloud and all of Heat, and a first stack if one is asked for.

What is imported here is little, so that the first line is said at once.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from heat.cli.called import as_called

COMMAND = "import sys; del sys.argv[0]; from heat.cli.main import main; raise SystemExit(main())"
OWN = Path(sys.executable).parent / "heat"
"""The command beside this one, which need not be where a shell looks."""
USUAL_PORT = 5500
NOT_FOUND = 3
"""How every command ends when a file is not there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C, or with --once until the first stack is done."""
    options = parse(sys.argv[2:] if arguments is None else arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    if options.ready_file:
        options.ready_file.unlink(missing_ok=True)  # an earlier run may have left it
    say(f"Starting a local cloud and Heat in {options.state_dir} ...")
    from heat.main.local import Refused, start

    with ExitStack() as closing:
        try:
            running = start(options, closing)
        except Refused as refused:
            sys.stderr.write(f"heat dev: {refused}\n")
            return 1
        tell(running, stays=not options.once)
        code = launch(options.run, running, stopped) if options.run else 0
        if not options.once:
            say("\nRunning until Ctrl-C." if sys.stdout.isatty() else "Running until SIGTERM.")
            stopped.wait()
        elif options.run:
            again = f"heat dev --state-dir {running['STATE_DIR']}"
            say(as_called(f"\nThe cloud and Heat end now. `{again}` goes on from here;"))
            say("the commands above work while it runs.")
    return code if options.once else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="heat dev", description="Run a local cloud and Heat in one process."
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=Path(".state/dev"),
        metavar="DIR",
        help="keep everything here, and go on from what is here (default: .state/dev)",
    )
    parser.add_argument(
        "--ready-file", type=Path, metavar="FILE", help="write this file when every port answers"
    )
    parser.add_argument(
        "--port-base",
        type=int,
        metavar="N",
        help="the cloud serves port N, the API N+1; 0 takes free ports (default: "
        f"{USUAL_PORT}, or free ports where that is taken)",
    )
    parser.add_argument(
        "--latency",
        action="append",
        default=[],
        metavar="ACTION=SECONDS",
        help="how long an action of the cloud takes, such as server.create=2; repeatable",
    )
    parser.add_argument(
        "--run", type=Path, metavar="TEMPLATE", help="create a stack of this template, and show it"
    )
    parser.add_argument(
        "--once", action="store_true", help="end when that stack is done; the exit code tells how"
    )
    options = parser.parse_args(arguments)
    options.latency = {
        name: seconds for text in options.latency for name, seconds in (pair(parser, text),)
    }
    if options.run and not options.run.is_file():
        parser.exit(NOT_FOUND, f"heat dev: there is no template {options.run}\n")
    return options


def pair(parser: argparse.ArgumentParser, text: str) -> tuple[str, float]:
    """Read ACTION=SECONDS."""
    name, _, seconds = text.partition("=")
    try:
        return name, float(seconds)
    except ValueError:
        parser.error(f"{text!r} is no latency; write for example server.create=2.5")


def tell(running: Mapping[str, str], *, stays: bool) -> None:
    """Say what runs where and, if it stays, how to talk to it."""
    folder = running["STATE_DIR"]
    say(f"A local cloud serves {running['DEVCLOUD_URL']}, Heat {running['HEAT_URL']}.")
    if not stays:
        return
    say(f"In another shell:  set -a; . {folder}/env; set +a")
    say(f"                   {OWN} stack list")


def launch(template: Path, running: Mapping[str, str], stopped: threading.Event) -> int:
    """Create the stack through the command line, as a user would, and return its exit code."""
    name = template.stem
    environment = {**os.environ, **running}
    command = [sys.executable, "-c", COMMAND, str(OWN), "stack"]
    verb = "create" if running["FRESH"] else known(command, name, environment)
    say(f"\n$ heat stack {verb} {name} -t {template} --wait")
    child = subprocess.Popen(  # noqa: S603 - our own command
        [*command, verb, name, "-t", str(template), "--wait"], env=environment
    )
    while not stopped.is_set():
        try:
            return child.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    child.terminate()
    return child.wait()


def known(command: Sequence[str], name: str, environment: Mapping[str, str]) -> str:
    """Return what to do about a stack: create it, or update the one of an earlier run."""
    shown = subprocess.run(  # noqa: S603 - our own command
        [*command, "show", name, "-f", "json"], env=environment, capture_output=True, check=False
    )
    return "update" if shown.returncode == 0 else "create"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

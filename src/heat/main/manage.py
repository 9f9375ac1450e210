"""The `heat-manage` command: looks after the database, and after what it says of the cloud."""

import sys
from collections.abc import Sequence
from datetime import timedelta

from oslo_config import cfg

from heat.base.errors import Fault
from heat.base.ids import ProjectId
from heat.main import orphans, settings
from heat.main.engine import open_database
from heat.store import migrations
from heat.store.database import Database
from heat.store.purge import purge_deleted

USAGE = """usage: heat-manage [--config-file FILE] db sync|version
       heat-manage [--config-file FILE] purge_deleted [AGE [days|hours|minutes|seconds]] [PROJECT]
       heat-manage [--config-file FILE] orphans [--delete] [--project PROJECT]

  db sync      bring the schema to the newest version
  db version   tell which version it has, and which this Heat needs
  db_sync, db_version   the same, under their older names
  purge_deleted         forget the stacks that were deleted longer ago than that (90 days)
  orphans               list objects that are no stack's any more, and records without objects;
                        --delete deletes those that are superfluous beyond doubt
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    if "orphans" in given:
        return _orphans(given)
    options, words = split(given)
    command = " ".join(words).replace("db_", "db ")
    purge = _purge(words)
    if purge is None and command not in {"db sync", "db version"}:
        sys.stderr.write(USAGE)
        return 2
    try:
        conf = settings.read(options, "heat-manage")
        db = Database(settings.database_url(conf), pool_size=1)
        try:
            if purge is not None:
                sys.stdout.write(f"{purge_deleted(db, *purge)} stacks are forgotten.\n")
                return 0
            if command == "db sync":
                migrations.migrate(db)
            sys.stdout.write(f"{migrations.version(db)} (newest {migrations.newest()})\n")
        finally:
            db.close()
    except (Fault, cfg.Error) as fault:
        sys.stderr.write(f"heat-manage: {fault}\n")
        return 1
    return 0


def _orphans(given: Sequence[str]) -> int:
    at = given.index("orphans")
    try:
        conf = settings.read(given[:at], "heat-manage")
        db = open_database(conf)
        try:
            return orphans.run(conf, db, given[at + 1 :])
        finally:
            db.close()
    except (Fault, cfg.Error) as fault:
        sys.stderr.write(f"heat-manage: {fault}\n")
        return 1


def _purge(words: Sequence[str]) -> tuple[timedelta, ProjectId | None] | None:
    """Read how old, and of which project, what is purged must be; None when it can't be read."""
    if words[:1] != ["purge_deleted"]:
        return None
    rest = list(words[1:])
    number = float(rest.pop(0)) if rest and rest[0].isdecimal() else 90.0
    unit = rest.pop(0) if rest and rest[0] in {"days", "hours", "minutes", "seconds"} else "days"
    if len(rest) > 1:
        return None
    return timedelta(**{unit: number}), ProjectId(rest[0]) if rest else None


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take options, with the values that stand after them, apart from the words of the command."""
    options: list[str] = []
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            words.append(argument)
            continue
        options.append(argument)
        if argument in {"--config-file", "--config-dir", "--log-file", "--log-dir"}:
            options.extend(value for value in (next(rest, None),) if value is not None)
    return options, words


if __name__ == "__main__":
    sys.exit(main())

"""The whole of the older command line, as python-heatclient still has it in its shell module."""

import warnings
from collections.abc import Iterator

import click
import pytest

from heat.cli.aliases import ALIASES, rewritten
from heat.cli.main import cli

ELSEWHERE = {
    "deployment-create": {"-t", "--signal-transport", "--container", "--timeout"},
}
"""What older commands took for services that deployments do not use here."""
VALUES = {
    int: "7",
    "--format": "json",
    "--sort-dir": "asc",
    "-d": "asc",
    "--template-type": "hot",
    "-P": "a=b",
    "--parameters": "a=b",
    "-I": "99001",
    "-F": "json",
    "--rollback": "true",
}


def older() -> Iterator[tuple[str, list[tuple[tuple[str, ...], bool, str]]]]:
    """Tell each command with its options: how they are written, and a value for those with one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from heatclient.v1 import shell
    for name, function in vars(shell).items():
        if not name.startswith("do_"):
            continue
        options = [
            (names, "store" not in str(told.get("action")), VALUES.get(told.get("type"), "a=b"))
            for names, told in getattr(function, "arguments", ())
            if names[0].startswith("-")
        ]
        yield name.removeprefix("do_").replace("_", "-"), options


OLDER = dict(older())


def found(words: list[str]) -> tuple[click.Command, list[str]]:
    """Go from the groups to the command, and leave its arguments."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        inner = command.get_command(context, words[0])
        assert inner is not None, words
        command, words = inner, words[1:]
    return command, words


@pytest.mark.parametrize("name", OLDER)
def test_every_older_command_is_there_with_every_option(name: str) -> None:
    assert name in ALIASES or name in cli.list_commands(click.Context(cli))
    for names, takes_value, value in OLDER[name]:
        for spelling in names:
            if spelling in ELSEWHERE.get(name, ()):
                continue
            given = [name, spelling, *([VALUES.get(spelling, value)] if takes_value else [])]
            command, words = found(rewritten(given)[0])
            _, left, _ = command.make_parser(click.Context(command)).parse_args(list(words))
            # What an option takes is taken: nothing of it is left for an argument.
            assert left == [], (given, words)

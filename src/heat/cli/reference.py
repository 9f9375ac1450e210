"""Writes docs/cli.md: every command with its purpose, the older spellings, the exit codes."""

from collections.abc import Iterator

import click

from heat.cli import failures
from heat.cli.aliases import ALIASES
from heat.cli.main import cli

HEAD = """\
# The `heat` command

This page is made from the code by `make docs`. `heat COMMAND --help` tells the options.

## A first stack

    heat stack create shop -t shop.yaml -P flavor=m1.small --dry-run   # what would be made
    heat stack create shop -t shop.yaml -P flavor=m1.small --wait      # make it, and look on
    heat stack outputs shop                                            # what came out
    heat stack update shop --existing -t shop.yaml --dry-run           # what a change would do
    heat stack update shop --existing -t shop.yaml --wait              # change it; values stay
    heat stack why shop                                                # if it failed: why
    heat stack delete shop --wait                                      # remove it all

## Which cloud

`--os-cloud NAME` or `OS_CLOUD` names a cloud of `clouds.yaml`; else the `OS_*` variables say where
keystone is and who asks. `--heat-url` or `OS_HEAT_URL` gives the service's address where the
catalogue does not have it. `heat template ...`, `heat lint` and `heat stack graph FILE` need no
cloud.

## Forms

`-f table|json|yaml|value` chooses how an answer is written, `-c COLUMN` (repeatable) what of it.
JSON and YAML have the keys of the REST API. Errors go to standard error: a line that says what is
wrong, and one that says what to do. Colours are for terminals; `NO_COLOR` takes them away there.

## Waiting

A command that begins something ends at once, unless `--wait` is given: then the operation is shown
as a tree on a terminal, elsewhere as a line for each event. `--max-wait SECONDS` ends watching, not
the operation; so does Ctrl-C. `heat stack watch STACK` goes on watching. Outputs that are made of
hidden parameters are not printed at the end; `heat stack output STACK KEY` shows them.

The tree tells how long it will take, from how long the like took before in this stack and what
waits for what; of an update, from its plan. It tells nothing where a type was never seen, or
something takes over twice as long as usual.

## What is wrong with a template

All that is wrong is told at once, each thing with its place and a cure, before anything is done.
`create`, `update`, their `--dry-run` and `validate` also write a `warning:` line to standard error
for what the service takes in silence though nobody means it: a misspelt function, a key that is
there twice, a reference of an output that leads nowhere. `heat lint` has more to say.

## Completion

    eval "$(heat completion bash)"      # in ~/.bashrc; zsh likewise
    heat completion fish | source       # in ~/.config/fish/config.fish

completes commands, options, and the names of stacks and resources, which the service is asked for.
"""
DETAILED = """\
`heat stack update --dry-run --detailed-exitcode` ends with 0 if nothing would change, with 2 if
something would, and with 1 if the command line can't be understood; so does `stack create`."""
CODES = (
    (0, "all went well"),
    (failures.FAILED, "the operation failed, the request was refused, or problems were found"),
    (failures.USAGE, "the command line can't be understood"),
    (failures.NOT_FOUND, "there is no such stack, resource, output, snapshot, file or type"),
    (failures.NO_ACCESS, "no login, no permission, or no answer from the service"),
    (failures.TOO_LONG, "`--max-wait` ran out; the operation goes on"),
    (failures.INTERRUPTED, "Ctrl-C; the operation goes on"),
    (failures.UNREAD, "what reads the output has closed it, as `head` does"),
)


def document() -> str:
    """Return the page."""
    lines = [HEAD, "## Exit codes", "", "| code | meaning |", "| --- | --- |"]
    lines += [f"| {code} | {meaning} |" for code, meaning in CODES]
    lines += ["", DETAILED, "", "## Commands", "", "| command | what |", "| --- | --- |"]
    lines += [f"| `{usage}` | {what} |" for usage, what in _commands(cli, "heat")]
    lines += [
        "",
        "Some groups stand alone too: `heat stack output STACK KEY` shows the output,",
        "`heat stack resource STACK` lists the resources, `heat stack template STACK` shows it.",
        "",
        "## Older spellings",
        "",
        "These go on working, with the options that they had; on a terminal a line tells",
        "today's words. So do the options that stood before the command: `--os-username demo`, or",
        "any `--os-...` that has a variable `OS_...`, sets that variable for the run; `--insecure`",
        "sets `OS_INSECURE`; `--debug`, `--verbose` and `--api-timeout` are taken and do nothing.",
        "",
        "| older | today |",
        "| --- | --- |",
    ]
    lines += [
        f"| `heat {older}` | `heat {words}` |" for older, (words, _) in sorted(ALIASES.items())
    ]
    return "\n".join(lines) + "\n"


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _commands(found, f"{path} {name}")
        return
    context = click.Context(command)
    words = [
        param.make_metavar(context) for param in command.params if isinstance(param, click.Argument)
    ]
    what = (command.short_help or command.help or "").strip().partition("\n\n")[0]
    said = " ".join(what.split()).replace("|", "\\|")
    yield " ".join([path, *words]).replace("|", "\\|"), said


if __name__ == "__main__":
    click.echo(document(), nl=False)

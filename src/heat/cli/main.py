"""The `heat` command: its groups, and what a failure comes to."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from heat.cli.asking import cloud_options
from heat.cli.failures import FAILED, INTERRUPTED, UNREAD, USAGE, Failure
from heat.cli.groups import Lazy

COMPLETING = "_HEAT_COMPLETE"
"""The variable with which a shell asks how a command line may go on."""
DEV = "heat.main.dev"
"""The room above this one; only its name is known here."""

COMMANDS = {
    "build-info": "heat.cli.about:build_info",
    "completion": "heat.cli.completion:completion",
    "hook": "heat.cli.hook:group",
    "lint": "heat.cli.lint:command",
    "resource-type": "heat.cli.resource_type:group",
    "service": "heat.cli.about:service",
    "software-config": "heat.cli.software:config",
    "software-deployment": "heat.cli.software:deployment",
    "stack": "heat.cli.stack:group",
    "template": "heat.cli.template:group",
}


HELP = {"help_option_names": ["-h", "--help"]}


class _Unread(Exception):
    """Whoever read the output has had enough."""


class _Whole(Lazy):
    """The whole command, whose failures click must not end in its own way."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise _Unread from None
        return found


@click.group(cls=_Whole, addresses=COMMANDS, context_settings=HELP)
@cloud_options
@click.version_option(package_name="heat", prog_name="heat")
@click.pass_context
def cli(context: click.Context, os_cloud: str | None, heat_url: str | None) -> None:
    """Launch, change, watch and remove whole cloud applications from a template."""
    if os.environ.get("NO_COLOR"):
        context.color = False
    context.obj = {"os_cloud": os_cloud, "heat_url": heat_url}


@cli.command()
def version() -> None:
    """Show the version of this command."""
    from importlib.metadata import version as version_of

    click.echo(version_of("heat"))


@cli.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="Run a cloud and the service on this machine.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def dev(arguments: tuple[str, ...]) -> None:
    """Run a cloud and the service on this machine, for development."""
    sys.exit(_dev(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    from heat.base.garbage import look_seldom
    from heat.cli.aliases import rewritten

    look_seldom()
    if COMPLETING in os.environ:
        _complete_in_todays_words()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["dev"]:
        return _dev(given[1:])
    try:
        if given and given[0].startswith("-"):
            from heat.cli.older import apply

            given = list(apply(given))
        given, hint = rewritten(given)
        if hint and sys.stderr.isatty():
            click.echo(hint, err=True)
        code = cli.main(given, prog_name="heat", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        from heat.cli.complaints import complain_of_usage

        complain_of_usage(error)
        return FAILED if "--detailed-exitcode" in given else error.exit_code
    except Failure as failure:
        from heat.cli.complaints import complain

        complain(failure)
        return failure.code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except _Unread:
        # What is buffered must not be written at exit.
        sys.stdout = None
        return UNREAD
    return code if isinstance(code, int) else 0


def _complete_in_todays_words() -> None:
    from heat.cli.aliases import rewritten_for_shell

    names = ("COMP_WORDS", "COMP_CWORD")
    words, at = (os.environ.get(name, "") for name in names)
    os.environ.update(zip(names, rewritten_for_shell(words, at), strict=True))


def _dev(arguments: Sequence[str]) -> int:
    room: Any = importlib.import_module(DEV)
    code = room.main(list(arguments))
    return code if isinstance(code, int) else 0

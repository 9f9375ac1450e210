"""The `heat` command: its groups, and what a failure comes to."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any, ClassVar

import click

from heat.cli.asking import cloud_options
from heat.cli.failures import Failure

DEV = "heat.main.dev"
"""The room above this one; only its name is known here."""


class Lazy(click.Group):
    """A group whose commands are imported when they are used."""

    modules: ClassVar[dict[str, str]] = {
        "hook": "heat.cli.hook",
        "stack": "heat.cli.stack",
        "resource-type": "heat.cli.resource_type",
        "template": "heat.cli.template",
        "lint": "heat.cli.lint",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        return sorted([*super().list_commands(ctx), *self.modules])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command."""
        if cmd_name in self.modules:
            module = importlib.import_module(self.modules[cmd_name])
            command: click.Command = getattr(module, "group", None) or module.command
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@cloud_options
@click.version_option(package_name="heat", prog_name="heat")
@click.pass_context
def cli(context: click.Context, os_cloud: str | None, heat_url: str | None) -> None:
    """Launch, change, watch and remove whole cloud applications from a template."""
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
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["dev"]:
        return _dev(given[1:])
    try:
        code = cli.main(given, prog_name="heat", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Failure as failure:
        from heat.cli.complaints import complain

        complain(failure)
        return 1
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read the output has had enough; what is buffered must not be written at exit.
        sys.stdout = None
        return 1
    return code if isinstance(code, int) else 0


def _dev(arguments: Sequence[str]) -> int:
    room: Any = importlib.import_module(DEV)
    code = room.main(list(arguments))
    return code if isinstance(code, int) else 0

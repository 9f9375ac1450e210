"""Groups of commands that are imported when they are used, and that tell what was meant."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Lazy(click.Group):
    """A group whose commands have addresses, ``module:name``.

    ``otherwise`` names the command that is meant when the first word is none: by how many words
    there are before the first option, the last one serving for more.
    """

    def __init__(
        self,
        *args: Any,
        addresses: Mapping[str, str] | None = None,
        otherwise: tuple[str, ...] = (),
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.addresses, self.otherwise = dict(addresses or {}), otherwise

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        return sorted({*super().list_commands(ctx), *self.addresses})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command."""
        if cmd_name in self.addresses:
            module, _, name = self.addresses[cmd_name].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that a command line means."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            if self.otherwise:
                options = (n for n, word in enumerate(args) if word.startswith("-"))
                words = next(options, len(args))
                args = [self.otherwise[min(words, len(self.otherwise)) - 1], *args]
            else:
                raise self._unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what every command is for, in whole."""
        names = self.list_commands(ctx)
        found = [(name, self.get_command(ctx, name)) for name in names]
        rows = [(name, cmd.get_short_help_str(500)) for name, cmd in found if cmd]
        with formatter.section("Commands"):
            formatter.write_dl([row for row in rows if row])

    def _unknown(self, ctx: click.Context, word: str) -> click.UsageError:
        from heat.base.problems import closest

        known = self.list_commands(ctx)
        near = closest(word, known)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
        return click.UsageError(f"there is no command {word!r}; {hint}", ctx)

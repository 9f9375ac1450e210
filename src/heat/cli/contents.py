"""From the files that a command names to what is examined, without a service."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from heat.cli.files import Sources
    from heat.lint.examine import Content

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(allow_dash=True)


def with_environments(command: F) -> F:
    """Add the option that names environments; the command gets ``environments``."""
    return click.option(
        "-e",
        "--environment",
        "environments",
        multiple=True,
        type=FILE,
        help="Values and types; repeatable, the last one wins.",
    )(command)


def with_parameters(command: F) -> F:
    """Add the option that gives parameters values; the command gets ``parameters``."""
    return click.option(
        "-P",
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE",
        help="Value of a parameter; repeatable.",
    )(command)


def read_content(
    template: str, environments: Sequence[str], parameters: Sequence[str] = ()
) -> "Content":
    """Read a template, its environments and all files that they name, as far as they are there."""
    from heat.cli.files import read_what_is_there

    sources, _ = read_what_is_there(template, environments)
    return content_of(template, sources, read_parameters(parameters))


def content_of(template: str, sources: "Sources", parameters: Mapping[str, Any]) -> "Content":
    """Return what was read, to be examined."""
    from heat.lint.examine import Content

    return Content(
        sources.template or "",
        template,
        sources.files,
        {sources.names[key]: text for key, text in sources.environments.items()},
        parameters,
        {key: name for key, name in sources.names.items() if key in sources.files},
        sources.unread,
    )


def read_filters(given: Sequence[str], option: str, known: Sequence[str]) -> dict[str, str]:
    """Read what is asked of a list; the service takes no notice of names that it does not know."""
    from heat.base.problems import did_you_mean

    found = read_parameters(given, option)
    for name in found:
        if name not in known:
            way = did_you_mean(name, known) or f"there are {', '.join(known)}"
            raise click.BadParameter(f"nothing has {name!r}; {way}", param_hint=option)
    return found


def read_parameters(given: Sequence[str], option: str = "-P") -> dict[str, str]:
    """Read what an option of names and values gives."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=option)
        found[name] = value
    return found

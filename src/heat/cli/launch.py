"""The commands that launch, change and remove stacks, or show what that would do."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heat.cli.asking import asking
from heat.cli.client import Client, StackReference
from heat.cli.contents import FILE, read_parameters
from heat.cli.failures import Refused
from heat.cli.shown import Form, formed

if TYPE_CHECKING:
    from rich.console import Console

    from heat.cli.files import Sources

F = TypeVar("F", bound=Callable[..., Any])

CHANGES = (
    ("added", "+", "green"),
    ("updated", "~", "yellow"),
    ("replaced", "±", "yellow"),
    ("deleted", "-", "red"),
)
INTERRUPTED = 130


def _launching(command: F) -> F:
    """Add what create and update both take."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Only show what would be done."),
        click.option("--tags", help="Tags of the stack (a,b)."),
        click.option(
            "--rollback/--no-rollback", default=None, help="On failure, go back to what was before."
        ),
        click.option(
            "--timeout", type=click.IntRange(1), metavar="MINUTES", help="Fail after so long."
        ),
        click.option("--wait", is_flag=True, help="Watch until it is done."),
        click.option(
            "-P",
            "--parameter",
            "parameters",
            multiple=True,
            metavar="NAME=VALUE",
            help="Value of a parameter; repeatable.",
        ),
        click.option(
            "-e",
            "--environment",
            "environments",
            multiple=True,
            type=FILE,
            help="Values and types; repeatable, the last one wins.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("name")
@click.option("-t", "--template", required=True, type=FILE, help="The template.")
@_launching
@formed
@asking
def create(client: Client, form: Form, name: str, **options: Any) -> int:
    """Launch a stack from a template."""
    sources, body = _body(options)
    body["stack_name"] = name
    with _named(sources):
        if options["dry_run"]:
            _show_preview(client.send("POST", "/stacks/preview", body), form)
            return 0
        stack = client.send("POST", "/stacks", body)["stack"]
    reference = StackReference(name, stack["id"])
    return started(client, reference, form, "CREATE", wait=options["wait"])


@click.command()
@click.argument("name")
@click.option("-t", "--template", type=FILE, help="The template.")
@click.option(
    "--existing", is_flag=True, help="Keep the template and parameters that are not given."
)
@click.option("--converge", is_flag=True, help="Look at the live objects first, and repair them.")
@click.option("--clear", "clear", multiple=True, metavar="PARAMETER", help="Forget its value.")
@_launching
@formed
@asking
def update(
    client: Client,
    form: Form,
    name: str,
    existing: bool,
    converge: bool,
    clear: tuple[str, ...],
    **options: Any,
) -> int:
    """Change a stack to what a template says."""
    if not existing and options["template"] is None:
        raise click.UsageError("give a template with -t, or --existing to keep the stack's own")
    if clear and not existing:
        raise click.UsageError("--clear goes with --existing")
    sources, body = _body(options)
    if clear:
        body["clear_parameters"] = list(clear)
    if converge:
        body["converge"] = True
    method = "PATCH" if existing else "PUT"
    reference = client.find(name)
    with _named(sources):
        if options["dry_run"]:
            query = {"show_nested": "true"}
            found = client.send(method, f"{reference.path}/preview", body, query)
            _show_changes(found, form)
            return 0
        after = newest(client, reference) if options["wait"] else None
        client.send(method, reference.path, body)
    return started(client, reference, form, "UPDATE", wait=options["wait"], after=after)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--wait", is_flag=True, help="Watch until they are gone.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@asking
def delete(client: Client, names: tuple[str, ...], wait: bool, yes: bool) -> int:
    """Remove stacks and everything in them."""
    from heat.cli.complaints import complain

    if not yes and _at_terminal():
        click.confirm(f"Delete {', '.join(names)} and everything in it?", abort=True, err=True)
    code = 0
    started: list[tuple[StackReference, str | None]] = []
    for name in names:
        try:
            reference = client.find(name)
            after = newest(client, reference) if wait else None
            client.send("DELETE", reference.path)
        except Refused as failure:
            complain(failure)
            code = 1
            continue
        started.append((reference, after))
        if not wait:
            click.echo(f"deleting {reference.name}")
    if wait:
        for reference, after in started:
            ended = _watch(client, reference, _console(), "DELETE", after)
            if ended == INTERRUPTED:
                return ended
            code = code or ended
    return code


@click.command()
@click.option("-t", "--template", required=True, type=FILE, help="The template.")
@click.option(
    "-e",
    "--environment",
    "environments",
    multiple=True,
    type=FILE,
    help="Values and types; repeatable, the last one wins.",
)
@click.option(
    "-P",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a parameter; repeatable.",
)
@formed
@asking
def validate(client: Client, form: Form, **options: Any) -> None:
    """Check a template, and show the parameters that it takes."""
    sources, body = _body(options)
    with _named(sources):
        found = client.send("POST", "/validate", body)
    if form.name != "table" or form.columns:
        form.one(found)
        return
    click.echo(f"{options['template']} is valid: {found.get('Description') or ''}".rstrip(" :"))
    rows = [{"parameter": key, **schema} for key, schema in (found.get("Parameters") or {}).items()]
    form.rows(rows, ("parameter", "Type", "Default", "Description"))


def _body(options: dict[str, Any]) -> tuple["Sources", dict[str, Any]]:
    from heat.cli.files import read_sources

    sources = read_sources(options["template"], options["environments"])
    body = sources.body(read_parameters(options["parameters"]))
    if options.get("timeout") is not None:
        body["timeout_mins"] = options["timeout"]
    if options.get("rollback") is not None:
        body["disable_rollback"] = not options["rollback"]
    if options.get("tags") is not None:
        body["tags"] = options["tags"]
    return sources, body


@contextmanager
def _named(sources: "Sources") -> Generator[None]:
    """Speak of the user's own files when the service speaks of what was sent."""
    try:
        yield
    except Refused as refused:
        for problem in refused.problems:
            for key in ("file", "document"):
                if problem.get(key) in sources.names:
                    problem[key] = sources.names[problem[key]]
        raise


def started(
    client: Client,
    reference: StackReference,
    form: Form,
    action: str,
    *,
    wait: bool,
    after: str | None = None,
) -> int:
    """Say that an action has begun, or watch it to its end; return the exit code."""
    machine = form.name != "table" or bool(form.columns)
    if wait:
        code = _watch(client, reference, _console(stderr=machine), action, after)
        if machine and code != INTERRUPTED:
            form.one(client.get(reference.path)["stack"])
        return code
    if machine:
        form.one(client.get(reference.path)["stack"])
        return 0
    click.echo(f"{reference.name}: {action.lower()} started ({reference.id})")
    click.echo(f"  heat stack events {reference.name} --follow", err=True)
    return 0


def _watch(
    client: Client, reference: StackReference, console: "Console", action: str, after: str | None
) -> int:
    from heat.cli.live import watch

    try:
        return 0 if watch(client, reference, console, asked=action, after=after) else 1
    except KeyboardInterrupt:
        click.echo(f"\nThe {action.lower()} of {reference.name} goes on. To watch it:", err=True)
        click.echo(f"  heat stack events {reference.name} --follow", err=True)
        return INTERRUPTED


def newest(client: Client, reference: StackReference) -> str | None:
    """Return the id of the last event so far, after which to watch."""
    from heat.cli.live import newest_event

    return newest_event(client, reference)


def _console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr)


def _at_terminal() -> bool:
    import sys

    return sys.stdin.isatty()


def _show_preview(found: dict[str, Any], form: Form) -> None:
    stack: dict[str, Any] = found["stack"]
    if form.name != "table" or form.columns:
        form.one(stack)
        return
    if found.get("plan"):
        _show_plan(found["plan"])
        return
    count = 0
    for depth, entry in _flat(stack.get("resources") or (), 0):
        count += 1
        sign = click.style("+", fg="green")
        click.echo(f"{'  ' * depth}{sign} {entry['resource_name']}  {entry['resource_type']}")
    click.echo(f"Plan: {count} to create." if count else "Plan: nothing to do.")


def _show_plan(plan: str) -> None:
    """Write the service's own plan, which has the reasons too, with its signs in colour."""
    colours = {sign: colour for _, sign, colour in CHANGES}
    for line in plan.splitlines():
        text = line.lstrip()
        sign, indent = text[:1], line[: len(line) - len(text)]
        colour = colours.get(sign) if text[1:2] == " " else None
        click.echo(indent + (click.style(sign, fg=colour) if colour else sign) + text[1:])


def _flat(entries: Sequence[Any], depth: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Walk a preview's resources; those of a nested stack are a list in its place."""
    for entry in entries:
        if isinstance(entry, list):
            yield from _flat(entry, depth + 1)
        else:
            yield depth, entry


def _show_changes(found: dict[str, Any], form: Form) -> None:
    changes: dict[str, list[dict[str, Any]]] = found["resource_changes"]
    if form.name != "table" or form.columns:
        form.one(changes)
        return
    if found.get("plan"):
        _show_plan(found["plan"])
        return
    said: list[str] = []
    for kind, sign, colour in CHANGES:
        entries = changes.get(kind) or []
        for entry in entries:
            mark = click.style(sign, fg=colour)
            click.echo(f"{mark} {entry['resource_name']}  {entry['resource_type']}")
        if entries:
            said.append(f"{len(entries)} {kind}")
    kept = len(changes.get("unchanged") or ())
    said += [f"{kept} unchanged"] if kept else []
    click.echo(f"Plan: {', '.join(said) or 'nothing to do'}.")

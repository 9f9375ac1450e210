"""The commands that launch, change and remove stacks, or show what that would do."""

import json
import shlex
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heat.cli.asking import asking, of_stack
from heat.cli.client import Client, StackReference
from heat.cli.completing import stack_names
from heat.cli.contents import (
    FILE,
    content_of,
    read_parameters,
    with_environments,
    with_parameters,
)
from heat.cli.failures import CHANGES, INTERRUPTED, Failure, Refused, Unreachable
from heat.cli.planned import changes_anything, show_changes, show_preview
from heat.cli.shown import Form, formed
from heat.cli.texts import read_text
from heat.cli.waiting import Wait, console, note, started, waiting, watched

if TYPE_CHECKING:
    from heat.cli.files import Sources
    from heat.cli.live import Before

F = TypeVar("F", bound=Callable[..., Any])

NOTHING = "No description"
DETAILED = "--detailed-exitcode"
SILENT = ("L104", "L305", "L310", "L311", "L312")
"""Findings of the linter that a stack only shows when it is there, if ever."""


def with_values(command: F) -> F:
    """Add the options that give parameters their values, and types their templates."""
    command = click.option(
        "--parameter-file",
        "parameter_files",
        multiple=True,
        metavar="NAME=FILE",
        help="Value of a parameter, read from a file; repeatable.",
    )(command)
    return with_environments(with_parameters(command))


def _content(command: F) -> F:
    """Add a template with its environments and parameters."""
    template = click.option("-t", "--template", required=True, type=FILE, help="The template.")
    return template(with_values(command))


def _launching(command: F) -> F:
    """Add what create and update both take."""
    for option in (
        click.option(
            DETAILED,
            "detailed",
            is_flag=True,
            help="With --dry-run: end with 0 if nothing would change, with 2 if something would.",
        ),
        click.option("--dry-run", is_flag=True, help="Only show what would be done."),
        click.option("--tags", help="Tags of the stack (a,b)."),
        click.option(
            "--rollback/--no-rollback",
            "--enable-rollback/--disable-rollback",
            default=None,
            help="On failure, go back to what was before.",
        ),
        click.option(
            "--timeout", type=click.IntRange(1), metavar="MINUTES", help="Fail after so long."
        ),
    ):
        command = option(command)
    return waiting(with_values(command))


def _agree(options: dict[str, Any]) -> None:
    if options.get("detailed") and not options["dry_run"]:
        raise click.UsageError(f"{DETAILED} goes with --dry-run")


def _pauses(option: str) -> Callable[[F], F]:
    """Add the option that names resources which pause."""
    told = "Let this resource, or nested/resource, wait for a word; * stands for any; repeatable."
    return click.option(option, "hooks", multiple=True, metavar="RESOURCE", help=told)


@click.command()
@click.argument("name", metavar="STACK")
@click.option("-t", "--template", required=True, type=FILE, help="The template.")
@_pauses("--pre-create")
@_launching
@formed
@asking
def create(client: Client, form: Form, name: str, **options: Any) -> int:
    """Launch a stack from a template."""
    return _create(client, form, name, options)


def _create(client: Client, form: Form, name: str, options: dict[str, Any]) -> int:
    _agree(options)
    sources, body = request_body(options, "pre-create")
    body["stack_name"] = name
    with _named(sources):
        if options["dry_run"]:
            found = client.send("POST", "/stacks/preview", body)
            show_preview(found, form)
            some = bool(found["stack"].get("resources"))
            return CHANGES if options.get("detailed") and some else 0
        stack = client.send("POST", "/stacks", body)["stack"]
    reference = StackReference(name, stack["id"])
    file = options["template"]
    return started(client, reference, form, "CREATE", wait=options["wait"], template=file)


@click.command()
@of_stack
@click.option("-t", "--template", type=FILE, help="The template.")
@click.option(
    "--existing", is_flag=True, help="Keep the template and parameters that are not given."
)
@click.option("--converge", is_flag=True, help="Look at the live objects first, and repair them.")
@click.option(
    "--clear",
    "--clear-parameter",
    "clear",
    multiple=True,
    metavar="PARAMETER",
    help="Forget its value.",
)
@_pauses("--pre-update")
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
    _agree(options)
    sources, body = request_body(options, "pre-update")
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
            show_changes(found, form)
            return CHANGES if options["detailed"] and changes_anything(found) else 0
        before = None
        if options["wait"] is not None:
            before = note(client, reference, _foreseen(client, method, reference, body))
        client.send(method, reference.path, body)
    wait, file = options["wait"], options["template"] or ""
    return started(client, reference, form, "UPDATE", wait=wait, before=before, template=file)


def _foreseen(
    client: Client, method: str, reference: StackReference, body: dict[str, Any]
) -> dict[str, Any] | None:
    """Ask what an update will change, if anybody looks on: it tells how long it will take."""
    if not console().is_terminal:
        return None
    try:
        query = {"show_nested": "true"}
        found = client.send(method, f"{reference.path}/preview", body, query)
    except (Refused, Unreachable):
        return None  # the update itself tells why, if the same becomes of it
    return dict(found["resource_changes"])


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="STACK...", shell_complete=stack_names)
@waiting
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@asking
def delete(client: Client, names: tuple[str, ...], wait: Wait, yes: bool) -> int:
    """Remove stacks and everything in them."""
    from heat.cli.complaints import complain

    if not yes and _at_terminal():
        click.confirm(f"Delete {', '.join(names)} and everything in it?", abort=True, err=True)
    code = 0
    going: list[tuple[StackReference, Before | None]] = []
    for name in names:
        try:
            reference = client.find(name)
            before = note(client, reference) if wait is not None else None
            client.send("DELETE", reference.path)
        except Refused as failure:
            complain(failure)
            code = code or failure.code
            continue
        going.append((reference, before))
        if wait is None:
            click.echo(f"deleting {reference.name}")
    if wait is not None:
        for reference, before in going:
            ended = watched(client, reference, console(), "DELETE", before, wait)
            if ended == INTERRUPTED:
                return ended
            code = code or ended
    return code


@click.command()
@click.argument("name", metavar="STACK")
@_content
@click.option("--tags", help="Tags of the stack (a,b).")
@click.option("--timeout", type=click.IntRange(1), metavar="MINUTES", help="Fail after so long.")
@formed
@asking
def preview(client: Client, form: Form, name: str, **options: Any) -> int:
    """Show what a new stack would be; the same as create --dry-run."""
    return _create(client, form, name, {**options, "dry_run": True})


@click.command()
@_content
@click.option("--show-nested", is_flag=True, help="Also the parameters of nested templates.")
@click.option("--ignore-errors", "ignored", metavar="CODE", help="Accept this: 99001.")
@formed
@asking
def validate(client: Client, form: Form, **options: Any) -> None:
    """Check a template, and show the parameters that it takes."""
    sources, body = request_body(options)
    query = {"show_nested": options["show_nested"] or None, "ignore_errors": options["ignored"]}
    with _named(sources):
        found = client.send("POST", "/validate", body, query)
    if form.name != "table" or form.columns:
        form.one(found)
        return
    said = found.get("Description") or ""
    # What the API says of a template without a description.
    click.echo(f"{options['template']} is valid" + (f": {said}" if said != NOTHING else ""))
    rows = [{"parameter": key, **schema} for key, schema in (found.get("Parameters") or {}).items()]
    form.rows(rows, ("parameter", "Type", "Default", "Description"))


def request_body(options: dict[str, Any], hook: str = "") -> tuple["Sources", dict[str, Any]]:
    """Read what the options name; ``hook`` is the one that resources may be told to pause at."""
    from heat.cli.files import read_what_is_there

    template = options["template"]
    sources, failure = read_what_is_there(template, options["environments"])
    values = {
        name: read_text(file)
        for name, file in read_parameters(options["parameter_files"], "--parameter-file").items()
    }
    values |= read_parameters(options["parameters"])
    if failure is not None:
        raise _with_the_rest(failure, template, sources, values)
    if template is not None:
        _warn(template, sources, values)
    if options.get("hooks"):
        sources.environments[f"--{hook}"] = _pausing(options["hooks"], hook)
    body = sources.body(values)
    if options.get("timeout") is not None:
        body["timeout_mins"] = options["timeout"]
    if options.get("rollback") is not None:
        body["disable_rollback"] = not options["rollback"]
    if options.get("tags") is not None:
        body["tags"] = options["tags"]
    return sources, body


def _with_the_rest(
    failure: Failure, template: str | None, sources: "Sources", values: dict[str, str]
) -> Failure:
    """Tell, beside what can't be read, what else is wrong, as far as it shows without a service."""
    if template is None:
        return failure
    from heat.base.errors import problem_to_wire
    from heat.lint.examine import examine

    problems = examine(content_of(template, sources, values)).problems
    if len(problems) < 2:
        return failure
    told = Refused(0, failure.message, {"problems": [problem_to_wire(one) for one in problems]})
    told.code = failure.code
    return told


def _warn(template: str, sources: "Sources", values: dict[str, str]) -> None:
    """Tell of what the service takes in silence, though nobody means it."""
    from heat.cli.complaints import warn_of
    from heat.lint.check import Choice, lint

    for finding in lint(content_of(template, sources, values), Choice(SILENT)):
        warn_of(finding.problem)


def _pausing(resources: Sequence[str], hook: str) -> str:
    """Return an environment in which resources, named by their paths, pause at a hook."""
    found: dict[str, Any] = {}
    for resource in resources:
        place = found
        for name in resource.strip("/").split("/"):
            place = place.setdefault(name, {})
        place["hooks"] = hook
    return json.dumps({"resource_registry": {"resources": found}})


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
        if refused.error.get("type") == "RequestLimitExceeded" and sources.files:
            refused.cure = _largest(sources)
        if "template" in sources.names:
            refused.cure = refused.cure.replace(
                "-t FILE", shlex.join(["-t", sources.names["template"]])
            )
        raise


def _largest(sources: "Sources") -> str:
    name, text = max(sources.files.items(), key=lambda file: len(file[1]))
    return f"the largest file that goes with it: {sources.names.get(name, name)}, {len(text)} bytes"


def _at_terminal() -> bool:
    import sys

    return sys.stdin.isatty()

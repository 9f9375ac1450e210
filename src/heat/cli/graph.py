"""The command that draws which resources need which."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from heat.cli.asking import cloud_options, connected
from heat.cli.client import Client
from heat.cli.completing import stack_names
from heat.cli.contents import read_content, with_environments
from heat.cli.drawing import FORMS, Box, draw
from heat.cli.failures import Refused
from heat.cli.texts import write_text

ENDINGS = (".yaml", ".yml", ".json", ".template")


@click.command()
@click.argument("subject", metavar="STACK|FILE", shell_complete=stack_names)
@with_environments
@click.option(
    "-f", "--format", "form", type=click.Choice(FORMS), default="mermaid", show_default=True
)
@click.option(
    "-n", "--nested-depth", type=click.IntRange(0), default=0, help="Levels of nesting of a stack."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE")
@cloud_options
@click.pass_context
def graph(
    context: click.Context,
    /,
    subject: str,
    environments: Sequence[str],
    form: str,
    nested_depth: int,
    output: str | None,
    **cloud: Any,
) -> None:
    """Draw which resources need which: those of a stack, or of a template without a service.

    Arrows lead from what is made first to what needs it.
    """
    if subject == "-" or subject.endswith(ENDINGS) or Path(subject).is_file():
        boxes = _of_file(subject, environments)
    else:
        with connected(context, **cloud) as client:
            boxes = _of_stack(client, subject, nested_depth)
    write_text(draw(boxes, form), output)


def _of_file(file: str, environments: Sequence[str]) -> list[Box]:
    from heat.base.errors import problem_to_wire
    from heat.lint.examine import examine
    from heat.lint.needs import needs

    found = examine(read_content(file, environments))
    if found.template is None:
        wires = [problem_to_wire(problem) for problem in found.problems]
        raise Refused(0, f"{file} can't be read", {"problems": wires})
    types = {name: one.type for name, one in found.template.resources.items()}
    return [
        Box(name, str(types.get(name, "")), needs=tuple(sorted(needed)))
        for name, needed in needs(found).items()
    ]


def _of_stack(client: Client, name: str, depth: int) -> list[Box]:
    from heat.cli.progress import Progress, ids_of, link

    reference = client.find(name)
    query = {"nested_depth": depth or None}
    rows = client.get(f"{reference.path}/resources", query)["resources"]
    progress = Progress(reference.name, reference.id)
    progress.see_resources(rows)

    def path(stack_id: str, member: str) -> str:
        return f"{progress.path_of(stack_id)}.{member}".removeprefix(f"{reference.name}.")

    needs: dict[str, list[str]] = {}
    for row in rows:
        stack_id = ids_of(link(row, "stack"))[1] or reference.id
        own = path(stack_id, row["resource_name"])
        needs.setdefault(own, [])
        for needing in row.get("required_by") or ():
            needs.setdefault(path(stack_id, needing), []).append(own)
        # What holds a nested stack is done when everything in it is.
        if stack_id in progress.nested:
            needs.setdefault(path(*progress.nested[stack_id]), []).append(own)
    return [_box(row, path, needs, reference.id) for row in rows]


def _box(
    row: Mapping[str, Any], path: Any, needs: Mapping[str, Sequence[str]], outermost: str
) -> Box:
    from heat.cli.progress import ids_of, link

    name = path(ids_of(link(row, "stack"))[1] or outermost, row["resource_name"])
    return Box(name, row["resource_type"], row["resource_status"], tuple(needs[name]))

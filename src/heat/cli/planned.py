"""Shows what would be done: the service's plan, or what can be read from its lists."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from heat.cli.shown import Form

CHANGES = (
    ("added", "+", "green"),
    ("updated", "~", "yellow"),
    ("replaced", "±", "yellow"),
    ("deleted", "-", "red"),
)


def show_preview(found: dict[str, Any], form: Form) -> None:
    """Show what a new stack would be."""
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
        words = line.lstrip()
        colour = colours.get(words[:1]) if words[1:2] == " " else None
        if colour:
            words = click.style(words[0], fg=colour) + words[1:]
        click.echo(line[: len(line) - len(line.lstrip())] + words)


def _flat(entries: Sequence[Any], depth: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Walk a preview's resources; those of a nested stack are a list in its place."""
    for entry in entries:
        if isinstance(entry, list):
            yield from _flat(entry, depth + 1)
        else:
            yield depth, entry


def changes_anything(found: dict[str, Any]) -> bool:
    """Tell whether an update would change something.

    The lists count as updated what stands for a nested stack, even if all in that stays; the counts
    of the plan go by what is in it. Other services have no plan.
    """
    if counts := found.get("counts"):
        return any(count for word, count in counts.items() if word != "keep")
    return any(found["resource_changes"].get(kind) for kind, _, _ in CHANGES)


def show_changes(found: dict[str, Any], form: Form) -> None:
    """Show what an update would change."""
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

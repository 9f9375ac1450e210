"""A plan as text: what is created, changed, replaced and deleted, and why."""

from collections import Counter
from collections.abc import Iterable

from heat.plan.model import Kind, Node, Plan, Reason

SIGNS = {
    Kind.CREATE: "+",
    Kind.UPDATE: "~",
    Kind.KEEP: " ",
    Kind.DELETE: "-",
    Kind.FORGET: "o",
}


def show(plan: Plan, *, kept: bool = False) -> str:
    """Write a plan, a line for each resource that changes and one for each reason.

    ``+`` create, ``~`` update in place, ``±`` replace, ``-`` delete, ``o`` forget (the object
    stays). Unchanged resources are counted; ``kept`` lists them too.
    """
    lines: list[str] = []
    replaced = {node.replaces for node in plan.nodes if node.replaces}
    for node in plan.nodes:
        if node.kind is Kind.KEEP and not (kept or not node.settled):
            continue
        if node.kind is Kind.DELETE and node.row in replaced:
            continue
        lines += _node(node)
    lines.append(summary(plan))
    return "\n".join(lines) + "\n"


def summary(plan: Plan) -> str:
    """Count the changes in one line."""
    counts = Counter(label(node) for node in plan.nodes)
    replaced = sum(1 for node in plan.nodes if node.replaces)
    counts["delete"] -= replaced
    words = ("create", "update", "replace", "delete", "forget", "keep")
    said = [f"{counts[word]} to {word}" for word in words if counts[word] > 0]
    return f"Plan: {', '.join(said) or 'nothing to do'}."


def label(node: Node) -> str:
    """Name the kind of change as people do: a create in place of something is a replace."""
    return "replace" if node.replaces else str(node.kind)


def _node(node: Node) -> Iterable[str]:
    sign = "±" if node.replaces else SIGNS[node.kind]
    unsure = "  (looked at again when what it depends on has changed)"
    note = unsure if node.kind is Kind.KEEP and not node.settled else ""
    yield f"{sign} {node.name}  {node.type}{note}"
    for reason in node.reasons:
        yield f"    {_reason(reason)}"


def _reason(reason: Reason) -> str:
    if not reason.property:
        return reason.text
    text = f"{reason.property}: {reason.before} -> {reason.after}"
    return f"{text}  (replaces: {reason.text})" if reason.replaces else text

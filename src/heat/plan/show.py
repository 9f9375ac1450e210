"""A plan as text: what is created, changed, replaced and deleted, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from heat.plan.forecast import Forecast
from heat.plan.model import Kind, Node, Plan, Reason

SIGNS = {
    Kind.CREATE: "+",
    Kind.ADOPT: "+",
    Kind.UPDATE: "~",
    Kind.KEEP: " ",
    Kind.DELETE: "-",
    Kind.FORGET: "o",
}
WORDS = ("create", "adopt", "update", "replace", "delete", "forget", "keep")
NOTHING: Mapping[str, Forecast] = MappingProxyType({})


def show(plan: Plan, *, kept: bool = False, below: Mapping[str, Forecast] = NOTHING) -> str:
    """Write a plan, a line for each resource that changes and one for each reason.

    ``+`` create, ``~`` update in place, ``±`` replace, ``-`` delete, ``o`` forget (the object
    stays). Unchanged resources are counted; ``kept`` lists them too. What happens in the nested
    stack of a resource stands ``below`` it, and counts.
    """
    return "\n".join([*_lines(plan, below, kept=kept), summary(plan, below)]) + "\n"


def summary(plan: Plan, below: Mapping[str, Forecast] = NOTHING) -> str:
    """Count the changes in one line."""
    said = [f"{count} to {word}" for word, count in count_changes(plan, below).items() if count]
    return f"Plan: {', '.join(said) or 'nothing to do'}."


def count_changes(plan: Plan, below: Mapping[str, Forecast] = NOTHING) -> dict[str, int]:
    """Return how many resources are created, replaced and so on, those below included."""
    counts = _counts(plan, below)
    return {word: counts[word] for word in WORDS}


def _counts(plan: Plan, below: Mapping[str, Forecast]) -> Counter[str]:
    counts = Counter(label(node) for node in _told(plan))
    for inner in below.values():
        counts += _counts(inner.shown, inner.below)
    return counts


def _lines(plan: Plan, below: Mapping[str, Forecast], *, kept: bool) -> Iterator[str]:
    for node in _told(plan):
        inner = below.get(node.id)
        if node.kind is Kind.KEEP and not (kept or not node.settled):
            continue
        yield from _node(node)
        if inner is not None:
            yield from (f"    {line}" for line in _lines(inner.shown, inner.below, kept=kept))


def _told(plan: Plan) -> Iterator[Node]:
    """Yield what happens; the deletion of what is replaced is part of its replacement."""
    replaced = {node.replaces for node in plan.nodes if node.replaces}
    for node in plan.nodes:
        if node.kind is not Kind.DELETE or node.row not in replaced:
            yield node


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
    for need in node.early:
        yield f"    begins as soon as {need} exists"


def _reason(reason: Reason) -> str:
    if not reason.property:
        return reason.text
    text = f"{reason.property}: {reason.before} -> {reason.after}"
    return f"{text}  (replaces: {reason.text})" if reason.replaces else text

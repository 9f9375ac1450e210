"""Build a plan: for every resource what happens to it, why, and after what.

Delete is desired nothing, rollback the previous desired state: there is one way to plan.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from heat.base.ids import ResourceId
from heat.base.unknown import Unknown
from heat.plan.desired import EXCEPT_ON_CREATE, Desired, Known, Standing, TypeOf, desire
from heat.plan.diff import MOVED, Recorded, Verdict, compare
from heat.plan.masking import NOTHING_HIDDEN, Mask
from heat.plan.model import Kind, Node, Plan, Reason, cleanup_id, desired_id
from heat.plugin.resource import Resource
from heat.template.evaluate import Bound


@dataclass(frozen=True)
class Target:
    """The desired state to plan for: a bound template, its types, and the order of its names."""

    bound: Bound
    type_of: TypeOf
    requires: Mapping[str, frozenset[str]]
    restricted: Callable[[str], frozenset[str]] = lambda _name: frozenset()
    """Tell what may not be done to a resource: ``update``, ``replace``."""
    mask: Mask = NOTHING_HIDDEN
    """What reasons must not tell."""


def build(
    action: str,
    revision: int,
    recorded: Sequence[Recorded],
    target: Target | None,
    new_id: Callable[[], ResourceId],
) -> Plan:
    """Plan the way from what is recorded to the target; None desires nothing."""
    return work_out(action, revision, recorded, target, new_id)[0]


def work_out(
    action: str,
    revision: int,
    recorded: Sequence[Recorded],
    target: Target | None,
    new_id: Callable[[], ResourceId],
) -> tuple[Plan, Mapping[str, Desired]]:
    """Plan the same, and return with it what is desired of each resource, as far as is known."""
    rows = {row.id: row for row in recorded}
    decided = _decide(recorded, target, new_id) if target else {}
    kept = {d.row for d in decided.values()}
    going = [row for row in recorded if row.id not in kept]
    delete_first, leftovers = _delete_first(decided, rows), _leftovers(decided, recorded, going)
    nodes = [
        *_desired_nodes(decided, delete_first, leftovers),
        *_cleanup_nodes(action, decided, going, delete_first, leftovers),
    ]
    plan = Plan(action=action, revision=revision, nodes=tuple(nodes))
    return plan, {name: decision.desired for name, decision in decided.items()}


@dataclass(frozen=True)
class _Decision:
    """What happens to one name: to which row, and which row it stands in for."""

    desired: Desired
    current: Recorded | None
    verdict: Verdict
    row: ResourceId
    replaces: bool = False
    settled: bool = False


def known_of(row: Recorded) -> Known | None:
    """Return what other resources may know of a row; None before it has completed something."""
    if row.status != "COMPLETE" or row.action in ("INIT", "DELETE"):
        return None
    return Known(row.reference, row.attributes, row.cls or Resource)


def _decide(
    recorded: Sequence[Recorded], target: Target, new_id: Callable[[], ResourceId]
) -> dict[str, _Decision]:
    by_name: dict[str, list[Recorded]] = {}
    for row in recorded:
        by_name.setdefault(row.name, []).append(row)
    known: dict[str, Known] = {}
    decided: dict[str, _Decision] = {}
    names = {row.id: row.name for row in recorded}
    moving: set[str] = set()
    for name, needed in target.requires.items():
        desired = desire(target.bound, name, Standing(known), target.type_of, needed)
        if not isinstance(desired, Desired):
            continue
        decision = _choose(desired, by_name.get(name, []), new_id, target.mask)
        decision = _moved(decision, target, names)
        decision = _held_back(decision, target.restricted(name))
        still = decision.verdict.kind is Kind.KEEP and not (needed & moving)
        decided[name] = replace(decision, settled=still)
        if not still:
            moving.add(name)
        if decision.current and not decision.replaces and (seen := _seen(decision)):
            known[name] = seen
    return decided


def _seen(decision: _Decision) -> Known | None:
    """Return what may be taken for known of a resource that is kept or updated in place."""
    assert decision.current is not None  # noqa: S101 - the caller has looked
    known = known_of(decision.current)
    if known is None or decision.verdict.kind is not Kind.UPDATE:
        return known
    if decision.desired.cls.nests and decision.verdict.changed:
        return replace(known, attributes={})  # what its members will come to shows later
    values = decision.desired.values
    changing = (
        {}
        if values is None
        else {
            prop.public: getattr(values, name)
            for name, prop in type(values).__properties__.items()
            if name in decision.verdict.changed and prop.public in known.attributes
        }
    )
    unsure: dict[str, Any] = {
        name: value
        if isinstance(value, str | int)
        else Unknown(frozenset({f"{decision.desired.name}.{name}"}))
        for name, value in changing.items()
    }
    return replace(known, attributes={**known.attributes, **unsure})


def _choose(
    desired: Desired, rows: Sequence[Recorded], new_id: Callable[[], ResourceId], mask: Mask
) -> _Decision:
    """Choose the row to go on from: the best that needs no replacement, else the best."""
    best: _Decision | None = None
    for row in sorted(rows, key=_score, reverse=True):
        if row.awaited and desired.external_id is None:
            if row.type == desired.type:
                return _Decision(desired, row, Verdict(Kind.ADOPT), row.id)
            continue
        if row.action == "INIT":
            fresh = _Decision(desired, row, Verdict(Kind.CREATE), row.id)
            return replace(best, row=row.id) if best else fresh
        if _continues(row, desired):
            why = Reason("its creation goes on")
            return _Decision(desired, row, Verdict(Kind.CREATE, (why,)), row.id)
        verdict = compare(row, desired, mask)
        if verdict.kind is not Kind.CREATE:
            return _Decision(desired, row, verdict, row.id)
        best = best or _Decision(desired, row, verdict, new_id(), replaces=True)
    return best or _Decision(desired, None, Verdict(Kind.CREATE), new_id())


def _moved(decision: _Decision, target: Target, names: Mapping[Any, str]) -> _Decision:
    """Update a resource, though nothing else differs, when it depends on other ones now.

    One that is gone from the template is no difference: its value may have been all there was.
    """
    current, desired = decision.current, decision.desired
    if current is None or current.external_id or decision.verdict.kind is not Kind.KEEP:
        return decision
    before = {names[row] for row in current.requires if row in names} & target.requires.keys()
    if target.bound.requires(desired.name) <= before <= desired.requires:
        return decision
    return replace(decision, verdict=Verdict(Kind.UPDATE, (Reason(MOVED),)))


def _held_back(decision: _Decision, restricted: frozenset[str]) -> _Decision:
    """Plan no replacement that is sure to be refused: the resource fails as it is."""
    if not decision.replaces or decision.current is None or "replace" not in restricted:
        return decision
    verdict = decision.verdict
    reasons = (*verdict.reasons, Reason(restriction("replace")))
    held = Verdict(Kind.UPDATE, reasons, verdict.changed)
    return replace(decision, verdict=held, row=decision.current.id, replaces=False)


def restriction(action: str) -> str:
    """Say that something may not be done to a resource."""
    return f"{action} is restricted for resource."


def _continues(row: Recorded, desired: Desired) -> bool:
    if (row.action, row.status, row.type) != ("CREATE", "IN_PROGRESS", desired.type):
        return False
    if desired.cls.nests:
        return False  # its nested stack is brought to what is wanted now by an update
    return desired.known and row.properties == desired.given


def _score(row: Recorded) -> tuple[int, int]:
    score = 0
    score -= 30 if row.status == "FAILED" else 0
    score -= 50 if row.action == "DELETE" else 0
    score -= 40 if row.action == "INIT" else 0
    score -= 1 if row.replaced_by else 0
    return score, row.order


def _delete_first(decided: Mapping[str, _Decision], rows: Mapping[Any, Recorded]) -> frozenset[str]:
    """Name the resources whose old object must go before the new one comes.

    That passes on: what is replaced and depends on such a resource can't outlive it.
    """
    found = {
        name
        for name, d in decided.items()
        if d.replaces and d.current and d.desired.cls.replacement == "delete-first"
    }
    todo = list(found)
    dependents: dict[Any, list[str]] = {}
    for name, d in decided.items():
        if d.replaces and d.current:
            for needed in d.current.requires:
                if needed in rows:
                    dependents.setdefault(rows[needed].name, []).append(name)
    while todo:
        for name in dependents.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return frozenset(found)


def _leftovers(
    decided: Mapping[str, _Decision], recorded: Sequence[Recorded], going: Sequence[Recorded]
) -> Mapping[ResourceId, str]:
    """Return, with their names, what failed creations left of resources that are made anew.

    They go first: they may hold what the next try needs, and nothing rests on them.
    """
    needed = {key for row in recorded for key in row.requires}
    return {
        row.id: row.name
        for row in going
        if (row.action, row.status) == ("CREATE", "FAILED")
        and row.id not in needed
        and (d := decided.get(row.name)) is not None
        and d.replaces
        and d.current is not None
        and d.current.id != row.id
    }


def _desired_nodes(
    decided: Mapping[str, _Decision],
    delete_first: frozenset[str],
    leftovers: Mapping[ResourceId, str],
) -> Iterable[Node]:
    for name, d in decided.items():
        needs = [desired_id(other) for other in d.desired.requires if other in decided]
        needs += [cleanup_id(row) for row, of in leftovers.items() if of == name]
        if name in delete_first and d.current:
            needs.append(cleanup_id(d.current.id))
        yield Node(
            id=desired_id(name),
            kind=d.verdict.kind,
            name=name,
            type=d.desired.type,
            row=d.row,
            needs=tuple(sorted(needs)),
            reasons=d.verdict.reasons,
            replaces=d.current.id if d.replaces and d.current else None,
            settled=d.settled,
            early=tuple(sorted(desired_id(other) for other in d.desired.early if other in decided)),
        )


def _policy(action: str, row: Recorded, decision: _Decision | None) -> str:
    """Tell what becomes of an object that is not wanted any more."""
    word = row.deletion_policy
    if decision is not None:
        word = decision.desired.replace_policy or row.replace_policy or word
    elif row.replaced_by:
        word = row.replace_policy or word
    if word == EXCEPT_ON_CREATE:
        # A rollback wants all that was there before: this came with what it takes back.
        return "Delete" if action == "ROLLBACK" else "Retain"
    return word


def _cleanup_nodes(
    action: str,
    decided: Mapping[str, _Decision],
    going: Sequence[Recorded],
    delete_first: frozenset[str],
    leftovers: Mapping[ResourceId, str],
) -> Iterable[Node]:
    replaced = {d.current.id: d for d in decided.values() if d.replaces and d.current}
    first = {d.current.id for n, d in decided.items() if n in delete_first and d.current}
    dependents: dict[Any, list[Recorded]] = {}
    for row in going:
        for needed in row.requires:
            dependents.setdefault(needed, []).append(row)
    early = _with_dependents(first, dependents) | leftovers.keys()
    for row in going:
        needs = [cleanup_id(other.id) for other in dependents.get(row.id, ()) if other.id != row.id]
        decision = replaced.get(row.id)
        if decision and row.id not in first:
            needs.append(desired_id(row.name))
        policy = _policy(action, row, decision)
        if decision:
            why = f"replaced by a new {row.type}"
        elif row.name in decided:
            why = "an earlier change left it behind"
        else:
            why = "the template has it no more" if decided else "the stack is deleted"
        yield Node(
            id=cleanup_id(row.id),
            kind=Kind.FORGET if policy == "Retain" else Kind.DELETE,
            name=row.name,
            type=row.type,
            row=row.id,
            needs=tuple(sorted(needs)),
            phase=0 if row.id in early else 1,
            reasons=(Reason(why),),
            replaced_by=decision.row if decision and row.id not in first else None,
        )


def _with_dependents(
    first: set[Any], dependents: Mapping[Any, Sequence[Recorded]]
) -> frozenset[Any]:
    early, todo = set(first), list(first)
    while todo:
        for row in dependents.get(todo.pop(), ()):
            if row.id not in early:
                early.add(row.id)
                todo.append(row.id)
    return frozenset(early)

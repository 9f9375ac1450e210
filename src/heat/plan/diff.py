"""How a recorded resource differs from the desired one, and what that costs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import msgspec

from heat.base.unknown import Unknown, unknowns
from heat.plan.desired import Desired
from heat.plan.masking import HIDDEN, NOTHING_HIDDEN, Mask
from heat.plan.model import Kind, Reason
from heat.plugin.fields import Difference, differences, plain
from heat.plugin.values import recall

MOVED = "what it depends on changed"
ALWAYS = "its type acts at every update"
LONGEST = 60
"""How much of a value is told."""
LEAD = 20
"""How much of it, before the place where another begins to differ."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded resource row, as far as planning looks at it."""

    id: Any
    name: str
    type: str
    action: str
    status: str
    physical_id: str | None = None
    reference: Any = None
    properties: Mapping[str, Any] = {}
    attempted: Mapping[str, Any] | None = None
    attributes: Mapping[str, Any] = {}
    metadata: Mapping[str, Any] = {}
    requires: tuple[Any, ...] = ()
    replaced_by: Any = None
    deletion_policy: str = "Delete"
    replace_policy: str | None = None
    order: int = 0
    served: bool = False
    real_type: str = ""
    cls: Any = None
    external_id: str | None = None
    broken: bool = False
    """Whether its last action failed and left it so that it must be replaced."""
    outgrown: str = ""
    """Why it must be replaced, as its type found out when it was to be changed in place."""
    checked: bool = False
    """Whether its state comes from an action of the stack, and not from a user's mark."""
    awaited: bool = False
    """Whether it stands for an object that is there, and is still to be taken over."""


@dataclass(frozen=True)
class Verdict:
    """What a resource needs: keep, update or create (a replacement), and why."""

    kind: Kind
    reasons: tuple[Reason, ...] = ()
    changed: frozenset[str] = frozenset()  # Python names of the properties that differ


def compare(recorded: Recorded, desired: Desired, mask: Mask = NOTHING_HIDDEN) -> Verdict:
    """Decide what makes a recorded resource the desired one, and tell why, masked."""
    if desired.values is None:
        return Verdict(Kind.UPDATE, (Reason("its properties can't be evaluated"),))
    if recorded.external_id != desired.external_id:
        return Verdict(Kind.UPDATE, (Reason("its external_id can't be changed"),))
    if recorded.external_id and recorded.status == "COMPLETE":
        return Verdict(Kind.KEEP)
    real_type = desired.cls.__facts__.name
    renamed = recorded.cls is not None and recorded.cls.successor == real_type
    if recorded.type != desired.type and not renamed:
        why = Reason(f"its type was {recorded.type}", replaces=True)
        return Verdict(Kind.CREATE, (why,))
    if recorded.real_type and recorded.real_type != real_type and not renamed:
        why = Reason(f"{recorded.type} stood for {recorded.real_type}", replaces=True)
        return Verdict(Kind.CREATE, (why,))
    nested = desired.cls.nests and recorded.physical_id is not None
    if (recorded.action, recorded.status) == ("CREATE", "FAILED") and not nested:
        return Verdict(Kind.CREATE, (Reason("its creation did not complete", replaces=True),))
    members_decide = desired.cls.nests and recorded.checked
    if (recorded.action, recorded.status) == ("CHECK", "FAILED") and not members_decide:
        return Verdict(Kind.CREATE, (Reason("it was found unhealthy", replaces=True),))
    if recorded.broken:
        why = Reason(f"its last action, {recorded.action}, failed", replaces=True)
        return Verdict(Kind.CREATE, (why,))
    if recorded.action == "DELETE":
        return Verdict(Kind.CREATE, (Reason("its deletion has begun", replaces=True),))
    before = recall(desired.cls, recorded.properties)
    found = differences(before, desired.values)
    unfinished = recorded.status != "COMPLETE"
    if recorded.attempted is not None:
        attempted = recall(desired.cls, recorded.attempted)
        known = {difference.name for difference in found}
        found += [d for d in differences(attempted, desired.values) if d.name not in known]
    reasons = [_reason(difference, mask) for difference in found]
    by_public = desired.cls.__by_public__
    changed = frozenset(by_public[difference.name].name for difference in found)
    if any(reason.replaces for reason in reasons):
        return Verdict(Kind.CREATE, tuple(reasons), changed)
    if why_not := desired.values.must_replace(before, found):
        return Verdict(Kind.CREATE, (*reasons, Reason(why_not, replaces=True)), changed)
    if recorded.outgrown:
        return Verdict(Kind.CREATE, (*reasons, Reason(recorded.outgrown, replaces=True)), changed)
    if found:
        if why_not := desired.values.refused(before):
            reasons.append(Reason(f"will be refused: {why_not}"))
        return Verdict(Kind.UPDATE, tuple(reasons), changed)
    if unfinished:
        return Verdict(Kind.UPDATE, (Reason("its last change did not complete"),))
    if renamed:
        return Verdict(Kind.UPDATE, (Reason(f"its type was called {recorded.type}"),))
    if recorded.metadata != desired.metadata:
        return Verdict(Kind.UPDATE, (Reason("metadata changed"),))
    if recorded.deletion_policy != desired.deletion_policy:
        text = f"deletion_policy: {recorded.deletion_policy} -> {desired.deletion_policy}"
        return Verdict(Kind.UPDATE, (Reason(text),))
    if recorded.replace_policy != desired.replace_policy:
        text = f"update_replace_policy: {recorded.replace_policy} -> {desired.replace_policy}"
        return Verdict(Kind.UPDATE, (Reason(text),))
    if desired.values.changed_outside() and not recorded.served:
        return Verdict(Kind.UPDATE, (Reason(ALWAYS),))
    return Verdict(Kind.KEEP)


def _reason(difference: Difference, mask: Mask) -> Reason:
    before, after = HIDDEN, HIDDEN
    if not difference.secret:
        before, after = _briefly(mask(difference.before), mask(difference.after))
    return Reason(
        "can't be changed in place" if not difference.mutable else "",
        difference.name,
        before,
        after,
        replaces=not difference.mutable,
    )


def _briefly(*values: Any) -> Iterator[str]:
    """Write values in few words, from near where they begin to differ."""
    texts = [_written(value) for value in values]
    alike = (len({*letters}) == 1 for letters in zip(*texts, strict=False))
    same = sum(1 for _ in takewhile(bool, alike))
    start = same - LEAD if same > LEAD and max(map(len, texts)) > LONGEST else 0
    for text in texts:
        rest = f"...{text[start:]}" if start else text
        yield rest if len(rest) <= LONGEST else f"{rest[: LONGEST - 3]}..."


def _written(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, Unknown):
        return str(value)
    if isinstance(value, str):
        return value if value and value.isprintable() else repr(value)
    if (waits := unknowns(value)) is not None:
        return str(waits)
    return msgspec.json.encode(plain(value)).decode()

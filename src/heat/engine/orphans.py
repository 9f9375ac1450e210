"""What stands in the cloud and is no stack's any more, and what is recorded and not there.

Objects bear the id of their resource as a mark, and trusts bear that of their stack in the year
in which they end. Only what is provably superfluous may be deleted: an object of a resource that
was deleted and never knew of it. That is what a service makes after everybody stopped waiting.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from heat.base.errors import Denied, Fault, Permanent
from heat.base.ids import ProjectId, ResourceId
from heat.cloud.credentials import SERVICE, Credentials
from heat.cloud.trusts import is_marked
from heat.engine.clearing import clear_away
from heat.engine.ports import Cloud, Store
from heat.plugin.resource import Here, Resource
from heat.plugin.rest import Marks, RestResource
from heat.plugin.steps import pick
from heat.plugin.values import recall
from heat.store import traces
from heat.store.traces import Trace

_log = logging.getLogger(__name__)

MARK = "heat:"
TRUST = "trust"
_PAGE = 500
_ROUNDS = 3


class State(Enum):
    """What is wrong with an object."""

    SUPERFLUOUS = "superfluous"  # its resource is deleted, and never knew of it
    KEPT = "kept"  # its resource is deleted, and left it: it was retained, or abandoned
    UNSURE = "unsure"  # its resource records another object, or its history is not whole
    UNKNOWN = "unknown"  # this database never heard of its resource, or forgot it
    MISSING = "missing"  # it is recorded, and not there


class Finding(Struct, frozen=True, kw_only=True):
    """An object without a record, or a record without an object; ``of`` is whose it is."""

    state: State
    type: str
    id: str
    name: str
    project: str
    of: str
    user: str = ""


class Orphans:
    """Looks for what is left over, on behalf of the service user, which must be an admin."""

    def __init__(self, cloud: Cloud, store: Store, types: Mapping[str, type[Resource]]) -> None:
        self._cloud, self._store, self._types = cloud, store, types

    async def find(self, project: ProjectId | None = None) -> list[Finding]:
        """Return what is left over, and what is missing; raises Denied for want of the role."""
        if "admin" not in await self._cloud.service_roles():
            raise Denied(
                "The service user of heat.conf can't see the objects of all projects: give it "
                "the role admin in its own project."
            )
        found: list[Finding] = []
        for marks, classes in _kinds(self._types):
            items = await self._listed(marks)
            if items is None:
                continue
            names = frozenset(cls.__facts__.name for cls in classes)
            # The rows are read after the list: an object has a row before it is made.
            found += await self._of_objects(marks, names, items)
            found += await self._missing(names, {str(item["id"]) for item in items}, project)
        found += await self._of_trusts()
        return [one for one in found if project is None or one.project == project]

    async def remove(self, findings: Collection[Finding]) -> list[Finding]:
        """Delete what is superfluous; return what stays: it could not be, or is no such thing.

        What turns out to be no such thing any more is returned as what it is by now.
        """
        left = list(findings)
        for _ in range(_ROUNDS):  # one may be in use by another
            tried = [await self._removed(one) for one in left]
            left = [one for one in tried if one is not None]
            if not any(one.state is State.SUPERFLUOUS for one in left):
                break
        return left

    async def _listed(self, marks: Marks) -> list[Mapping[str, Any]] | None:
        """Return all objects of a kind; None where the cloud has none such."""
        call, items = marks.call, dict[str, Mapping[str, Any]]()
        while True:
            query = {**marks.call.query, "limit": str(_PAGE)}
            if items:
                query["marker"] = next(reversed(items))
            try:
                reply = await self._cloud.send(replace(call, query=query), SERVICE)
            except Permanent as refusal:
                if refusal.status == 404 or refusal.kind == "ServiceNotFound":
                    return None
                raise
            page: Sequence[Mapping[str, Any]] = pick(reply, marks.items) or ()
            fresh = {str(item["id"]): item for item in page if str(item["id"]) not in items}
            items |= fresh
            if not fresh:
                return list(items.values())

    async def _of_objects(
        self, marks: Marks, types: Collection[str], items: Sequence[Mapping[str, Any]]
    ) -> list[Finding]:
        marked = [(str(item["id"]), item, of) for item in items if (of := _resource(marks, item))]
        # Whoever adopted an object, or made it from another one's copy, has it for good.
        taken = await self._store.ask(lambda db: traces.recorded(db, [key for key, _, _ in marked]))
        odd = [one for one in marked if one[0] not in taken]
        known = await self._store.ask(lambda db: traces.of_resources(db, {of for _, _, of in odd}))
        return [
            Finding(
                state=state,
                type=known[of].type if of in known else min(types),
                id=key,
                name=str(item.get("name") or ""),
                project=str(pick(item, marks.project) or ""),
                of=of,
            )
            for key, item, of in odd
            if (state := _state(known.get(of), key, types, marks)) is not None
        ]

    async def _missing(
        self, types: Collection[str], there: Collection[str], project: ProjectId | None
    ) -> list[Finding]:
        rows = await self._store.ask(lambda db: traces.objects(db, types, project))
        return [
            Finding(
                state=State.MISSING,
                type=row.type,
                id=row.physical_id,
                name=row.name,
                project=owner,
                of=row.id,
            )
            for row, owner in rows
            if row.physical_id is not None and row.physical_id not in there
        ]

    async def _of_trusts(self) -> list[Finding]:
        given = await self._cloud.given_trusts()
        if not given:
            return []
        stacks = await self._store.ask(traces.owners)
        recorded = await self._noted_trusts()
        by_project: dict[str, list[traces.Owner]] = defaultdict(list)
        for stack in stacks:
            by_project[stack.project].append(stack)
        found: list[Finding] = []
        for trust in given:
            if str(trust["id"]) in recorded:
                continue
            user, project = str(trust["trustor_user_id"]), str(trust["project_id"])
            mine = (o for o in by_project[project] if is_marked(trust, f"{MARK}{o.stack}:{user}"))
            owner = next(mine, None)
            # One that is asked for is not recorded yet; the stack's end looks for it.
            if owner is not None and not owner.is_deleted:
                continue
            found.append(
                Finding(
                    state=State.UNKNOWN if owner is None else State.SUPERFLUOUS,
                    type=TRUST,
                    id=str(trust["id"]),
                    name="",
                    project=project,
                    of="" if owner is None else owner.stack,
                    user=user,
                )
            )
        return found

    async def _noted_trusts(self) -> set[str]:
        rows = await self._store.ask(traces.secrets)
        return {str(secret.get("trust")) for row in rows for secret in _secrets(row.secret)}

    async def _removed(self, one: Finding) -> Finding | None:
        """Delete what is superfluous, and still is; None when that is done."""
        if one.state is not State.SUPERFLUOUS:
            return one
        try:
            # Much may have happened since it was found: somebody may have adopted it.
            if not await self._still_superfluous(one):
                return replace(one, state=State.UNSURE)
            if one.type == TRUST:
                owner = Credentials(user_id=one.user, project=one.project, trust=one.id)
                await self._cloud.drop_trust(owner)
            else:
                here = Here(resource_id=one.of, mark=f"{MARK}{one.of}", name=one.name)
                values = recall(self._types[one.type], {}).at(here)
                cloud = self._cloud
                await clear_away(
                    values.delete(one.id),
                    lambda call: cloud.send(call, SERVICE),
                    lambda wait: cloud.wait(wait, SERVICE),
                )
        except Fault as fault:
            _log.warning("%s %s can't be deleted: %s", one.type, one.id, fault)
            return one
        return None

    async def _still_superfluous(self, one: Finding) -> bool:
        if one.type == TRUST:
            return one.id not in await self._noted_trusts()
        if await self._store.ask(lambda db: traces.recorded(db, [one.id])):
            return False
        of, cls = ResourceId(one.of), self._types[one.type]
        known = await self._store.ask(lambda db: traces.of_resources(db, [of]))
        marks = cls.marks() if issubclass(cls, RestResource) else None
        state = _state(known.get(of), one.id, [one.type], marks) if marks is not None else None
        return state is State.SUPERFLUOUS


def _kinds(
    types: Mapping[str, type[Resource]],
) -> Iterator[tuple[Marks, list[type[Resource]]]]:
    """Return each list of objects that bear marks, with the types whose objects they are."""
    classes: dict[tuple[str, str], list[type[Resource]]] = defaultdict(list)
    lists: dict[tuple[str, str], Marks] = {}
    for cls in dict.fromkeys(types.values()):
        marks = cls.marks() if issubclass(cls, RestResource) else None
        if marks is not None:
            key = (marks.call.service, marks.call.path)
            lists[key] = marks
            classes[key].append(cls)
    for key, marks in lists.items():
        yield marks, classes[key]


def _resource(marks: Marks, item: Mapping[str, Any]) -> ResourceId | None:
    """Return the resource whose mark an object bears."""
    value = pick(item, marks.field)
    texts: list[Any] = value if isinstance(value, list) else [value]
    for text in texts:
        if isinstance(text, str) and text.startswith(MARK):
            return ResourceId(text.removeprefix(MARK))
    return None


def _state(trace: Trace | None, key: str, types: Collection[str], marks: Marks) -> State | None:
    """Tell what is wrong with an object that bears a mark; None when nothing is, or not yet."""
    if trace is None:
        return State.UNKNOWN
    if trace.row is not None:
        # What belongs to an object of another kind (the ports of a server) is not told apart.
        fine = key in trace.ids or trace.is_busy or trace.row.status == "IN_PROGRESS"
        return None if fine or trace.type not in types else State.UNSURE
    if key in trace.ids:
        return State.KEPT
    may_be_copy = marks.copied and bool(trace.ids)
    proven = trace.is_deleted and trace.is_whole and trace.type in types and not may_be_copy
    return State.SUPERFLUOUS if proven else State.UNSURE


def _secrets(secret: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [secret, *cast("Sequence[Mapping[str, Any]]", secret.get("former") or ())]

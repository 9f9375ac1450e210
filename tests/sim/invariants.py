"""What must hold: while a simulation runs, when its stacks are at rest, and when all is deleted."""

import json
import re
from collections import defaultdict
from copy import copy

import msgspec
from tests.sim import templates

from heat.base.ids import ResourceId
from heat.engine.record import recorded
from heat.plan.build import build
from heat.plan.definition import compile_definition
from heat.plan.model import Kind
from heat.plugin.registry import TYPES
from heat.store import definitions, events, operations, resources, stacks
from heat.store.events import EventQuery
from heat.store.rows import (
    ChangeResource,
    DropResource,
    PutResource,
)

OBJECTS = {
    "OS::Neutron::Net": "network.network",
    "OS::Neutron::Subnet": "network.subnet",
    "OS::Neutron::Port": "network.port",
    "OS::Neutron::Router": "network.router",
    "OS::Neutron::FloatingIP": "network.floatingip",
    "OS::Neutron::SecurityGroup": "network.security_group",
    "OS::Nova::Server": "compute.server",
    "OS::Cinder::Volume": "volume.volume",
}
SHOWN = {
    "OS::Neutron::Net": ("name", "admin_state_up"),
    "OS::Neutron::Subnet": ("cidr", "enable_dhcp"),
    "OS::Neutron::Port": ("name", "admin_state_up"),
    "OS::Neutron::Router": ("name",),
    "OS::Neutron::SecurityGroup": ("description",),
    "OS::Nova::Server": ("name", "metadata"),
    "OS::Cinder::Volume": ("name", "size"),
}
_MARK = re.compile(rb"heat:([0-9a-f-]{36})")


class Watch:
    """Sees every commit that took effect and every object that was made, in order."""

    def __init__(self):
        self.broken = []
        self.rows = {}
        self.ids = {}
        self.recorded = set()
        self.made_ids = defaultdict(list)
        self.creates = 0

    def complain(self, text):
        if text not in self.broken:
            self.broken.append(text)

    def made(self, url, body, universe):
        """Take note of what a request made: an object with an id."""
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return
        path = url.split("?")[0]
        if not isinstance(answer, dict) or "/auth/" in path or "/action" in path:
            return
        one = next((v for v in answer.values() if isinstance(v, dict) and "id" in v), None)
        if one is None or "/security-group-rules" in path or "/os-volume_attachments" in path:
            return
        self.creates += 1
        self.made_ids[str(one["id"])].append(path)

    def committed(self, batch):
        for write in batch.writes:
            match write:
                case PutResource(row):
                    self.rows[row.id] = _Seen(row)
                case ChangeResource(key, fields) if key in self.rows:
                    self._changed(key, fields)
                case DropResource(key):
                    self.rows.pop(key, None)
                case _:
                    pass

    def _changed(self, key, fields):
        row = self.rows[key]
        before = (row.action, row.status)
        for name in ("action", "status", "requires", "replaces"):
            if name in fields:
                setattr(row, name, fields[name])
        if fields.get("physical_id"):
            self.recorded.add(fields["physical_id"])
            row.made = True
        if (row.action, row.status) == before:
            return
        if (row.action, row.status) == ("CREATE", "IN_PROGRESS") and before[0] == "INIT":
            for needed in row.requires:
                other = self.rows.get(needed)
                there = other is not None and other.status == "COMPLETE"
                there = there and other.action not in ("INIT", "DELETE")
                if not there and not (other is not None and other.made and _is_patient(row)):
                    seen = other and f"{other.action}_{other.status}"
                    self.complain(
                        f"order: {row.name} begins before what it requires is there: "
                        f"{other.name if other else needed} is {seen}"
                    )
        # What can't stand beside its replacement goes first, whatever stays and rests on it.
        makes_room = TYPES[row.type].replacement == "delete-first" if row.type in TYPES else False
        replaced = makes_room and any(other.replaces == key for other in self.rows.values())
        if (row.action, row.status) == ("DELETE", "IN_PROGRESS") and not replaced:
            for other in self.rows.values():
                begun = other.action != "INIT" and (other.action, other.status) != (
                    "DELETE",
                    "COMPLETE",
                )
                if key in other.requires and begun:
                    self.complain(
                        f"order: {row.name} is deleted while {other.name} "
                        f"({other.action}_{other.status}) rests on it"
                    )


def _is_patient(row):
    """Tell whether it may be enough for a resource that what it names exists."""
    cls = TYPES.get(row.type)
    return cls is not None and any(prop.early for prop in cls.__properties__.values())


class _Seen:
    def __init__(self, row):
        self.name, self.type, self.replaces = row.name, row.type, row.replaces
        self.made = row.physical_id is not None
        self.action, self.status, self.requires = row.action, row.status, row.requires


def at_rest(universe, roots):
    """Yield what is wrong with stacks that are at rest."""
    for root in roots:
        for stack in stacks.tree(universe.db, root, deleted=True):
            if stack.deleted_at is None:
                yield from _stack(universe, stack)
            yield from _events(universe, stack)
    yield from _orphans(universe, roots)


def _stack(universe, stack):
    rows = resources.of_stack(universe.db, stack.id)
    name = stack.name
    if stack.status == "IN_PROGRESS":
        yield f"rest: stack {name} is {stack.action}_{stack.status}"
    for row in rows:
        if row.status == "IN_PROGRESS":
            yield f"rest: {name}.{row.name} is {row.action}_{row.status}"
    if stack.status != "COMPLETE" or stack.action not in ("CREATE", "UPDATE", "ROLLBACK"):
        return
    if stack.owner is not None:
        owner = stacks.get(universe.db, stack.owner)
        if owner is None or owner.status != "COMPLETE":
            return
    for row in rows:
        if (row.status, row.action in ("INIT", "DELETE")) != ("COMPLETE", False):
            yield f"complete: {name}.{row.name} is {row.action}_{row.status}, the stack COMPLETE"
        elif wrong := _differs(universe, row):
            yield f"complete: {name}.{row.name} {wrong}"
    if stack.action == "ROLLBACK" and not rows and _wants_nothing(universe, stack):
        return
    yield from _plan(universe, stack, rows)


def _wants_nothing(universe, stack):
    """Tell whether a stack went back to what was before it."""
    last = [o for o in operations.of_stack(universe.db, stack.id) if o.action == "ROLLBACK"]
    return last[-1].definition is None


def _differs(universe, row):
    kind = OBJECTS.get(row.type)
    if kind is None:
        return None
    live = universe.cloud.store.table(kind).get(row.physical_id or "")
    if live is None:
        return f"({row.physical_id}) is not in the cloud"
    for name in SHOWN.get(row.type, ()):
        wanted = row.properties.get(name)
        if wanted not in (None, {}) and live.get(name) != wanted:
            return f"has {name} {live.get(name)!r}, and is to have {wanted!r}"
    return None


def _plan(universe, stack, rows):
    definition = definitions.get(universe.db, stack.definition)
    compiled = compile_definition(
        definition, TYPES, stack_id=stack.id, stack_name=stack.name, project=stack.project
    )
    names = {row.name for row in rows}
    if names != compiled.template.resources.keys() and names != set(compiled.requires):
        yield f"complete: {stack.name} has {sorted(names)}, not {sorted(compiled.requires)}"
    known = [recorded(stack, row, TYPES, n) for n, row in enumerate(rows)]
    chance = copy(universe.chance)
    plan = build("UPDATE", 0, known, compiled.target, lambda: ResourceId(chance.id()))
    nested = {row.name for row in rows if row.type in ("inner.yaml", "OS::Heat::ResourceGroup")}
    for node in plan.nodes:
        if node.kind is Kind.KEEP or (node.kind is Kind.UPDATE and node.name in nested):
            continue
        if node.kind is Kind.UPDATE and set(compiled.requires[node.name]) & nested:
            continue  # what a nested stack gives is not known before its update
        why = "; ".join(f"{r.name} {r.text} {r.before}->{r.after}" for r in node.reasons)
        yield f"plan: {stack.name}: a plan made anew would {node.kind} {node.name}: {why}"


def _events(universe, stack):
    found = list(reversed(events.listing(universe.db, EventQuery(stacks=[stack.id]))))
    last = {}
    for event in found:
        if event.resource is None or event.action == "SIGNAL":
            continue
        now = (event.action, event.status)
        before = last.get(event.resource)
        told = f"{stack.name}.{event.resource_name}: {event.action}_{event.status}"
        unsupported = event.reason.startswith("CHECK not supported")
        ended = event.status == "COMPLETE" and not unsupported
        if ended and before != (event.action, "IN_PROGRESS"):
            yield f"events: {told} comes after {before}"
        last[event.resource] = now
    for row in resources.of_stack(universe.db, stack.id):
        if row.action == "INIT" or row.id not in last:
            continue
        if last[row.id][1] != row.status:
            yield f"events: {row.name} is {row.action}_{row.status}, last told {last[row.id]}"
    own = [e for e in found if e.resource is None]
    if own and (own[-1].action, own[-1].status) != (stack.action, stack.status):
        said = f"{own[-1].action}_{own[-1].status}"
        yield f"events: stack {stack.name} is {stack.action}_{stack.status}, last told {said}"
    if len({e.id for e in found}) != len(found):
        yield f"events: {stack.name} tells one twice"


def _orphans(universe, roots):
    """Yield what the engine made that no resource names."""
    physical = set()
    for root in roots:
        for stack in stacks.tree(universe.db, root):
            for row in resources.of_stack(universe.db, stack.id):
                physical.add(row.physical_id)
                journal = row.status == "FAILED"
                if journal:
                    physical.add(("open", row.id))
    for (kind, key), row in universe.made().items():
        if key in physical or key not in universe.watch.made_ids or kind == "identity.trust":
            continue
        text = json.dumps(row, default=str).encode()
        short = _owner(universe, roots, row, text)
        if short is None:
            yield f"orphan: {kind} {key} ({row.get('name')!r}) belongs to no resource"


def _owner(universe, roots, row, text):
    """Return the failed resource that will look for an object once it is deleted."""
    marks = {m.decode() for m in _MARK.findall(text)}
    for root in roots:
        for stack in stacks.tree(universe.db, root):
            for one in resources.of_stack(universe.db, stack.id):
                mine = one.id in marks or one.name in str(row.get("name"))
                named = one.properties.get("name") == row.get("name") is not None
                if one.status == "FAILED" and not one.physical_id and (mine or named):
                    return one.id
    return None


def at_end(universe, roots):
    """Yield what is left when every stack was deleted."""
    for root in roots:
        for stack in stacks.tree(universe.db, root):
            yield f"end: stack {stack.name} is {stack.action}_{stack.status}: {stack.reason}"
    for (kind, key), row in universe.made().items():
        yield f"end: {kind} {key} ({row.get('name')!r}) is left in the cloud"


def secrets(universe, records, generated):
    """Yield where something secret was said."""
    hidden = {templates.SECRET, templates.ADMIN_PASSWORD, "PRIVATE KEY", universe.user.token}
    hidden |= {text for text in generated if len(text) >= 8}
    texts = [("log", record.getMessage()) for record in records]
    for root in universe.roots:
        for stack in stacks.tree(universe.db, root, deleted=True):
            texts.append(("reason of a stack", stack.reason))
            for event in events.listing(universe.db, EventQuery(stacks=[stack.id])):
                texts.append(("event", event.reason))
            for operation in operations.of_stack(universe.db, stack.id):
                texts.append(("operation", operation.reason or ""))
            for row in resources.of_stack(universe.db, stack.id):
                texts.append(("reason of a resource", row.reason))
    for where, text in texts:
        for one in hidden:
            if one in text:
                yield f"secret: a {where} says {text!r}"

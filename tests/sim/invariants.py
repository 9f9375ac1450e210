"""What must hold: while a simulation runs, when its stacks are at rest, and when all is deleted."""

import json
import re
from collections import Counter
from copy import copy
from datetime import timedelta

from tests.sim import templates

from heat.base.ids import ResourceId
from heat.engine.record import recorded
from heat.plan.build import build
from heat.plan.definition import compile_definition
from heat.plan.exports import Exported
from heat.plan.model import Kind
from heat.plugin.registry import TYPES
from heat.store import definitions, events, exports, operations, resources, snapshots, stacks
from heat.store.events import EventQuery

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
_EQUAL = ("CREATE", "UPDATE", "ROLLBACK", "RESTORE", "ADOPT")
"""After these a stack that is complete is as its template says."""
_NESTS = ("inner.yaml", "OS::Heat::ResourceGroup", "OS::Heat::AutoScalingGroup")
_MARKED = "state changed by resource_mark_unhealthy api"
_MARK = re.compile(rb"heat:([0-9a-f-]{36})")


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
    if stack.status != "COMPLETE" or stack.action not in _EQUAL:
        return
    if stack.owner is not None:
        owner = stacks.get(universe.db, stack.owner)
        if owner is None or owner.status != "COMPLETE":
            return
    marked = [row for row in rows if row.reason == _MARKED]
    for row in rows:
        if row in marked:
            continue
        if (row.status, row.action in ("INIT", "DELETE")) != ("COMPLETE", False):
            yield f"complete: {name}.{row.name} is {row.action}_{row.status}, the stack COMPLETE"
        elif wrong := _differs(universe, row):
            yield f"complete: {name}.{row.name} {wrong}"
    if stack.action == "ROLLBACK" and not rows and _wants_nothing(universe, stack):
        return
    if not marked:
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
    if row.physical_id in universe.vanished and not _was_looked_at(universe, row):
        return None
    if live is None:
        return f"({row.physical_id}) is not in the cloud"
    if live["id"] == universe.theirs["id"]:
        return None
    for name in SHOWN.get(row.type, ()):
        wanted = row.properties.get(name)
        if name == "name" and row.physical_id in universe.spoilt and live[name] == "theirs":
            continue  # only an update that converges sees to that
        if wanted not in (None, {}) and live.get(name) != wanted:
            return f"has {name} {live.get(name)!r}, and is to have {wanted!r}"
    return _unlike(live, row) if row.type == "OS::Nova::Server" else None


def _was_looked_at(universe, row):
    """Tell whether an update converged after somebody had deleted an object."""
    last = operations.of_stack(universe.db, row.stack)[-1]
    since = universe.vanished[row.physical_id] + timedelta(seconds=10)
    return bool(last.options.get("converge")) and last.requested_at > since


def _unlike(live, row):
    flavor, wanted = live["flavor"]["original_name"], row.properties["flavor"]
    if flavor != wanted:
        return f"has the flavor {flavor!r}, and is to have {wanted!r}"
    if live["vm_state"] == "resized":
        return "waits for somebody to confirm that it was resized"
    return None


def _plan(universe, stack, rows):
    definition = definitions.get(universe.db, stack.definition)
    given = exports.of_project(universe.db, stack.project)
    compiled = compile_definition(
        definition,
        TYPES,
        stack_id=stack.id,
        stack_name=stack.name,
        project=stack.project,
        exports=Exported(lambda: {name: row.value for name, row in given.items()}),
    )
    names = {row.name for row in rows}
    if names != compiled.template.resources.keys() and names != set(compiled.requires):
        yield f"complete: {stack.name} has {sorted(names)}, not {sorted(compiled.requires)}"
    known = [recorded(stack, row, TYPES, n) for n, row in enumerate(rows)]
    chance = copy(universe.chance)
    plan = build("UPDATE", 0, known, compiled.target, lambda: ResourceId(chance.id()))
    nested = {row.name for row in rows if row.type in _NESTS}
    for node in plan.nodes:
        if node.kind is Kind.KEEP or (node.kind is Kind.UPDATE and node.name in nested):
            continue
        if node.kind is Kind.UPDATE and set(compiled.requires[node.name]) & nested:
            continue  # what a nested stack gives is not known before its update
        why = "; ".join(str(r) for r in node.reasons)
        yield f"plan: {stack.name}: a plan made anew would {node.kind} {node.name}: {why}"


def _events(universe, stack):
    found = list(reversed(events.listing(universe.db, EventQuery(stacks=[stack.id]))))
    last = {}
    for event in found:
        if event.resource is None or event.action == "SIGNAL" or "Hook" in event.reason:
            continue
        if event.reason.startswith("Cannot signal"):
            continue  # it tells of the signal, not of the state that it names
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
    found, parts = Counter(), set()
    for root in roots:
        for stack in stacks.tree(universe.db, root):
            for one in snapshots.of_stack(universe.db, stack.id):
                parts |= _words(one.data)
            parts.add(stack.stack_user_project)
            if stack.stack_user_project == "":  # it may have one, and will look for it by its name
                parts |= _named_for(universe, stack)
            for row in resources.of_stack(universe.db, stack.id):
                found[row.physical_id, row.type] += 1
                parts |= _words(row.data)
    for (key, kind), number in found.items():
        if key and number > 1 and kind in OBJECTS and key != universe.theirs["id"]:
            yield f"twice: {number} resources of {kind} name {key}"
    physical = {key for key, _ in found} | parts
    yield from _twins(universe)
    for (kind, key), row in universe.made().items():
        if key in physical or key not in universe.watch.made_ids or kind == "identity.trust":
            continue
        if _is_users(universe, key, row) or row.get("user_id") in physical:
            continue
        text = json.dumps(row, default=str).encode()
        short = _owner(universe, roots, row, text)
        if short is None:
            yield f"orphan: {kind} {key} ({row.get('name')!r}) belongs to no resource"


def _named_for(universe, stack):
    made = universe.made().items()
    projects = {key: row["name"] for (kind, key), row in made if kind == "identity.project"}
    return {key for key, name in projects.items() if name.endswith(stack.id)}


def _words(data):
    """Return what may be an id in the data that a resource or a snapshot keeps."""
    return set(re.findall(r"[0-9a-f-]{32,36}", json.dumps(data, default=str)))


def _is_users(universe, key, row):
    """Tell whether an object was left to the user, or is a part of one that was."""
    theirs = universe.given | universe.watch.left
    return key in theirs or not theirs.isdisjoint(v for v in row.values() if isinstance(v, str))


def _twins(universe):
    """Yield what bears the mark of one resource and is there more than once."""
    found = Counter()
    for (kind, _), row in universe.made().items():
        if kind in OBJECTS.values():
            marks = set(_MARK.findall(json.dumps(row, default=str).encode()))
            found.update((kind, mark) for mark in marks)
    for (kind, mark), number in found.items():
        if number > 1:
            yield f"twice: {number} objects {kind} bear the mark of {mark.decode()}"


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
    torn = {root for root in roots if _is_torn(universe, root)}
    for root in roots:
        for stack in stacks.tree(universe.db, root) if root not in torn else ():
            yield f"end: stack {stack.name} is {stack.action}_{stack.status}: {stack.reason}"
    theirs = universe.cloud.store.table("network.network").get(universe.theirs["id"])
    seen = {name: (theirs or {}).get(name) for name in SHOWN["OS::Neutron::Net"]}
    if any(universe.theirs[name] != value for name, value in seen.items()):
        yield f"end: the network of others is {seen}"
    for (kind, key), row in universe.made().items():
        if not _is_users(universe, key, row) and not (torn and kind == "identity.trust"):
            yield f"end: {kind} {key} ({row.get('name')!r}) is left in the cloud"


def _is_torn(universe, root):
    """Tell whether an adoption or abandonment failed: what is the user's is used by the rest."""
    found = operations.of_stack(universe.db, root)
    halves = [o for o in found if o.action == "ADOPT" or o.options.get("abandon")]
    return stacks.get(universe.db, root) is not None and any(o.state == "FAILED" for o in halves)


def secrets(universe, records, generated):
    """Yield where something secret was said."""
    hidden = {templates.SECRET, templates.ADMIN_PASSWORD, "PRIVATE KEY", universe.user.token}
    hidden |= {text for text in generated if len(text) >= 8}
    texts = [("log", record.getMessage()) for record in records]
    for root in universe.all_roots():
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

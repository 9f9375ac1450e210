"""What users ask for in a simulation, by the same functions as the API."""

import json

from tests.sim import looking, templates, vanishing

from heat.base.errors import Fault
from heat.base.ids import StackId
from heat.operations import actions, changes, export, signals, snapshots
from heat.operations.actions import Act, MarkUnhealthy
from heat.operations.changes import CreateStack, UpdateStack
from heat.operations.finding import OfStack
from heat.operations.signals import SignalResource
from heat.operations.snapshots import OfSnapshot, TakeSnapshot
from heat.store import hooks, resources, stacks
from heat.store import snapshots as stored

_SPEAKING = ("WaitConditionHandle", "ScalingPolicy", "SoftwareDeployment")
_SPOILT = {
    "OS::Neutron::Net": "network.network",
    "OS::Nova::Server": "compute.server",
    "OS::Cinder::Volume": "volume.volume",
}


def ask(universe, act):
    """Ask for what an act says; raises Fault when it is refused."""
    services, who = universe.services, universe.user
    stack = universe.roots.get(act.stack, "")
    match act.kind:
        case "create":
            asked = CreateStack(stack_name=f"stack{act.stack}", **_content(universe, act))
            made = changes.create_stack(services, who, asked)["id"]
            if stack:  # the message came once more, when the first stack was gone
                universe.past.append(stack)
            universe.roots[act.stack] = made
        case "update":
            changes.update_stack(services, who, UpdateStack(stack=stack, **_content(universe, act)))
        case "again":
            changes.update_stack(services, who, UpdateStack(stack=stack, existing=True))
        case "converge":
            _spoil(universe, stack)
            asked = UpdateStack(stack=stack, existing=True, converge=True)
            changes.update_stack(services, who, asked)
        case "heal":
            asked = UpdateStack(stack=stack, existing=True, converge=True)
            changes.update_stack(services, who, asked)
        case "look":
            looking.look(universe, stack, act.stack)
        case "vanish":
            vanishing.vanish(universe, stack)
        case "delete":
            changes.delete_stack(services, who, OfStack(stack=stack))
        case "delete_nested":
            below = [one for one in stacks.tree(universe.db, StackId(stack)) if one.owner]
            if below:
                child = universe.random.choice(below)
                changes.delete_stack(services, who, OfStack(stack=child.id))
        case "cancel":
            actions.act(services, who, Act(stack=stack, action="cancel_without_rollback"))
        case "signal":
            answer(universe, stack, scale=True)
        case "unhealthy":
            _mark(universe, stack)
        case "snapshot":
            snapshots.take_snapshot(services, who, TakeSnapshot(stack=stack))
        case "restore" | "delete_snapshot":
            found = stored.of_stack(universe.db, StackId(stack))
            key = universe.random.choice(found).id if found else "none"
            function = getattr(snapshots, act.kind.replace("restore", "restore_snapshot"))
            function(services, who, OfSnapshot(stack=stack, snapshot=key))
        case "abandon":
            _abandon(universe, act, stack)
        case "adopt":
            _adopt(universe, act)
        case _:
            actions.act(services, who, Act(stack=stack, action=act.kind))


def _content(universe, act):
    hidden = "secret" in act.template.get("parameters", ())
    text = json.dumps(act.template).replace(templates.THEIRS, universe.theirs["id"])
    return {
        "template": json.loads(text),
        "files": act.files,
        "environment": act.environment,
        "parameters": {"secret": templates.SECRET} if hidden else {},
        "tags": act.tags,
        "timeout_mins": act.minutes,
        "disable_rollback": not act.rollback,
    }


def answer(universe, root, *, scale=False):
    """Say to all that may wait for a word, in a stack and below it, that it may go on."""
    below = [stack.id for stack in stacks.tree(universe.db, StackId(root))] if root else []
    rows = resources.of_stacks(universe.db, below) if below else []
    for row in rows:
        if row.type.endswith(_SPEAKING) and (scale or "Policy" not in row.type):
            _say(universe, SignalResource(stack=row.stack, resource=row.name, body={}))
    if universe.hooked:
        _clear(universe, rows, below)


def _clear(universe, rows, below):
    """Clear all hooks that something waits at, and now and then one that nothing does."""
    waiting = [
        (pause.resource, hooks.hook_of(pause.verb)) for pause in hooks.paused(universe.db, below)
    ]
    if rows and universe.random.random() < 0.2:
        waiting.append((universe.random.choice(rows).id, "pre-update"))
    named = {row.id: row for row in rows}
    for key, hook in waiting:
        body = {"unset_hook": hook}
        _say(universe, SignalResource(stack=named[key].stack, resource=named[key].name, body=body))


def _say(universe, signal):
    try:
        signals.signal_resource(universe.services, universe.user, signal)
    except Fault:
        universe.counts["signals refused"] += 1
    else:
        universe.counts["signals"] += 1


def _spoil(universe, stack):
    """Let somebody else change an object behind the engine's back."""
    rows = resources.of_stack(universe.db, StackId(stack))
    found = [r for r in rows if r.type in _SPOILT and r.physical_id and r.properties.get("name")]
    if not found:
        return
    row = universe.random.choice(found)
    table = universe.cloud.store.table(_SPOILT[row.type])
    live = table.get(row.physical_id)
    if live is not None:
        table.put({**live, "name": "theirs"})
        universe.spoilt.add(row.physical_id)


def _mark(universe, stack):
    rows = resources.of_stack(universe.db, StackId(stack))
    if not rows:
        return
    row = universe.random.choice(rows)
    asked = MarkUnhealthy(stack=stack, resource=row.name, unhealthy=True)
    actions.mark_unhealthy(universe.services, universe.user, asked)


def _abandon(universe, act, stack):
    below = stacks.tree(universe.db, StackId(stack))
    ids = {r.physical_id for s in below for r in resources.of_stack(universe.db, s.id)}
    found = export.abandon_stack(universe.services, universe.user, OfStack(stack=stack))
    universe.exports[act.stack] = found
    universe.given |= ids - {None}


def _adopt(universe, act):
    """Take what was abandoned over into a new stack; nothing else may be there meanwhile."""
    found = universe.exports.get(act.stack)
    old = universe.roots.get(act.stack)
    if found is None or (old and stacks.get(universe.db, StackId(old)) is not None):
        return
    asked = CreateStack(
        stack_name=f"stack{act.stack}",
        template=found["template"],
        files=dict(found["files"]),
        environment=found["environment"],
        parameters={"secret": templates.SECRET},
        adopt=found["resources"],
        disable_rollback=not act.rollback,
        timeout_mins=act.minutes,
    )
    made = changes.create_stack(universe.services, universe.user, asked)["id"]
    universe.past.append(old)
    universe.roots[act.stack] = made
    universe.exports.pop(act.stack)
    universe.adopted.add(made)

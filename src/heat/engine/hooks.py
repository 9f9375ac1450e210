"""Pauses of resources where the environment has a hook, until somebody clears it.

A pause is an entry in the journal: written when the resource gets there, answered by whoever
clears the hook. So it outlives the engine, and belongs to one operation.
"""

from heat.base.ids import ResourceId
from heat.engine.patience import Stopped
from heat.engine.record import COMPLETE
from heat.engine.scene import Scene
from heat.plan.model import Kind, Node
from heat.store.hooks import verb_of
from heat.store.rows import DropResource, JournalRow, PutIntent, PutReply, ResourceRow


def before(scene: Scene, node: Node) -> str | None:
    """Return the hook at which a node pauses before it begins.

    What a stack's update creates or deletes does not pause; what it replaces does, once.
    """
    match node.kind, scene.operation.action:
        case Kind.CREATE, "CREATE":
            hook = "pre-create"
        case ((Kind.UPDATE | Kind.KEEP), "UPDATE"):
            hook = "pre-update"
        case Kind.CREATE, "UPDATE" if node.replaces in scene.rows:
            hook = "pre-update"
        case ((Kind.DELETE | Kind.FORGET), "DELETE"):
            hook = "pre-delete"
        case _:
            return None
    return hook if hook in _set(scene, node) else None


def after(scene: Scene, node: Node) -> str | None:
    """Return the hook at which a node pauses when it is done."""
    match node.kind, scene.operation.action:
        case ((Kind.CREATE | Kind.UPDATE), ("CREATE" | "UPDATE")) if not node.replaces:
            hook = f"post-{scene.operation.action.lower()}"
            fits = node.kind is Kind.UPDATE or scene.operation.action == "CREATE"
        case ((Kind.DELETE | Kind.FORGET), "DELETE"):
            hook, fits = "post-delete", True
        case _:
            return None
    return hook if fits and hook in _set(scene, node) else None


def passed(scene: Scene, node: Node) -> bool:
    """Tell whether there is no hook left at which a node that is done pauses."""
    hook = after(scene, node)
    if hook is None:
        return True
    entry = _entry(scene, node.row, hook)
    return entry is not None and entry.answered


def is_made(scene: Scene, node: Node) -> bool:
    """Tell whether what a node is for has been done; a hook after it may still be set."""
    row = scene.rows.get(node.row)
    if row is None or row.operation != scene.operation.id or row.status != COMPLETE:
        return False
    match node.kind:
        case Kind.CREATE | Kind.UPDATE:
            return row.action != "INIT"
        case Kind.DELETE | Kind.FORGET:
            return row.action == "DELETE"
        case _:
            return False


async def pause_before(scene: Scene, node: Node) -> None:
    """Pause at the hook before a node, if there is one."""
    hook = before(scene, node)
    if node.kind in (Kind.DELETE, Kind.FORGET) and after(scene, node) is not None:
        scene.lingering.add(node.row)
    row = scene.rows.get(node.replaces or node.row) or scene.rows.get(node.row)
    if hook is not None and row is not None:
        await _pause(scene, row, hook)


async def pause_after(scene: Scene, node: Node) -> None:
    """Pause at the hook after a node, if there is one; what was deleted goes then."""
    hook, row = after(scene, node), scene.rows.get(node.row)
    if hook is None or row is None:
        return
    await _pause(scene, row, hook)
    if row.action == "DELETE":
        await scene.stage.lease.commit(DropResource(row.id))
        scene.forget(row.id)


async def _pause(scene: Scene, row: ResourceRow, hook: str) -> None:
    stage, verb = scene.stage, verb_of(hook, scene.operation.id)
    entry = _entry(scene, row.id, hook)
    if entry is None:
        action = hook.split("-")[1].upper()
        entry = JournalRow(
            resource=row.id,
            stack=row.stack,
            verb=verb,
            sequence=0,
            digest=hook,
            intent_at=stage.world.clock.now(),
        )
        told = scene.teller.note(row, f"{action} paused until Hook {hook} is cleared")
        await stage.lease.commit(PutIntent(entry), told)
        scene.journal.setdefault(row.id, []).append(entry)
    while not entry.answered and not await stage.hearing.ended((row.id, verb)):
        if await _over(scene):
            told = scene.teller.note(row, f"Hook {hook} is cleared: the wait was cut short")
            await stage.lease.commit(PutReply(row.id, verb, 0, {}), told)
            raise Stopped
        if stage.stopping():
            raise Stopped


async def _over(scene: Scene) -> bool:
    """Tell whether the operation is past, so that nobody need clear its hooks."""
    stage = scene.stage
    if scene.failures or stage.world.clock.now() >= stage.deadline:
        return True
    if not stage.stopping() or stage.lease.lost:
        return False
    # The engine may be told to end, and then another one goes on waiting.
    current = await stage.world.store.currents([scene.stack.id])
    return current.get(scene.stack.id) != scene.operation.id


def _entry(scene: Scene, row: ResourceId, hook: str) -> JournalRow | None:
    verb = verb_of(hook, scene.operation.id)
    return next((entry for entry in scene.journal.get(row, ()) if entry.verb == verb), None)


def _set(scene: Scene, node: Node) -> frozenset[str]:
    if scene.operation.options.get("cancel"):
        return frozenset()  # it begins nothing
    return scene.registry.hooks(node.name) if scene.registry else frozenset()

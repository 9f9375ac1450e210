"""What a stack gives to others by name when it is complete, and may not take from them again."""

from collections.abc import Mapping

from heat.base.ids import StackId
from heat.base.unknown import unknowns
from heat.engine.reasons import VerbFailed
from heat.engine.scene import Scene
from heat.plan.desired import Standing
from heat.plan.exports import Exported
from heat.store.rows import ExportRow, PutExports, PutImports, Write

KIND = "ExportRefused"


def importing(scene: Scene) -> list[Write]:
    """Return what keeps others from taking back what this stack is about to read."""
    names = scene.imports | _used(scene)
    return [_imports(scene, names)] if names != scene.imports else []


async def check(scene: Scene) -> None:
    """Refuse to begin what would take exports away that others read; raises VerbFailed."""
    own = {name for name, row in scene.exports.items() if row.stack == scene.stack.id}
    left = own - (scene.compiled.bound.exports.keys() if scene.compiled else frozenset[str]())
    await _refuse(scene, left, "deleted")


async def at_end(scene: Scene) -> list[Write]:
    """Return the writes of what is exported and imported by now; raises VerbFailed."""
    names = scene.compiled.bound.exports if scene.compiled else {}
    writes: list[Write] = []
    if names or any(row.stack == scene.stack.id for row in scene.exports.values()):
        there = await scene.stage.world.store.exports(scene.stack.project)
        rows = {name: _row(scene, name, output) for name, output in names.items()}
        await _check_all(scene, there, rows)
        writes.append(PutExports(scene.stack.id, tuple(rows.values())))
    used = _used(scene)
    if used != scene.imports:
        writes.append(_imports(scene, used))
    return writes


async def _check_all(
    scene: Scene, there: Mapping[str, ExportRow], rows: Mapping[str, ExportRow]
) -> None:
    for name in rows:
        if name in there and there[name].stack != scene.stack.id:
            raise VerbFailed(taken(name, there[name].stack), kind=KIND)
    own = {name: row for name, row in there.items() if row.stack == scene.stack.id}
    await _refuse(scene, own.keys() - rows.keys(), "deleted")
    changed = {name for name in own.keys() & rows.keys() if own[name].value != rows[name].value}
    await _refuse(scene, changed, "updated")


async def _refuse(scene: Scene, names: frozenset[str] | set[str], done: str) -> None:
    stack = scene.stack
    store = scene.stage.world.store
    found = await store.importers(stack.project, names, stack.id, stack.root) if names else {}
    for name, users in found.items():
        raise VerbFailed(in_use(name, users, done), kind=KIND)


def taken(name: str, stack: StackId) -> str:
    """Say that another stack has a name."""
    return f"the export {name} belongs to the stack {stack}; give it another name"


def in_use(name: str, users: list[str], done: str = "deleted") -> str:
    """Say that others read an export."""
    listed = ", ".join(sorted(users))
    return f"the export {name} can't be {done}: it is in use by {listed}; change those first"


def _row(scene: Scene, name: str, output: str) -> ExportRow:
    assert scene.compiled is not None  # noqa: S101 - else nothing is exported
    value = scene.compiled.bound.output(output, Standing(scene.known))
    if value is None or unknowns(value) is not None:
        raise VerbFailed(f"the output {output}, exported as {name}, has no value", kind=KIND)
    stack = scene.stack
    return ExportRow(project=stack.project, name=name, stack=stack.id, output=output, value=value)


def _used(scene: Scene) -> frozenset[str]:
    exports = scene.compiled.exports if scene.compiled else None
    return frozenset(exports.used) if isinstance(exports, Exported) else frozenset()


def _imports(scene: Scene, names: frozenset[str]) -> PutImports:
    return PutImports(scene.stack.project, scene.stack.id, names)

"""Which nodes of a plan may be carried out by now."""

from heat.base.ids import ResourceId
from heat.engine import hooks
from heat.engine.record import COMPLETE, IN_PROGRESS
from heat.engine.scene import Scene
from heat.plan.model import DESIRED, Kind, Node, Plan
from heat.store.rows import OperationRow


class Board:
    """Which nodes of a plan are done and which are ready, worked out from rows at the start."""

    def __init__(self, plan: Plan, scene: Scene, operation: OperationRow) -> None:
        self._nodes = {node.id: node for node in plan.nodes}
        self._followers: dict[str, list[str]] = {}
        self._unmet: dict[str, set[str]] = {}
        self._scene, self._by_row = scene, {node.row: node for node in plan.nodes}
        self._left = [0, 0]
        self._ready: list[Node] = []
        self._held: list[Node] = []  # phase 1, while phase 0 goes on
        already = {n.id for n in plan.nodes if _is_done(n, scene, operation)}
        for node in plan.nodes:
            if node.id in already:
                if node.kind in DESIRED:
                    scene.learn(scene.rows[node.row])
                continue
            self._left[node.phase] += 1
            unmet = {need for need in node.needs if need in self._nodes and need not in already}
            unmet -= {
                need for need in node.early if need in unmet and self._exists(need, operation)
            }
            self._unmet[node.id] = unmet
            for need in unmet:
                self._followers.setdefault(need, []).append(node.id)
            if not unmet:
                self._make_ready(node)
        self._open()

    @property
    def finished(self) -> bool:
        """Whether every node is done."""
        return not any(self._left)

    def take(self, room: int) -> list[Node]:
        """Return ready nodes, as many as there is room for."""
        if room <= 0:
            return []
        taken, self._ready = self._ready[:room], self._ready[room:]
        return taken

    def done(self, node: Node) -> None:
        """Take note that a node is done; what waited for it may be ready now."""
        self._left[node.phase] -= 1
        for name in self._followers.get(node.id, ()):
            self._meet(name, node.id)
        self._open()

    def made(self, row: ResourceId, item: str) -> bool:
        """Take note that an object exists; tell whether something was waiting for just that."""
        node = self._by_row.get(row)
        early = [] if node is None else self._early(node.id)
        if node is None or not early:
            return False
        self._scene.begin(self._scene.rows[row], item)
        for name in early:
            self._meet(name, node.id)
        return True

    def _early(self, need: str) -> list[str]:
        followers = self._followers.get(need, ())
        return [name for name in followers if need in self._nodes[name].early]

    def _exists(self, need: str, operation: OperationRow) -> bool:
        node = self._nodes[need]
        row = self._scene.rows.get(node.row)
        if row is None or row.physical_id is None:
            return False
        under_way = (row.operation, row.action, row.status) == (operation.id, "CREATE", IN_PROGRESS)
        if node.kind not in (Kind.KEEP, Kind.UPDATE) and not under_way:
            return False
        self._scene.begin(row, row.physical_id)
        return True

    def _meet(self, name: str, need: str) -> None:
        if need in self._unmet[name]:
            self._unmet[name].discard(need)
            if not self._unmet[name]:
                self._make_ready(self._nodes[name])

    def _make_ready(self, node: Node) -> None:
        (self._held if node.phase else self._ready).append(node)

    def _open(self) -> None:
        if not self._left[0] and self._held:
            self._ready += self._held
            self._held = []


def _is_done(node: Node, scene: Scene, operation: OperationRow) -> bool:
    row = scene.rows.get(node.row)
    match node.kind:
        case Kind.DELETE | Kind.FORGET:
            return row is None
        case Kind.KEEP:
            # Looked at again, for that costs nothing and tells others what is known.
            return False
        case Kind.DROP:
            return False
        case Kind.SUSPEND | Kind.RESUME | Kind.CHECK | Kind.SNAPSHOT:
            did = None if row is None else (row.operation, row.action, row.status)
            return did == (operation.id, node.kind.upper(), COMPLETE)
        case Kind.CREATE | Kind.UPDATE | Kind.ADOPT:
            return (
                row is not None
                and row.operation == operation.id
                and row.status == COMPLETE
                and row.action != "INIT"
                and hooks.passed(scene, node)
            )

"""Which nodes of a plan may be carried out by now."""

from heat.engine import hooks
from heat.engine.record import COMPLETE
from heat.engine.scene import Scene
from heat.plan.model import Kind, Node, Plan
from heat.store.rows import OperationRow


class Board:
    """Which nodes of a plan are done and which are ready, worked out from rows at the start."""

    def __init__(self, plan: Plan, scene: Scene, operation: OperationRow) -> None:
        self._nodes = {node.id: node for node in plan.nodes}
        self._followers: dict[str, list[str]] = {}
        self._unmet: dict[str, int] = {}
        self._left = [0, 0]
        self._ready: list[Node] = []
        self._held: list[Node] = []  # phase 1, while phase 0 goes on
        already = {n.id for n in plan.nodes if _is_done(n, scene, operation)}
        for node in plan.nodes:
            if node.id in already:
                if node.kind in (Kind.CREATE, Kind.UPDATE, Kind.KEEP, Kind.ADOPT):
                    scene.learn(scene.rows[node.row])
                continue
            self._left[node.phase] += 1
            unmet = {need for need in node.needs if need in self._nodes and need not in already}
            self._unmet[node.id] = len(unmet)
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
            self._unmet[name] -= 1
            if not self._unmet[name]:
                self._make_ready(self._nodes[name])
        self._open()

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

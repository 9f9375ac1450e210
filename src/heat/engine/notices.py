"""Tells others what happens to stacks: the sinks of environments, and whoever meters the cloud.

Both hear of it after it is written down, each from a bounded queue of its own. A sink that is away
is tried again a few times. What a sink or the message bus can't take then is left out: nothing that
happens to a stack waits for them, and no sink for another one.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, Full, Queue
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from msgspec.structs import replace

from heat.base.clock import timestamp
from heat.base.ids import StackId
from heat.cloud.credentials import Credentials
from heat.engine.posting import PAUSES, Posting
from heat.engine.record import STACK_TYPE
from heat.plugin.steps import Call
from heat.store import credentials, definitions, events, operations, resources, stacks
from heat.store.database import Database
from heat.store.rows import EventRow, StackRow
from heat.store.shapes import EVENT

_log = logging.getLogger(__name__)

MOST = 10000
"""Events that wait to be told; more are left out."""
AT_ONCE = 20
"""Events that are read together."""
KNOWN = 1000
"""Stacks whose sinks are remembered."""
LIFE = 3600
"""Seconds that a message stays in a queue unless the sink says otherwise."""
SCALING = "scaling"
"""The option of an operation that tells how it scales a group."""
PHASES = {"IN_PROGRESS": "start", "COMPLETE": "end", "FAILED": "error"}

Emit = Callable[[str, Mapping[str, Any], bool], None]
"""Sends a notification: its event type, what it says, whether it is about an error."""


class Sender(Protocol):
    """The part of the cloud that sinks need."""

    def send(self, call: Call, who: Credentials) -> Any:
        """Send a call."""
        ...


class _Family(NamedTuple):
    """Where the events of a stack go: sinks of its root, and on whose behalf."""

    sinks: Sequence[Mapping[str, Any]]
    root: StackId


class Notices:
    """Tells of events until it is closed."""

    def __init__(
        self,
        db: Database,
        sender: Sender,
        emit: Emit | None = None,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._db, self._sender = db, sender
        self._posting = Posting(self._post, pauses)
        self._families: OrderedDict[StackId, _Family] = OrderedDict()
        self._lines = [_Line("sinks", self._hand_out, AT_ONCE)]
        self._meters: _Line | None = None
        if emit is not None:
            self._meters = _Line("bus", partial(self._emit_all, emit), 1)
            self._lines.append(self._meters)

    def start(self) -> None:
        """Begin to tell what is written from now on."""
        for line in self._lines:
            line.start()
        self._db.watch(self.take)

    def take(self, written: Sequence[Mapping[str, Any]]) -> None:
        """Take events, as column values, and come back at once."""
        for line in self._lines:
            metered = line is self._meters
            line.take([event for event in written if _is_metered(event)] if metered else written)

    def close(self, seconds: float = 5.0) -> None:
        """Tell what is waiting, as far as that goes in time, and end."""
        self._db.watch(None)
        for line in self._lines:
            line.close(seconds)
        self._posting.close(seconds)

    def _read(self, written: Iterable[Mapping[str, Any]]) -> list[EventRow]:
        return [EVENT.read(self._db, [values[name] for name in EVENT.fields]) for values in written]

    def _emit_all(self, emit: Emit, written: Iterable[Mapping[str, Any]]) -> None:
        for event in self._read(written):
            stack = stacks.get(self._db, event.stack, deleted=True)
            if stack is not None:
                kind = f"orchestration.stack.{event.action.lower()}.{PHASES[event.status]}"
                emit(kind, notification(stack, event), event.status == "FAILED")
                self._tell_scaling(emit, stack, event)

    def _tell_scaling(self, emit: Emit, group: StackRow, event: EventRow) -> None:
        """Tell of a group that is scaled, as part of the stack that it is in."""
        if group.owner is None or event.action != "UPDATE":
            return
        stack = stacks.get(self._db, StackId(group.owner))
        # Another may have been asked for by the time that this is told.
        operation = operations.newest(self._db, group.id, event.request_id)
        change = operation.options.get(SCALING) if operation else None
        if stack is None or change is None:
            return
        phase = PHASES[event.status]
        said = scaling(stack, change, phase)
        if phase == "error":
            size = resources.counts(self._db, [group.id])[group.id]
            said |= {"capacity": size, "message": event.reason}
        emit(f"orchestration.autoscaling.{phase}", said, phase == "error")

    def _family(self, key: StackId) -> _Family | None:
        if key in self._families:
            self._families.move_to_end(key)
            return self._families[key]
        stack = stacks.get(self._db, key, deleted=True)
        root = stack if stack is None or stack.root in (None, key) else self._root(stack)
        if root is None:
            return None
        found = definitions.get(self._db, root.definition)
        environment = found.environment if found else {}
        sinks = [
            sink
            for sink in environment.get("event_sinks") or ()
            if sink.get("type") == "zaqar-queue" and sink.get("target")
        ]
        family = self._families[key] = _Family(sinks, root.id)
        while len(self._families) > KNOWN:
            self._families.popitem(last=False)
        return family

    def _root(self, stack: StackRow) -> StackRow | None:
        return stacks.get(self._db, StackId(stack.root or stack.id), deleted=True)

    def _hand_out(self, written: Iterable[Mapping[str, Any]]) -> None:
        """Let events go to the sinks that are to hear of them."""
        found: dict[tuple[StackId, str], list[dict[str, Any]]] = {}
        for values in written:
            key = StackId(values["stack"])
            if _is_of_stack(values):
                self._families.pop(key, None)  # it may have another environment by now
            family = self._family(key)
            if family is None or not family.sinks:
                continue
            (event,) = self._read([values])
            whole = replace(event, properties=events.properties(self._db, event))
            for sink in family.sinks:
                message = {"ttl": _life(sink), "body": posted(whole)}
                found.setdefault((family.root, str(sink["target"])), []).append(message)
        for place, messages in found.items():
            self._posting.put(place, messages)

    def _post(self, sink: tuple[StackId, str], messages: Sequence[Mapping[str, Any]]) -> None:
        root, target = sink
        stack = stacks.get(self._db, root, deleted=True)
        held = credentials.get(self._db, stack.credentials) if stack and stack.credentials else None
        if held is None:
            return
        who = Credentials.from_secret(held.user_id, held.username, held.project, held.secret)
        call = Call(
            "messaging",
            "POST",
            f"/v2/queues/{quote(target, safe='')}/messages",
            {"messages": list(messages)},
            headers={"Client-ID": root},
        )
        self._sender.send(call, who)


class _Line:
    """A bounded queue, and the thread that tells what is in it, some events at a time."""

    def __init__(
        self, name: str, tell: Callable[[Iterable[Mapping[str, Any]]], None], at_once: int
    ) -> None:
        self._tell, self._at_once, self._left_out = tell, at_once, 0
        self._queue: Queue[Mapping[str, Any] | None] = Queue(MOST)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def take(self, written: Sequence[Mapping[str, Any]]) -> None:
        for values in written:
            try:
                self._queue.put_nowait(values)
            except Full:
                self._left_out += 1

    def close(self, seconds: float) -> None:
        try:
            self._queue.put(None, timeout=seconds)
        except Full:
            return
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            found = [self._queue.get()]
            with suppress(Empty):
                while found[-1] is not None and len(found) < self._at_once:
                    found.append(self._queue.get_nowait())
            if self._left_out and self._queue.empty():
                _log.warning("%d events were told to nobody: too many waited", self._left_out)
                self._left_out = 0
            try:
                self._tell([values for values in found if values is not None])
            except Exception:  # noqa: BLE001 - the outermost loop: a bus that is broken stays so
                _log.exception("Some of %d events could not be told", len(found))
            if found[-1] is None:
                return


def _is_metered(event: Mapping[str, Any]) -> bool:
    return _is_of_stack(event) and event["status"] in PHASES


def _is_of_stack(event: Mapping[str, Any]) -> bool:
    return event["resource"] is None and event["resource_type"] == STACK_TYPE


def _life(sink: Mapping[str, Any]) -> int:
    """Return how long a message stays; what is no number is one user's slip, and hides nothing."""
    try:
        return int(sink.get("ttl") or LIFE)
    except (TypeError, ValueError):
        return LIFE


def posted(event: EventRow) -> dict[str, Any]:
    """Return what a sink is told of an event."""
    return {
        "timestamp": timestamp(event.created_at),
        "version": "0.1",
        "type": "os.heat.event",
        "id": event.id,
        "payload": {
            "resource_name": event.resource_name,
            "physical_resource_id": event.physical_id,
            "stack_id": event.stack,
            "resource_action": event.action,
            "resource_status": event.status,
            "resource_status_reason": event.reason,
            "resource_type": event.resource_type,
            "resource_properties": dict(event.properties),
            "version": "0.1",
        },
    }


def notification(stack: StackRow, event: EventRow) -> dict[str, Any]:
    """Return what those who meter the cloud are told of a stack at an event."""
    state = {"state": f"{event.action}_{event.status}", "state_reason": event.reason}
    return _metered(stack) | state


def scaling(stack: StackRow, change: Mapping[str, Any], phase: str) -> dict[str, Any]:
    """Return what they are told of a group in it that is scaled."""
    return _metered(stack) | {
        "adjustment_type": change["adjustment_type"],
        "adjustment": change["adjustment"],
        "capacity": change["before" if phase == "start" else "after"],
        "groupname": change["group"],
        "message": f"{phase.capitalize()} resizing the group {change['group']}",
    }


def _metered(stack: StackRow) -> dict[str, Any]:
    return {
        "tenant_id": stack.project,
        "user_id": stack.username,
        "username": stack.username,
        "user_identity": stack.user_id,
        "stack_identity": stack.id,
        "stack_name": stack.name,
        "state": f"{stack.action}_{stack.status}",
        "state_reason": stack.reason,
        "create_at": timestamp(stack.created_at),
        "updated_at": timestamp(stack.updated_at) if stack.updated_at else None,
        "description": stack.description,
        "tags": list(stack.tags),
    }

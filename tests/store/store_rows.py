"""Rows for the tests of the store, with everything filled in that a test does not speak of."""

import uuid
from datetime import UTC, datetime, timedelta

from heat.store.rows import EventRow, JournalRow, OperationRow, ResourceRow, StackRow

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, by: timedelta) -> None:
        self.moment += by


def new_id() -> str:
    return str(uuid.uuid4())


def stack(name: str = "web", **fields) -> StackRow:
    known = {
        "id": new_id(),
        "name": name,
        "project": "demo",
        "action": "CREATE",
        "status": "IN_PROGRESS",
        "reason": "Stack CREATE started",
        "definition": "d1",
        "created_at": NOW,
    }
    return StackRow(**known | fields)


def operation(stack_id: str, **fields) -> OperationRow:
    known = {
        "id": new_id(),
        "stack": stack_id,
        "action": "CREATE",
        "state": "PENDING",
        "definition": "d1",
        "requested_at": NOW,
        "deadline": NOW + timedelta(hours=1),
    }
    return OperationRow(**known | fields)


def resource(stack_id: str, name: str = "server", **fields) -> ResourceRow:
    known = {
        "id": new_id(),
        "stack": stack_id,
        "name": name,
        "type": "OS::Nova::Server",
        "action": "CREATE",
        "status": "IN_PROGRESS",
        "created_at": NOW,
    }
    return ResourceRow(**known | fields)


def intent(of: ResourceRow, sequence: int = 0, **fields) -> JournalRow:
    known = {
        "resource": of.id,
        "stack": of.stack,
        "verb": "create",
        "sequence": sequence,
        "digest": "abc",
        "intent_at": NOW,
    }
    return JournalRow(**known | fields)


def event(stack_id: str, **fields) -> EventRow:
    known = {
        "id": new_id(),
        "stack": stack_id,
        "resource": None,
        "resource_name": "web",
        "resource_type": "OS::Heat::Stack",
        "physical_id": stack_id,
        "action": "CREATE",
        "status": "IN_PROGRESS",
        "reason": "Stack CREATE started",
        "request_id": "req-1",
        "created_at": NOW,
    }
    return EventRow(**known | fields)

"""Changes of a resource that a request makes by itself, while no operation is under way."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from heat.base.errors import Conflict
from heat.base.ids import ResourceId
from heat.store import stacks
from heat.store.database import Database
from heat.store.operations import IS_CURRENT
from heat.store.rows import EventRow, StackRow
from heat.store.shapes import EVENT, RESOURCE
from heat.store.statements import insert_new
from heat.store.tables import event as event_table
from heat.store.tables import operation as operation_table
from heat.store.tables import resource as resource_table
from heat.store.tables import stack as stack_table


def change_resource(
    db: Database, stack: StackRow, key: ResourceId, fields: Mapping[str, Any], event: EventRow
) -> None:
    """Change a resource and tell of it.

    Raises Conflict when the stack is no longer as it was read, or has an operation by now.
    """

    def work(connection: Connection) -> None:
        same = stack_table.c.revision == stack.revision
        if not stacks.change(connection, db, stack.id, {}, same) or _busy(connection, stack):
            raise Conflict(f"The Stack ({stack.name}) has changed in the meantime; try again.")
        query = update(resource_table).where(resource_table.c.id == key)
        connection.execute(query.values(RESOURCE.change(db, fields)))
        insert_new(connection, event_table, [EVENT.write(db, event)])

    db.write(work)


def _busy(connection: Connection, stack: StackRow) -> bool:
    current = select(operation_table.c.id).where(operation_table.c.stack == stack.id, IS_CURRENT)
    return connection.execute(current.limit(1)).one_or_none() is not None

"""What was said to resources: written down by whoever is told, read by whoever waits for it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select
from sqlalchemy import insert as insert_into
from sqlalchemy.exc import IntegrityError

from heat.base.errors import Conflict
from heat.base.ids import ResourceId
from heat.store.database import Database
from heat.store.rows import EventRow, SignalRow
from heat.store.shapes import EVENT, SIGNAL
from heat.store.statements import any_of, insert_new
from heat.store.tables import event as event_table
from heat.store.tables import signal as signal_table

_C = signal_table.c
_OF_RESOURCES = (
    select(*SIGNAL.columns)
    .where(_C.resource.in_(any_of("resources")))
    .order_by(_C.resource, _C.number)
)


def of_resource(db: Database, resource: ResourceId) -> Sequence[SignalRow]:
    """Return what was said to a resource, in order."""
    return of_resources(db, [resource])[resource]


def of_resources(
    db: Database, resources: Iterable[ResourceId]
) -> dict[ResourceId, list[SignalRow]]:
    """Return what was said to each of the resources, in order."""
    wanted = sorted(set(resources))
    found: dict[ResourceId, list[SignalRow]] = {key: [] for key in wanted}
    if wanted:
        rows = db.read(lambda c: c.execute(_OF_RESOURCES, {"resources": wanted}).all())
        for row in SIGNAL.read_all(db, rows):
            found[row.resource].append(row)
    return found


def deliver(db: Database, row: SignalRow, event: EventRow) -> None:
    """Write down what was said, and tell of it; raises Conflict when its number is taken."""
    try:
        db.write(lambda connection: insert(connection, db, row, event))
    except IntegrityError:
        # When the answer to a first COMMIT was lost, the repetition ran into its own row.
        if any(said.number == row.number and said == row for said in of_resource(db, row.resource)):
            return
        raise Conflict("Something else was said to the resource at the same moment.") from None


def insert(connection: Connection, db: Database, row: SignalRow, event: EventRow) -> None:
    """Write the same down within a transaction."""
    connection.execute(insert_into(signal_table), SIGNAL.write(db, row))
    insert_new(connection, event_table, [EVENT.write(db, event)])

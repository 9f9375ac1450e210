from datetime import timedelta

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from conftest import empty
from sqlalchemy import func, select
from store_rows import NOW, event, operation, stack

from heat.store import definitions, operations, purge, services, stacks
from heat.store.migrations import migrate, newest, version
from heat.store.rows import CredentialsRow, DefinitionRow, ServiceRow
from heat.store.tables import metadata


def test_migrations_lead_to_the_tables(db):
    empty(db)
    assert version(db) is None
    migrate(db)
    migrate(db)
    assert version(db) == newest() == "0004"

    def compare(connection):
        how = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=how)
        return compare_metadata(context, metadata)

    assert db.read(compare) == []


def test_a_schema_made_at_once_has_the_newest_version(db):
    assert version(db) == newest()
    migrate(db)


def test_purging_leaves_nothing_of_a_deleted_stack_but_what_others_need(db):
    now = db.now()
    gone = stack("gone", deleted_at=now - timedelta(days=3), credentials="c1", tags=("x",))
    young = stack("young", deleted_at=now - timedelta(days=1), definition="d2")
    live = stack("live", previous_definition="d3")
    for row in (gone, young, live):
        asked = operation(row.id, state="DONE", definition=row.definition)
        user = CredentialsRow(id="c1", user_id="u", username="n", project="p", secret={})
        wanted = DefinitionRow(
            id=row.definition, template={"t": row.definition}, files={"f": "same"}, environment={}
        )
        operations.accept(
            db,
            operation=asked,
            stack=row,
            definition=wanted,
            credentials=user if row is gone else None,
            events=[event(row.id)],
        )
    extra = operation(gone.id, definition="d4", state="DONE")
    only = DefinitionRow(id="d4", template={"t": 4}, files={"f": "four"}, environment={})
    definitions.put(db, only)
    db.write(lambda c: c.execute(metadata.tables["operation"].insert(), [operation_values(extra)]))
    assert purge.purge_deleted(db, timedelta(days=2), project="other") == 0
    assert purge.purge_deleted(db, timedelta(days=2)) == 1
    assert stacks.get(db, gone.id, deleted=True) is None
    assert stacks.get(db, young.id, deleted=True) == young
    assert set(definitions.many(db, ["d1", "d2", "d4"])) == {"d1", "d2"}
    counts = {
        table.name: db.read(lambda c, t=table: c.scalar(select(func.count()).select_from(t)))
        for table in metadata.sorted_tables
    }
    assert {name: number for name, number in counts.items() if number} == {
        "stack": 2,
        "operation": 2,
        "event": 2,
        "definition": 2,
        "raw_template": 2,
        "raw_files": 1,
    }


def operation_values(row) -> dict:
    return {
        "id": row.id,
        "stack": row.stack,
        "action": row.action,
        "state": row.state,
        "definition": row.definition,
        "requested_at": row.requested_at,
        "deadline": row.deadline,
        "request_id": "",
        "options": "{}",
        "reason": "",
    }


def test_services_report_themselves(db):
    fields = {"binary": "heat-engine", "engine": "e", "report_interval": 60, "created_at": NOW}
    one = ServiceRow(id="1", host="a", updated_at=NOW, **fields)
    two = ServiceRow(id="2", host="b", updated_at=NOW, **fields)
    again = ServiceRow(id="1", host="a", updated_at=NOW + timedelta(seconds=60), **fields)
    for row in (one, two, again):
        services.report(db, row)
    assert services.listing(db) == [again, two]
    services.drop(db, ["1"])
    assert services.listing(db) == [two]

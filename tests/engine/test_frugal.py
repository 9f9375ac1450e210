"""How much the engine asks of its database: counts, which are the same on every machine."""

from collections import Counter

from sqlalchemy import event

WIDE = {f"r{n}": {"type": "OS::Heat::RandomString"} for n in range(100)}
CHAIN = {
    f"r{n}": {
        "type": "OS::Heat::Value",
        "properties": {"value": {"get_attr": [f"r{n - 1}", "value"]} if n else "x"},
    }
    for n in range(30)
}


def listening(db):
    """Count what is asked of a database, but for what only SQLite has to hear, and the commits."""
    heard = Counter()

    def ask(_connection, _cursor, statement, *_):
        heard["statements"] += not statement.startswith("BEGIN")

    for engine in {db.engine, db._reader}:
        event.listen(engine, "before_cursor_execute", ask)
        event.listen(engine, "commit", lambda _: heard.update(["commits"]))
    return heard


def asked(world, resources, action="CREATE"):
    """Return how many statements and commits an operation takes, two looks of its end included."""

    async def main(place):
        heard = listening(place.db)
        template = {"heat_template_version": "2018-08-31", "resources": resources}
        place.start()
        stack = place.ask("CREATE", template)
        await place.settled(stack)
        if action != "CREATE":
            heard.clear()
            place.ask(action, template if action == "UPDATE" else None, stack)
            await place.settled(stack)
        return heard["statements"], heard["commits"]

    return world(main)


def test_what_can_be_made_at_once_is_written_down_at_once(world):
    statements, commits = asked(world, WIDE)
    assert statements < len(WIDE)
    assert commits < 10


def test_a_chain_is_made_with_one_commit_a_link(world):
    statements, commits = asked(world, CHAIN)
    assert statements < 6 * len(CHAIN)
    assert commits < len(CHAIN) + 10


def test_what_stays_as_it_is_is_not_written(world):
    statements, commits = asked(world, WIDE, "UPDATE")
    assert statements < len(WIDE)
    assert commits < 10


def test_what_goes_at_once_is_written_down_at_once(world):
    statements, commits = asked(world, WIDE, "DELETE")
    assert statements < len(WIDE)
    assert commits < 10

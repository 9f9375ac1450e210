"""What stacks give to each other by name, and can't take back while others read it."""

import pytest

from heat.store import exports, stacks

GIVES = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {x: {Type: String, Default: one}, Name: {Type: String, Default: net}}
Resources:
  a: {Type: OS::Heat::TestResource, Properties: {value: {Ref: x}}}
Outputs:
  o: {Value: {'Fn::GetAtt': [a, output]}, Export: {Name: {Ref: Name}}}
"""
TAKES = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  b: {Type: OS::Heat::TestResource, Properties: {value: {'Fn::ImportValue': net}}}
"""
NONE = TAKES.replace("{'Fn::ImportValue': net}", "other")


async def settled(place, stack):
    row = await place.settled(stack)
    return f"{row.action}_{row.status} {row.reason}"


def told(place):
    return {
        name: (row.stack, row.value)
        for name, row in exports.of_project(place.db, place.user.project).items()
    }


@pytest.fixture
def pair(world):
    """Run with a stack that exports, and another that imports."""

    def run(main):
        async def whole(place):
            place.start()
            gives = place.ask("CREATE", GIVES, name="gives")
            assert "CREATE_COMPLETE" in await settled(place, gives)
            assert told(place) == {"net": (gives, "one")}
            takes = place.ask("CREATE", TAKES, name="takes")
            assert "CREATE_COMPLETE" in await settled(place, takes)
            assert place.rows(takes)["b"].properties["value"] == "one"
            await main(place, gives, takes)

        world(whole)

    return run


def test_what_is_read_can_be_neither_deleted_nor_renamed_nor_changed(pair):
    async def main(place, gives, takes):
        place.ask("DELETE", None, gives)
        reason = "the export net can't be deleted: it is in use by takes; change those first"
        assert await settled(place, gives) == f"DELETE_FAILED ExportRefused: {reason}"
        place.ask("UPDATE", GIVES, gives, parameters={"Name": "lan"})
        assert await settled(place, gives) == f"UPDATE_FAILED ExportRefused: {reason}"
        place.ask("UPDATE", GIVES, gives, parameters={"x": "two"})
        assert "the export net can't be updated" in await settled(place, gives)
        assert told(place) == {"net": (gives, "one")}

    pair(main)


@pytest.mark.parametrize("way", ["UPDATE", "DELETE"])
def test_what_nobody_reads_any_more_is_free(pair, way):
    async def main(place, gives, takes):
        place.ask(way, NONE if way == "UPDATE" else None, takes)
        assert f"{way}_COMPLETE" in await settled(place, takes)
        place.ask("UPDATE", GIVES, gives, parameters={"x": "two", "Name": "lan"})
        assert "UPDATE_COMPLETE" in await settled(place, gives)
        assert told(place) == {"lan": (gives, "two")}
        place.ask("DELETE", None, gives)
        assert "DELETE_COMPLETE" in await settled(place, gives)
        assert told(place) == {}

    pair(main)


def test_a_name_is_exported_once(pair):
    async def main(place, gives, takes):
        again = place.ask("CREATE", GIVES, name="again", rollback=True)
        row = await place.settled(again)
        assert (row.action, row.status) == ("ROLLBACK", "COMPLETE")
        reasons = [event.reason for event in place.told(again)]
        assert any(f"the export net belongs to the stack {gives}" in said for said in reasons)
        assert told(place) == {"net": (gives, "one")}

    pair(main)


def test_an_export_that_is_missing_is_named(world):
    async def main(place):
        place.start()
        gives = place.ask("CREATE", GIVES, name="gives")
        await settled(place, gives)
        takes = place.ask("CREATE", TAKES.replace("net", "nett"), name="takes")
        said = await settled(place, takes)
        assert "no stack of this project exports 'nett'" in said
        assert stacks.get(place.db, takes).status == "FAILED"

    world(main)


def test_nested_stacks_import_and_export_too(world):
    parent = """
heat_template_version: 2018-08-31
resources:
  g: {type: gives.yaml}
  t: {type: takes.yaml, depends_on: g}
"""

    async def main(place):
        place.start()
        files = {"gives.yaml": GIVES, "takes.yaml": TAKES}
        stack = place.ask("CREATE", parent, files=files)
        assert "CREATE_COMPLETE" in await settled(place, stack)
        assert told(place) == {"net": (place.rows(stack)["g"].physical_id, "one")}
        place.ask("DELETE", None, stack)
        assert "DELETE_COMPLETE" in await settled(place, stack)
        assert told(place) == {}

    world(main)

"""What an engine must not leave behind or get stuck at, whoever goes on in its place."""

import asyncio

import pytest
from msgspec.structs import replace

from devcloud.kernel.faults import Rule
from heat.engine.ports import Settings
from heat.engine.trusting import succeed
from heat.plugin.registry import TYPES
from heat.store import credentials, journal, leases, operations, stacks
from heat.store.rows import ChangeResource, CredentialsRow

from .templates import EXPECTED, NETS, SERVER

RENAMED = NETS.replace("default: first", "default: second")


def trusts(place):
    return {row["id"]: row["trustor_user_id"] for row in place.cloud.state("identity").trusts.all()}


def kept(place, stack):
    return credentials.get(place.db, stacks.get(place.db, stack, deleted=True).credentials)


def ask_as(place, who, action, template, stack):
    """Accept an operation of another user, with the credentials that its request brings."""
    known = kept(place, stack)
    row = CredentialsRow(
        id=known.id,
        user_id=who.user_id,
        username=who.username,
        project=who.project,
        secret=who.to_secret(),
    )
    credentials.put(place.db, succeed(row, known))
    return place.ask(action, template, stack)


@pytest.mark.parametrize("steps", [None, *range(14)])
def test_the_trust_of_another_user_goes_when_the_new_one_is_there(world, steps):
    async def main(place):
        worker = place.start("first")
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        [first] = trusts(place)
        if steps is not None:
            worker.life.left = worker.life.taken + steps
        admin = place._login("admin", "demo")
        ask_as(place, admin, "UPDATE", RENAMED, stack)
        row = await place.outlived(worker, stack)
        assert (row.action, row.status) == ("UPDATE", "COMPLETE"), row.reason
        [(second, owner)] = trusts(place).items()
        assert owner == admin.user_id
        assert second != first
        secret = kept(place, stack).secret
        assert secret["trust"] == second
        assert "former" not in secret

    world(main)


def test_a_user_who_comes_again_keeps_the_trust(world):
    async def main(place):
        worker = place.start("first")
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        admin = place._login("admin", "demo")
        worker.life.left = worker.life.taken
        ask_as(place, admin, "UPDATE", RENAMED, stack)
        await worker.life.died.wait()
        await place.kill(worker)
        ask_as(place, place.user, "UPDATE", RENAMED, stack)
        place.start("second")
        row = await place.settled(stack, seconds=2000)
        assert row.status == "COMPLETE", row.reason
        [(trust, owner)] = trusts(place).items()
        assert owner == place.user.user_id
        assert kept(place, stack).secret["trust"] == trust
        await place.done("DELETE", None, stack)
        assert trusts(place) == {}

    world(main)


@pytest.mark.parametrize("steps", range(9))
def test_a_stack_deleted_while_its_trust_is_made_leaves_none(world, steps):
    async def main(place):
        stack = await place.cut_off("CREATE", NETS, steps)
        ask_as(place, place._login("admin", "demo"), "DELETE", None, stack)
        place.start("second")
        row = await place.settled(stack, seconds=2000)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert trusts(place) == {}
        assert kept(place, stack) is None

    world(main)


@pytest.mark.parametrize("steps", range(26))
def test_a_deletion_that_is_cut_off_leaves_no_trust(world, steps):
    async def main(place):
        worker = place.start("first")
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        assert trusts(place)
        worker.life.left = worker.life.taken + steps
        place.ask("DELETE", None, stack)
        row = await place.outlived(worker, stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert trusts(place) == {}
        assert kept(place, stack) is None

    world(main)


def test_a_trust_that_can_not_be_removed_now_keeps_the_stack(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        place.cloud.faults.add(
            Rule(service="identity", method="DELETE", path="trusts", action="error", status=503)
        )
        place.ask("DELETE", None, stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "FAILED")
        assert row.reason.startswith("ServiceUnavailable: ")
        place.cloud.faults.clear()
        place.ask("DELETE", None, stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert trusts(place) == {}

    world(main)


def unkeepable(self, item, names):
    yield from ()
    return dict.fromkeys(names, object())


def test_what_the_database_can_not_take_fails_its_resource_at_once(world, monkeypatch, caplog):
    monkeypatch.setattr(TYPES["OS::Neutron::Port"], "reveal", unkeepable)
    text = NETS + "outputs:\n  mac: {value: {get_attr: [port, mac_address]}}\n"

    async def main(place):
        place.start()
        stack = place.ask("CREATE", text)
        row = await place.settled(stack, seconds=60)
        assert row.reason == (
            "Resource CREATE failed: DatabaseError: resources.port: what came of it can't be kept "
            "in the database; see the engine's log"
        )
        assert "a object has no JSON" in caplog.text
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)


def test_an_operation_that_can_not_be_kept_ends_at_once(world, caplog):
    """Not even the failure of its resource can be written."""

    async def main(place):
        worker = place.start()
        store = worker._world.store._inner
        commit = store.commit

        def spoiled(batch):
            rows = [w.id for w in batch.writes if isinstance(w, ChangeResource)]
            if not rows or batch.operation is not None:
                return batch
            return replace(batch, writes=(*batch.writes, ChangeResource(rows[0], {"no": "field"})))

        store.commit = lambda batches: commit([spoiled(batch) for batch in batches])
        stack = place.ask("CREATE", NETS)
        row = await place.settled(stack, seconds=60)
        assert (row.action, row.status) == ("CREATE", "FAILED")
        assert row.reason == (
            "DatabaseError: what came of it can't be kept in the database; see the engine's log"
        )
        assert "ResourceRow has no no" in caplog.text
        store.commit = commit
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)


def test_an_operation_without_a_use_ends_what_it_finds_in_progress(world):
    """What a superseded operation left in the middle."""

    async def main(place):
        slow = "heat_template_version: 2021-04-16\nresources:\n  slow:\n"
        slow += "    type: OS::Heat::TestResource\n    properties: {wait_secs: 1000}\n"
        place.start()
        stack = place.ask("CREATE", slow)
        await asyncio.sleep(3)
        place.ask("UPDATE", slow + "parameters: {need: {type: string}}\n", stack)
        row = await place.settled(stack, seconds=60)
        assert (row.action, row.status) == ("UPDATE", "FAILED")
        assert "need" in row.reason
        assert place.rows(stack)["slow"].status == "FAILED"
        assert operations.current(place.db, stack) is None

    world(main)


def erring(place, times):
    place.cloud.faults.add(
        Rule(
            service="compute",
            method="POST",
            path="/v2.1/servers$",
            action="goto_error",
            times=times,
        )
    )


@pytest.mark.parametrize("steps", [None, *range(20, 56)])
def test_a_server_in_error_is_made_again(world, steps):
    async def main(place):
        erring(place, 2)
        worker = place.start("first", steps)
        stack = place.ask("CREATE", SERVER)
        row = await place.outlived(worker, stack)
        assert (row.action, row.status) == ("CREATE", "COMPLETE"), row.reason
        assert place.made() == EXPECTED
        told = [e for e in place.told(stack) if e.resource_name == "server"]
        tries = [e.reason[-12:] for e in told if e.status == "FAILED"]
        assert tries == ["(try 1 of 6)", "(try 2 of 6)"]
        assert journal.of_stack(place.db, stack) == []
        assert all(e.reason.startswith("ResourceInError: ") for e in told if e.status == "FAILED")
        begun, failed = "CREATE_IN_PROGRESS", "CREATE_FAILED"
        gone = ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
        states = [f"{e.action}_{e.status}" for e in told]
        assert states == [begun, failed, *gone, begun, failed, *gone, begun, "CREATE_COMPLETE"]
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)


def test_tries_end_after_the_limit_and_leave_the_last_object(world):
    async def main(place):
        erring(place, None)
        place.start()
        stack = place.ask("CREATE", SERVER)
        row = await place.settled(stack)
        assert row.reason.startswith("Resource CREATE failed: ResourceInError: resources.server: ")
        tries = [e for e in place.events(stack) if e == "server CREATE_FAILED"]
        assert len(tries) == 6
        assert place.made()["compute.server"] == 1
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)


@pytest.mark.parametrize("after", range(1, 14))
def test_a_deletion_in_the_middle_of_a_try_leaves_nothing(world, after):
    async def main(place):
        erring(place, None)
        place.start()
        stack = place.ask("CREATE", SERVER)
        await asyncio.sleep(after)
        place.ask("DELETE", None, stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert place.made() == {}

    world(main)


def refusing(place, status, message, times=None):
    place.cloud.faults.add(
        Rule(
            service="network",
            method="POST",
            path="/v2.0/ports$",
            action="error",
            status=status,
            message=message,
            times=times,
        )
    )


def test_a_conflict_may_pass(world):
    async def main(place):
        refusing(place, 409, "Host busy", 2)
        place.start()
        await place.done("CREATE", NETS)
        assert place.made()["network.port"] == 1

    world(main)


@pytest.mark.parametrize(
    ("status", "message"),
    [(409, "Quota exceeded for resources: ['port']"), (400, "Bad"), (403, "No")],
)
def test_what_another_try_can_not_help_fails_at_once(world, status, message):
    async def main(place):
        refusing(place, status, message)
        place.start()
        stack = place.ask("CREATE", NETS)
        assert (await place.settled(stack)).status == "FAILED"
        assert place.events(stack).count("port CREATE_FAILED") == 1
        place.ask("DELETE", None, stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason

    world(main)


def test_no_try_begins_past_the_deadline(world):
    async def main(place):
        erring(place, None)
        place.start()
        stack = place.ask("CREATE", SERVER, timeout=12)
        row = await place.settled(stack, seconds=60)
        assert row.status == "FAILED"
        assert place.events(stack).count("server CREATE_FAILED") < 5

    world(main)


def test_another_engine_goes_on_within_ten_seconds_of_a_death(world):
    async def main(place):
        place.settings = Settings()
        slow = "heat_template_version: 2021-04-16\nresources:\n  slow:\n"
        slow += "    type: OS::Heat::TestResource\n    properties: {wait_secs: 300}\n"
        first = place.start("first")
        stack = place.ask("CREATE", slow)
        place.start("second")
        await asyncio.sleep(30)
        held = leases.of(place.db, stack).engine
        dying, other = (first, "second") if held == "first" else (place._workers[1], "first")
        await place.kill(dying)
        await asyncio.sleep(10)
        assert leases.of(place.db, stack).engine == other

    world(main)


def test_what_is_plugged_into_a_broken_server_goes_with_it(world):
    """Nova unplugs nothing from such a server, and it could not be deleted before that."""

    async def main(place):
        place.start()
        stack = await place.done("CREATE", SERVER)
        servers = place.cloud.store.table("compute.server")
        servers.put({**servers.all()[-1], "vm_state": "error"})
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)

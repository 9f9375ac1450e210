"""Users that resources have, by whom they are told something from outside."""

import asyncio
import json
import shlex
from base64 import b64decode
from email import message_from_bytes

import pytest

from heat.base.errors import Denied
from heat.engine.users import project_name
from heat.operations.changes import CreateStack, create_stack
from heat.operations.export import abandon_stack
from heat.operations.finding import OfStack
from heat.store import stacks

from .agents import Agent, handle, people, serving, shown, user_of
from .asking import Asking, ended, reached
from .conftest import BASE


def test_the_curl_command_of_a_handle_has_all_that_is_needed(town):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", handle())
        await reached(place, stack, "w")
        user, row = user_of(place, stack), stacks.get(place.db, stack)
        assert row.stack_user_project == user["project"]
        project = place.cloud.store.table("identity.project").get(user["project"])
        assert project["name"] == project_name(row.project, stack)
        attributes = shown(place, stack)
        where = f"/v1/{user['project']}/stacks/app/{stack}/resources/h/signal"
        assert attributes["endpoint"].endswith(where)
        words = shlex.split(attributes["curl_cli"])
        assert (words[:4], words[-1]) == (["curl", "-i", "-X", "POST"], attributes["endpoint"])
        assert f"X-Auth-Token: {attributes['token']}" in words
        Agent(place).with_token(attributes["token"]).say(stack, {"status": "SUCCESS"})
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        await place.done("DELETE", stack=stack)
        assert people(place) == []

    town(main)


@pytest.mark.parametrize("length", [4, 32, 64])
def test_no_two_stacks_of_a_project_share_the_project_of_their_users(length):
    stack = "0b3e2f7c-9d24-4b7e-b0a1-5b6a4f0c2d11"
    name, other = (project_name("p" * length, one) for one in (stack, stack[:-1] + "2"))
    assert name.endswith(f"p-{stack}")
    assert name != other
    assert len(name) <= 64


def test_a_user_may_use_its_own_resource_only(town):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", handle())
        await reached(place, stack, "w")
        agent = Agent(place).with_token(user_of(place, stack)["token"])
        assert agent.context.roles == ("heat_stack_user",)
        assert agent.read(stack) == {}
        for name in ("other", "w"):
            with pytest.raises(Denied):
                agent.say(stack, name=name)
            with pytest.raises(Denied):
                agent.read(stack, name)

    town(main)


def test_a_user_clears_no_hooks_even_of_its_own_resource(town):
    async def main(place):
        place.start()
        hooks = {"resource_registry": {"resources": {"h": {"hooks": "pre-update"}}}}
        ask = Asking(place)
        request = CreateStack(stack_name="app", template=handle(), environment=hooks)
        stack = ask(create_stack, request)["id"]
        await reached(place, stack, "w")
        agent = Agent(place).with_token(user_of(place, stack)["token"])
        agent.say(stack)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        place.ask("UPDATE", handle("NO_SIGNAL"), stack, environment=hooks)
        body = {"unset_hook": "pre-update"}
        async with asyncio.timeout(300):
            while not any("paused" in told.reason for told in place.told(stack)):  # noqa: ASYNC110
                await asyncio.sleep(0.25)
        with pytest.raises(Denied):
            agent.say(stack, body)
        ask.say(stack, body, "h")

    town(main)


def test_a_user_with_a_password_gets_tokens_for_itself(town):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", handle("HEAT_SIGNAL"))
        await reached(place, stack, "w")
        told = json.loads(shown(place, stack)["signal"])
        assert told["auth_url"] == f"{BASE}/identity/v3"
        assert (
            told["username"]
            == place.cloud.store.table("identity.user").get(told["user_id"])["name"]
        )
        agent = Agent(place)
        agent.with_password(told["user_id"], told["password"], told["project_id"]).say(stack)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"

    town(main)


def test_a_signed_address_is_enough(town):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", handle("CFN_SIGNAL"))
        await reached(place, stack, "w")
        address = json.loads(shown(place, stack)["signal"])["alarm_url"]
        assert "/v1/signal/arn%3Aopenstack%3Aheat%3A%3A" in address
        await asyncio.sleep(300)
        Agent(place).with_signature("POST", address).say(stack)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        with pytest.raises(AssertionError):
            Agent(place).with_signature("PUT", address)
        with pytest.raises(AssertionError):
            Agent(place).with_signature("POST", address.replace("resources%2Fh", "resources%2Fw"))

    town(main)


AMAZON = """
heat_template_version: 2018-08-31
resources:
  h: {type: AWS::CloudFormation::WaitConditionHandle}
  w:
    type: AWS::CloudFormation::WaitCondition
    properties: {Handle: {get_resource: h}, Timeout: 600}
outputs:
  address: {value: {get_resource: h}}
"""


def test_the_address_of_an_aws_handle_is_signed(town):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", AMAZON)
        await reached(place, stack, "w")
        address = Asking(place).data(stack)
        assert "/v1/waitcondition/arn%3Aopenstack%3Aheat%3A%3A" in address
        body = {"Status": "SUCCESS", "Reason": "r", "Data": "d", "UniqueId": "1"}
        Agent(place).with_signature("PUT", address).say(stack, body)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"

    town(main)


def test_nobody_gets_in_while_the_stack_is_suspended(town):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", handle("NO_SIGNAL").replace("{get_resource: h}", "other"))
        await reached(place, stack, "w")
        Agent(place).with_token(user_of(place, stack, "other")["token"]).say(stack, name="other")
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        user = user_of(place, stack, "other")
        there = place.cloud.store.table("identity.user")
        for action, enabled in (("SUSPEND", False), ("RESUME", True)):
            place.ask(action, stack=stack)
            assert (await ended(place, stack))[0] == f"{action}_COMPLETE"
            assert there.get(user["user_id"])["enabled"] is enabled

    town(main)


NESTED = """
heat_template_version: 2018-08-31
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties: {count: 2, resource_def: {type: OS::Heat::WaitConditionHandle}}
"""


def test_a_tree_of_stacks_has_one_project(town):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", NESTED)
        projects = {row.stack_user_project for row in place.stacks()}
        assert len(place.stacks()) == 2
        (project,) = projects
        assert sorted(row.get("default_project_id", "") for row in people(place)) == [
            "",
            project,
            project,
        ]
        await place.done("DELETE", stack=stack)
        assert people(place) == []

    town(main)


@pytest.mark.parametrize("steps", range(1, 60, 2))
def test_wherever_an_engine_dies_nothing_is_left_and_nothing_made_twice(town, steps):
    async def main(place):
        stack = await place.cut_off("CREATE", handle(), steps, after=4)
        place.start("second")
        await reached(place, stack, "w")
        assert len(people(place)) == 3
        Agent(place).with_token(user_of(place, stack)["token"]).say(stack)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        await place.done("DELETE", stack=stack)
        assert people(place) == []

    town(main)


@pytest.mark.parametrize("steps", range(1, 40, 2))
def test_a_creation_that_was_cut_off_leaves_no_user(town, steps):
    async def main(place):
        stack = await place.cut_off("CREATE", handle(), steps, after=4)
        place.ask("DELETE", stack=stack)
        place.start("second")
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        assert people(place) == []

    town(main)


def test_what_a_user_gets_in_with_is_nowhere_in_the_open(town):
    async def main(place):
        place.start("first", steps=40)
        stack = place.ask("CREATE", handle())
        await reached(place, stack, "w")
        user = user_of(place, stack)
        with place.db.engine.connect() as connection:
            kept = "\n".join(connection.connection.iterdump())
        assert user["password"] not in kept
        assert user["token"] not in kept

    town(main)


def given(place):
    """Return what the agent in the server finds there at its first boot."""
    (server,) = place.cloud.store.table("compute.server").all()
    whole = message_from_bytes(b64decode(server["user_data"]))
    parts = [part.get_payload(decode=True) for part in whole.walk() if not part.is_multipart()]
    (config,) = (part for part in parts if b"cfn-init-data" in part)
    (written,) = json.loads(config.split(b"\n", 1)[1])["write_files"]
    return json.loads(b64decode(written["content"]))["os-collect-config"]


@pytest.mark.parametrize("transport", ["POLL_SERVER_HEAT", "POLL_SERVER_CFN"])
def test_an_agent_knows_where_to_ask_and_how_to_answer(town, transport):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", serving(transport, "HEAT_SIGNAL"))
        await reached(place, stack, "d")
        await asyncio.sleep(5)
        found, agent = given(place), Agent(place)
        if transport == "POLL_SERVER_HEAT":
            told = found["heat"]
            agent.with_password(told["user_id"], told["password"], told["project_id"])
            assert (told["stack_id"], told["resource_name"]) == (f"app/{stack}", "vm")
        else:
            assert found["cfn"]["path"] == "vm.Metadata"
            user = user_of(place, stack, "vm")
            assert found["cfn"]["secret_access_key"] == user["secret"]
            agent.with_password(user["user_id"], user["password"], user["project"])
        metadata = agent.read(stack, "vm")
        assert metadata["os-collect-config"] == found
        inputs = {one["name"]: one["value"] for one in metadata["deployments"][0]["inputs"]}
        answering = Agent(place).with_password(
            inputs["deploy_user_id"], inputs["deploy_password"], inputs["deploy_project_id"]
        )
        with pytest.raises(Denied):
            agent.say(stack, {}, "d")
        answering.say(stack, {"deploy_status_code": 0}, "d")
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        await place.done("DELETE", stack=stack)
        assert people(place) == []
        assert place.made() == {}

    town(main)


@pytest.mark.parametrize("steps", range(5, 30, 2))
def test_a_server_that_was_cut_off_leaves_neither_user_nor_server(town, steps):
    async def main(place):
        stack = await place.cut_off("CREATE", serving("POLL_SERVER_CFN"), steps, after=4)
        place.ask("DELETE", stack=stack)
        place.start("second")
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        assert people(place) == []
        assert place.made() == {}

    town(main)


GIVEN_AWAY = """
heat_template_version: 2018-08-31
resources:
  user: {type: AWS::IAM::User}
  key: {type: AWS::IAM::AccessKey, properties: {UserName: {get_resource: user}}}
  old: {type: AWS::CloudFormation::WaitConditionHandle}
  h: {type: OS::Heat::WaitConditionHandle, properties: {signal_transport: HEAT_SIGNAL}}
  box: {type: OS::Heat::WaitConditionHandle, properties: {signal_transport: TEMP_URL_SIGNAL}}
  drawn: {type: OS::Heat::RandomString}
  vm:
    type: OS::Nova::Server
    properties:
      {image: cirros, flavor: m1.tiny, networks: [{network: private}],
       user_data_format: SOFTWARE_CONFIG, software_config_transport: POLL_SERVER_HEAT}
"""
OPENING = ("user", "answer", "os-collect-config", "url", "secret")


def opening(rows):
    """Return what of the data of resources opens something."""
    return {(row.name, key) for row in rows.values() for key in OPENING if key in row.data}


def test_what_opens_something_is_neither_exported_nor_adopted(town):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", GIVEN_AWAY)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        rows = place.rows(stack)
        assert opening(rows) >= {
            ("user", "user"), ("key", "secret"), ("old", "url"), ("h", "answer"),
            ("box", "answer"), ("vm", "os-collect-config"),
        }  # fmt: skip
        data = ask(abandon_stack, OfStack(stack=stack))
        kept = {name: entry["resource_data"] for name, entry in data["resources"].items()}
        assert kept["drawn"] == rows["drawn"].data
        assert not [(name, key) for name in kept for key in OPENING if key in kept[name]]
        text = json.dumps(data)
        assert rows["h"].data["answer"]["password"] not in text
        assert rows["key"].data["secret"] not in text
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        for name in kept:
            data["resources"][name]["resource_data"] |= {key: {"user_id": "x"} for key in OPENING}
        request = CreateStack(stack_name="mine", template=data["template"], adopt=data["resources"])
        adopted = ask(create_stack, request)["id"]
        state, reason = await ended(place, adopted)
        assert state == "ADOPT_COMPLETE", reason
        assert opening(place.rows(adopted)) == set()
        assert place.rows(adopted)["drawn"].data == rows["drawn"].data

    town(main)

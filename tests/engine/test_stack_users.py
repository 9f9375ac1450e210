"""Users that resources have, by whom they are told something from outside."""

import asyncio
import json
import shlex
from base64 import b64decode
from dataclasses import replace
from email import message_from_bytes
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
import pytest

from heat.base.errors import Denied
from heat.base.ids import ProjectId
from heat.engine.users import project_name
from heat.operations import members
from heat.operations.changes import CreateStack, create_stack
from heat.operations.context import Context
from heat.operations.export import abandon_stack
from heat.operations.finding import OfStack
from heat.operations.members import OfResource
from heat.operations.signals import SignalResource, signal_resource
from heat.operations.stacks import ShowStack, show_stack
from heat.plugin.signing import signed
from heat.store import stacks

from .conftest import BASE
from .test_actions import ended
from .test_signals import Talking, reached

HANDLE = """
heat_template_version: 2018-08-31
resources:
  h: {type: OS::Heat::WaitConditionHandle, properties: {signal_transport: TRANSPORT}}
  other: {type: OS::Heat::WaitConditionHandle}
  w: {type: OS::Heat::WaitCondition, properties: {handle: {get_resource: h}, timeout: 600}}
"""
ATTRIBUTES = ("token", "endpoint", "curl_cli", "signal")
OURS = {"admin", "demo", "alt_demo", "heat", "heat_domain_admin", "service"}


def handle(transport="TOKEN_SIGNAL"):
    return HANDLE.replace("TRANSPORT", transport)


def people(place):
    """Return the users, projects and key pairs that the first content of the cloud lacks."""
    store = place.cloud.store
    tables = [store.table(f"identity.{name}") for name in ("user", "project", "credential")]
    return [row for table in tables for row in table.all() if row.get("name") not in OURS]


def user_of(place, stack, name="h"):
    return place.rows(stack)[name].data["user"]


def shown(place, stack, name="h"):
    ask = Talking(place)
    services = replace(ask.services, client=place.port.client)
    asked = members.ShowResource(stack=stack, resource=name, with_attr=ATTRIBUTES)
    return members.show_resource(services, ask.context, asked)["resource"]["attributes"]


class Agent:
    """Somebody in a server, who has nothing but what the server was given."""

    def __init__(self, place):
        self.place = place
        self.services = Talking(place).services

    def with_token(self, token):
        """Be whom a token stands for."""
        seen = self.place._dispatch(
            "GET",
            f"{BASE}/identity/v3/auth/tokens",
            {"x-auth-token": token, "x-subject-token": token},
            b"",
        )
        return self._be(seen)

    def _be(self, seen):
        assert seen.status in (200, 201), seen.body
        said = msgspec.json.decode(seen.body)["token"]
        self.context = Context(
            user_id=said["user"]["id"],
            project=ProjectId(said["project"]["id"]),
            roles=tuple(role["name"] for role in said["roles"]),
        )
        return self

    def with_password(self, user, password, project):
        means = {
            "methods": ["password"],
            "password": {"user": {"id": user, "password": password}},
        }
        body = {"auth": {"identity": means, "scope": {"project": {"id": project}}}}
        return self._be(self._post("/auth/tokens", body, {}))

    def with_signature(self, verb, address):
        """Be whom keystone takes the signature of an address for."""
        parts = urlsplit(address)
        params = dict(parse_qsl(parts.query))
        credentials = {
            "access": params["AWSAccessKeyId"],
            "signature": params.pop("Signature"),
            "host": parts.netloc,
            "verb": verb,
            "path": unquote(parts.path),
            "params": params,
        }
        service = self.place._login("heat", "service").token
        return self._be(
            self._post("/ec2tokens", {"ec2Credentials": credentials}, {"x-auth-token": service})
        )

    def _post(self, path, body, headers):
        headers = {"content-type": "application/json", **headers}
        url = f"{BASE}/identity/v3{path}"
        return self.place._dispatch("POST", url, headers, msgspec.json.encode(body))

    @staticmethod
    def reading(place, stack, name="h"):
        """Return the metadata of a resource, as a user of the project reads it."""
        return Talking(place).metadata(stack, name)

    def say(self, stack, body=None, name="h"):
        request = SignalResource(stack=stack, resource=name, body=body)
        signal_resource(self.services, self.context, request)

    def read(self, stack, name="h"):
        request = OfResource(stack=stack, resource=name)
        return members.show_metadata(self.services, self.context, request)["metadata"]


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
        ask = Talking(place)
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
        address = Talking(place).data(stack)
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
        first = place.start("first", steps=steps)
        stack = place.ask("CREATE", handle())
        await asyncio.sleep(4)
        await place.kill(first)
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
        first = place.start("first", steps=steps)
        stack = place.ask("CREATE", handle())
        await asyncio.sleep(4)
        await place.kill(first)
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


SERVED = """
heat_template_version: 2018-08-31
resources:
  vm:
    type: OS::Nova::Server
    properties:
      {image: cirros, flavor: m1.tiny, networks: [{network: private}],
       user_data_format: SOFTWARE_CONFIG, software_config_transport: TRANSPORT}
  c: {type: OS::Heat::SoftwareConfig, properties: {config: echo}}
  d:
    type: OS::Heat::SoftwareDeployment
    properties: {config: {get_resource: c}, server: {get_resource: vm}, signal_transport: SIGNAL}
"""


def serving(transport, signal="CFN_SIGNAL"):
    return SERVED.replace("TRANSPORT", transport).replace("SIGNAL", signal)


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
        first = place.start("first", steps=steps)
        stack = place.ask("CREATE", serving("POLL_SERVER_CFN"))
        await asyncio.sleep(4)
        await place.kill(first)
        place.ask("DELETE", stack=stack)
        place.start("second")
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        assert people(place) == []
        assert place.made() == {}

    town(main)


KEYS = """
heat_template_version: 2018-08-31
resources:
  user: {type: AWS::IAM::User, properties: {Policies: [{get_resource: policy}]}}
  policy: {type: OS::Heat::AccessPolicy, properties: {AllowedResources: [seen]}}
  key: {type: AWS::IAM::AccessKey, properties: {UserName: {get_resource: user}}}
  seen: {type: OS::Heat::Value, properties: {value: 1}, metadata: {port: 80}}
  hidden: {type: OS::Heat::Value, properties: {value: 1}}
outputs:
  key: {value: {get_resource: key}}
  secret: {value: {get_attr: [key, SecretAccessKey]}}
"""


def test_keys_of_a_user_open_what_its_policies_name(town):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", KEYS)
        outputs = Talking(place)(show_stack, ShowStack(stack=stack))["outputs"]
        given = {one["output_key"]: one["output_value"] for one in outputs}
        address = signed(f"{BASE}/v1/", "GET", given["key"], given["secret"], Action="Describe")
        agent = Agent(place).with_signature("GET", address)
        assert agent.read(stack, "seen") == {"port": 80}
        with pytest.raises(Denied):
            agent.read(stack, "hidden")
        without = KEYS[: KEYS.index("  key:")] + KEYS[KEYS.index("  seen") : KEYS.index("outputs")]
        await place.done("UPDATE", without, stack)
        with pytest.raises(AssertionError):
            Agent(place).with_signature("GET", address)
        await place.done("DELETE", stack=stack)
        assert people(place) == []

    town(main)


@pytest.mark.parametrize("steps", range(6, 34, 2))
def test_a_key_whose_answer_died_with_its_engine_is_the_one_that_is_given(town, steps):
    """There is no second one, of which nobody knows."""

    async def main(place):
        first = place.start("first", steps=steps)
        stack = place.ask("CREATE", KEYS)
        await asyncio.sleep(10)
        await place.kill(first)
        place.start("second")
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        keys = place.cloud.store.table("identity.credential").all()
        known = {place.rows(stack)["key"].physical_id}
        assert {json.loads(key["blob"])["access"] for key in keys} == known

    town(main)


def test_keys_need_a_user(town):
    async def main(place):
        place.start()
        template = KEYS.replace("{get_resource: user}", "nobody")
        stack = place.ask("CREATE", template)
        assert "There is no user nobody of this stack" in (await ended(place, stack))[1]

    town(main)


def test_who_adopts_a_stack_names_no_users(town):
    async def main(place):
        place.start()
        ask, stack = Talking(place), place.ask("CREATE", KEYS)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        data = ask(abandon_stack, OfStack(stack=stack))
        assert "password" not in json.dumps(data)
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        assert people(place) == []
        (demo,) = (u for u in place.cloud.store.table("identity.user").all() if u["name"] == "demo")
        data["resources"]["user"]["resource_data"] = {"user": {"user_id": demo["id"]}}
        request = CreateStack(stack_name="mine", template=data["template"], adopt=data["resources"])
        adopted = ask(create_stack, request)["id"]
        await ended(place, adopted)
        await place.done("DELETE", stack=adopted)
        assert place.cloud.store.table("identity.user").get(demo["id"]) is not None

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
        ask, stack = Talking(place), place.ask("CREATE", GIVEN_AWAY)
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

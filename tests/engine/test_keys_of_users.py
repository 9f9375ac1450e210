"""Users that templates name, their keys, and what their policies open to them."""

import json

import pytest

from heat.base.errors import Denied
from heat.operations.changes import CreateStack, create_stack
from heat.operations.export import abandon_stack
from heat.operations.finding import OfStack
from heat.operations.stacks import ShowStack, show_stack
from heat.plugin.signing import signed

from .agents import Agent, people
from .asking import Asking, ended
from .conftest import BASE

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
        outputs = Asking(place)(show_stack, ShowStack(stack=stack))["outputs"]
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
        stack = await place.cut_off("CREATE", KEYS, steps, after=10)
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
        ask, stack = Asking(place), place.ask("CREATE", KEYS)
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

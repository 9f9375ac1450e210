"""Software configs of stacks, and deployments that wait for the word of a server."""

import asyncio
import re
from base64 import b64decode

import pytest

from heat.operations import deployments
from heat.operations.stacks import ShowStack, show_stack
from heat.store import configs as kept
from heat.store import deployments as stored

from .asking import Asking, ended, reached, states

DEPLOYING = """
heat_template_version: 2018-08-31
resources:
  c:
    type: OS::Heat::SoftwareConfig
    properties:
      group: script
      config: echo $x
      inputs: [{name: x, default: one}]
      outputs: [{name: y}, {name: bad, error_output: true}]
  d:
    type: OS::Heat::SoftwareDeployment
    properties:
      config: {get_resource: c}
      server: 11111111-0000-4000-8000-000000000001
      input_values: {x: VALUE, more: 1}
      actions: [CREATE, UPDATE, SUSPEND]
      signal_transport: TRANSPORT
outputs:
  y: {value: {get_attr: [d, y]}}
  said: {value: {get_attr: [d, deploy_stdout]}}
"""
SERVER = "11111111-0000-4000-8000-000000000001"


def deploying(value="two", transport="CFN_SIGNAL"):
    return DEPLOYING.replace("VALUE", value).replace("TRANSPORT", transport)


def rows(place):
    """Return the deployments and configs that are there."""
    found = stored.listing(place.db, None)
    return found, {one.id for one in kept.listing(place.db)}


def outputs(place, stack):
    ask = Asking(place)
    shown = ask(show_stack, ShowStack(stack=stack))
    return {one["output_key"]: one["output_value"] for one in shown["outputs"]}


def test_a_deployment_waits_for_its_server(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", deploying())
        await reached(place, stack, "d")
        await asyncio.sleep(5)
        (deployment,), configs = rows(place)
        row = place.rows(stack)["d"]
        assert (deployment.id, deployment.status, deployment.action) == (
            row.physical_id,
            "IN_PROGRESS",
            "CREATE",
        )
        assert configs == {place.rows(stack)["c"].physical_id, deployment.config}
        metadata = ask(deployments.server_metadata, deployments.OfServer(server=SERVER))
        (config,) = metadata["metadata"]
        inputs = {one["name"]: one["value"] for one in config["inputs"]}
        assert (config["config"], inputs["x"], inputs["more"]) == ("echo $x", "two", 1)
        assert inputs["deploy_action"] == "CREATE"
        assert inputs["deploy_stack_id"] == f"app/{stack}"
        assert "/signal/arn%3Aopenstack%3Aheat%3A%3A" in inputs["deploy_signal_id"]
        ask.say(stack, {"y": "why", "z": 0, "deploy_stdout": "two", "deploy_status_code": 0}, "d")
        ask.say(stack, {"deploy_status_code": 1}, "d")
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        assert outputs(place, stack) == {"y": "why", "said": "two"}
        (deployment,), _ = rows(place)
        assert deployment.status == "COMPLETE"
        assert deployment.output_values == {
            "y": "why",
            "deploy_stdout": "two",
            "deploy_status_code": 0,
        }
        assert [e.reason for e in place.told(stack) if e.action == "SIGNAL"] == [
            "Signal: deployment succeeded"
        ]
        await place.done("DELETE", stack=stack)
        assert rows(place) == ([], set())

    world(main)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            {"deploy_status_code": "3"},
            "deploy_status_code : Deployment exited with non-zero status code: 3",
        ),
        ({"bad": "boom"}, "bad : boom"),
    ],
)
def test_a_server_can_fail_it(world, body, reason):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", deploying())
        await reached(place, stack, "d")
        ask.say(stack, body, "d")
        assert await ended(place, stack) == (
            "CREATE_FAILED",
            "Resource CREATE failed: Error: resources.d: Deployment to server failed: " + reason,
        )
        (deployment,), _ = rows(place)
        assert (deployment.status, deployment.reason) == ("FAILED", reason)
        await place.done("DELETE", stack=stack)
        assert rows(place) == ([], set())

    world(main)


def test_each_action_is_a_round_of_its_own(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", deploying())
        await reached(place, stack, "d")
        ask.say(stack, {"deploy_stdout": "first"}, "d")
        await ended(place, stack)
        (first,), _ = rows(place)
        place.ask("UPDATE", deploying("three"), stack)
        await reached(place, stack, "d", ("UPDATE", "IN_PROGRESS"))
        await asyncio.sleep(5)
        (second,), configs = rows(place)
        assert (second.id, second.status, second.action) == (first.id, "IN_PROGRESS", "UPDATE")
        assert first.config not in configs
        assert second.config in configs
        ask.say(stack, {"deploy_stdout": "second"}, "d")
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert outputs(place, stack)["said"] == "second"
        place.ask("SUSPEND", stack=stack)
        await reached(place, stack, "d", ("SUSPEND", "IN_PROGRESS"))
        await asyncio.sleep(5)
        ask.say(stack, {}, "d")
        assert (await ended(place, stack))[0] == "SUSPEND_COMPLETE"
        await place.done("RESUME", stack=stack)
        assert rows(place)[0][0].action == "SUSPEND"

    world(main)


REPLACED_BY = deploying(transport="NO_SIGNAL").replace(
    "default: one}", "default: one, replace_on_change: true}"
)


@pytest.mark.parametrize("steps", [None, *range(0, 16, 2)])
def test_an_input_that_says_so_makes_another_deployment(world, steps):
    async def main(place):
        worker = place.start("first")
        stack = place.ask("CREATE", REPLACED_BY)
        await ended(place, stack)
        (first,), _ = rows(place)
        await place.done("UPDATE", REPLACED_BY.replace("more: 1", "more: 2"), stack)
        (second,), _ = rows(place)
        assert (second.id, second.input_values["more"]) == (first.id, 2)
        worker.life.left = steps and worker.life.taken + steps
        place.ask("UPDATE", REPLACED_BY.replace("x: two", "x: three"), stack)
        row = await place.outlived(worker, stack)
        assert (row.action, row.status) == ("UPDATE", "COMPLETE"), row.reason
        (third,), configs = rows(place)
        assert third.id != first.id
        assert third.input_values["x"] == "three"
        assert third.action == "CREATE"
        assert len(configs) == 2

    world(main)


def test_an_input_that_would_replace_what_must_not_be_is_refused(world):
    async def main(place):
        place.start()
        pinned = {"resource_registry": {"resources": {"d": {"restricted_actions": "replace"}}}}
        stack = place.ask("CREATE", REPLACED_BY, environment=pinned)
        await ended(place, stack)
        (first,), _ = rows(place)
        changed = REPLACED_BY.replace("x: two", "x: three")
        place.ask("UPDATE", changed, stack, environment=pinned)
        state, reason = await ended(place, stack)
        assert state == "UPDATE_FAILED"
        assert "replace is restricted for resource" in reason
        assert [one.id for one in rows(place)[0]] == [first.id]

    world(main)


def test_without_a_signal_nobody_waits(world):
    async def main(place):
        place.start()
        await place.done("CREATE", deploying(transport="NO_SIGNAL"))
        assert rows(place)[0][0].status == "COMPLETE"

    world(main)


def test_an_agent_may_answer_by_changing_the_deployment(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", deploying())
        await reached(place, stack, "d")
        await asyncio.sleep(2)
        ((deployment,), _) = rows(place)
        said = deployments.UpdateDeployment(
            deployment=deployment.id, status="COMPLETE", output_values={"deploy_stdout": "here"}
        )
        ask(deployments.update_deployment, said)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        assert outputs(place, stack)["said"] == "here"

    world(main)


@pytest.mark.parametrize("steps", range(1, 40, 3))
def test_another_engine_goes_on_with_it(world, steps):
    """Wherever the first engine dies, there is one deployment and one config for it."""

    async def main(place):
        stack = await place.cut_off("CREATE", deploying(), steps, after=4)
        place.start("second")
        await asyncio.sleep(30)
        Asking(place).say(stack, {"y": 1}, "d")
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        ((deployment,), configs) = rows(place)
        assert configs == {deployment.config, place.rows(stack)["c"].physical_id}
        assert deployment.output_values == {"y": 1}
        assert place.events(stack).count("d CREATE_COMPLETE") == 1
        await place.done("DELETE", stack=stack)
        assert rows(place) == ([], set())

    world(main)


STRUCTURED = """
heat_template_version: 2018-08-31
resources:
  c:
    type: OS::Heat::StructuredConfig
    properties:
      config: {a: {get_input: x}, b: [{get_input: lost}], c: {get_input: x, other: 1}}
      inputs: [{name: x}]
  d:
    type: OS::Heat::StructuredDeployment
    properties:
      config: {get_resource: c}
      server: s
      input_values: {x: {deep: [1]}}
      signal_transport: NO_SIGNAL
      input_values_validate: VALIDATE
"""


def test_inputs_are_put_into_structured_configs(world):
    async def main(place):
        place.start()
        await place.done("CREATE", STRUCTURED.replace("VALIDATE", "LAX"))
        ((deployment,), _) = rows(place)
        assert kept.get(place.db, deployment.config).config == {
            "a": {"deep": [1]},
            "b": [None],
            "c": {"get_input": "x", "other": 1},
        }
        strict = place.ask("CREATE", STRUCTURED.replace("VALIDATE", "STRICT"), name="strict")
        assert (await ended(place, strict))[1] == (
            "Resource CREATE failed: UserParameterMissing: resources.d: "
            "The Parameter (lost) was not provided."
        )

    world(main)


COMPONENT = """
heat_template_version: 2018-08-31
resources:
  c:
    type: OS::Heat::SoftwareComponent
    properties:
      configs:
        - {actions: [CREATE], config: install, tool: script}
        - {actions: [SUSPEND], config: stop, tool: script}
  m:
    type: OS::Heat::MultipartMime
    properties:
      parts: [{config: {get_resource: s}, filename: run}, {config: "plain"}]
  s: {type: OS::Heat::SoftwareConfig, properties: {config: "#!/bin/sh\\n"}}
  cc: {type: OS::Heat::CloudConfig, properties: {cloud_config: {package_update: true}}}
  g:
    type: OS::Heat::SoftwareDeploymentGroup
    update_policy: {rolling_update: {max_batch_size: 1, pause_time: 10}}
    properties:
      config: {get_resource: c}
      servers: SERVERS
      signal_transport: NO_SIGNAL
outputs:
  mime: {value: {get_attr: [m, config]}}
  cloud: {value: {get_attr: [cc, config]}}
  codes: {value: {get_attr: [g, deploy_status_codes]}}
"""


def test_groups_have_a_deployment_for_each_server(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", COMPONENT.replace("SERVERS", "{a: s1, b: s2}"))
        assert await ended(place, stack) == (
            "CREATE_COMPLETE",
            "Stack CREATE completed successfully",
        )
        assert sorted(one.server for one in rows(place)[0]) == ["s1", "s2"]
        shown = outputs(place, stack)
        assert shown["cloud"] == "#cloud-config\npackage_update: true\n"
        assert "text/x-shellscript" in shown["mime"]
        assert 'filename="run"' in shown["mime"]
        assert shown["codes"] == {"a": None, "b": None}
        await place.done("UPDATE", COMPONENT.replace("SERVERS", "{b: s2, c: s3}"), stack)
        assert sorted(one.server for one in rows(place)[0]) == ["s2", "s3"]
        await place.done("SUSPEND", stack=stack)
        assert {one.action for one in rows(place)[0]} == {"SUSPEND"}
        assert states(place, stack)["g"] == "SUSPEND_COMPLETE"
        await place.done("DELETE", stack=stack)
        assert rows(place) == ([], set())

    world(main)


@pytest.mark.parametrize("servers", ["{a: s1, b: s2}", "{b: s2, c: s3}"])
def test_a_group_by_its_old_name_goes_on_by_its_new_one(world, servers):
    async def main(place):
        place.start()
        new = COMPONENT.replace("SERVERS", "{a: s1, b: s2}")
        old = new.replace("SoftwareDeploymentGroup", "SoftwareDeployments")
        stack = await place.done("CREATE", old)
        before, deployed = place.rows(stack)["g"], {one.id: one.server for one in rows(place)[0]}
        await place.done("UPDATE", COMPONENT.replace("SERVERS", servers), stack)
        after = place.rows(stack)["g"]
        assert after.physical_id == before.physical_id
        assert after.type == after.real_type == "OS::Heat::SoftwareDeploymentGroup"
        stayed = {one.id: one.server for one in rows(place)[0] if one.id in deployed}
        assert stayed == {key: name for key, name in deployed.items() if name in servers}
        assert sorted(one.server for one in rows(place)[0]) == sorted(re.findall(r"s\d", servers))

    world(main)


SERVED = """
heat_template_version: 2018-08-31
resources:
  vm:
    type: OS::Nova::Server
    properties:
      {image: cirros, flavor: m1.tiny, networks: [{network: private}],
       user_data_format: SOFTWARE_CONFIG, user_data: {get_resource: boot}}
  boot: {type: OS::Heat::SoftwareConfig, properties: {config: "#!/bin/sh"}}
  c: {type: OS::Heat::SoftwareConfig, properties: {config: echo, outputs: [{name: y}]}}
  d:
    type: OS::Heat::SoftwareDeployment
    properties:
      config: {get_resource: c}
      server: {get_resource: vm}
      actions: [CREATE, DELETE]
"""


def test_a_server_polls_for_its_configs_and_is_asked_before_it_goes(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", SERVED)
        await reached(place, stack, "d")
        await asyncio.sleep(5)
        (config,) = ask.metadata(stack, "vm")["deployments"]
        assert config["config"] == "echo"
        (server,) = place.cloud.store.table("compute.server").all()
        assert "#!/bin/sh" in b64decode(server["user_data"]).decode()
        ask.say(stack, {"y": 1}, "d")
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        place.ask("DELETE", stack=stack)
        await reached(place, stack, "d", ("DELETE", "IN_PROGRESS"))
        await asyncio.sleep(5)
        (config,) = ask.metadata(stack, "vm")["deployments"]
        inputs = {one["name"]: one["value"] for one in config["inputs"]}
        assert inputs["deploy_action"] == "DELETE"
        ask.say(stack, {}, "d")
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        assert rows(place) == ([], set())

    world(main)


def test_a_deployment_that_nobody_waits_for_any_more_has_failed(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", deploying(), timeout=60)
        await reached(place, stack, "d")
        assert await ended(place, stack) == ("CREATE_FAILED", "Timed out")
        (deployment,), _ = rows(place)
        assert (deployment.status, deployment.reason) == ("FAILED", "Timed out")

    world(main)

"""`openstack software ...` and `openstack orchestration ...`: every command."""

import json
from pathlib import Path

import pytest

from .shell import OpenStack, rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DEFINITION = """
inputs:
- {name: who, type: String, default: world}
outputs:
- {name: said, type: String}
options: {shell: sh}
"""
UNKNOWN_TYPE = """
heat_template_version: 2018-08-31
resources: {a: {type: 'OS::No::Type'}}
"""


def test_software_is_configured_and_deployed(openstack: OpenStack, tmp_path: Path) -> None:
    before = {*rows(openstack.ask("software config list"), "id")}
    script, definition = tmp_path / "hello.sh", tmp_path / "hello.yaml"
    script.write_text('echo "hello $who"\n')
    definition.write_text(DEFINITION)
    config = openstack.ask(
        *("software config create", "hello", "--group", "script"),
        *("--config-file", script, "--definition-file", definition),
    )
    shown = openstack.ask("software config show", config["id"])
    assert (shown["name"], shown["group"]) == ("hello", "script")
    assert shown["config"] == script.read_text()
    assert shown["inputs"][0]["name"] == "who"
    assert shown["options"] == {"shell": "sh"}
    only = openstack("software config show", config["id"], "--config-only", "-f", "json")
    assert script.read_text() in only
    assert "not found" in openstack("software config show", "nothing", code=1)
    other = openstack.ask("software config create", "other")
    listed = openstack.ask("software config list")
    assert {*rows(listed, "id")} - before == {config["id"], other["id"]}
    first = openstack.ask("software config list", "--limit", 1)
    rest = openstack.ask("software config list", "--marker", first[0]["id"])
    assert rows(first, "id") + rows(rest, "id") == rows(listed, "id")

    server = "3f0a4d4e-2f2c-4f6c-9d4d-6f5e7a1f0001"
    made = openstack.ask(
        *("software deployment create", "greets", "--config", config["id"], "--server", server),
        *("--input-value", "who=you", "--input-value", "more=1"),
        *("--action", "CREATE", "--signal-transport", "NO_SIGNAL"),
    )
    assert (made["status"], made["action"]) == ("IN_PROGRESS", "CREATE")
    second = openstack.ask(
        *("software deployment create", "answers", "--config", config["id"], "--server", server),
        *("--signal-transport", "NO_SIGNAL", "--container", "answers", "--timeout", "5"),
    )
    listed = openstack.ask("software deployment list", "--server", server, "--long")
    assert {*rows(listed, "id")} == {made["id"], second["id"]}
    assert "creation_time" in listed[0]
    assert openstack.ask("software deployment list", "--server", "another") == []

    told = json.loads(openstack("software deployment metadata show", server))
    assert [one["name"] for one in told] == ["answers", "greets"]
    inputs = [{one["name"]: one["value"] for one in config["inputs"]} for config in told]
    assert inputs[1]["who"] == "you"
    assert (inputs[1]["more"], inputs[1]["deploy_server_id"]) == ("1", server)

    shown = openstack.ask("software deployment show", made["id"], "--long")
    assert (shown["server_id"], shown["output_values"]) == (server, {})
    assert openstack("software deployment output show", made["id"], "--all", "--long") == ""
    refused = openstack("software deployment output show", second["id"], code=1)
    assert "is needed" in refused

    deployed = [made["id"], second["id"]]
    openstack("software deployment delete", *deployed)
    assert openstack.ask("software deployment list", "--server", server) == []
    assert "Unable to delete 1" in openstack("software deployment delete", "none", code=1)
    # With the deployments went the configurations made for them alone.
    left = {*rows(openstack.ask("software config list"), "id")} - before
    assert left == {config["id"], other["id"]}
    openstack("software config delete", *left)
    assert {*rows(openstack.ask("software config list"), "id")} == before
    assert "Unable to delete 1" in openstack("software config delete", config["id"], code=1)


def test_what_a_server_gave_back_is_shown(openstack: OpenStack, application: Path) -> None:
    openstack("stack create", "deploys", "-t", application / "deploys.yaml")
    for _ in range(120):
        listed = openstack.ask("stack resource list", "deploys", "--filter", "name=deployment")
        if listed and listed[0]["resource_status"] == "CREATE_IN_PROGRESS":
            break
    answer = {
        "said": "hello",
        "deploy_stdout": "a\nb",
        "deploy_stderr": "",
        "deploy_status_code": 0,
    }
    openstack("stack resource signal", "deploys", "deployment", "--data", json.dumps(answer))
    openstack.until("deploys", "CREATE_COMPLETE")
    resource = openstack.ask("stack resource show", "deploys", "deployment")
    deployment = resource["physical_resource_id"]
    shown = openstack.ask("software deployment show", deployment, "--long")
    assert (shown["status"], shown["output_values"]["said"]) == ("COMPLETE", "hello")
    printed = openstack("software deployment output show", deployment, "said")
    assert "said: hello" in printed
    every = openstack("software deployment output show", deployment, "--all", "--long")
    assert "deploy_stdout: |\n    a\n    b" in every
    assert "does not exist" in openstack(
        "software deployment output show", deployment, "nothing", code=1
    )
    openstack.gone("deploys")


def test_the_service_is_described(openstack: OpenStack, admin: OpenStack) -> None:
    info = openstack.ask("orchestration build info")
    assert set(info) == {"api", "engine"}
    services = admin.ask("orchestration service list")
    assert {row["Status"] for row in services} == {"up"}
    assert {row["Binary"] for row in services} == {"heat-engine"}
    assert "not authorized" in openstack("orchestration service list", code=1)


def test_the_language_is_described(openstack: OpenStack) -> None:
    versions = openstack.ask("orchestration template version list")
    assert len(versions) == 13
    assert versions[1]["Type"] in ("hot", "cfn")
    newest = "heat_template_version.2021-04-16"
    functions = openstack.ask("orchestration template function list", newest)
    more = openstack.ask("orchestration template function list", newest, "--with_conditions")
    assert len(more) == len(functions) + 4
    assert "get_attr" in rows(functions, "Functions")
    assert "not found" in openstack("orchestration template function list", "nothing", code=1)


def test_templates_are_examined(openstack: OpenStack, application: Path, tmp_path: Path) -> None:
    template, registry = application / "app.yaml", application / "registry.yaml"
    found = openstack.ask(
        *("orchestration template validate", "-t", template, "-e", registry),
        *("--show-nested", "--parameter", "length=9"),
    )
    assert found["Parameters"]["length"]["Value"] in (9, "9")
    assert found["NestedParameters"]["inner"]["Parameters"]["text"]["Type"] == "String"
    assert found["Environment"]["parameters"] == {"length": "9"}
    broken, plain = tmp_path / "broken.yaml", application / "hooked.yaml"
    broken.write_text(UNKNOWN_TYPE)
    assert "OS::No::Type" in openstack("orchestration template validate", "-t", broken, code=1)
    # What may be ignored is that a service is away, which is no reason not to know a type.
    ignoring = ("-t", broken, "--ignore-errors", "99001")
    assert "OS::No::Type" in openstack("orchestration template validate", *ignoring, code=1)
    openstack("orchestration template validate", "-t", plain, "--ignore-errors", "99001")


def test_types_are_described(openstack: OpenStack) -> None:
    types = rows(openstack.ask("orchestration resource type list"), "Resource Type")
    assert {"OS::Nova::Server", "OS::Heat::ResourceGroup"} <= set(types)
    found = openstack.ask("orchestration resource type list", "--filter", "name=OS::Neutron::Po")
    assert rows(found, "Resource Type") == ["OS::Neutron::Port"]
    told = openstack.ask("orchestration resource type list", "--long")
    assert len(told) == len(types)
    assert all(row["Description"] for row in told)
    shown = openstack.ask("orchestration resource type show", "OS::Nova::Server", "--long")
    assert shown["properties"]["flavor"]["required"] is True
    hot = openstack.ask(
        *("orchestration resource type show", "OS::Heat::Value", "--template-type", "hot")
    )
    assert hot["heat_template_version"] == "2016-10-14"
    assert "not found" in openstack("orchestration resource type show", "OS::No::Type", code=1)


def test_a_container_of_files_wants_object_storage(openstack: OpenStack, application: Path) -> None:
    template = application / "hooked.yaml"
    openstack("stack create", "plain", "-t", template)
    openstack.until("plain", "CREATE_COMPLETE")
    for refused in (
        openstack("orchestration template validate", "-t", template, "-s", "files", code=1),
        openstack("stack create", "contained", "-t", template, "-s", "files", code=1),
        openstack("stack update", "plain", "-t", template, "-s", "files", code=1),
    ):
        assert "files" in refused
    assert rows(openstack.ask("stack list"), "Stack Status") == ["CREATE_COMPLETE"]

"""Clients as their users have them launch, change, look at and remove a whole application."""

import warnings

import pytest

from .conftest import EXAMPLES, Dev


@pytest.mark.slow
@pytest.mark.timeout(600)  # two dozen commands that take seconds to start
@pytest.mark.parametrize("example", ["wordpress.yaml", "wordpress.template"])
def test_the_openstack_command(dev: Dev, example: str) -> None:
    name = example.replace(".", "-")
    before = objects(dev)
    web, site = ("web_name", "site_url") if example.endswith("yaml") else ("WebName", "SiteUrl")

    dev.run("openstack", "stack", "create", "--wait", "-t", EXAMPLES / example, name)
    shown = dev.ask("openstack", "stack", "show", name)
    assert shown["stack_status"] == "CREATE_COMPLETE"
    assert name in [row["Stack Name"] for row in dev.ask("openstack", "stack", "list")]
    resources = dev.ask("openstack", "stack", "resource", "list", name)
    assert {row["resource_status"] for row in resources} == {"CREATE_COMPLETE"}
    assert len(resources) == 15
    events = dev.ask("openstack", "stack", "event", "list", name)
    assert len(events) == 2 * 15 + 2
    output = dev.ask("openstack", "stack", "output", "show", name, site)
    assert output["output_value"].endswith("/wordpress")

    change = ["--existing", "--parameter", f"{web}=renamed"]
    dev.run("openstack", "stack", "update", "--wait", *change, name)
    assert dev.ask("openstack", "stack", "show", name)["stack_status"] == "UPDATE_COMPLETE"
    assert "renamed" in [row["Name"] for row in dev.ask("openstack", "server", "list")]

    dev.run("openstack", "stack", "delete", "-y", "--wait", name)
    assert dev.ask("openstack", "stack", "list") == []
    assert objects(dev) == before


def objects(dev: Dev) -> dict[str, list[str]]:
    kinds = ("server", "volume", "network", "router", "port", "floating ip", "security group")
    return {
        kind: sorted(row["ID"] for row in dev.ask("openstack", *kind.split(), "list"))
        for kind in kinds
    }


@pytest.mark.filterwarnings("default")
def test_the_sdk(dev: Dev) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import openstack

        files = [str(dev.folder / "state/clouds.yaml")]
        config = openstack.config.OpenStackConfig(config_files=files, load_envvars=False)
        cloud = openstack.connection.Connection(config=config.get_one("heat-dev"))
    orchestration = cloud.orchestration
    text = (EXAMPLES / "wordpress.yaml").read_text()

    stack = orchestration.create_stack(name="by-sdk", template=text)
    orchestration.wait_for_status(
        stack, status="CREATE_COMPLETE", failures=["CREATE_FAILED"], interval=1, wait=60
    )
    stack = orchestration.get_stack("by-sdk")
    assert stack.status == "CREATE_COMPLETE"
    assert {output["output_key"] for output in stack.outputs} >= {"site_url", "web_address"}
    assert len(list(orchestration.resources(stack))) == 15
    assert orchestration.find_stack("by-sdk").id == stack.id

    orchestration.delete_stack(stack)
    orchestration.wait_for_delete(stack, interval=1, wait=60)
    assert "by-sdk" not in [found.name for found in orchestration.stacks()]
    cloud.close()


def test_the_command_of_our_own(dev: Dev) -> None:
    template = EXAMPLES / "wordpress.yaml"
    printed = dev.run("heat", "stack", "create", "own", "-t", template, "--wait")
    assert "[own]: CREATE_COMPLETE" in printed
    assert "site_url" in printed

    changed = ["-P", "web_name=renamed", "-P", "image=fedora"]
    dry = dev.run("heat", "stack", "update", "own", "-t", template, *changed, "--dry-run")
    assert "web_server" in dry
    dev.run("heat", "stack", "update", "own", "-t", template, *changed, "--wait")
    assert dev.ask("heat", "stack", "show", "own")["stack_status"] == "UPDATE_COMPLETE"

    complaint = dev.run("heat", "stack", "create", "own", "-t", template, code=1)
    assert "own" in complaint
    missing = dev.run(
        "heat", "stack", "create", "two", "-t", template, "-P", "flavor=giant", code=1
    )
    assert "giant" in missing
    dev.run("heat", "stack", "delete", "own", "-y", "--wait")
    assert dev.ask("heat", "stack", "list") == []

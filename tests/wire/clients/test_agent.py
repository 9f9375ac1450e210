"""An agent in a server: it asks and answers as os-collect-config and heat-config do."""

from pathlib import Path
from typing import Any

import pytest

from .shell import OpenStack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),
]


def logged_in(told: dict[str, str], prefix: str = "") -> Any:
    """Return a client for the user that a server was told of."""
    from heatclient import client
    from keystoneclient.v3.client import Client

    names = ("auth_url", "user_id", "password", "project_id")
    user = Client(**{name: told[prefix + name] for name in names})
    endpoint = user.service_catalog.url_for(
        service_type="orchestration",
        endpoint_type="publicURL",
        region_name=told[f"{prefix}region_name"],
    )
    return client.Client("1", endpoint, token=user.auth_token)


def test_an_agent_does_what_its_server_is_to_do(openstack: OpenStack, application: Path) -> None:
    from heatclient import exc

    openstack("stack create", "deploys", "-t", application / "deploys.yaml")
    metadata: dict[str, Any] = {}
    for _ in range(240):
        if metadata.get("deployments") and "os-collect-config" in metadata:
            break
        # The first metadata of all is in the user data of the server; it can be asked for, too,
        # when that is complete.
        metadata = openstack.ask("stack resource metadata", "deploys", "server")
    asking = metadata["os-collect-config"]
    assert asking["collectors"] == ["ec2", "heat", "local"]
    agent = logged_in(asking["heat"])
    where = (asking["heat"]["stack_id"], asking["heat"]["resource_name"])
    [config] = agent.resources.metadata(*where)["deployments"]
    assert (config["group"], config["outputs"][0]["name"]) == ("script", "said")
    with pytest.raises(exc.HTTPForbidden):
        agent.stacks.get(where[0])

    inputs = {one["name"]: one["value"] for one in config["inputs"]}
    answer = {"said": "hello", "deploy_stdout": "", "deploy_status_code": 0}
    logged_in(inputs, "deploy_").resources.signal(
        inputs["deploy_stack_id"], inputs["deploy_resource_name"], data=answer
    )
    openstack.until("deploys", "CREATE_COMPLETE")
    shown = openstack.ask("stack resource show", "deploys", "deployment")
    deployment = openstack.ask("software deployment show", shown["physical_resource_id"], "--long")
    assert deployment["output_values"]["said"] == "hello"
    openstack.gone("deploys")

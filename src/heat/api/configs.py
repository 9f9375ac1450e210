"""Routes of software configs and deployments."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from heat.api.answering import Answer
from heat.api.answers import of_configs
from heat.api.asking import Asking
from heat.api.described import takes
from heat.api.json_body import typed
from heat.operations import configs, deployments
from heat.resources.heat.config_parts import UNGROUPED

Word = Annotated[str, Meta(max_length=255)]
Key = Annotated[str, Meta(max_length=64)]
Items = list[dict[str, Any]]


class NewConfig(Struct, kw_only=True):
    """A new software config."""

    name: Word | None = None
    group: Word | None = None
    config: Any = None
    inputs: Annotated[Items | None, Meta(description="maps with name, type, default ...")] = None
    outputs: Annotated[Items | None, Meta(description="maps with name, type ...")] = None
    options: dict[str, Any] | None = None


class Deployed(Struct, kw_only=True):
    """What became of a deployment; what is left out stays as it is."""

    config_id: Key | None = None
    input_values: dict[str, Any] | None = None
    output_values: dict[str, Any] | None = None
    action: Annotated[str, Meta(max_length=32)] | None = None
    status: Annotated[str, Meta(description="IN_PROGRESS, COMPLETE or FAILED")] | None = None
    status_reason: str | None = None


class NewDeployment(Struct, kw_only=True):
    """A new software deployment."""

    config_id: Key
    server_id: Key
    input_values: dict[str, Any] | None = None
    action: Annotated[str, Meta(max_length=32)] | None = None
    status: Annotated[str, Meta(description="IN_PROGRESS, COMPLETE or FAILED")] | None = None
    status_reason: str | None = None
    stack_user_project_id: Key | None = None


@takes(query=configs.ListConfigs, answer=of_configs.Configs)
def list_configs(asking: Asking) -> Answer:
    """List software configs in pages."""
    return Answer(asking.ask("list_configs", asking.query.read(configs.ListConfigs)))


@takes(body=NewConfig, answer=of_configs.OneConfig)
def create_config(asking: Asking) -> Answer:
    """Keep a software config."""
    sent = typed(asking.body(), NewConfig)
    request = configs.CreateConfig(
        label=sent.name or "",
        group=sent.group or UNGROUPED,
        config="" if sent.config is None else sent.config,
        inputs=tuple(sent.inputs or ()),
        outputs=tuple(sent.outputs or ()),
        options=sent.options or {},
    )
    return Answer({"software_config": asking.ask("create_config", request)})


@takes(answer=of_configs.OneConfig)
def show_config(asking: Asking) -> Answer:
    """Show a software config."""
    return Answer({"software_config": asking.ask("show_config", _config(asking))})


@takes(status=204)
def delete_config(asking: Asking) -> Answer:
    """Forget a software config."""
    asking.ask("delete_config", _config(asking))
    return Answer(status=204)


@takes(query=deployments.ListDeployments, answer=of_configs.Deployments)
def list_deployments(asking: Asking) -> Answer:
    """List software deployments."""
    request = asking.query.read(deployments.ListDeployments)
    return Answer(asking.ask("list_deployments", request))


@takes(body=NewDeployment, answer=of_configs.OneDeployment)
def create_deployment(asking: Asking) -> Answer:
    """Keep a software deployment."""
    sent = typed(asking.body(), NewDeployment)
    request = deployments.CreateDeployment(
        config_id=sent.config_id,
        server_id=sent.server_id,
        input_values=sent.input_values or {},
        action=sent.action or "",
        status=sent.status or "",
        status_reason=sent.status_reason or "",
        stack_user_project_id=sent.stack_user_project_id,
    )
    return Answer({"software_deployment": asking.ask("create_deployment", request)})


@takes(answer=of_configs.OneDeployment)
def show_deployment(asking: Asking) -> Answer:
    """Show a software deployment."""
    key = asking.parts["deployment_id"]
    found = asking.ask("show_deployment", deployments.OfDeployment(deployment=key))
    return Answer({"software_deployment": found})


@takes(body=Deployed, answer=of_configs.OneDeployment)
def update_deployment(asking: Asking) -> Answer:
    """Change a software deployment, for example to say how it ended."""
    sent = typed(asking.body(), Deployed)
    request = deployments.UpdateDeployment(
        deployment=asking.parts["deployment_id"],
        config_id=sent.config_id,
        input_values=sent.input_values,
        output_values=sent.output_values,
        action=sent.action,
        status=sent.status,
        status_reason=sent.status_reason,
    )
    return Answer({"software_deployment": asking.ask("update_deployment", request)})


@takes(status=204)
def delete_deployment(asking: Asking) -> Answer:
    """Forget a software deployment."""
    key = asking.parts["deployment_id"]
    asking.ask("delete_deployment", deployments.OfDeployment(deployment=key))
    return Answer(status=204)


@takes(answer=of_configs.ConfigsOfServer)
def server_metadata(asking: Asking) -> Answer:
    """Show the configs of a server's deployments."""
    key = asking.parts["server_id"]
    return Answer(asking.ask("server_metadata", deployments.OfServer(server=key)))


def _config(asking: Asking) -> configs.OfConfig:
    return configs.OfConfig(config=asking.parts["config_id"])

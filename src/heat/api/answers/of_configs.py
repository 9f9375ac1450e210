"""Software configs and their deployments."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from heat.api.answers.parts import Anything, Moment


class Known(Struct, kw_only=True):
    """What is told of every software config."""

    id: str
    name: str
    group: str
    creation_time: Moment


class ConfigName(Known, kw_only=True):
    """A software config as lists have it."""

    project: str | UnsetType = UNSET


class Configs(Struct):
    """A page of software configs."""

    software_configs: list[ConfigName]


class Config(Known, kw_only=True):
    """A software config."""

    config: Any
    inputs: list[Anything]
    outputs: list[Anything]
    options: Anything


class OneConfig(Struct):
    """A software config."""

    software_config: Config


class ConfigsOfServer(Struct):
    """The configs of a server's deployments."""

    metadata: list[Config]


class Deployment(Struct):
    """A software deployment."""

    id: str
    server_id: str
    config_id: str | None
    input_values: Anything
    output_values: Anything
    action: str | None
    status: Literal["IN_PROGRESS", "COMPLETE", "FAILED"] | None
    status_reason: str | None
    creation_time: Moment
    updated_time: Moment | UnsetType = UNSET


class Deployments(Struct):
    """Software deployments."""

    software_deployments: list[Deployment]


class OneDeployment(Struct):
    """A software deployment."""

    software_deployment: Deployment

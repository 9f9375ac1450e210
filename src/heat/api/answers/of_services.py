"""The service itself."""

from typing import Literal

from msgspec import Struct

from heat.api.answers.parts import Moment


class Build(Struct):
    """What something was built from."""

    revision: str


class BuildInfo(Struct):
    """What the service was built from."""

    api: Build
    engine: Build


class Engine(Struct):
    """An engine, and whether it lives."""

    id: str
    host: str
    hostname: str
    binary: str
    topic: str
    engine_id: str
    report_interval: int
    created_at: Moment
    updated_at: Moment
    deleted_at: Moment | None
    status: Literal["up", "down"]


class Engines(Struct):
    """The engines."""

    services: list[Engine]

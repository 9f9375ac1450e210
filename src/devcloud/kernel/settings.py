"""What can be set about a devcloud."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class Settings:
    """Everything has a default; `latency` is seconds by action, such as {"server.create": 2}."""

    region: str = "RegionOne"
    password: str = "devcloud"  # noqa: S105 - a public password for a cloud on loopback
    token_lifetime: timedelta = timedelta(hours=4)
    heat_url: str = "http://127.0.0.1:8004/v1/$(project_id)s"
    heat_cfn_url: str = "http://127.0.0.1:8000/v1"
    latency: Mapping[str, float] = field(default_factory=dict[str, float])

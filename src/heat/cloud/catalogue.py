"""What a project's cloud offers: service types and compute zones."""

from typing import Any

from os_service_types import ServiceTypes

from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.plugin.steps import COMPUTE


def services(client: Client, who: Credentials) -> frozenset[str]:
    """Return the service types a user can reach, under their official names and all others."""
    known = ServiceTypes()
    found = client.sessions.services(who) | client.settings.endpoint_overrides.keys()
    return frozenset(name for service in found for name in (service, *known.get_all_types(service)))


def zones(client: Client, who: Credentials) -> list[str]:
    """Return the compute zones that are in use."""
    reply = client.send(COMPUTE.get("/os-availability-zone"), who)
    listed: list[dict[str, Any]] = list(reply.get("availabilityZoneInfo") or ())
    return sorted(zone["zoneName"] for zone in listed if zone["zoneState"]["available"])

"""Reads which microversion a request asks for, and says which one was used."""

import re

from devcloud.kernel.web import Microversions, Refused, Request


def asked_for(spoken: Microversions, request: Request) -> tuple[int, int]:
    """Return the version asked for, the lowest when none is; out of range is refused."""
    wanted = wanted_text(spoken, request)
    if wanted is None:
        return spoken.lowest
    if wanted == "latest":
        return spoken.highest
    found = re.fullmatch(r"([1-9]\d*)\.(\d+)", wanted)
    if found is None:
        raise Refused(
            400,
            f"API Version String '{wanted}' is of invalid format. "
            "Must be of format MajorNum.MinorNum.",
        )
    version = (int(found[1]), int(found[2]))
    if not spoken.lowest <= version <= spoken.highest:
        raise Refused(
            406,
            f"Version {wanted} is not supported by the API. "
            f"Minimum is {shown(spoken.lowest)} and maximum is {shown(spoken.highest)}.",
        )
    return version


def headers(spoken: Microversions, version: tuple[int, int]) -> dict[str, str]:
    """Return the headers that say which version was used."""
    result = {
        "OpenStack-API-Version": f"{spoken.name} {shown(version)}",
        "Vary": "OpenStack-API-Version",
    }
    if spoken.header is not None:
        result[spoken.header] = shown(version)
        result["Vary"] += f", {spoken.header}"
    return result


def shown(version: tuple[int, int]) -> str:
    """Return a version as text."""
    return f"{version[0]}.{version[1]}"


def wanted_text(spoken: Microversions, request: Request) -> str | None:
    """Return the text after the service's name; the older header counts when the new is absent."""
    listed: str = request.headers.get("openstack-api-version", "")
    for entry in listed.split(","):
        name, _, version = entry.strip().partition(" ")
        if name == spoken.name and version:
            return version.strip()
    older: str | None = request.headers.get(spoken.header) if spoken.header else None
    return older

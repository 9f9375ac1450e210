"""Trusts: how the engine acts for a user after the user's token has ended.

Keystone gives a trust no name and no free field, and keeps the whole seconds of its end. So
the end, some time between the years 2100 and 9000, is made from a mark, and a trust whose
creation was never confirmed is found again by it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from msgspec import structs

from heat.base.errors import Permanent, Temporary
from heat.cloud.client import Client
from heat.cloud.credentials import SERVICE, Credentials
from heat.plugin.steps import IDENTITY

PATH = "/OS-TRUST/trusts"

_FIRST = datetime(2100, 1, 1, tzinfo=UTC)
_SECONDS = int((datetime(9000, 1, 1, tzinfo=UTC) - _FIRST).total_seconds())


def create(client: Client, who: Credentials, mark: str) -> str:
    """Return the id of the user's trust with this mark, made unless it is there."""
    # A trust gives no trusts, so the user's own token has to do it.
    user = structs.replace(who, trust="")
    if not user.token:
        raise Permanent("A trust can be made with the user's own token only.", service="identity")
    if found := find(client, user, mark):
        return found
    call = IDENTITY.post(PATH, {"trust": _body(client, user, mark)}, makes="trust.id")
    try:
        reply = client.send(call, user)
    except Temporary as fault:
        if fault.ambiguous and (found := find(client, user, mark)):
            return found
        raise
    return str(reply["trust"]["id"])


def find(client: Client, who: Credentials, mark: str) -> str | None:
    """Return the id of the user's trust with this mark, if there is one."""
    trustee = client.sessions.trustee_id()
    reply = client.send(IDENTITY.get(PATH, {"trustor_user_id": who.user_id}), who)
    wanted = {"trustee_user_id": trustee, "project_id": who.project}
    trusts: list[dict[str, Any]] = list(reply.get("trusts") or ())
    for trust in trusts:
        mine = all(trust.get(name) == value for name, value in wanted.items())
        if mine and _same_end(trust.get("expires_at"), mark):
            return str(trust["id"])
    return None


def given(client: Client) -> list[dict[str, Any]]:
    """Return the trusts that the service user was given and whose end is a mark."""
    query = {"trustee_user_id": client.sessions.trustee_id()}
    reply = client.send(IDENTITY.get(PATH, query), SERVICE)
    found: list[dict[str, Any]] = list(reply.get("trusts") or ())
    return [trust for trust in found if str(trust.get("expires_at") or "") >= str(_FIRST.year)]


def is_marked(trust: Mapping[str, Any], mark: str) -> bool:
    """Tell whether a trust's end is the one that stands for a mark."""
    return _same_end(trust.get("expires_at"), mark)


def delete(client: Client, who: Credentials) -> None:
    """Remove the trust of these credentials; one that is gone already is fine.

    The user's token does it while it is good, else the trust itself does.
    """
    if not who.trust:
        return
    try:
        client.send(IDENTITY.delete(f"{PATH}/{who.trust}"), who)
    except Permanent as fault:
        # Keystone lets nobody in by a trust that is gone: 401, and 404 when it was cached.
        if fault.status not in (401, 404):
            raise
    finally:
        client.sessions.forget(who)


def end_of(mark: str) -> datetime:
    """Return the end that stands for a mark."""
    number = int.from_bytes(blake2b(mark.encode(), digest_size=8).digest())
    return _FIRST + timedelta(seconds=number % _SECONDS)


def _body(client: Client, who: Credentials, mark: str) -> dict[str, Any]:
    settings = client.settings
    return {
        "trustor_user_id": who.user_id,
        "trustee_user_id": client.sessions.trustee_id(),
        "project_id": who.project,
        "impersonation": True,
        "allow_redelegation": settings.allow_redelegation,
        "roles": [{"name": name} for name in settings.delegated_roles or who.roles],
        "expires_at": end_of(mark).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
    }


def _same_end(end: str | None, mark: str) -> bool:
    return end is not None and end[:19] == end_of(mark).strftime("%Y-%m-%dT%H:%M:%S")

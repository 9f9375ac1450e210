"""Key pairs: a user's public keys, made here when none is given."""

import base64
import binascii
import hashlib
import re
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from devcloud.kernel import listing
from devcloud.kernel.progress import stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks
from devcloud.nova.servers import state
from devcloud.nova.views import minor_of, must_be_admin, zeros

UNREADABLE = "Keypair data is invalid: failed to generate fingerprint"
NAME = re.compile(r"[_\- a-zA-Z0-9]+")
NEWER_NAME = re.compile(r"[@._\- a-zA-Z0-9]+")


def create(call: Call) -> Reply:
    """Keep a public key, or make a pair and tell the private one this once."""
    minor = minor_of(call)
    allowed = {"name", "public_key"} | ({"type"} if minor >= 2 else set[str]())
    allowed |= {"user_id"} if minor >= 10 else set[str]()
    required = ["name", "public_key"] if minor >= 92 else ["name"]
    wanted = checks.element(call.body, "keypair", required=required, allowed=allowed)
    name = checks.string("name", wanted["name"], shortest=1)
    pattern = NEWER_NAME if minor >= 92 else NAME
    if pattern.fullmatch(name) is None:
        raise checks.invalid("name", name, f"{name!r} does not match '^{pattern.pattern}$'")
    kind = checks.chosen("type", wanted.get("type", "ssh"), ["ssh", "x509"])
    user_id = user_of(call, wanted.get("user_id"))
    private: str | None = None
    if wanted.get("public_key"):
        public = str(wanted["public_key"])
    else:
        public, private = new_pair()
    fingerprint = fingerprint_of(public, kind)
    check_free(call, user_id, name)
    row: Row = {
        "id": f"{user_id}:{name}",
        "name": name,
        "user_id": user_id,
        "type": kind,
        "public_key": public,
        "fingerprint": fingerprint,
        "created_at": stamp(call.cloud.now()),
        "number": len(state(call).keypairs) + 1,
    }
    state(call).keypairs.put(row)
    view = brief(call, row) | {"user_id": user_id}
    if private is not None:
        view["private_key"] = private
    return Reply(201 if minor >= 2 else 200, {"keypair": view})


def check_free(call: Call, user_id: str, name: str) -> None:
    """Refuse a name that is taken, and more key pairs than a user may have."""
    compute = state(call)
    if compute.keypair(user_id, name) is not None:
        raise Refused(409, f"Key pair '{name}' already exists.")
    most = compute.limits(call.project_id)["key_pairs"]
    if 0 <= most <= compute.keypairs.count("user_id", user_id):
        raise Refused(403, "Quota exceeded, too many key pairs.")


def user_of(call: Call, asked: str | None) -> str:
    """Return whose key pairs are meant; only admins ask for another's."""
    if asked and asked != call.token.user_id:
        must_be_admin(call, "os-keypairs")
        return asked
    return call.token.user_id


def new_pair() -> tuple[str, str]:
    """Make an RSA key pair: the public key as OpenSSH has it, the private one as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return f"{public.decode()} Generated-by-Nova", private.decode()


def fingerprint_of(public: str, kind: str) -> str:
    """Return a public key's fingerprint; what is no key is refused."""
    if kind == "x509":
        return pairs(hashlib.sha1(public.encode(), usedforsecurity=False).hexdigest())
    try:
        serialization.load_ssh_public_key(" ".join(public.split()[:2]).encode())
        blob = base64.b64decode(public.split()[1])
    except (ValueError, IndexError, UnsupportedAlgorithm, binascii.Error):
        raise Refused(400, UNREADABLE) from None
    return pairs(hashlib.md5(blob, usedforsecurity=False).hexdigest())


def pairs(digest: str) -> str:
    """Return hexadecimal digits in pairs with colons between them."""
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def brief(call: Call, row: Row) -> dict[str, Any]:
    """Show a key pair in a list."""
    view = {name: row[name] for name in ("name", "public_key", "fingerprint")}
    if minor_of(call) >= 2:
        view["type"] = row["type"]
    return view


def listed(call: Call) -> dict[str, Any]:
    """List key pairs."""
    user_id = user_of(call, call.arg("user_id") if minor_of(call) >= 10 else None)
    rows = sorted(state(call).keypairs.find("user_id", user_id), key=lambda row: str(row["name"]))
    more: dict[str, Any] = {}
    if minor_of(call) >= 35:
        limit = listing.limit_of(call.request.query, most=1000)
        named = [row | {"id": row["name"]} for row in rows]
        missing = Refused(400, f"marker [{call.arg('marker')}] not found")
        rows, _ = listing.page(named, limit, call.arg("marker"), missing=missing)
        if rows and len(rows) == limit:
            path = "/compute/v2.1/os-keypairs"
            href = listing.link_after(call.request, path, rows[-1]["name"])
            more = {"keypairs_links": [{"rel": "next", "href": href}]}
    return {"keypairs": [{"keypair": brief(call, row)} for row in rows], **more}


def keypair_of(call: Call) -> Row:
    """Return the key pair that the path names."""
    user_id = user_of(call, call.arg("user_id") if minor_of(call) >= 10 else None)
    row = state(call).keypair(user_id, call.params["name"])
    if row is None:
        raise Refused(404, f"Keypair {call.params['name']} not found for user {user_id}")
    return row


def show(call: Call) -> dict[str, Any]:
    """Show a key pair."""
    row = keypair_of(call)
    view = brief(call, row) | {
        "user_id": row["user_id"],
        "created_at": zeros(row["created_at"]),
        "deleted": False,
        "deleted_at": None,
        "id": row["number"],
        "updated_at": None,
    }
    return {"keypair": view}


def delete(call: Call) -> Reply:
    """Remove a key pair."""
    state(call).keypairs.pop(keypair_of(call)["id"])
    return Reply(204 if minor_of(call) >= 2 else 202)

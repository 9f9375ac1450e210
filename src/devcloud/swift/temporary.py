"""Addresses that let anyone do one thing with one object: signed with a key of its owner."""

import hmac
from collections.abc import Iterator

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused
from devcloud.swift.state import Objects

KEYS = ("temp-url-key", "temp-url-key-2")
METHODS = {"HEAD": ("HEAD", "GET", "PUT", "POST")}
"""Who may write or read may look, too."""


def check(call: Call, stored: Objects, account: str, container: Row) -> None:
    """Refuse a request that is not signed, or too late."""
    given, expires = call.arg("temp_url_sig"), call.arg("temp_url_expires")
    if not given or not expires or not expires.isdecimal():
        raise Refused(401, "Unauthorized: the request needs a token, or a signed address.")
    if int(expires) < stored.cloud.now().timestamp():
        raise Refused(401, "Temp URL invalid")
    method = call.request.method
    for signed in METHODS.get(method, (method,)):
        for path in (f"/object-store{call.request.path}", call.request.path):
            text = f"{signed}\n{expires}\n{path}".encode()
            for key in _keys(stored, account, container):
                for kind in ("sha256", "sha1", "sha512"):
                    if hmac.compare_digest(hmac.new(key, text, kind).hexdigest(), given):
                        return
    raise Refused(401, "Temp URL invalid")


def _keys(stored: Objects, account: str, container: Row) -> Iterator[bytes]:
    for kind, row in (("account", stored.account(account)), ("container", container)):
        for name in KEYS:
            if key := row["headers"].get(f"x-{kind}-meta-{name}"):
                yield key.encode()

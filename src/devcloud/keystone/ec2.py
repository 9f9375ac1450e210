"""Checks signatures of AWS requests, versions 2 and 4."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
TOLERANCE = 15 * 60
"""Seconds by which a signature's time may be off."""


def signed(given: Mapping[str, Any], secret: str, now: float) -> bool:
    """Say whether the request was signed with this secret, and lately."""
    params: dict[str, str] = {key: str(value) for key, value in given.get("params", {}).items()}
    headers = {str(k).lower(): str(v) for k, v in (given.get("headers") or {}).items()}
    for host in hosts(str(given.get("host", ""))):
        request = Signed(given, host, params, headers)
        signature = str(given.get("signature") or params.get("Signature") or "")
        if any(hmac.compare_digest(wanted, signature) for wanted in request.signatures(secret)):
            return request.is_timely(now)
    return False


def hosts(host: str) -> Iterator[str]:
    """Give the host as it was sent, and without the port that some clients leave out."""
    yield host
    name, colon, _ = host.rpartition(":")
    if colon:
        yield name


class Signed:
    """A request, as far as it is signed."""

    def __init__(
        self,
        given: Mapping[str, Any],
        host: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> None:
        self.verb = str(given.get("verb", ""))
        self.path = str(given.get("path", ""))
        self.body_hash = str(given.get("body_hash", ""))
        self.host = host
        self.params = params
        self.headers = headers

    def signatures(self, secret: str) -> Iterator[str]:
        """Give the signatures that would be right."""
        if self.params.get("SignatureVersion") == "2":
            yield self.version_2(secret)
        elif self.params.get("X-Amz-Algorithm") == ALGORITHM or self.headers.get(
            "authorization", ""
        ).startswith(ALGORITHM):
            yield self.version_4(secret)

    def is_timely(self, now: float) -> bool:
        """Say whether the request was signed lately; what does not say when is good for ever."""
        text = self.params.get("Timestamp") or self.date()
        if not text:
            return True
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return False
        signed_at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return abs(now - signed_at.timestamp()) <= TOLERANCE

    def version_2(self, secret: str) -> str:
        """Return the signature of version 2."""
        kind = hashlib.sha1 if self.params.get("SignatureMethod") == "HmacSHA1" else hashlib.sha256
        text = f"{self.verb}\n{self.host}\n{self.path}\n{self.query({'Signature'})}"
        digest = hmac.new(secret.encode(), text.encode(), kind).digest()
        return b64encode(digest).decode()

    def version_4(self, secret: str) -> str:
        """Return the signature of version 4."""
        credential = self.field("X-Amz-Credential", "Credential")
        scope = credential.partition("/")[2]
        key = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        request = hashlib.sha256(self.canonical().encode()).hexdigest()
        text = f"{ALGORITHM}\n{self.date()}\n{scope}\n{request}"
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def canonical(self) -> str:
        """Return the request in the one form that both sides agree on."""
        names = self.field("X-Amz-SignedHeaders", "SignedHeaders").split(";")
        values = {**self.headers, "host": self.host}
        lines = "".join(f"{name}:{' '.join(values.get(name, '').split())}\n" for name in names)
        # Parameters of a form that was POSTed are in the body, and so in its hash.
        query = "" if self.verb == "POST" else self.query({"X-Amz-Signature"})
        return "\n".join([self.verb, self.path, query, lines, ";".join(names), self.body_hash])

    def query(self, without: set[str]) -> str:
        """Return the parameters, sorted and encoded."""
        pairs = sorted((k, v) for k, v in self.params.items() if k not in without)
        return "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)

    def field(self, parameter: str, name: str) -> str:
        """Return a field from the parameters, or from the Authorization header."""
        if parameter in self.params:
            return self.params[parameter]
        for part in self.headers.get("authorization", "").removeprefix(ALGORITHM).split(","):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return ""

    def date(self) -> str:
        """Return the time in the form that version 4 signs."""
        return self.params.get("X-Amz-Date") or self.headers.get("x-amz-date", "")

"""The words of a failure, taken apart: what the cloud said, of which request."""

import re
from dataclasses import dataclass

_KIND = re.compile(r"^(\w+): (?=resources[.\[]|\S)")
_PATH = re.compile(r"^resources[.\[][^:]*: ")
_STATUS = re.compile(r" ?\(HTTP (\d+)\)")
_REQUEST_ID = re.compile(r" ?\(Request-ID: ([^)\s]+)\)")
_REQUEST = re.compile(r" ?\[([\w-]+): ([A-Z]+ [^\]]+)\]")
_OWN_WORDS = re.compile(r"^Resource [A-Z]+ failed: ")
_SPOKEN = {
    "WaitConditionTimeout": "no signal came in time: ",
    "WaitConditionFailure": "a server signalled a failure: ",
}
"""Kinds of errors that tell what their words leave out."""


@dataclass(frozen=True)
class Said:
    """The parts of it."""

    words: str
    kind: str = ""
    status: int = 0
    request_id: str = ""
    service: str = ""
    request: str = ""

    @property
    def text(self) -> str:
        """Return the words as a person wants them."""
        return _SPOKEN.get(self.kind, "") + self.words

    @property
    def asked(self) -> str:
        """Return what was asked of the cloud, as its operator wants it."""
        parts = (
            f"{self.service}: {self.request}" if self.service else "",
            f"HTTP {self.status}" if self.status else "",
            f"request {self.request_id}" if self.request_id else "",
        )
        return ", ".join(part for part in parts if part)


def parse(words: str) -> Said:
    """Take the words of a failure apart."""
    rest = _OWN_WORDS.sub("", words)
    kind = ""
    if found := _KIND.match(rest):
        kind, inner = found[1], rest[found.end() :]
        # Only what stands before a path is the kind of the error; else it is the cloud's word.
        rest, kind = (_PATH.sub("", inner), kind) if _PATH.match(inner) else (rest, "")
    status, identity, request = (
        pattern.search(rest) for pattern in (_STATUS, _REQUEST_ID, _REQUEST)
    )
    for pattern in (_STATUS, _REQUEST_ID, _REQUEST):
        rest = pattern.sub("", rest)
    return Said(
        rest.strip(),
        kind,
        int(status[1]) if status else 0,
        identity[1] if identity else "",
        request[1] if request else "",
        request[2] if request else "",
    )

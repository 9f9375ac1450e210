"""What an operator can set about the REST API."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ApiSettings:
    """``conf`` is the oslo.config object that oslo.policy reads; None means the defaults.

    ``max_json_body_size`` is in bytes.
    ``trust_forwarded`` makes links from the X-Forwarded headers of a proxy in front.
    ``event_streams`` is how many streams of events a process keeps at once, each in a thread.
    """

    max_json_body_size: int = 1048576
    trust_forwarded: bool = False
    revision: str = "unknown"
    event_streams: int = 8
    conf: Any = None

"""What handlers give back, and how it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import falcon

from heat.store.shapes import to_json


@dataclass(frozen=True)
class Answer:
    """What is sent back; a body of None with status 200 is the JSON ``null``.

    A ``stream`` is sent piece by piece in place of the body, as text of the ``kind``.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    stream: Iterable[bytes] | None = None
    kind: str = "application/json"


def send(response: falcon.Response, answer: Answer) -> None:
    """Write an answer."""
    response.status = falcon.code_to_http_status(answer.status)
    for name, value in answer.headers.items():
        response.set_header(name, value)
    if answer.status == 204:
        return
    response.content_type = answer.kind
    if answer.stream is not None:
        response.stream = answer.stream
        return
    response.data = to_json(answer.body)

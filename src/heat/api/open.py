"""Routes that need no token: the versions, the document of the API, the probe."""

from typing import Any

import falcon

from heat.api.answering import Answer, send
from heat.api.origin import base_of
from heat.api.settings import ApiSettings
from heat.store.shapes import to_json


class Versions:
    """Tells which versions there are."""

    def __init__(self, settings: ApiSettings, status: str) -> None:
        self._settings, self._status = settings, status

    def on_any(self, req: falcon.Request, resp: falcon.Response, **_parts: str) -> None:
        """Answer whatever the method is."""
        self.on_get(req, resp)

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer."""
        href = f"{base_of(request, self._settings)}/v1/"
        version = {
            "id": "v1.0",
            "status": "CURRENT",
            "links": [{"rel": "self", "href": href}],
        }
        send(response, Answer({"versions": [version]}, int(self._status[:3])))


class Document:
    """Tells programs what may be asked."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._text = to_json(document)

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Answer."""
        response.content_type = "application/json"
        response.data = self._text


class Probe:
    """Answers a load balancer."""

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Answer."""
        response.content_type = "text/plain"
        response.text = "OK"

    on_head = on_get

"""What every request goes through first: it gets an id, and its address must be sound."""

import logging
import re
import uuid
from typing import Any
from urllib.parse import quote

import falcon

from heat.api.faults import bad_request
from heat.cloud.client import REQUEST_ID

_log = logging.getLogger(__name__)


class RequestIds:
    """Gives each request an id, which the answer, the events and the logs bear.

    A caller that has one already keeps it, so that a thread runs through all services.
    """

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Take or make the id, and send it back."""
        given = req.get_header("X-Openstack-Request-Id") or ""
        known = _REQUEST_ID.fullmatch(given) is not None
        req.context.request_id = given if known else f"req-{uuid.uuid4()}"
        resp.set_header("X-Openstack-Request-Id", req.context.request_id)
        REQUEST_ID.set(req.context.request_id)

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool
    ) -> None:
        """Tell the log how it was answered."""
        _log.info("%s %s: %d", req.method, quote(req.path), resp.status_code)
        REQUEST_ID.set("")


class Negotiation:
    """Lets the version be asked for by `Accept`, where the path has none."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Put the version into the path; one that there is not is told which there are."""
        wanted = _VERSION.search(req.get_header("Accept") or "")
        if wanted is None or req.path == "/" or _HAS_VERSION.match(req.path):
            return
        req.path = f"/v1{req.path}" if wanted[1] in ("1", "1.0") else "/versions"


_VERSION = re.compile(r"application/vnd\.openstack\.orchestration-v(\d+(?:\.\d+)?)")
_HAS_VERSION = re.compile(r"/(v\d|versions$|healthcheck$)")
_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Methods:
    """Refuses methods that no server knows as those that an address does not have."""

    def process_resource(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,
        params: dict[str, Any],
    ) -> None:
        """Raise an error that tells the methods there are."""
        if req.method not in falcon.COMBINED_METHODS:
            known = falcon.HTTP_METHODS
            there = sorted(name for name in known if hasattr(resource, f"on_{name.lower()}"))
            raise falcon.HTTPMethodNotAllowed(there)


class Sound:
    """Refuses addresses with characters that no name has and no database keeps."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Raise Invalid unless the address is sound."""
        values = [value for given in req.params.values() for value in _listed(given)]
        if any(_UNSOUND.search(text) for text in (req.path, *req.params, *values)):
            raise bad_request("The address holds control characters, or bytes that are no UTF-8.")


_UNSOUND = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffd]")


def _listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given

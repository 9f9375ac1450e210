"""From what a service answered, or failed to answer, to a fault in the service's own words."""

import html
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import requests
from keystoneauth1 import exceptions

from heat.base.errors import CloudFault, Permanent, Temporary
from heat.cloud.wire import TooLarge
from heat.plugin.steps import Call

PASSING = frozenset({429, 502, 503, 504})
"""The statuses after which the same request may go through."""

_UNSURE = frozenset({500, 502, 503, 504})
"""The statuses that do not tell whether the request was carried out."""

_LONGEST = 2000
"""Characters of an answer that are told."""


def from_reply(call: Call, reply: requests.Response) -> CloudFault:
    """Turn a refusal into a fault."""
    status = reply.status_code
    kind = Temporary if status in PASSING or status in call.busy else Permanent
    return kind(
        words(reply),
        service=call.service,
        request=f"{call.method} {call.path}",
        status=status,
        request_id=request_id(reply),
        ambiguous=status in _UNSURE and not call.reads,
        retry_after=_retry_after(reply),
    )


def from_exception(
    service: str, request: str, problem: Exception, *, writes: bool = False
) -> CloudFault:
    """Turn what keystoneauth raised into a fault: no connection, no answer, no access."""
    match problem:
        case exceptions.HttpError() if problem.response is not None:
            return _refused_by_keystone(request, problem.response)
        case exceptions.HttpError():
            said = problem.message or "The identity service refused."
            status = problem.http_status
            kind = Temporary if status in PASSING else Permanent
            return kind(said, service="identity", request=request, status=status)
        case TooLarge():
            return Permanent(
                f"The {service} service answered with more than the {problem.largest} bytes that "
                "are read of an answer; the operator can raise max_cloud_answer_size.",
                service=service,
                request=request,
                ambiguous=writes,
            )
        case exceptions.SSLError():
            return Permanent(
                f"The certificate of the {service} service can't be verified; see the settings "
                "for certificates to trust.",
                service=service,
                request=request,
            )
        case exceptions.ConnectionError():
            sent = not _never_sent(problem)
            return Temporary(
                f"The {service} service {'did not answer' if sent else 'cannot be reached'}.",
                service=service,
                request=request,
                ambiguous=sent and writes,
            )
        case exceptions.EndpointNotFound() | exceptions.EmptyCatalog():
            return Permanent(
                f"The cloud's catalogue has no {service} service for this project and region.",
                service=service,
                request=request,
                kind="ServiceNotFound",
            )
        case _:
            return Permanent(
                f"The {service} service cannot be used: {type(problem).__name__}.",
                service=service,
                request=request,
            )


def request_id(reply: requests.Response) -> str:
    """Return the service's own id of the request."""
    headers = reply.headers
    return headers.get("x-openstack-request-id") or headers.get("x-compute-request-id") or ""


def words(reply: requests.Response) -> str:
    """Return what the service said about its refusal, free of its wrapping."""
    said = ""
    if "json" in reply.headers.get("content-type", "") or reply.content[:1] == b"{":
        try:
            said = _in_json(msgspec.json.decode(reply.content))
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = ""
    elif reply.content:
        said = _in_page(reply.text)
    return said[:_LONGEST] or reply.reason or f"The service answered {reply.status_code}."


def _refused_by_keystone(request: str, reply: requests.Response) -> CloudFault:
    kind = Temporary if reply.status_code in PASSING else Permanent
    said = words(reply)
    if reply.status_code == 401:
        said = f"The identity service refused the credentials: {said}"
    return kind(
        said,
        service="identity",
        request=request,
        status=reply.status_code,
        request_id=request_id(reply),
        retry_after=_retry_after(reply),
    )


def _in_json(body: Any) -> str:
    # nova and cinder: {"badRequest": {"message": ...}}; neutron: {"NeutronError": {...} or text};
    # keystone, heat: {"error": {"message": ...}}; octavia and mistral: {"faultstring": ...};
    # placement: {"errors": [{"detail": ...}]}; designate and zaqar: {"message" or "description"}.
    match body:
        case str():
            return body.strip()
        case {"faultstring": str(said)} | {"message": str(said)} | {"detail": str(said)}:
            return said.strip()
        case {"message": {"message": str(said)}} | {"error": {"message": str(said)}}:
            return said.strip()
        case {"message": {**problems}}:
            return "; ".join(f"{name}: {said}" for name, said in problems.items())
        case {"errors": [{**first}, *_]}:
            return _in_json(first)
        case {"error_message": said} | {"description": said} | {"title": said}:
            return _in_json(said)
        case {**fields} if len(fields) == 1:
            return _in_json(next(iter(fields.values())))
        case _:
            return ""


def _in_page(text: str) -> str:
    if "<" not in text:
        return " ".join(text.split())
    # WebOb's pages have the title, the same as a heading, and then the explanation.
    text = re.sub(r"(?is)<(head|script|style|h1)\b.*?</\1>", " ", text)
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
    # A proxy's page has only its own name below the heading.
    return said if " " in said else ""


def _retry_after(reply: requests.Response) -> float:
    value = reply.headers.get("retry-after", "")
    if not value:
        return 0.0
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


def _never_sent(problem: BaseException) -> bool:
    # keystoneauth hides what went wrong below it; it is still there as the context.
    cause = problem.__context__
    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    if not isinstance(cause, requests.ConnectionError):
        return False
    inner = cause.args[0] if cause.args else None
    reason = getattr(inner, "reason", inner)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}

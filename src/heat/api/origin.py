"""Where the service is, as its caller sees it: what all links begin with."""

import re
from urllib.parse import quote

import falcon

from heat.api.faults import bad_request
from heat.api.settings import ApiSettings


def base_of(request: falcon.Request, settings: ApiSettings) -> str:
    """Return the address of the service: scheme, host, and where it is mounted.

    Of several proxies the first one counts, which the caller has spoken to.
    """
    scheme, host, mounted = request.scheme, request.netloc, quote(request.root_path)
    if settings.trust_forwarded:
        scheme, host = _first(request.forwarded_scheme), _first(request.forwarded_host)
        mounted = _first(request.get_header("X-Forwarded-Prefix")).rstrip("/") + mounted
    base = f"{scheme}://{host}{mounted}".rstrip("/")
    if scheme not in ("http", "https") or not (_HOST.fullmatch(host) and _PATH.fullmatch(mounted)):
        raise bad_request(
            f"The headers say that the service is at {base[:200]!r}, which is no address: send its "
            "name in Host."
        )
    return base


_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(:\d{1,5})?")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")


def _first(words: str | None) -> str:
    return (words or "").partition(",")[0].strip()

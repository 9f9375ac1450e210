"""Gets the files of a request that lie in a container of the cloud's object storage."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec.structs import replace

from heat.base.errors import Invalid, NotFound, Permanent
from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.operations.content import Content
from heat.operations.context import Context
from heat.operations.services import Services
from heat.plugin.steps import Call

C = TypeVar("C", bound=Content)
STORAGE = "object-store"
PAGE = 10000
MOST = 1000
"""Files that are taken from a container."""
_FOLDER = "application/directory"


def gathered(services: Services, context: Context, content: C) -> C:
    """Return a request with the files of its container beside those that were sent.

    What was sent counts. The files are read as the caller, and as they are now: later requests
    find them in what is stored.
    """
    container = content.files_container
    if not container:
        return content
    if services.client is None:
        raise Invalid(
            "files_container needs the cloud's object-store service: send files.",
            kind="NotSupported",
        )
    if "/" in container:
        raise Invalid(f"files_container names {container!r}: a container has no / in its name.")
    who = context.credentials()
    try:
        read = _all(services.client, who, container, content.files, services.limits.max_files_size)
    except Permanent as refused:
        if refused.status == 404:
            raise NotFound(
                f"Could not fetch files from container {container}, reason: {refused}",
                kind="NotFound",
            ) from None
        raise
    return replace(content, files={**read, **content.files}, files_container="")


def _all(
    client: Client, who: Credentials, container: str, sent: Mapping[str, str], limit: int
) -> dict[str, str]:
    listed = list(islice(_listed(client, who, container, sent), MOST + 1))
    if len(listed) > MOST:
        raise Invalid(
            f"The container {container} holds more than {MOST} files.",
            kind="DownloadLimitExceeded",
        )
    _check_size(sum(size for _, size in listed), limit)
    found: dict[str, str] = {}
    size = 0
    for name, _ in listed:
        content = _read(client, who, container, name, limit - size)
        size += len(content)
        # Lists say nothing of the size of an object that is made of others.
        _check_size(size, limit)
        found[name] = _text(container, name, content)
    return found


def _listed(
    client: Client, who: Credentials, container: str, sent: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    """Give the name and the size of each object that is a file and was not sent."""
    marker = ""
    while True:
        query = {"format": "json", "limit": str(PAGE)} | ({"marker": marker} if marker else {})
        call = Call(STORAGE, "GET", f"/{quote(container, safe='')}", query=query)
        page: list[dict[str, Any]] = list(client.send(call, who).get("items") or ())
        for entry in page:
            name = entry.get("name")
            if name and name not in sent and entry.get("content_type") != _FOLDER:
                yield name, int(entry.get("bytes") or 0)
        if len(page) < PAGE:
            return
        marker = page[-1]["name"]


def _read(client: Client, who: Credentials, container: str, name: str, most: int) -> bytes:
    """Return the bytes of an object, or of one too large one more than the most."""
    path = f"/{quote(container, safe='')}/{quote(name)}"
    call = Call(STORAGE, "GET", path, headers={"Range": f"bytes=0-{most}"})
    try:
        return client.content(call, who)
    except Permanent as refused:
        if refused.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return b""  # an empty object has not even a first byte
        raise


def _text(container: str, name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Invalid(
            f"{name} in the container {container} is not text in UTF-8; keep in it only what the "
            "template needs.",
        ) from None


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise Invalid(
            f"Total size of files to download ({size} bytes) exceeds maximum allowed ({limit} "
            "bytes).",
            kind="DownloadLimitExceeded",
        )

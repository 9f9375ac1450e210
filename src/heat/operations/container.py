"""Gets the files of a request that lie in a container of the cloud's object storage."""

from collections.abc import Iterator, Mapping
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
        listed = list(_listed(services.client, who, container, content.files))
        _check_size(sum(size for _, size in listed), services.limits.max_files_size)
        read = {name: _read(services.client, who, container, name) for name, _ in listed}
    except Permanent as refused:
        if refused.status == 404:
            raise NotFound(
                f"Could not fetch files from container {container}, reason: {refused}",
                kind="NotFound",
            ) from None
        raise
    return replace(content, files={**read, **content.files}, files_container="")


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


def _read(client: Client, who: Credentials, container: str, name: str) -> str:
    path = f"/{quote(container, safe='')}/{quote(name)}"
    try:
        return client.content(Call(STORAGE, "GET", path), who).decode()
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

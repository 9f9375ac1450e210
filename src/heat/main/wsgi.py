"""Entry points for uWSGI, gunicorn and other WSGI servers: ``heat.main.wsgi:api``.

Configuration files are heat.conf in the usual places, or those that HEAT_CONFIG_FILES names,
separated by colons.
"""

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from heat.main import front, required, settings


def api(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request to the native API."""
    return _api()(environ, start_response)


@cache
def _api() -> front.Application:
    # At the first request, not at import: servers import before they fork.
    files = [path for path in os.environ.get("HEAT_CONFIG_FILES", "").split(":") if path]
    conf = settings.read([f"--config-file={path}" for path in files], "heat-api")
    required.check_api(conf)
    return front.configured(conf)

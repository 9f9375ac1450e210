"""Puts the REST API together: routes, policy, and the check of tokens in front."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from oslo_config import cfg

from heat.api.app import application, wrap
from heat.api.asking import Call
from heat.api.settings import ApiSettings

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def configured(conf: cfg.ConfigOpts) -> Application:
    """Return the API as heat.conf says, with the engines behind the message bus."""
    from heat.main import bus  # an API without a bus, as in `heat dev`, starts quicker

    settings = ApiSettings(
        max_json_body_size=conf.max_json_body_size,
        revision=conf.revision.heat_revision,
        trust_forwarded=conf.oslo_middleware.enable_proxy_headers_parsing,
        event_streams=max(1, conf.heat_api.threads // 2),
        conf=conf,
    )
    return guarded(bus.remote(conf).call, {"oslo_config_config": conf}, settings)


def guarded(
    call: Call, middleware: Mapping[str, Any], settings: ApiSettings | None = None
) -> Application:
    """Return the API with keystonemiddleware in front."""
    with warnings.catch_warnings():
        # WebOb, below the middleware, imports a module that Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        return wrap(application(call, settings), middleware)

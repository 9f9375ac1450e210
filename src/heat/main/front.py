"""Puts the REST API together: routes, policy, and the check of tokens in front."""

import logging
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from oslo_config import cfg

from heat.api.app import application
from heat.api.asking import Call
from heat.api.guard import Login, wrap
from heat.api.settings import ApiSettings
from heat.cloud.login import password_login
from heat.main import settings

_log = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def configured(conf: cfg.ConfigOpts) -> Application:
    """Return the API as heat.conf says, with the engines behind the message bus."""
    from heat.main import bus  # an API without a bus, as in `heat dev`, starts quicker

    api = ApiSettings(
        max_json_body_size=conf.max_json_body_size,
        revision=conf.revision.heat_revision,
        trust_forwarded=conf.oslo_middleware.enable_proxy_headers_parsing,
        event_streams=max(1, conf.heat_api.threads // 2),
        conf=conf,
    )
    middleware = {"oslo_config_config": conf}
    return guarded(bus.remote(conf).call, middleware, api, login(conf))


def login(conf: cfg.ConfigOpts) -> Login | None:
    """Return how users get in by a password, where the operator lets them."""
    flavor = conf.paste_deploy.flavor
    if flavor not in ("keystone", "standalone", ""):
        _log.warning(
            "flavor = %s in section [paste_deploy] of heat.conf is taken for keystone; the other "
            "one there is here is standalone.",
            flavor,
        )
    if flavor != "standalone":
        return None
    return password_login(settings.cloud_settings(conf))


def guarded(
    call: Call,
    middleware: Mapping[str, Any],
    api: ApiSettings | None = None,
    login: Login | None = None,
) -> Application:
    """Return the API with keystonemiddleware in front."""
    with warnings.catch_warnings():
        # WebOb, below the middleware, imports a module that Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        return wrap(application(call, api), middleware, login)

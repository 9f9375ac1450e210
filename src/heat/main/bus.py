"""Connects processes through the message bus that heat.conf names."""

import sys
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from oslo_config import cfg

from heat.base.ids import StackId
from heat.engine.notices import Emit
from heat.main.node import Node
from heat.rpc.broker import Broker, Place

# Threads do all the work here. The libraries below take eventlet where they can import it, though
# nothing of it is used; so they can't, and the one that has a choice is told its choice.
cast("dict[str, Any]", sys.modules).setdefault("eventlet", None)
with warnings.catch_warnings():
    # Libraries below it import modules that Python is about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    from oslo_service import backend

    backend.register_backend_default_hook(lambda: backend.BackendType.THREADING)

    import oslo_messaging as messaging
    from oslo_messaging.opts import list_opts

    from heat.rpc.messages import Hints, Remote, server

LONGEST_PAUSE = 5
"""Seconds between two tries to reach the broker; requests fail as long when it is back."""

CLOSING = 15.0
"""Seconds that an end may take; without a broker it would have none."""


def address(conf: cfg.ConfigOpts) -> str:
    """Return where the message bus is, nothing if heat.conf does not say."""
    for group, options in list_opts():
        if group is None:
            conf.register_opts(options)
    # Its default is a broker on this machine, which nobody may have meant.
    where = conf.get_location("transport_url")
    said = where is not None and where.location.is_user_controlled
    return conf.transport_url if said else ""


def remote(conf: cfg.ConfigOpts) -> Remote:
    """Return the way to the engines."""
    address(conf)
    return Remote(_transport(conf), float(conf.rpc_response_timeout), Broker(_places(conf)))


class Answering:
    """An engine's end of the bus: answers requests, and hears of work, until it is closed.

    It waits for the broker in a thread of its own, as long as it takes: an engine works without.
    """

    def __init__(self, conf: cfg.ConfigOpts, node: Node) -> None:
        self._transport: Any = _transport(conf)
        self._hints = Hints(self._transport)

        def wake(stack: StackId) -> None:
            node.wake(stack)
            self._hints.wake(stack)

        services = replace(node.services, wake=wake)
        self._server: Any = server(self._transport, node.engine_id, services, node.wake)
        threading.Thread(target=self._server.start, name="listen", daemon=True).start()

    def close(self, released: Iterable[StackId] = ()) -> None:
        """Offer other engines what this one has let go, answer what has been asked, and end."""
        ending = threading.Thread(target=self._end, args=[tuple(released)], daemon=True)
        ending.start()
        ending.join(CLOSING)

    def _end(self, released: Iterable[StackId]) -> None:
        for stack in released:
            self._hints.wake(stack)
        self._server.stop()
        self._server.wait()
        self._transport.cleanup()


def notifier(conf: cfg.ConfigOpts) -> Emit | None:
    """Return what tells whoever meters the cloud; None when nobody is to be told."""
    transport = messaging.get_notification_transport(conf)
    if not [name for name in conf.oslo_messaging_notifications.driver if name != "noop"]:
        return None
    publisher = conf.default_publisher_id or f"orchestration.{conf.host}"
    told = messaging.Notifier(transport, publisher_id=publisher)
    usual = getattr(told, conf.default_notification_level.lower())

    def emit(kind: str, payload: Mapping[str, Any], error: bool) -> None:
        (told.error if error else usual)({}, kind, dict(payload))

    return emit


def _transport(conf: cfg.ConfigOpts) -> Any:
    """Return the way to the broker; unless it is set otherwise, one is looked for often."""
    transport: Any = messaging.get_rpc_transport(conf)
    if "oslo_messaging_rabbit" in conf:
        conf.set_default("rabbit_interval_max", LONGEST_PAUSE, group="oslo_messaging_rabbit")
    return transport


def _places(conf: cfg.ConfigOpts) -> list[Place]:
    url = messaging.TransportURL.parse(conf)
    if url.transport != "rabbit":
        return []
    return [(host.hostname, host.port or 5672) for host in url.hosts if host.hostname]

"""Connects processes through the message bus that heat.conf names."""

import warnings
from dataclasses import replace
from typing import Any

from oslo_config import cfg

from heat.base.ids import StackId
from heat.main.node import Node

with warnings.catch_warnings():
    # Libraries below it import modules that Python is about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    import oslo_messaging as messaging
    from oslo_messaging.opts import list_opts

    from heat.rpc.messages import Hints, Remote, server


def remote(conf: cfg.ConfigOpts) -> Remote:
    """Return the way to the engines."""
    for group, options in list_opts():
        if group is None:
            conf.register_opts(options)
    return Remote(messaging.get_rpc_transport(conf), float(conf.rpc_response_timeout))


class Answering:
    """An engine's end of the bus: answers requests, and hears of work, until it is closed."""

    def __init__(self, conf: cfg.ConfigOpts, node: Node) -> None:
        self._transport: Any = messaging.get_rpc_transport(conf)
        hints = Hints(self._transport)

        def wake(stack: StackId) -> None:
            node.wake(stack)
            hints.wake(stack)

        services = replace(node.services, wake=wake)
        self._server: Any = server(self._transport, node.engine_id, services, node.wake)
        self._server.start()

    def close(self) -> None:
        """Answer what has been asked, and take no more."""
        self._server.stop()
        self._server.wait()
        self._transport.cleanup()

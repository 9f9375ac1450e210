"""Operations over oslo.messaging: the caller's side, the engine's side, and hints."""

from collections.abc import Callable
from typing import Any

import oslo_messaging as messaging
from oslo_messaging._metrics import client as metrics
from oslo_messaging._tracing import client as tracing

from heat.base.errors import Unavailable
from heat.base.ids import StackId
from heat.operations.context import Context
from heat.operations.services import Services
from heat.rpc.wire import TOPIC, answer, pack, unpack

VERSION = "1.0"


class Remote:
    """Sends operations to any engine and waits for the answer."""

    def __init__(self, transport: Any, timeout: float = 60.0) -> None:
        target = messaging.Target(topic=TOPIC, version=VERSION)
        _complete(transport.conf)
        self._client = messaging.get_rpc_client(transport, target, timeout=timeout)

    def call(self, name: str, context: Context, request: Any) -> Any:
        """Carry out an operation and return its response."""
        try:
            text = self._client.call({}, "do", name=name, payload=pack(context, request))
        except messaging.MessagingTimeout:
            raise Unavailable("No engine answered; is heat-engine running?") from None
        except messaging.MessageDeliveryFailure:
            raise Unavailable("The message queue can't be reached.") from None
        return unpack(text)


class Hints:
    """Tells every engine that a stack has work; nobody waits, and losing one does no harm."""

    def __init__(self, transport: Any) -> None:
        target = messaging.Target(topic=TOPIC, version=VERSION, fanout=True)
        _complete(transport.conf)
        self._client = messaging.get_rpc_client(transport, target)

    def wake(self, stack: StackId) -> None:
        """Send the hint."""
        try:
            self._client.cast({}, "wake", stack=stack)
        except messaging.MessagingException:
            return  # the engines look for work by themselves every few seconds


class Endpoint:
    """What an engine answers."""

    target = messaging.Target(version=VERSION)

    def __init__(self, services: Services, wake: Callable[[StackId], None]) -> None:
        self._services, self._wake = services, wake

    def do(self, _context: Any, name: str, payload: str) -> str:
        """Carry out an operation."""
        return answer(self._services, name, payload)

    def wake(self, _context: Any, stack: str) -> None:
        """Hear that a stack has work."""
        self._wake(StackId(stack))


def server(transport: Any, host: str, services: Services, wake: Callable[[StackId], None]) -> Any:
    """Return a server that is to be started; ``host`` tells this engine from others.

    ``wake`` is called for the hints of other engines.
    """
    target = messaging.Target(topic=TOPIC, server=host, version=VERSION)
    _complete(transport.conf)
    return messaging.get_rpc_server(
        transport, target, [Endpoint(services, wake)], executor="threading"
    )


def _complete(conf: Any) -> None:
    """Give a configuration the options that the library gives only to its global one."""
    conf.register_opts(tracing.oslo_messaging_tracing, group="oslo_messaging_tracing")
    conf.register_opts(metrics.oslo_messaging_metrics, group="oslo_messaging_metrics")

"""Operations over oslo.messaging: the caller's side, the engine's side, and hints."""

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import oslo_messaging as messaging
from amqp import AMQPError
from kombu.exceptions import KombuError
from oslo_messaging._drivers import amqpdriver
from oslo_messaging._metrics import client as metrics
from oslo_messaging._tracing import client as tracing

from heat.base.errors import Unavailable
from heat.base.ids import StackId
from heat.operations.context import Context
from heat.operations.services import Services
from heat.rpc.broker import Broker
from heat.rpc.wire import COMPRESSION, TOPIC, answer, pack, unpack

VERSION = "1.1"
"""Of what a caller asks; an engine answers older ones too. Since 1.1 long texts are compressed."""

HINTS = "1.0"
SILENCE = 10.0
"""Seconds without a sign of life of the engine after which a caller gives up."""

LOOK_AFTER = 2.0
"""Seconds that a call takes before anybody asks whether the broker is still there."""

RETRIES = 1
CALLS_AT_ONCE = 64
BROKEN = (messaging.MessagingException, KombuError, AMQPError, OSError)
"""What a broker's absence comes as, depending on where it is noticed."""

# After each message the library looks every few milliseconds for acknowledgements that other
# threads have left to it, which took half of the time of a small read. Here none are left: those
# of calls and answers are given at once.
amqpdriver.ACK_REQUEUE_EVERY_SECONDS_MIN = 0.1

_SILENT = "No engine answered; is heat-engine running?"
_AWAY = "The message queue can't be reached."
_OLDER = "The engine that was asked is older than the API; upgrade the engines first."


class Remote:
    """Sends operations to any engine and waits for the answer.

    An engine that is at work says so every few seconds: one that has died is not waited for.
    """

    def __init__(
        self,
        transport: Any,
        timeout: float = 60.0,
        broker: Broker | None = None,
        silence: float = SILENCE,
    ) -> None:
        target = messaging.Target(topic=TOPIC, version=VERSION)
        _complete(transport.conf)
        self._client = messaging.get_rpc_client(
            transport,
            target,
            timeout=timeout,
            call_monitor_timeout=min(silence, timeout),
            retry=RETRIES,
            # Without a queue of any engine the broker says so, and nobody has to wait.
            transport_options=messaging.TransportOptions(at_least_once=True),
        )
        self._broker, self._longest = broker or Broker(()), timeout + silence
        self._is_away = False
        # Calls wait apart from their callers: the library waits for a lost broker without end.
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, "rpc")

    def call(self, name: str, context: Context, request: Any) -> Any:
        """Carry out an operation and return its response."""
        payload = pack(context, request)
        if self._is_away and not self._broker.is_there:
            raise Unavailable(_AWAY)
        asked = {"name": name, "payload": payload, "takes": [COMPRESSION]}
        said = self._pool.submit(self._client.call, {}, "do", **asked)
        return unpack(self._await(said))

    def _await(self, said: Future[str]) -> str:
        end = time.monotonic() + self._longest
        while True:
            wait([said], LOOK_AFTER)
            if said.done():
                break
            self._is_away = not self._broker.is_there
            if self._is_away or time.monotonic() > end:
                said.cancel()
                raise Unavailable(_AWAY if self._is_away else _SILENT)
        try:
            return said.result()
        except (messaging.MessagingTimeout, messaging.MessageUndeliverable):
            raise Unavailable(_SILENT) from None
        except messaging.UnsupportedVersion:
            raise Unavailable(_OLDER) from None
        except messaging.RemoteError as error:
            if error.exc_type == messaging.UnsupportedVersion.__name__:
                raise Unavailable(_OLDER) from None
            raise
        except BROKEN:
            raise Unavailable(_AWAY) from None


class Hints:
    """Tells every engine that a stack has work; nobody waits, and losing one does no harm."""

    def __init__(self, transport: Any) -> None:
        target = messaging.Target(topic=TOPIC, version=HINTS, fanout=True)
        _complete(transport.conf)
        self._client = messaging.get_rpc_client(transport, target, retry=0)

    def wake(self, stack: StackId) -> None:
        """Send the hint."""
        try:
            self._client.cast({}, "wake", stack=stack)
        except BROKEN:
            return  # the engines look for work by themselves every few seconds


class Endpoint:
    """What an engine answers."""

    target = messaging.Target(version=VERSION)

    def __init__(self, services: Services, wake: Callable[[StackId], None]) -> None:
        self._services, self._wake = services, wake

    def do(self, _context: Any, name: str, payload: str, takes: Collection[str] = ()) -> str:
        """Carry out an operation; ``takes`` says how its answer may be compressed."""
        return answer(self._services, name, payload, takes)

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

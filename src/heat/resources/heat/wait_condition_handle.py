"""OS::Heat::WaitConditionHandle."""

from collections.abc import Mapping, Sequence
from typing import Any

from heat.base.json import Json
from heat.plugin.checks import one_of
from heat.plugin.fields import attribute, fixed
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.signal import FAILURE, SUCCESS, Signal, latest
from heat.plugin.steps import Steps
from heat.resources.heat.signalling import native_address

TRANSPORTS = (
    "CFN_SIGNAL",
    "TEMP_URL_SIGNAL",
    "HEAT_SIGNAL",
    "NO_SIGNAL",
    "ZAQAR_SIGNAL",
    "TOKEN_SIGNAL",
)
_KEYS = ("id", "status", "reason", "data")


@resource("OS::Heat::WaitConditionHandle", support={"status": "SUPPORTED", "version": "2014.2"})
class WaitConditionHandle(Stateless):
    """What is told that something is done, for example by a server at the end of its boot."""

    signal_transport: str = fixed(
        "How it is told.",
        default="TOKEN_SIGNAL",
        check=one_of(*TRANSPORTS),
        support={"status": "SUPPORTED", "version": "6.0.0"},
    )

    token = attribute("A token to tell it with, in the header X-Auth-Token.", cached=False)
    endpoint = attribute("The address to POST to.", cached=False)
    curl_cli = attribute(
        'The beginning of a curl command; add `--data-binary \'{"status": "SUCCESS"}\'`.',
        cached=False,
    )
    signal = attribute("All that is needed to tell it, as JSON.", cached=False)

    def suspend(self, item: str) -> Steps[None]:
        """Do nothing: while its stack is suspended nobody is heard."""
        yield from ()

    def resume(self, item: str) -> Steps[None]:
        """Do nothing."""
        yield from ()

    def receive(self, body: Mapping[str, Any] | None, heard: Sequence[Signal]) -> Signal:
        """Take any of id, status, reason and data; what is left out is made up."""
        return said(body or {}, heard, dict(zip(_KEYS, _KEYS, strict=True)))

    def heard(self, signals: Sequence[Signal]) -> Mapping[str, Json]:
        """Tell by id what came."""
        return {
            signal.id: {"status": signal.status, "reason": signal.reason, "data": signal.data}
            for signal in latest(signals)
        }

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Say where and how to tell it."""
        address = yield from native_address(self.__here__)
        return {name: address if name == "endpoint" else None for name in names}


def said(body: Mapping[str, Any], heard: Sequence[Signal], keys: Mapping[str, str]) -> Signal:
    """Read a signal whose parts have these names; raises ValueError when it is none."""
    if unknown := body.keys() - set(keys.values()):
        raise ValueError(f"{', '.join(sorted(unknown))} is no part of a signal")
    given = {name: body[key] for name, key in keys.items() if body.get(key) is not None}
    status = given.get("status", SUCCESS)
    if status not in (SUCCESS, FAILURE):
        raise ValueError(f"the status {status} is neither {SUCCESS} nor {FAILURE}")
    number = len(latest(heard)) + 1
    reason = str(given.get("reason", f"Signal {number} received"))
    return Signal(
        id=str(given.get("id", number)),
        status=status,
        reason=reason,
        data=given.get("data"),
        told=f"status:{status} reason:{reason}",
    )

"""OS::Heat::WaitConditionHandle."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from heat.base.json import Json
from heat.base.problems import Problem
from heat.plugin.box import dismantle
from heat.plugin.checks import one_of
from heat.plugin.fields import attribute, fixed
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.signal import FAILURE, SUCCESS, Signal, latest
from heat.plugin.steps import Steps
from heat.plugin.users import let_in, shut_out, user_of
from heat.resources.heat.transports import AT_HAND, answer_of, arrange, unsupported

TRANSPORTS = (
    "CFN_SIGNAL",
    "TEMP_URL_SIGNAL",
    "HEAT_SIGNAL",
    "NO_SIGNAL",
    "ZAQAR_SIGNAL",
    "TOKEN_SIGNAL",
)
_BY_TOKEN = ("TOKEN_SIGNAL", "HEAT_SIGNAL")
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

    def problems(self) -> Iterator[Problem]:
        """Want a transport that there is."""
        yield from unsupported(self.signal_transport, (*AT_HAND, "TOKEN_SIGNAL"))

    def create(self) -> Steps[str | None]:
        """Get a user who may tell it, and keep what that user does so with."""
        here, item = self.__here__, self.physical_name
        yield from arrange(here, item, self.signal_transport, keeps_all=True)
        return item

    def delete(self, item: str) -> Steps[None]:
        """Remove what it is told with."""
        yield from dismantle(self.__here__)

    def suspend(self, item: str) -> Steps[None]:
        """Hear nobody while the stack is suspended."""
        yield from shut_out(self.__here__)

    def resume(self, item: str) -> Steps[None]:
        """Hear the user again."""
        yield from let_in(self.__here__)

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
        yield from ()
        data = self.__here__.data
        answer, token = answer_of(data), user_of(data).get("token")
        address = answer.get("alarm_url") if self.signal_transport in _BY_TOKEN else None
        values: dict[str, Json] = {
            "token": token,
            "endpoint": address,
            "curl_cli": _curl(address, token) if address and token else None,
            "signal": json.dumps({**answer, **({"token": token} if token else {})}),
        }
        return {name: values.get(name) for name in names}


def _curl(address: str, token: str) -> str:
    headers = {
        "X-Auth-Token": token,
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    given = " ".join(f"-H '{name}: {value}'" for name, value in headers.items())
    return f"curl -i -X POST {given} {address}"


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

"""What messages carry: a request and its caller, then a response or a fault, as JSON text.

A long text is compressed: the library writes a message as JSON within JSON, where each quotation
mark takes three more characters, and the broker carries all of it. An answer is so only for a
caller that says it can read that.
"""

import logging
import zlib
from base64 import b64decode, b64encode
from collections.abc import Collection
from typing import Any

import msgspec

from heat.base.errors import Fault, Unavailable, fault_from_wire
from heat.operations.context import Context
from heat.operations.services import Services
from heat.operations.table import OPERATIONS, run
from heat.store.shapes import to_json

TOPIC = "heat-engine"
LONG = 4096
"""Bytes from which a message is worth being compressed."""
COMPRESSION = "zlib"
_COMPRESSED = f"{COMPRESSION}:"
_log = logging.getLogger(__name__)


def pack(context: Context, request: Any) -> str:
    """Write a request and its caller."""
    return _compressed(to_json({"context": context, "request": request}))


def answer(
    services: Services, name: str, payload: str, takes: Collection[str] = (COMPRESSION,)
) -> str:
    """Carry out what a message asks; the answer is a text too, whatever happens."""
    said = _carried_out(services, name, payload)
    return _compressed(said) if COMPRESSION in takes else said.decode()


def _carried_out(services: Services, name: str, payload: str) -> bytes:
    if name not in OPERATIONS:
        older = f"The engine that was asked has no operation {name}: it is older than the API."
        return to_json({"fault": Unavailable(older).to_wire()})
    try:
        operation = OPERATIONS[name]
        parts = msgspec.json.decode(_plain(payload), type=dict[str, msgspec.Raw])
        context = msgspec.json.decode(parts["context"], type=Context)
        request = msgspec.json.decode(parts["request"], type=operation.request)
        said = to_json({"response": run(services, name, context, request)})
    except Fault as fault:
        said = to_json({"fault": fault.to_wire()})
    except Exception:  # noqa: BLE001 - nothing may cross as a traceback; the engine's log has it
        _log.exception("The operation %s failed", name)
        failed = Fault(f"The operation {name} failed inside the engine; its log says why.")
        said = to_json({"fault": failed.to_wire()})
    return said


def unpack(text: str) -> Any:
    """Return the response, or raise the fault."""
    said = msgspec.json.decode(_plain(text))
    if "fault" in said:
        raise fault_from_wire(said["fault"])
    return said["response"]


def _compressed(plain: bytes) -> str:
    if len(plain) < LONG:
        return plain.decode()
    return _COMPRESSED + b64encode(zlib.compress(plain, 1)).decode()


def _plain(text: str) -> str | bytes:
    if not text.startswith(_COMPRESSED):
        return text
    return zlib.decompress(b64decode(text[len(_COMPRESSED) :]))

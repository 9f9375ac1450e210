"""What messages carry: a request and its caller, then a response or a fault, as JSON text.

A long text is compressed: the library writes a message as JSON within JSON, where each quotation
mark takes three more characters, and the broker carries all of it.
"""

import logging
import zlib
from base64 import b64decode, b64encode
from typing import Any

import msgspec

from heat.base.errors import Fault, fault_from_wire
from heat.operations.context import Context
from heat.operations.services import Services
from heat.operations.table import OPERATIONS, run
from heat.store.shapes import to_json

TOPIC = "heat-engine"
LONG = 4096
_COMPRESSED = "zlib:"
_log = logging.getLogger(__name__)


def pack(context: Context, request: Any) -> str:
    """Write a request and its caller."""
    return _text({"context": context, "request": request})


def answer(services: Services, name: str, payload: str) -> str:
    """Carry out what a message asks; the answer is a text too, whatever happens."""
    try:
        operation = OPERATIONS[name]
        parts = msgspec.json.decode(_plain(payload), type=dict[str, msgspec.Raw])
        context = msgspec.json.decode(parts["context"], type=Context)
        request = msgspec.json.decode(parts["request"], type=operation.request)
        response = run(services, name, context, request)
        return _text({"response": response})
    except Fault as fault:
        return _text({"fault": fault.to_wire()})
    except Exception:  # noqa: BLE001 - nothing may cross as a traceback; the engine's log has it
        _log.exception("The operation %s failed", name)
        failed = Fault(f"The operation {name} failed inside the engine; its log says why.")
        return _text({"fault": failed.to_wire()})


def unpack(text: str) -> Any:
    """Return the response, or raise the fault."""
    said = msgspec.json.decode(_plain(text))
    if "fault" in said:
        raise fault_from_wire(said["fault"])
    return said["response"]


def _text(value: Any) -> str:
    plain = to_json(value)
    if len(plain) < LONG:
        return plain.decode()
    return _COMPRESSED + b64encode(zlib.compress(plain, 1)).decode()


def _plain(text: str) -> str | bytes:
    if not text.startswith(_COMPRESSED):
        return text
    return zlib.decompress(b64decode(text[len(_COMPRESSED) :]))

"""What messages carry: a request and its caller, then a response or a fault, as JSON text."""

import logging
from typing import Any

import msgspec

from heat.base.errors import Fault, fault_from_wire
from heat.operations.context import Context
from heat.operations.services import Services
from heat.operations.table import OPERATIONS, run
from heat.store.shapes import to_json

TOPIC = "heat-engine"
_log = logging.getLogger(__name__)


def pack(context: Context, request: Any) -> str:
    """Write a request and its caller."""
    return to_json({"context": context, "request": request}).decode()


def answer(services: Services, name: str, payload: str) -> str:
    """Carry out what a message asks; the answer is a text too, whatever happens."""
    try:
        operation = OPERATIONS[name]
        parts = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
        context = msgspec.json.decode(parts["context"], type=Context)
        request = msgspec.json.decode(parts["request"], type=operation.request)
        response = run(services, name, context, request)
        return to_json({"response": response}).decode()
    except Fault as fault:
        return to_json({"fault": fault.to_wire()}).decode()
    except Exception:  # noqa: BLE001 - nothing may cross as a traceback; the engine's log has it
        _log.exception("The operation %s failed", name)
        failed = Fault(f"The operation {name} failed inside the engine; its log says why.")
        return to_json({"fault": failed.to_wire()}).decode()


def unpack(text: str) -> Any:
    """Return the response, or raise the fault."""
    said = msgspec.json.decode(text)
    if "fault" in said:
        raise fault_from_wire(said["fault"])
    return said["response"]

"""The paths below /_devcloud: what a test says to devcloud itself, not to the cloud."""

from typing import TYPE_CHECKING, Any

from devcloud.kernel.web import Call, Refused, Reply, Request, Service

if TYPE_CHECKING:
    from devcloud.kernel.cloud import DevCloud


def service(cloud: "DevCloud") -> Service:
    """Return the service of these paths."""
    del cloud
    return Service(
        name="_devcloud",
        prefix="/_devcloud",
        routes={
            ("GET", "/health"): health,
            ("GET", "/faults"): list_faults,
            ("POST", "/faults"): add_fault,
            ("DELETE", "/faults"): clear_faults,
            ("DELETE", "/faults/{id}"): remove_fault,
            ("GET", "/requests"): list_requests,
            ("DELETE", "/requests"): forget_requests,
            ("GET", "/latency"): list_latency,
            ("PUT", "/latency"): set_latency,
            ("GET", "/state"): list_state,
            ("GET", "/state/{kind}"): list_rows,
            ("POST", "/reset"): reset,
        },
        error=error,
        needs_token=False,
    )


def error(refused: Refused, request: Request) -> Reply:
    """Render a refusal."""
    del request
    return Reply(refused.status, {"error": {"code": refused.status, "message": refused.message}})


def health(call: Call) -> dict[str, Any]:
    """Say that the cloud is there, and with which services."""
    names = [name for name in call.cloud.services if not name.startswith("_")]
    return {"status": "ok", "services": names}


def list_faults(call: Call) -> dict[str, Any]:
    """Return the fault rules."""
    return {"faults": call.cloud.faults.rules()}


def add_fault(call: Call) -> Reply:
    """Add a fault rule."""
    if not isinstance(call.body, dict):
        raise Refused(400, "A fault rule is a JSON object.")
    try:
        rule_id = call.cloud.faults.add(call.body)
    except ValueError as problem:
        raise Refused(400, str(problem)) from problem
    return Reply(201, {"id": rule_id})


def remove_fault(call: Call) -> Reply:
    """Remove a fault rule."""
    if not call.cloud.faults.remove(call.params["id"]):
        raise Refused(404, f"There is no fault rule {call.params['id']}.")
    return Reply(204)


def clear_faults(call: Call) -> Reply:
    """Remove every fault rule."""
    call.cloud.faults.clear()
    return Reply(204)


def list_requests(call: Call) -> dict[str, Any]:
    """Return how often each operation was asked for."""
    return {"requests": call.cloud.requests()}


def forget_requests(call: Call) -> Reply:
    """Count requests from zero again."""
    call.cloud.forget_requests()
    return Reply(204)


def list_latency(call: Call) -> dict[str, Any]:
    """Return how long each action takes, in seconds."""
    return {"latency": dict(call.cloud.latencies)}


def set_latency(call: Call) -> dict[str, Any]:
    """Set how long actions take; what is not named stays."""
    if not isinstance(call.body, dict):
        raise Refused(400, 'Latencies are a JSON object: {"server.create": 2.5}.')
    try:
        call.cloud.latencies.update({name: float(value) for name, value in call.body.items()})
    except (TypeError, ValueError):
        raise Refused(400, "A latency is a number of seconds.") from None
    return list_latency(call)


def list_state(call: Call) -> dict[str, Any]:
    """Return how many objects of each kind there are."""
    tables = call.cloud.store.tables()
    return {"objects": {kind: len(table) for kind, table in sorted(tables.items())}}


def list_rows(call: Call) -> dict[str, Any]:
    """Return the stored rows of one kind, private keys and all."""
    kind = call.params["kind"]
    if kind not in call.cloud.store.tables():
        raise Refused(404, f"There are no objects of kind {kind}.")
    return {"objects": call.cloud.store.table(kind).all()}


def reset(call: Call) -> Reply:
    """Drop everything and put the first content back."""
    call.cloud.reset()
    return Reply(204)

"""The faults that travel between rooms, and over RPC to the callers.

    Fault
    ├── Invalid          what was sent can't be used             400
    ├── Denied           the caller may not                      403
    ├── NotFound         there is no such thing                  404
    ├── Conflict         it is there already, or busy            409
    ├── Unavailable      try again later                         503
    └── CloudFault       a cloud service said no
        ├── Temporary    the same request may go through later
        └── Permanent    it will not

The front ends turn the class into a status; ``kind`` is the error type that clients know.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from heat.base.problems import Place, Problem, in_order


class Fault(Exception):
    """Something that a caller is told."""

    kind: str = "Fault"

    def __init__(self, message: str, *, kind: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if kind is not None:
            self.kind = kind

    def to_wire(self) -> dict[str, Any]:
        """Return what RPC carries."""
        return {"fault": type(self).__name__, "message": self.message, "kind": self.kind}


class Invalid(Fault):
    """What was sent can't be used; the problems say why, each with its place.

    The problems are given as they were found: the first gives the kind. They are shown in the
    order of the text.
    """

    kind = "StackValidationFailed"

    def __init__(
        self, message: str = "", *, kind: str | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        found = list(problems)
        if kind is None and found:
            kind = found[0].kind
        self.problems = in_order(found)
        if not message:
            message = "\n".join(problem.shown() for problem in self.problems)
        super().__init__(message, kind=kind)

    def to_wire(self) -> dict[str, Any]:
        """Return what RPC carries."""
        return super().to_wire() | {"problems": [problem_to_wire(p) for p in self.problems]}


class Denied(Fault):
    """The caller may not do this."""

    kind = "Forbidden"


class NotFound(Fault):
    """There is no such thing, or none that the caller may know of."""

    kind = "EntityNotFound"


class Conflict(Fault):
    """It is there already, or busy."""

    kind = "ActionInProgress"


class Unavailable(Fault):
    """Something this needs is away for the moment."""

    kind = "ServiceUnavailable"


class CloudFault(Fault):
    """A cloud service refused, failed or did not answer.

    ``status`` is the HTTP status, 0 when no answer came; ``request_id`` is the service's own.
    ``ambiguous`` says that the request may have been carried out all the same. ``retry_after``
    is how many seconds the service asks to wait.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        request: str = "",
        status: int = 0,
        request_id: str = "",
        kind: str | None = None,
        ambiguous: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(message, kind=kind)
        self.service, self.request = service, request
        self.status, self.request_id = status, request_id
        self.ambiguous, self.retry_after = ambiguous, retry_after

    def __str__(self) -> str:
        """Give the cloud's own words, and what is needed to find them in its logs."""
        said = [self.message]
        if self.status:
            said.append(f"(HTTP {self.status})")
        if self.request_id:
            said.append(f"(Request-ID: {self.request_id})")
        return " ".join(said)

    def to_wire(self) -> dict[str, Any]:
        """Return what RPC carries."""
        return super().to_wire() | {
            "service": self.service,
            "request": self.request,
            "status": self.status,
            "request_id": self.request_id,
        }


class Temporary(CloudFault):
    """The same request may go through later: 429, 502-504, no connection, no answer."""

    kind = "CloudUnavailable"


class Permanent(CloudFault):
    """The same request will not go through."""

    kind = "CloudRefused"


class Registered:
    """The faults that can be rebuilt from what RPC carried."""

    by_name: ClassVar[dict[str, type[Fault]]] = {
        cls.__name__: cls
        for cls in (Fault, Invalid, Denied, NotFound, Conflict, Unavailable, Temporary, Permanent)
    }


def problem_to_wire(problem: Problem) -> dict[str, Any]:
    """Write a problem as JSON, as RPC and the REST fault carry it."""
    place = problem.place
    return {
        "code": problem.code,
        "summary": problem.summary,
        "detail": problem.detail,
        "cure": problem.cure,
        "at": list(problem.at),
        "kind": problem.kind,
        "document": problem.where,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "text": place.text if place else None,
    }


def problem_from_wire(wire: dict[str, Any]) -> Problem:
    """Read a problem back."""
    place = None
    if wire.get("line") is not None:
        place = Place(wire["file"], wire["line"], wire["column"], wire.get("text") or "")
    return Problem(
        wire["summary"],
        tuple(wire["at"]),
        wire["detail"],
        wire["cure"],
        wire["code"],
        wire["kind"],
        wire["document"],
        place,
    )


def fault_from_wire(wire: dict[str, Any]) -> Fault:
    """Rebuild a fault that came over RPC."""
    cls = Registered.by_name.get(wire["fault"], Fault)
    extra: dict[str, Any] = {}
    if issubclass(cls, Invalid):
        extra["problems"] = [problem_from_wire(p) for p in wire.get("problems", ())]
    elif issubclass(cls, CloudFault):
        extra = {key: wire[key] for key in ("service", "request", "status", "request_id")}
    return cls(wire["message"], kind=wire["kind"], **extra)

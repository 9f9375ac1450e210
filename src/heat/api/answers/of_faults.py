"""Why there is no other answer."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType


class Problem(Struct):
    """One thing that is wrong, where it stands, and what to do."""

    code: Annotated[str, Meta(description="stands in the list of diagnostics")]
    summary: str
    detail: str
    cure: str
    kind: str
    at: Annotated[list[str | int], Meta(description="the way to it, from the top")]
    document: str
    file: str | None
    line: int | None
    column: int | None
    text: Annotated[str | None, Meta(description="the line")]


class Complaint(Struct):
    """What is wrong, in words for people; ``problems`` says the same to programs."""

    type: Annotated[str, Meta(description="the kind of the fault")]
    traceback: None
    message: str
    problems: list[Problem] | UnsetType = UNSET


class Fault(Struct):
    """Why there is no other answer."""

    code: int
    title: str
    explanation: str
    error: Complaint

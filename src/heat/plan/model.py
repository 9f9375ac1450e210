"""The plan: a stored graph of changes, each with its reasons.

A node is one change of one resource row. Nodes of phase 0 create and update; nodes of phase 1
clean up, and start when all of phase 0 is done, so that a failed update can go back cheaply.
A type that can't stand beside its replacement is deleted in phase 0, before it is made anew.
"""

from enum import StrEnum

import msgspec
from msgspec import Struct

from heat.base.ids import ResourceId


class Kind(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    DELETE = "delete"
    FORGET = "forget"  # the row goes, the object stays (deletion policy Retain)
    ADOPT = "adopt"
    SUSPEND = "suspend"
    RESUME = "resume"
    CHECK = "check"
    SNAPSHOT = "snapshot"
    DROP = "drop"  # what a snapshot keeps of a resource goes


DESIRED = (Kind.CREATE, Kind.UPDATE, Kind.KEEP, Kind.ADOPT)
"""What happens to resources that a template has."""


class Reason(Struct, frozen=True):
    """Why: a property's value before and after, or a text alone."""

    text: str
    property: str = ""
    before: str = ""
    after: str = ""
    replaces: bool = False


class Node(Struct, frozen=True, kw_only=True):
    """One change. ``needs`` are the ids of the nodes that come before.

    ``replaces`` is the row that a create stands in for; ``replaced_by`` on a delete is the row
    that made it superfluous. A ``settled`` keep has nothing before it that changes, so there
    is nothing to look at when it is reached. ``early`` are those of the needs of which it is
    enough that the object exists.
    """

    id: str
    kind: Kind
    name: str
    type: str
    row: ResourceId
    needs: tuple[str, ...] = ()
    phase: int = 0
    reasons: tuple[Reason, ...] = ()
    replaces: ResourceId | None = None
    replaced_by: ResourceId | None = None
    settled: bool = False
    early: tuple[str, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """All changes of one operation, made from one revision of the stack."""

    action: str
    revision: int
    nodes: tuple[Node, ...]

    def encode(self) -> bytes:
        """Write the plan as the store keeps it."""
        return msgspec.json.encode(self)


def decode(data: bytes) -> Plan:
    """Read a stored plan."""
    return msgspec.json.decode(data, type=Plan)


def desired_id(name: str) -> str:
    """Return the id of the node that makes a resource what it should be."""
    return name


def cleanup_id(row: ResourceId) -> str:
    """Return the id of the node that takes a row away."""
    return f"-{row}"

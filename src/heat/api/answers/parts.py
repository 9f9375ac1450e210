"""What answers of all kinds are made of."""

from typing import Annotated, Any

from msgspec import Meta, Struct

Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
        description="a time in UTC",
        extra_json_schema={"format": "date-time"},
    ),
]
Joined = Annotated[str, Meta(description="an action and a status, as CREATE_COMPLETE")]
Anything = dict[str, Any]
Files = dict[str, str]


class Link(Struct):
    """An address, and what it is of."""

    href: str
    rel: str

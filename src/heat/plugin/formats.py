"""Texts of a known form: addresses, DNS names, times, schedules. Each test says what is wrong.

``FORMATS`` has them under the names that templates use as ``custom_constraint``.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import zip_longest
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from heat.base.json import read_json
from heat.base.problems import did_you_mean

Said = str | None


def address(value: Any) -> Said:
    """Accept an IPv4 or IPv6 address."""
    return None if _parses(_address, value) else f"{value!r} is not an IP address"


def block(value: Any) -> Said:
    """Accept an address block."""
    if _parses(_block, value):
        return None
    return f"{value!r} is not an address block such as 10.0.0.0/24"


def address_or_block(value: Any) -> Said:
    """Accept either."""
    if _parses(_block, value):
        return None
    return f"{value!r} is neither an IP address nor an address block such as 10.0.0.0/24"


def mac(value: Any) -> Said:
    """Accept a MAC address, in any of the usual ways to write one."""
    if isinstance(value, str) and _MAC.fullmatch(value):
        return None
    return f"{value!r} is not a MAC address such as 52:54:00:12:34:56"


def dns_name(value: Any) -> Said:
    """Accept a DNS name, or none."""
    if value == "" or (isinstance(value, str) and len(value) <= 255 and _NAME.fullmatch(value)):
        return None
    return (
        f"{value!r} is not a DNS name: labels of 1 to 63 lower-case letters, digits and hyphens, "
        "with dots between them"
    )


def relative_dns_name(value: Any) -> Said:
    """Accept a DNS name that does not end in a dot, or none."""
    if isinstance(value, str) and value.endswith("."):
        return f"{value!r} is not a relative DNS name: it must not end with a dot"
    return dns_name(value)


def dns_domain(value: Any) -> Said:
    """Accept a DNS name that ends in a dot, or none."""
    if isinstance(value, str) and value and not value.endswith("."):
        return f"{value!r} is not a DNS domain: it must end with a dot"
    return dns_name(value)


def cron_expression(value: Any) -> Said:
    """Accept a schedule of cron: five fields, or six with seconds; or none."""
    if value == "" or (isinstance(value, str) and value.lower() in _SCHEDULES):
        return None
    if not isinstance(value, str):
        return f"{value!r} is not a cron expression"
    given = value.split()
    if not 5 <= len(given) <= 6:
        return (
            f"{value!r} is not a cron expression: it has {len(given)} fields, "
            "it must have 5: minute, hour, day, month and day of the week"
        )
    for text, field in zip_longest(given, _FIELDS[: len(given)]):
        if not all(field.holds(part) for part in text.lower().split(",")):
            return f"{value!r} is not a cron expression: {text!r} is no {field.name}"
    return None


def time_zone(value: Any) -> Said:
    """Accept the name of a time zone, or none."""
    if isinstance(value, str) and (value == "" or value in _zones()):
        return None
    cure = did_you_mean(value, _zones()) if isinstance(value, str) else ""
    return f"{value!r} is not a time zone such as Europe/Paris" + (f"; {cure}" if cure else "")


def moment(value: Any) -> Said:
    """Accept a date or time as ISO 8601 has it."""
    if when(value) is not None or (isinstance(value, str) and _MONTH.fullmatch(value)):
        return None
    return f"{value!r} is not a date or time of ISO 8601 such as 2030-01-02T03:04:05Z"


def expiration(value: Any) -> Said:
    """Accept a date or time, or none. Whether it lies ahead is for those who have a clock."""
    return None if value == "" else moment(value)


def json_text(value: Any) -> Said:
    """Accept JSON text, or none."""
    if value == "" or _parses(read_json, value):
        return None
    return f"{value!r} is not JSON"


def when(value: Any) -> datetime | None:
    """Read a date or time, in UTC when it names no zone."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


FORMATS: Mapping[str, Callable[[Any], Said]] = {
    "cron_expression": cron_expression,
    "dns_domain": dns_domain,
    "dns_name": dns_name,
    "expiration": expiration,
    "ip_addr": address,
    "ip_or_cidr": address_or_block,
    "iso_8601": moment,
    "json_string": json_text,
    "mac_addr": mac,
    "net_cidr": block,
    "rel_dns_name": relative_dns_name,
    "timezone": time_zone,
}


def wrong_format(name: str, value: Any) -> Said:
    """Say what is wrong with a value for a constraint; nothing for one that is no format."""
    test = FORMATS.get(name)
    return test(value) if test else None


_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_MONTH = re.compile(r"\d{4}(-(0?[1-9]|1[0-2]))?")
_MAC = re.compile(
    r"[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(\1[0-9a-f]{1,2}){4}"
    r"|[0-9a-f]{1,4}([:.-])[0-9a-f]{1,4}\3[0-9a-f]{1,4}"
    r"|[0-9a-f]{5,6}[:-][0-9a-f]{5,6}|[0-9a-f]{11,12}",
    re.IGNORECASE,
)


def _parses(read: Callable[[Any], Any], value: Any) -> bool:
    # What reads texts may read numbers too: 1 would be the address 0.0.0.1.
    if not isinstance(value, str):
        return False
    try:
        read(value)
    except (ValueError, RecursionError):
        return False
    return True


def _address(value: str) -> Any:
    if "%" in value:
        raise ValueError("an address with a zone means something on one host only")
    return ip_address(value)


def _block(value: str) -> Any:
    return ip_network(value, strict=False)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


class _Field(NamedTuple):
    """One field of a schedule, with its bounds and the words that stand for numbers."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        """Tell whether a part of the field, one of those between commas, is right."""
        text, _, step = text.partition("/")
        if step and not (_is_number(step) and int(step) > 0):
            return False
        if text in ("*", "?"):
            return True
        if self.name == "day" and text == "l":
            return True
        if self.name == "day of the week":
            text, _, nth = text.partition("#")
            if nth and nth not in ("1", "2", "3", "4", "5", "l"):
                return False
        first, _, last = text.partition("-")
        return self._number(first) and (not last or self._number(last)) and not text.endswith("-")

    def _number(self, text: str) -> bool:
        if text in self.words:
            return True
        return _is_number(text) and self.low <= int(text) <= self.high


def _is_number(text: str) -> bool:
    # No field has more than two digits; int() refuses very many.
    return text.isascii() and text.isdecimal() and len(text) <= 4


_SCHEDULES = ("@hourly", "@midnight", "@daily", "@weekly", "@monthly", "@yearly", "@annually")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
    _Field("second", 0, 59),
)

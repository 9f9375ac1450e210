"""Checks on one value: each says what is wrong, and shows itself as ``resource-type show`` does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heat.plugin.formats import FORMATS

Said = str | None


@dataclass(frozen=True)
class Check:
    """A test of one value. ``schema`` is its public form, such as ``{"range": {"min": 0}}``."""

    test: Callable[[Any], Said]
    schema: Mapping[str, Any]

    def __call__(self, value: Any) -> Said:
        """Return what is wrong with the value, or None."""
        return self.test(value)


def one_of(*allowed: Any) -> Check:
    """Accept the given values only."""
    words = ", ".join(map(str, allowed))
    return Check(
        lambda value: None if value in allowed else f"{value!r} is not one of: {words}",
        {"allowed_values": list(allowed)},
    )


def at_least(low: float) -> Check:
    """Accept numbers from ``low`` up."""
    return between(low, None)


def between(low: float | None, high: float | None) -> Check:
    """Accept numbers in a range, its ends included."""
    limits = {k: v for k, v in (("min", low), ("max", high)) if v is not None}

    def test(value: Any) -> Said:
        if (low is not None and value < low) or (high is not None and value > high):
            return f"{value} is out of range (min: {low}, max: {high})"
        return None

    return Check(test, {"range": limits})


def length(low: int | None = None, high: int | None = None) -> Check:
    """Accept texts, lists and maps of a length in a range."""
    limits = {k: v for k, v in (("min", low), ("max", high)) if v is not None}

    def test(value: Any) -> Said:
        size = len(value)
        if (low is not None and size < low) or (high is not None and size > high):
            return f"its length ({size}) is out of range (min: {low}, max: {high})"
        return None

    return Check(test, {"length": limits})


def matching(pattern: str) -> Check:
    """Accept texts that the pattern matches as a whole."""
    compiled = re.compile(pattern)
    return Check(
        lambda value: (
            None if compiled.fullmatch(str(value)) else f"{value!r} does not match {pattern!r}"
        ),
        {"allowed_pattern": pattern},
    )


def multiple_of(step: int, offset: int = 0) -> Check:
    """Accept numbers that leave ``offset`` when divided by ``step``."""
    return Check(
        lambda value: (
            None if value % step == offset else f"{value} is not {offset} plus a multiple of {step}"
        ),
        {"modulo": {"step": step, "offset": offset}},
    )


def named(constraint: str, test: Callable[[Any], Said]) -> Check:
    """Make a check that the reference lists as a custom constraint."""
    return Check(test, {"custom_constraint": constraint})


def _of_form(constraint: str) -> Check:
    return named(constraint, FORMATS[constraint])


is_cidr = _of_form("net_cidr")
is_address = _of_form("ip_addr")
is_address_or_block = _of_form("ip_or_cidr")
is_mac = _of_form("mac_addr")
is_dns_name = _of_form("dns_name")
is_relative_dns_name = _of_form("rel_dns_name")
is_dns_domain = _of_form("dns_domain")
is_json = _of_form("json_string")

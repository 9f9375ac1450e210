"""Checks on one value: each says what is wrong, and shows itself as ``resource-type show`` does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

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


def at_most(high: float) -> Check:
    """Accept numbers up to ``high``."""
    return between(None, high)


def between(low: float | None, high: float | None) -> Check:
    """Accept numbers in a range, its ends included."""
    limits = {k: v for k, v in (("min", low), ("max", high)) if v is not None}

    def test(value: Any) -> Said:
        if low is not None and value < low:
            return f"{value} is below the least allowed, {low}"
        if high is not None and value > high:
            return f"{value} is above the most allowed, {high}"
        return None

    return Check(test, {"range": limits})


def length(low: int | None = None, high: int | None = None) -> Check:
    """Accept texts, lists and maps of a length in a range."""
    limits = {k: v for k, v in (("min", low), ("max", high)) if v is not None}

    def test(value: Any) -> Said:
        if low is not None and len(value) < low:
            return f"its length {len(value)} is below the least allowed, {low}"
        if high is not None and len(value) > high:
            return f"its length {len(value)} is above the most allowed, {high}"
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


def _raises(make: Callable[[Any], Any], what: str) -> Callable[[Any], Said]:
    def test(value: Any) -> Said:
        try:
            make(value)
        except ValueError:
            return f"{value!r} is not {what}"
        return None

    return test


_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(\1[0-9a-fA-F]{2}){4}")
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")


def _dns_name(value: Any) -> Said:
    if not value or (len(value) <= 255 and _NAME.fullmatch(value)):
        return None
    return f"{value!r} is not a DNS name: labels of 1 to 63 letters, digits and hyphens, with dots"


def _dns_domain(value: Any) -> Said:
    if value and not value.endswith("."):
        return f"{value!r} is not a DNS domain: it must end with a dot"
    return _dns_name(value)


def _address_or_block(value: Any) -> Said:
    block = _raises(lambda v: ip_network(v, strict=False), "an IP address or block")
    return block(value)


is_cidr = named(
    "net_cidr",
    _raises(lambda v: ip_network(v, strict=False), "an address block such as 10.0.0.0/24"),
)
is_address = named("ip_addr", _raises(ip_address, "an IP address"))
is_address_or_block = named("ip_or_cidr", _address_or_block)
is_mac = named(
    "mac_addr", lambda v: None if _MAC.fullmatch(str(v)) else f"{v!r} is not a MAC address"
)
is_dns_name = named("dns_name", _dns_name)
is_relative_dns_name = named("rel_dns_name", _dns_name)
is_dns_domain = named("dns_domain", _dns_domain)

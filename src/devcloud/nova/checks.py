"""Checks bodies of requests and refuses in the words that nova and cinder use for it."""

import re
from collections.abc import Collection
from typing import Any

from devcloud.kernel.web import Refused

UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def invalid(name: str, value: Any, why: str) -> Refused:
    """Return the refusal of one value."""
    return Refused(400, f"Invalid input for field/attribute {name}. Value: {value}. {why}")


def element(
    body: Any, key: str, *, required: Collection[str] = (), allowed: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the object under the key; `allowed` names all the properties it may have."""
    if not isinstance(body, dict):
        raise Refused(400, f"{body!r} is not of type 'object'")
    if key not in body:
        raise Refused(400, f"'{key}' is a required property")
    return properties(key, body[key], required=required, allowed=allowed)


def properties(
    name: str, value: Any, *, required: Collection[str] = (), allowed: Collection[str] | None = None
) -> dict[str, Any]:
    """Return an object after a look at which properties it has."""
    if not isinstance(value, dict):
        raise invalid(name, value, f"{value!r} is not of type 'object'")
    for one in required:
        if one not in value:
            raise invalid(name, value, f"'{one}' is a required property")
    if allowed is not None:
        extra = [one for one in value if one not in allowed]
        if extra:
            named = ", ".join(repr(one) for one in extra)
            verb = "was" if len(extra) == 1 else "were"
            why = f"Additional properties are not allowed ({named} {verb} unexpected)"
            raise invalid(name, value, why)
    return value


def string(name: str, value: Any, *, shortest: int = 0, longest: int = 255) -> str:
    """Return a text of a length in range."""
    if not isinstance(value, str):
        raise invalid(name, value, f"{value!r} is not of type 'string'")
    if shortest and not value:
        raise invalid(name, value, f"{value!r} should be non-empty")
    if len(value) > longest:
        raise invalid(name, value, f"{value!r} is too long")
    return value


def title(name: str, value: Any) -> str:
    """Return a name, without the spaces around it."""
    text = string(name, value, shortest=1).strip()
    if not text:
        raise invalid(name, value, f"{value!r} does not match any of the regexes")
    return text


def whole(name: str, value: Any, *, least: int = 0, most: int = 0x7FFFFFFF) -> int:
    """Return a number, also when it came as text."""
    if isinstance(value, str):
        if re.fullmatch(r"-?[0-9]+", value) is None:
            raise invalid(name, value, f"{value!r} does not match '^[0-9]+$'")
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(name, value, f"{value!r} is not of type 'integer', 'string'")
    if value < least:
        raise invalid(name, value, f"{value} is less than the minimum of {least}")
    if value > most:
        raise invalid(name, value, f"{value} is greater than the maximum of {most}")
    return value


def flag(name: str, value: Any) -> bool:
    """Return a yes or no, in any of the spellings that are understood."""
    text = str(value).lower()
    if text in {"true", "1", "on", "yes"}:
        return True
    if text in {"false", "0", "off", "no"}:
        return False
    raise invalid(name, value, f"{value!r} is not one of [True, False]")


def chosen(name: str, value: Any, choices: Collection[str]) -> str:
    """Return one of the choices."""
    if value not in choices:
        raise invalid(name, value, f"{value!r} is not one of {list(choices)}")
    return str(value)


def uuid(name: str, value: Any) -> str:
    """Return an id in the form of a UUID."""
    if not isinstance(value, str) or UUID.fullmatch(value) is None:
        raise invalid(name, value, f"{value!r} is not a 'uuid'")
    return value


def metadata(name: str, value: Any) -> dict[str, str]:
    """Return a mapping of texts."""
    if not isinstance(value, dict):
        raise invalid(name, value, f"{value!r} is not of type 'object'")
    for key, text in value.items():
        if not 1 <= len(key) <= 255:
            raise invalid(name, value, f"{key!r} does not match any of the regexes")
        string(key, text)
    return dict(value)

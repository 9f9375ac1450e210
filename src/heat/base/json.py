"""The JSON shapes that travel between templates, plans, the store and clouds."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from heat.base.unknown import Unknown

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
Body: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]


def shown(path: Path) -> str:
    """Write a path the way messages do: ``resources.db.properties.networks[0].port``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_json(text: str) -> Any:
    """Return the value of a text; raises ValueError, also for what only some JSON readers take.

    That is NaN, infinity, endless depth and halves of surrogate pairs.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half of a surrogate pair") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    return value


def walk(value: Any, path: Sequence[Any]) -> Any:
    """Follow a path of keys and indexes into a value; null where it leads nowhere."""
    for step in path:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)  # pyright: ignore[reportUnknownMemberType]
        elif isinstance(value, list | str) and isinstance(step, int):
            if not -len(value) <= step < len(value):  # pyright: ignore[reportUnknownArgumentType]
                return None
            value = value[step]  # pyright: ignore[reportUnknownVariableType]
        else:
            return None
    return value  # pyright: ignore[reportUnknownVariableType]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number that fits")
    return number

"""The JSON shapes that travel between templates, plans, the store and clouds."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
Body: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]


def shown(path: Path) -> str:
    """Write a path the way messages do: ``resources.db.properties.networks[0].port``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text

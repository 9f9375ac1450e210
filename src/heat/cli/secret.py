"""Which outputs of a template show the value of a hidden parameter."""

from collections.abc import Iterator, Mapping
from typing import Any

_PARTS = (
    ("parameters", "hidden", "outputs", "get_param"),
    ("Parameters", "NoEcho", "Outputs", "Ref"),
)


def secret_outputs(template: Any) -> frozenset[str]:
    """Return the names of the outputs that ask for a hidden parameter."""
    if not isinstance(template, Mapping):
        return frozenset()
    found: set[str] = set()
    for declared, mark, outputs, function in _PARTS:
        hidden = {
            name
            for name, schema in _map(template.get(declared)).items()
            if str(_map(schema).get(mark)).lower() in ("true", "1", "yes", "on")
        }
        for name, output in _map(template.get(outputs)).items():
            if hidden & set(_asked(output, function)):
                found.add(name)
    return frozenset(found)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _asked(value: Any, function: str) -> Iterator[str]:
    """Walk the names that a function is called with."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key == function:
                yield str(part[0] if isinstance(part, list) and part else part)
            yield from _asked(part, function)
    elif isinstance(value, list):
        for part in value:
            yield from _asked(part, function)

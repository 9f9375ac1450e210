"""Finds macros and dynamic references, which need services of AWS: each is refused by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from heat.base.json import Path
from heat.base.problems import Problem
from heat.template.codes import problem

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
_NOT_SEARCHED = ("Description", "Metadata", "Transform")


def find_macros(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Look through a template's map; what the language extensions bring is always there."""
    named = raw.get("Transform")
    for n, name in enumerate(named if isinstance(named, list) else [named]):
        if name is not None and name != LANGUAGE_EXTENSIONS:
            at: Path = ("Transform", n) if isinstance(named, list) else ("Transform",)
            detail = f"{name!r} is not there"
            yield problem("H214", at, detail, f"only {LANGUAGE_EXTENSIONS} is supported")
    for section, value in raw.items():
        if section not in _NOT_SEARCHED:
            yield from _search(value, (section,))


def _search(value: Any, at: Path) -> Iterator[Problem]:
    if isinstance(value, list):
        for n, part in enumerate(value):
            yield from _search(part, (*at, n))
    elif isinstance(value, dict):
        for key, part in value.items():
            if key == "Fn::Transform":
                detail = "Fn::Transform runs a macro, and there are none here"
                yield problem("H214", (*at, key), detail)
            else:
                yield from _search(part, (*at, key))
    elif isinstance(value, str) and "{{resolve:" in value and "Properties" in at[:3]:
        detail = "{{resolve:...}} reads a store of AWS, which there is none of here"
        yield problem("H309", at, detail, "use a parameter, NoEcho for a secret")

"""What rules look at: a template, its types, and every call in it with its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, get_args, get_origin

from heat.base.json import Path
from heat.base.problems import Problem
from heat.lint.examine import unbound
from heat.plan.desired import TypeOf
from heat.plugin.fields import Property, Struct, bare
from heat.plugin.resource import Resource
from heat.template.evaluate import Bound
from heat.template.loops import expand, written
from heat.template.model import Template, Words

CHOICES = ("if", "Fn::If")

_PLACES = re.compile(r"\$\{([^!}][^}]*)\}")


class Use(NamedTuple):
    """One call of a function, as written."""

    function: str
    argument: Any
    at: Path

    @property
    def name(self) -> str | None:
        """Return what the call names: its argument, or the first of several; None when computed."""
        first = self.argument
        if isinstance(first, list):
            first = first[0] if first else None
        return first if isinstance(first, str) else None

    @property
    def chosen(self) -> bool:
        """Tell whether it stands in a branch, so that it may not count."""
        return any(step in CHOICES for step in self.at)


class Given(NamedTuple):
    """One property as a template gives it, at any depth of a resource."""

    at: Path
    prop: Property
    value: Any


@dataclass(frozen=True)
class Subject:
    """One template under examination."""

    template: Template
    type_of: TypeOf
    told: frozenset[Path] = frozenset()
    """Where something is wrong anyway."""

    @property
    def words(self) -> Words:
        """Return the names of the dialect."""
        return self.template.words

    @cached_property
    def raw(self) -> Mapping[str, Any]:
        """The template's map, its loops written out; those over parameters are left out."""
        raw = self.template.raw
        return expand(raw, written).raw if self.template.version.extended else raw

    @cached_property
    def bound(self) -> Bound:
        """The template bound to nothing: a condition that is known is always the same."""
        return unbound(self.template)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """All calls of all sections but the parameters."""
        return tuple(self._calls(self.raw))

    @cached_property
    def written(self) -> tuple[Use, ...]:
        """All calls, those in loops as they are written and not as they come out."""
        raw = self.template.raw
        return self.uses if self.raw is raw else tuple(self._calls(raw))

    def _calls(self, raw: Mapping[str, Any]) -> Iterator[Use]:
        version = self.template.version
        language = version.language
        known = {*language.functions, *language.conditions, *version.rules}
        for name, section in raw.items():
            if name != self.words.parameters:
                yield from _uses(section, (name,), known)

    def called(self, *functions: str) -> list[Use]:
        """Return the calls of these functions."""
        return [use for use in self.uses if use.function in functions]

    def of_resource(self, name: str) -> Sequence[Use]:
        """Return the calls in a resource."""
        return self._of_resources.get(name, [])

    @cached_property
    def _of_resources(self) -> Mapping[str, list[Use]]:
        found: dict[str, list[Use]] = {}
        for use in self.uses:
            if use.at[0] == self.words.resources and len(use.at) > 1:
                found.setdefault(str(use.at[1]), []).append(use)
        return found

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section of the template's map."""
        found = self.raw.get(name)
        return found if isinstance(found, dict) else {}

    def resource(self, name: str) -> Mapping[str, Any]:
        """Return what the template's map says of a resource."""
        found = self.section(self.words.resources).get(name)
        return found if isinstance(found, dict) else {}

    @cached_property
    def types(self) -> Mapping[str, type[Resource]]:
        """The class of each resource that has one."""
        found: dict[str, type[Resource]] = {}
        for name, definition in self.template.resources.items():
            cls = self.type_of(name, definition.type)
            if not isinstance(cls, Problem):
                found[name] = cls
        return found

    def given(self) -> Iterator[Given]:
        """Walk the properties that are given, of all resources, at every depth."""
        words = self.words
        for name, cls in self.types.items():
            properties = self.resource(name).get(words.properties)
            yield from _given(cls, properties, (words.resources, name, words.properties))


def texts(value: Any, at: Path) -> Iterator[tuple[Path, str]]:
    """Walk the texts in a value, those in calls included."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from texts(part, (*at, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from texts(part, (*at, index))


def _uses(value: Any, at: Path, known: set[str]) -> Iterator[Use]:
    if isinstance(value, dict):
        for key, part in value.items():
            if len(value) == 1 and key in known:
                yield Use(key, part, (*at, key))
                if key == "Fn::Sub":
                    yield from _substituted(part, (*at, key))
            yield from _uses(part, (*at, key), known)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _uses(part, (*at, index), known)


def _substituted(argument: Any, at: Path) -> Iterator[Use]:
    """Find what a text with places in it names, as the calls that it stands for."""
    parts: list[Any] = argument if isinstance(argument, list) else [argument]
    whole: Any = parts[0] if parts else None
    own = parts[1] if len(parts) > 1 and isinstance(parts[1], dict) else {}
    for name in _PLACES.findall(whole) if isinstance(whole, str) else ():
        resource, dot, attribute = name.partition(".")
        if name not in own:
            yield Use("Fn::GetAtt", [resource, attribute], at) if dot else Use("Ref", name, at)


def _given(cls: type[Struct], value: Any, at: Path) -> Iterator[Given]:
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from _given(cls, part, (*at, index))
    if not isinstance(value, dict):
        return
    older = {old: prop for prop in cls.__properties__.values() for old in prop.was}
    for key, part in value.items():
        prop = cls.__by_public__.get(key) or older.get(key)
        if prop is None:
            continue
        yield Given((*at, key), prop, part)
        inner = _struct(prop.type)
        if inner is not None:
            yield from _given(inner, part, (*at, key))


def _struct(hint: Any) -> type[Struct] | None:
    """Return the class of nested properties in a property's type, also of a list's items."""
    hint = bare(hint)
    if get_origin(hint) is list:
        hint = bare((get_args(hint) or (None,))[0])
    return hint if isinstance(hint, type) and issubclass(hint, Struct) else None

"""Compiled values: what a template wrote, as a tree whose calls know their function and place.

Compiling never fails. A call with arguments of the wrong shape keeps its problem, which shows
only where the call counts: the branch of ``if`` that is not chosen may hold anything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from heat.base.errors import Invalid
from heat.base.json import Json, Path
from heat.base.problems import Problem
from heat.base.unknown import unknowns
from heat.template.codes import problem


class Absent(Enum):
    """The type of ABSENT."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""What ``if`` without an else gives: the enclosing entry is left out."""


class Reference(NamedTuple):
    """A use of one resource: its reference id, or an attribute (None: all of them).

    ``first`` is the first step of the path inside the attribute, where it is known.
    """

    resource: str
    attribute: str | None
    kind: str
    first: str | None = None


class Bad(Exception):
    """What a function finds wrong; the call it happens in adds the place."""

    def __init__(self, detail: str, cure: str = "", *, code: str = "H301") -> None:
        super().__init__(detail)
        self.detail, self.cure, self.code = detail, cure, code


MAX_WORK = 16 * 1024 * 1024


@dataclass(slots=True)
class Budget:
    """What the calls of one value may still make, in characters."""

    left: int = MAX_WORK


class Scope(Protocol):
    """What functions may ask for while a value is computed."""

    def parameter(self, name: str) -> Any:
        """Return a parameter's value; raises Bad when there is none."""
        ...

    def condition(self, name: str) -> bool | Any:
        """Return whether a named condition holds; raises Bad when there is none."""
        ...

    def reference(self, resource: str) -> Any:
        """Return the reference id of a resource."""
        ...

    def attribute(self, resource: str, attribute: str | None, path: Sequence[Json]) -> Any:
        """Return an attribute of a resource."""
        ...

    def has_resource(self, name: str) -> bool:
        """Return whether the template names this resource, enabled or not."""
        ...

    def file(self, key: str) -> str:
        """Return the text of a file that was sent; raises Bad when it was not."""
        ...

    def mapping(self, name: str) -> Any:
        """Return one of the CFN mappings; raises Bad when there is none."""
        ...

    def export(self, name: str) -> Any:
        """Return what another stack exports by this name; raises Bad when none does."""
        ...

    def facade(self, part: str) -> Any:
        """Return a part of the parent resource's definition; raises Bad without a parent."""
        ...

    @property
    def zones(self) -> Sequence[str]:
        """The compute zones."""
        ...

    @property
    def budget(self) -> Budget:
        """What may still be made."""
        ...


@dataclass(frozen=True, slots=True)
class Literal:
    """A value with no call in it."""

    value: Json

    def evaluate(self, scope: Scope) -> Any:
        """Return the value itself."""
        return self.value


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map with a call somewhere below."""

    items: tuple[tuple[str, "Expression"], ...]

    def evaluate(self, scope: Scope) -> Any:
        """Return the map of values, without the absent."""
        found: dict[str, Any] = {}
        for key, part in self.items:
            value = part.evaluate(scope)
            if value is not ABSENT:
                found[key] = value
        return found


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list with a call somewhere below."""

    items: tuple["Expression", ...]

    def evaluate(self, scope: Scope) -> Any:
        """Return the list of values, without the absent."""
        values = [part.evaluate(scope) for part in self.items]
        return [value for value in values if value is not ABSENT]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function; ``wrong`` is what its arguments show to be wrong as written."""

    function: "Function"
    argument: "Expression"
    at: Path
    wrong: Problem | None = None

    def evaluate(self, scope: Scope) -> Any:
        """Return the result; raises Invalid with the one problem found."""
        if self.wrong is not None:
            raise Invalid(problems=[self.wrong])
        function = self.function
        try:
            if function.special:
                return function.apply(self.argument, scope)
            given = self.argument.evaluate(scope)
            if not function.partial and (waits := unknowns(given)) is not None:
                return waits
            return function.apply(given, scope)
        except Bad as bad:
            raise Invalid(problems=[self.problem(bad)]) from None

    def problem(self, bad: Bad) -> Problem:
        """Say where it happened."""
        return problem(bad.code, self.at, f"{self.function.name}: {bad.detail}", bad.cure)


Expression: TypeAlias = Literal | MapOf | ListOf | Call


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language.

    ``apply`` gets the argument's value and the scope. A ``special`` function gets the argument
    unevaluated; a ``partial`` one deals with unknown parts itself, for all others a call with an
    unknown anywhere in its argument is unknown. ``shape`` raises Bad for an argument that can't
    be right whatever its calls give. ``read`` compiles the argument in another way than usual.
    ``refers`` names the resource used, ``chosen`` the parts of the argument that count.
    A ``checked`` function must be right in an output, too, where other mistakes show only when
    the output is computed.
    """

    name: str
    summary: str
    apply: Callable[[Any, Scope], Any]
    shape: Callable[[Expression], None] | None = None
    read: "Callable[[Any, Path, Language], Expression] | None" = None
    refers: Callable[[Any, Scope], Reference | None] | None = None
    chosen: "Callable[[Expression, Scope], Sequence[Expression]] | None" = None
    special: bool = False
    partial: bool = False
    checked: bool = False


@dataclass(frozen=True)
class Language:
    """The functions of one version: ordinary ones, and those that conditions are made of."""

    functions: Mapping[str, Function] = field(default_factory=dict[str, Function])
    conditions: Mapping[str, Function] = field(default_factory=dict[str, Function])


def compile_value(value: Any, at: Path, language: Language) -> Expression:
    """Compile a value of a property, metadata or an output."""
    return _compile(value, at, language, language.functions)


def compile_argument(value: Any, at: Path, language: Language) -> Expression:
    """Compile a value within a condition: only condition functions count there."""
    return _compile(value, at, language, language.conditions)


def call(function: Function, raw: Any, at: Path, language: Language, within: Any) -> Call:
    """Compile one call, checking the shape of its argument."""
    if function.read is not None:
        argument = function.read(raw, at, language)
    else:
        argument = _compile(raw, at, language, within)
    made = Call(function, argument, at)
    if function.shape is not None:
        try:
            function.shape(argument)
        except Bad as bad:
            return Call(function, argument, at, made.problem(bad))
    return made


def items_of(expression: Expression) -> Sequence[Expression] | None:
    """Return the parts of what is written as a list; None when it is no list."""
    match expression:
        case ListOf(items):
            return items
        case Literal(value) if isinstance(value, list):
            return [Literal(part) for part in value]
        case _:
            return None


def entries_of(expression: Expression) -> dict[str, Expression] | None:
    """Return the entries of what is written as a map; None when it is no map."""
    match expression:
        case MapOf(items):
            return dict(items)
        case Literal(value) if isinstance(value, dict):
            return {key: Literal(part) for key, part in value.items()}
        case _:
            return None


def _compile(
    value: Any, at: Path, language: Language, functions: Mapping[str, Function]
) -> Expression:
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, raw),) = value.items()
            if name in functions:
                return call(functions[name], raw, (*at, name), language, functions)
        nested = {
            key: _compile(part, (*at, key), language, functions)
            for key, part in value.items()
            if isinstance(part, (dict, list))
        }
        if _literal(nested.values()):
            return Literal(value)
        return MapOf(tuple((key, nested.get(key) or Literal(part)) for key, part in value.items()))
    if isinstance(value, list):
        below = {
            n: _compile(part, (*at, n), language, functions)
            for n, part in enumerate(value)
            if isinstance(part, (dict, list))
        }
        if _literal(below.values()):
            return Literal(value)
        return ListOf(tuple(below.get(n) or Literal(part) for n, part in enumerate(value)))
    return Literal(value)


def _literal(parts: Iterable[Expression]) -> bool:
    return all(isinstance(part, Literal) for part in parts)

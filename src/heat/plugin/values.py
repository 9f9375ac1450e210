"""From what a template says to the typed values of a class, collecting everything wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args, get_origin

from heat.base.json import Path
from heat.base.problems import Problem, closest, did_you_mean
from heat.base.unknown import Unknown, unknowns
from heat.plugin.checks import Check
from heat.plugin.fields import Property, Struct, bare

S = TypeVar("S", bound=Struct)

_SORTS: Mapping[Any, str] = {
    str: "TEXT",
    int: "NUMBER",
    float: "NUMBER",
    bool: "true or false",
    list: "[VALUE...]",
    dict: "{NAME: VALUE}",
}
_TRUE, _FALSE = ("true",), ("false",)


def read(cls: type[S], given: Mapping[str, Any]) -> tuple[S | None, list[Problem]]:
    """Convert a map of properties, as a template gives them, into an instance of ``cls``.

    Unknown parts pass through unchecked. Returns no instance when a value is beyond use.
    """
    problems: list[Problem] = []
    instance = _struct(cls, given, (), problems)
    if problems:
        return None, problems
    problems.extend(instance.problems())
    return instance, problems


def recall(cls: type[S], recorded: Mapping[str, Any]) -> S:
    """Convert recorded properties, which were right once, without checking them again."""
    known = {k: v for k, v in recorded.items() if k in cls.__by_public__}
    return _struct(cls, known, (), [])


def fits(hint: Any, value: Any, at: Path) -> list[Problem]:
    """Say whether a value could be given to a property of this type."""
    problems: list[Problem] = []
    _convert(Property("", mutable=False, name=str(at[-1])), hint, value, at, problems)
    return problems


def _struct(cls: type[S], given: Mapping[str, Any], at: Path, problems: list[Problem]) -> S:
    values: dict[str, Any] = {}
    meant: set[str | None] = set()
    names = cls.__by_public__
    aliases = {old: prop for prop in names.values() for old in prop.was}
    for name, value in given.items():
        prop = names.get(name) or aliases.get(name)
        if prop is None and getattr(cls, "anything", False) is True:
            continue
        if prop is None:
            meant.add(closest(name, names))
            problems.append(
                Problem(
                    f"Unknown Property {name}",
                    (*at, name),
                    cure=did_you_mean(name, names) or _known(names),
                    code="H701",
                )
            )
        elif prop.name in values and value is not None:
            problems.append(
                Problem(
                    "Cannot define the following properties at the same time: "
                    f"{', '.join((prop.public, *prop.was))}",
                    (*at, name),
                    cure=f"keep {prop.public} only",
                    code="H705",
                    kind="ResourcePropertyConflict",
                )
            )
        elif value is None and prop.type is not Any:
            problems.extend(_no_such_choice(prop, (*at, name)))
        else:
            values[prop.name] = _value(prop, prop.type, value, (*at, name), problems)
    for name, prop in cls.__properties__.items():
        if prop.required and name not in values:
            values[name] = None
            if prop.public in meant:
                continue
            problems.append(
                Problem(
                    f"Property {prop.public} not assigned",
                    (*at, prop.public),
                    detail=prop.doc.rstrip("."),
                    cure=f"it must be given: write {prop.public}: {_sort(prop)}",
                    code="H702",
                )
            )
    return cls(**values)


def _known(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"properties are: {listed}" if listed else "there are none: take it out"


def _sort(prop: Property) -> str:
    """Show what sort of value a property has."""
    for check in prop.check:
        if allowed := check.schema.get("allowed_values"):
            return " or ".join(map(str, allowed))
    hint = bare(prop.type)
    hint = get_origin(hint) or hint
    return _SORTS.get(hint, "VALUE")


def _no_such_choice(prop: Property, at: Path) -> list[Problem]:
    """Refuse null where only certain words are allowed and none of them is the default."""
    choices = [check for check in prop.check if "allowed_values" in check.schema]
    if prop.required or prop.default is not None or bare(prop.type) is not str:
        return []
    return [_invalid(at, said, c, prop, None) for c in choices if (said := c(""))]


def _invalid(at: Path, said: str, check: Check, prop: Property, value: Any) -> Problem:
    """Refuse a value, and show one that would do where that can be told."""
    allowed = check.schema.get("allowed_values")
    cure = f"give {at[-1]} a value that it allows"
    if allowed and not prop.secret:
        cure = did_you_mean(value, map(str, allowed)) or cure
    return Problem("Invalid value", at, said, cure, "H704")


def _value(prop: Property, hint: Any, value: Any, at: Path, problems: list[Problem]) -> Any:
    if isinstance(value, Unknown):
        return value
    before = len(problems)
    result = _convert(prop, bare(hint), value, at, problems)
    if (
        len(problems) == before
        and unknowns(result if not isinstance(result, Struct) else value) is None
    ):
        for check in prop.check:
            if said := check(result):
                if prop.secret and str(result) in said:
                    said = "the value is not one that is allowed"
                problems.append(_invalid(at, said, check, prop, result))
        if prop.item_check and isinstance(result, list):
            items: list[Any] = result  # pyright: ignore[reportUnknownVariableType]
            for index, item in enumerate(items):
                for check in prop.item_check:
                    if said := check(item):
                        problems.append(_invalid((*at, index), said, check, prop, item))
    return result


def _convert(prop: Property, hint: Any, value: Any, at: Path, problems: list[Problem]) -> Any:
    def wrong(wanted: str) -> Any:
        problems.append(
            Problem(
                "Value has the wrong type",
                at,
                f"{'the value' if prop.secret else repr(value)} is not {wanted}",
                cure=f"give {wanted}" + ("" if prop.secret else _like(wanted, value)),
                code="H703",
            )
        )
        return value

    if isinstance(value, Unknown):
        return value
    if hint is Any:
        return value
    if hint is str:
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int):
            return str(value)
        return wrong("a string")
    if hint is bool:
        if isinstance(value, bool):
            return value
        text = str(value).lower()
        if text in _TRUE + _FALSE:
            return text in _TRUE
        return wrong("true or false")
    if hint in (int, float):
        return _number(hint, value, wrong)
    origin = get_origin(hint) or hint
    if origin is list:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            return wrong("a list")
        (inner,) = get_args(hint) or (Any,)
        items: Sequence[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [
            _convert(prop, bare(inner), item, (*at, index), problems)
            for index, item in enumerate(items)
            if item is not None or inner is Any
        ]
    if origin is dict:
        if not isinstance(value, Mapping):
            return wrong("a map")
        inner = (get_args(hint) or (str, Any))[1]
        pairs: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {
            str(key): item
            if item is None
            else _convert(prop, bare(inner), item, (*at, key), problems)
            for key, item in pairs.items()
        }
    if isinstance(hint, type) and issubclass(hint, Struct):
        if not isinstance(value, Mapping):
            return wrong("a map")
        before = len(problems)
        nested = _struct(hint, value, at, problems)  # pyright: ignore[reportUnknownArgumentType]
        if len(problems) == before:  # else what they lack may only follow
            problems.extend(problem.under(*at) for problem in nested.problems())
        return nested
    raise TypeError(f"property {prop.public} has a type that is no property type: {hint}")


def _like(wanted: str, value: Any) -> str:
    """Show how the value would be right, where that can be told."""
    if wanted == "a list" and isinstance(value, str | int):
        return f", such as [{value}]"
    if wanted == "a string" and isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        if len(items) == 1 and isinstance(items[0], str):
            return f", such as {items[0]}"
    return ""


def _number(hint: type, value: Any, wrong: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return wrong("a whole number" if hint is int else "a number")
    try:
        if hint is int:
            return value if isinstance(value, int) else int(value)
        if isinstance(value, str):
            return int(value) if value.lstrip("+-").isdigit() else float(value)
        return value  # noqa: TRY300
    except ValueError:
        return wrong("a whole number" if hint is int else "a number")

"""Parameters: their definitions, and the values a stack gets for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Json, read_json
from heat.base.problems import Problem, did_you_mean
from heat.base.unknown import unknowns
from heat.template.codes import problem
from heat.template.constraints import Constraint, Custom, CustomCheck, number
from heat.template.patterns import TooSlow

TYPES = {
    "string": "String",
    "number": "Number",
    "comma_delimited_list": "CommaDelimitedList",
    "json": "Json",
    "boolean": "Boolean",
}
"""The types, and their names in CFN and in the API."""

TRUE_WORDS = frozenset(("1", "t", "true", "on", "y", "yes"))
FALSE_WORDS = frozenset(("0", "f", "false", "off", "n", "no"))


@dataclass(frozen=True)
class ParameterSchema:
    """One parameter as a template defines it; ``type`` is HOT's name for it."""

    name: str
    type: str
    default: Json = None
    description: str = ""
    label: str | None = None
    hidden: bool = False
    immutable: bool = False
    constraints: tuple[Constraint, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether somebody must give a value."""
        return self.default is None

    @property
    def api_type(self) -> str:
        """The type's name in the API."""
        return TYPES[self.type]


def convert(type_name: str, value: Json) -> Json:
    """Turn a given value into one of a type; raises ValueError with what is wrong."""
    match type_name:
        case "string":
            return _text(value)
        case "number":
            return number(value)
        case "boolean":
            return _boolean(value)
        case "comma_delimited_list":
            return _list(value)
        case _:
            return _json(value)


def wrong(schema: ParameterSchema, value: Json, *, custom: CustomCheck | None = None) -> str | None:
    """Say which constraint a converted value breaks; Invalid if one takes too long to check."""
    for constraint in schema.constraints:
        try:
            if isinstance(constraint, Custom):
                said = _custom_wrong(constraint, value, custom)
            else:
                said = constraint.wrong(value)
        except TooSlow as slow:
            # Raised, so that many such patterns take no longer than one.
            at = ("parameters", schema.name)
            raise Invalid(problems=[problem("H504", at, str(slow))]) from None
        if said is not None:
            return constraint.description or said
    return None


def values(
    schemas: Mapping[str, ParameterSchema],
    given: Mapping[str, Any],
    defaults: Mapping[str, Any],
    *,
    custom: CustomCheck | None = None,
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the value of each parameter, and what is wrong.

    ``given`` is what the user gave; ``defaults`` is the environment's parameter_defaults. A given
    null counts as not given, and what is not known yet is taken as it is. Of what is hidden no
    value shows in a problem.
    """
    found: dict[str, Any] = {}
    problems = list(unknown_given(schemas, given))
    for name, schema in schemas.items():
        value = next(
            (v for v in (given.get(name), defaults.get(name), schema.default) if v is not None),
            None,
        )
        if value is None:
            cure = "give a value for it, or a default"
            problems.append(
                problem("H502", ("parameters", name), f"{name} has no value", cure, where="request")
            )
            continue
        if (waits := unknowns(value)) is not None:
            found[name] = value if isinstance(value, list | dict) else waits
            continue
        try:
            found[name] = convert(schema.type, value)
        except ValueError as error:
            problems.append(_refused("H503", schema, str(error)))
            continue
        if (said := wrong(schema, found[name], custom=custom)) is not None:
            problems.append(_refused("H504", schema, said))
    return found, problems


def immutable_changed(
    old: Mapping[str, ParameterSchema],
    new: Mapping[str, ParameterSchema],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[Problem]:
    """Find immutable parameters of both templates whose values an update would change."""
    return [
        problem("H505", ("parameters", name), f"{name} is immutable", where="request")
        for name, schema in new.items()
        if schema.immutable and name in old and before.get(name) != after.get(name)
    ]


def unknown_given(
    schemas: Mapping[str, ParameterSchema], given: Iterable[str]
) -> Iterable[Problem]:
    """Find given names that the template does not have."""
    for name in given:
        if name not in schemas:
            yield problem(
                "H501",
                ("parameters", name),
                f"the template has no parameter {name!r}",
                did_you_mean(name, schemas),
                where="request",
            )


def _refused(code: str, schema: ParameterSchema, said: str) -> Problem:
    if schema.hidden:
        said = f"the value of the hidden parameter {schema.name} is not acceptable"
    cure = f"give a value of the type {schema.type}" if code == "H503" else ""
    return problem(code, ("parameters", schema.name), said, cure, where="request")


def _custom_wrong(constraint: Custom, value: Json, custom: CustomCheck | None) -> str | None:
    if custom is None:
        return None
    return custom(constraint.name, value)


def _text(value: Json) -> str:
    if isinstance(value, list | dict):
        raise ValueError("it is not text")  # noqa: TRY004 - one sort of error for all
    return str(value)


def _boolean(value: Json) -> bool:
    word = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("it is not a boolean; write true or false")


def _list(value: Json) -> list[Json]:
    if isinstance(value, str):
        return list(value.split(",")) if value else []
    if isinstance(value, list):
        return [_entry(part) for part in value]
    raise ValueError("it is no list, nor text with commas")


def _entry(part: Json) -> str:
    if part is None or isinstance(part, list | dict):
        raise ValueError("an entry of the list is not text")
    return str(part)


def _json(value: Json) -> Json:
    if not isinstance(value, str) or not value:
        return value
    return read_json(value)  # type: ignore[no-any-return]

"""Custom constraints of parameters: what a template asks of values beyond what it can say itself.

Texts of a known form were checked when the definition was read; here are the rest: what the
cloud must have, what must lie ahead, and names that nobody knows.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from heat.base.json import Json
from heat.base.problems import Problem, did_you_mean
from heat.cloud.finders import Finders
from heat.plan.definition import Compiled
from heat.plugin.formats import FORMATS, when
from heat.plugin.resource import Resource
from heat.plugin.steps import Finder
from heat.resources.finders import FINDERS, TAKEN_AS_GIVEN
from heat.template import parameters
from heat.template.constraints import Custom, CustomCheck


def broken(
    compiled: Compiled,
    types: Mapping[str, type[Resource]],
    now: datetime,
    finders: Finders | None,
) -> list[Problem]:
    """Say which parameters break a custom constraint; without finders the cloud isn't asked."""
    names = set(_names(compiled))
    if not names:
        return []
    known = _finders(types, names)
    looked_up: dict[tuple[str, str], str | None] = {}
    if finders is not None:
        asked: dict[tuple[str, str], tuple[Finder, str]] = {}
        _complaints(compiled, lambda name, value: _note(asked, known, name, value))
        said = finders.refusals(list(asked.values()))
        looked_up = dict(zip(asked, said, strict=True))

    def custom(name: str, value: Json) -> str | None:
        if name == "expiration" and (end := when(value)) is not None and end <= now:
            return f"{value!r} is past"
        if name in FORMATS or name in TAKEN_AS_GIVEN:
            return None
        if name not in known:
            names = (*FORMATS, *known, *TAKEN_AS_GIVEN)
            return f"there is no constraint {name!r}; {did_you_mean(name, names)}".rstrip("; ")
        said = [words for one in names_in(value) if (words := looked_up.get((name, one)))]
        return f"Error validating value {value!r}: {'; '.join(said)}" if said else None

    told = {problem.at for problem in compiled.problems}
    return [p for p in _complaints(compiled, custom) if p.code == "H504" and p.at not in told]


def _names(compiled: Compiled) -> Iterator[str]:
    for schema in compiled.template.parameters.values():
        yield from (c.name for c in schema.constraints if isinstance(c, Custom))


def _finders(types: Mapping[str, type[Resource]], names: set[str]) -> Mapping[str, Finder]:
    """Return the known finders, and, where they don't do, those of types from elsewhere."""
    if names <= {*FINDERS, *FORMATS, *TAKEN_AS_GIVEN}:
        return FINDERS
    declared = (prop.find for cls in types.values() for prop in cls.__properties__.values())
    return {find.constraint: find for find in declared if find and find.constraint} | dict(FINDERS)


def _complaints(compiled: Compiled, custom: CustomCheck) -> list[Problem]:
    environment = compiled.environment
    _, problems = parameters.values(
        compiled.template.parameters,
        environment.parameters,
        environment.parameter_defaults,
        custom=custom,
    )
    return problems


def _note(
    asked: dict[tuple[str, str], tuple[Finder, str]],
    known: Mapping[str, Finder],
    name: str,
    value: Json,
) -> None:
    if (finder := known.get(name)) is not None:
        asked.update({(name, one): (finder, one) for one in names_in(value)})


def names_in(value: Json) -> list[str]:
    """Return the names to look up; none for an empty text, each one of a list."""
    given = value if isinstance(value, list) else [value]
    return [str(one) for one in given if one not in ("", None)]

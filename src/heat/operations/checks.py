"""All that is wrong with a definition, found before anything is accepted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from heat.base.errors import Denied, Invalid, Permanent, Temporary, Unavailable
from heat.base.json import Json
from heat.base.problems import Problem
from heat.cloud import catalogue
from heat.cloud.finders import Finders
from heat.operations.context import Context
from heat.operations.services import Services
from heat.plan.definition import Compiled
from heat.plan.desired import Desired, Standing, Wanted, want
from heat.plugin.fields import Struct
from heat.plugin.find import lookups
from heat.plugin.resource import Resource
from heat.plugin.steps import Finder
from heat.store import resources
from heat.store.rows import StackRow
from heat.template import parameters
from heat.template.source import locate

_AT_ONCE = 8


def check(
    services: Services, context: Context, compiled: Compiled, stack: StackRow | None = None
) -> Wanted:
    """Return the desired state with nothing known; raises Invalid with every problem."""
    wanted = _wanted(compiled)
    _check_limits(services, len(wanted.resources), stack)
    _check_admin(context, wanted.resources.values())
    problems = list(wanted.problems)
    if services.client is not None:
        finders = Finders(services.client, context.credentials())
        problems += _unavailable(services, context, compiled, wanted)
        problems += _not_found(finders, compiled, wanted)
        if not compiled.problems:
            problems += _constrained(finders, services.types, compiled)
    if problems:
        raise Invalid(problems=_once(problems))
    return wanted


def _wanted(compiled: Compiled) -> Wanted:
    if not compiled.problems:
        return want(compiled.bound, compiled.type_of, Standing({}), compiled.requires)
    # The order can't be told, but what is wrong with each resource by itself can.
    alone = {name: frozenset[str]() for name in compiled.bound.resources}
    found = want(compiled.bound, compiled.type_of, Standing({}), alone)
    told = {problem.at for problem in compiled.problems}
    # A parameter without a value was complained of already, not once more at each use.
    more = [p for p in found.problems if p.at not in told and p.code != "H402"]
    return Wanted(found.resources, (*compiled.problems, *more))


def _check_limits(services: Services, count: int, stack: StackRow | None) -> None:
    limit = services.limits.max_resources_per_stack
    if stack is not None and stack.root is not None:
        count += resources.count_tree(services.db, stack.root)
    if 0 <= limit < count:
        raise Invalid(
            f"The template asks for {count} resources; {limit} per stack are allowed.",
            kind="RequestLimitExceeded",
        )


def _check_admin(context: Context, wanted: Iterable[Desired]) -> None:
    for desired in wanted:
        if desired.cls.__facts__.admin and "admin" not in context.roles:
            raise Denied(f"Only an administrator may use {desired.type} ({desired.name}).")


def _unavailable(
    services: Services, context: Context, compiled: Compiled, wanted: Wanted
) -> list[Problem]:
    needed = {d.cls.__facts__.service for d in wanted.resources.values()} - {None}
    if services.client is None or not needed:
        return []
    offered = _passing(lambda: services_of(services, context))
    words = compiled.bound.template.words
    found = [
        Problem(
            "The service of a resource type is not there",
            (words.resources, desired.name, words.type),
            f"HEAT-E99001 Service {service} is not available for resource type {desired.type}, "
            "reason: it has no endpoint in the service catalogue",
            code="H801",
            kind="ResourceTypeUnavailable",
        )
        for desired in wanted.resources.values()
        if (service := desired.cls.__facts__.service) and service not in offered
    ]
    return locate(found, compiled.bound.template.source)


def services_of(services: Services, context: Context) -> frozenset[str]:
    """Return the service types that the caller's cloud offers."""
    if services.client is None:
        return frozenset()
    return catalogue.services(services.client, context.credentials())


def _not_found(finders: Finders, compiled: Compiled, wanted: Wanted) -> list[Problem]:
    words = compiled.bound.template.words
    asked: list[tuple[tuple[str | int, ...], Finder, str]] = []
    for desired in wanted.resources.values():
        if desired.values is not None:
            base = (words.resources, desired.name, words.properties)
            asked += lookups(desired.values, base)
    said = _look(finders, [(finder, value) for _, finder, value in asked])
    found = [
        Problem(
            "No such thing in the cloud",
            at,
            words_of_cloud,
            "give the name or id of one that the project may use",
            code="H802",
        )
        for (at, _, _), words_of_cloud in zip(asked, said, strict=True)
        if words_of_cloud
    ]
    return locate(found, compiled.bound.template.source)


def _look(finders: Finders, asked: Sequence[tuple[Finder, str]]) -> list[str | None]:
    """Look names up, several at once; for each what the cloud said when it has no such thing."""
    distinct = {(f.service, f.path, value): (f, value) for f, value in asked}
    if not distinct:
        return []

    def look(one: tuple[Finder, str]) -> str | None:
        return _refusal(lambda: finders.find(*one))

    with ThreadPoolExecutor(min(_AT_ONCE, len(distinct))) as pool:
        answers = dict(zip(distinct, pool.map(look, distinct.values()), strict=True))
    return [answers[f.service, f.path, value] for f, value in asked]


def _refusal(find: Callable[[], Any]) -> str | None:
    try:
        _passing(find)
    except Permanent as fault:
        return str(fault)
    return None


def _passing(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Temporary as fault:
        said = f"The {fault.service or 'cloud'} service can't be asked at the moment: {fault}"
        raise Unavailable(said) from fault


def _constrained(
    finders: Finders, types: Mapping[str, type[Resource]], compiled: Compiled
) -> list[Problem]:
    """Check the custom constraints of parameters."""
    known = _finders_by_constraint(types)

    def custom(name: str, value: Json) -> str | None:
        finder = known.get(name)
        if finder is None or not isinstance(value, str) or not value:
            return None
        said = _refusal(lambda: finders.find(finder, value))
        return None if said is None else f"Error validating value {value!r}: {said}"

    environment = compiled.environment
    _, problems = parameters.values(
        compiled.template.parameters,
        environment.parameters,
        environment.parameter_defaults,
        custom=custom,
    )
    return problems


def _finders_by_constraint(types: Mapping[str, type[Resource]]) -> dict[str, Finder]:
    found: dict[str, Finder] = {}

    def walk(cls: type[Struct]) -> None:
        for prop in cls.__properties__.values():
            if prop.find is not None and prop.find.constraint:
                found.setdefault(prop.find.constraint, prop.find)

    for cls in types.values():
        walk(cls)
    return found


def _once(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))

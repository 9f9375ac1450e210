"""All that is wrong with a definition, found before anything is accepted."""

from collections.abc import Iterable

from heat.base.errors import Denied, Invalid
from heat.base.problems import Problem
from heat.cloud import catalogue
from heat.cloud.finders import Finders, passing
from heat.operations.constraints import broken
from heat.operations.context import Context
from heat.operations.services import Services
from heat.plan.definition import Compiled
from heat.plan.desired import Desired, Wanted
from heat.plan.problems import want_all
from heat.plugin.find import lookups
from heat.plugin.steps import Finder
from heat.store import resources
from heat.store.rows import StackRow
from heat.template.source import locate


def check(
    services: Services, context: Context, compiled: Compiled, stack: StackRow | None = None
) -> Wanted:
    """Return the desired state with nothing known; raises Invalid with every problem."""
    wanted = want_all(compiled.bound, compiled.type_of, compiled.requires, compiled.problems)
    _check_limits(services, len(wanted.resources), stack)
    _check_admin(context, wanted.resources.values())
    problems = list(wanted.problems)
    finders: Finders | None = None
    if services.client is not None:
        finders = Finders(services.client, context.credentials())
        problems += _unavailable(services, context, compiled, wanted)
        problems += _not_found(finders, compiled, wanted)
    problems += broken(compiled, services.types, services.clock.now(), finders)
    if problems:
        raise Invalid(problems=compiled.trace(problems))
    return wanted


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
    offered = passing(lambda: services_of(services, context))
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
    said = finders.refusals([(finder, value) for _, finder, value in asked])
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

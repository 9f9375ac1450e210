"""All that is wrong with a definition, found before anything is accepted."""

from collections.abc import Iterable, Mapping, Sequence

from heat.base.errors import Denied, Invalid, Unavailable
from heat.base.json import Path, shown
from heat.base.problems import Problem
from heat.cloud import catalogue
from heat.cloud.finders import Finders, passing
from heat.engine.record import COMPLETE
from heat.operations import views
from heat.operations.constraints import broken, names_in
from heat.operations.context import Context
from heat.operations.exporting import unfit
from heat.operations.family import family
from heat.operations.services import Services
from heat.plan.definition import Compiled
from heat.plan.desired import Desired, Wanted
from heat.plan.examine import examine
from heat.plan.within import below
from heat.plugin.find import lookups
from heat.plugin.steps import Finder
from heat.store import resources
from heat.store.rows import ResourceRow, StackRow
from heat.template.codes import problem
from heat.template.source import locate


def check(
    services: Services, context: Context, compiled: Compiled, stack: StackRow | None = None
) -> Wanted:
    """Return the desired state with nothing known; raises Invalid with every problem."""
    depth = services.limits.max_nested_stack_depth
    examined = examine(compiled, services.types, max_depth=depth)
    problems = [*examined.problems, *examined.lacking, *examined.unsent.values()]
    problems += unfit(services, compiled, stack)
    found = examined.levels
    _check_limits(services, sum(len(level.wanted.resources) for level in found), stack)
    try:
        for level in found:
            _check_types(services, context, level.wanted.resources.values())
            # What is there already was looked up when it was made, and may be gone since then.
            kept = {} if stack is None or level.path else _standing(services, stack)
            said = _of_the_cloud(services, context, level.compiled, level.wanted, kept)
            problems += [below(problem, level.path) for problem in said]
    except Unavailable:
        if not problems:
            raise
    if problems:
        raise Invalid(problems=[*compiled.trace(problems), *examined.later])
    return examined.wanted


def _check_limits(services: Services, count: int, stack: StackRow | None) -> None:
    limit = services.limits.max_resources_per_stack
    if stack is not None and stack.root is not None:
        below = family(services, stack, services.limits.max_nested_stack_depth)
        own = sum(len(resources.of_stack(services.db, member.id)) for member in below)
        count += resources.count_tree(services.db, stack.root) - own
    if 0 <= limit < count:
        raise Invalid(
            f"The template asks for {count} resources; {limit} per stack are allowed.",
            kind="RequestLimitExceeded",
        )


def _check_types(services: Services, context: Context, wanted: Iterable[Desired]) -> None:
    asked: dict[str, bool] = {}
    for desired in wanted:
        facts = desired.cls.__facts__
        if facts.name not in asked:
            allowed = services.policy.allows_type(facts.name, context, admin=facts.admin)
            asked[facts.name] = allowed
        if not asked[facts.name]:
            raise Denied(f"You are not authorized to use {desired.type} ({desired.name}).")


def _of_the_cloud(
    services: Services,
    context: Context,
    compiled: Compiled,
    wanted: Wanted,
    kept: Mapping[str, ResourceRow],
) -> list[Problem]:
    finders = None
    if services.client is not None:
        finders = Finders(services.client, context.credentials(), services.found)
    refused = broken(compiled, services.types, services.clock.now(), finders)
    if finders is None:
        return refused
    return [
        *refused,
        *_unavailable(services, context, compiled, wanted),
        *_not_found(finders, compiled, wanted, refused, kept),
    ]


def _standing(services: Services, stack: StackRow) -> dict[str, ResourceRow]:
    """Return the complete resources of a stack, by name."""
    rows = views.best(resources.of_stack(services.db, stack.id))
    return {name: row for name, row in rows.items() if row.status == COMPLETE and row.physical_id}


def _is_kept(desired: Desired, row: ResourceRow | None, at: Path) -> bool:
    """Tell whether a resource names the same as when it was made."""
    if row is None or row.type != desired.type or len(at) < 4:
        return False
    given, name = desired.given, str(at[3])
    return name in given and row.properties.get(name) == given[name]


def _unavailable(
    services: Services, context: Context, compiled: Compiled, wanted: Wanted
) -> list[Problem]:
    needed = {d.cls.__facts__.service for d in wanted.resources.values()} - {None}
    if services.client is None or not needed:
        return []
    offered = passing(lambda: services_of(services, context))
    words = compiled.bound.template.words
    found = [
        problem(
            "H801",
            (words.resources, desired.name, words.type),
            f"HEAT-E99001 Service {service} is not available for resource type {desired.type}, "
            "reason: it has no endpoint in the service catalogue",
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


def _not_found(
    finders: Finders,
    compiled: Compiled,
    wanted: Wanted,
    refused: Sequence[Problem],
    kept: Mapping[str, ResourceRow],
) -> list[Problem]:
    """Look up what properties name, but for what was told: each name is told once."""
    words = compiled.bound.template.words
    told = {problem.at for problem in wanted.problems}
    values = {
        one for problem in refused for one in names_in(compiled.values.get(str(problem.at[-1])))
    }
    asked: list[tuple[Path, Finder, str]] = []
    for desired in wanted.resources.values():
        named = desired.values if desired.values is not None else desired.rough
        if named is None:
            continue
        for at, finder, value in lookups(named, (words.resources, desired.name, words.properties)):
            within = any(at[:n] in told for n in range(4, len(at) + 1))
            if _is_kept(desired, kept.get(desired.name), at):
                continue
            if not within and value not in values:
                asked.append((at, finder, value))
    said = finders.refusals([(finder, value) for _, finder, value in asked])
    found: dict[tuple[str, str, str], tuple[str, list[Path]]] = {}
    for (at, finder, value), complaint in zip(asked, said, strict=True):
        if complaint:
            key = (finder.service, finder.path, value)
            found.setdefault(key, (complaint, []))[1].append(at)
    return locate(
        [_missing(complaint, places) for complaint, places in found.values()],
        compiled.bound.template.source,
    )


def _missing(complaint: str, places: Sequence[Path]) -> Problem:
    first, *more = places
    if more:
        complaint += f"; also for {', '.join(map(shown, more))}"
    return problem("H802", first, complaint)

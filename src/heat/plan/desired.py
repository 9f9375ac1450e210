"""What a template asks for, resource by resource, with the types it names.

Values that depend on what is not made yet are Unknown, so all of this works before anything
exists, and again, with more known, when the engine reaches a resource.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from heat.base.errors import Invalid
from heat.base.json import Json, Path
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plan.graph import Cycle, ordered
from heat.plan.misspelt import misspelt_call
from heat.plugin.fields import Struct, is_known, plain
from heat.plugin.resource import Resource
from heat.plugin.values import read, recall
from heat.template.codes import problem
from heat.template.evaluate import Bound
from heat.template.expressions import ABSENT, Expression, MapOf
from heat.template.model import ResourceDefinition, Words
from heat.template.source import locate

EXCEPT_ON_CREATE = "RetainExceptOnCreate"
"""The deletion policy of what is retained, unless its very creation is taken back."""

_WRONG_BY_THEMSELVES = ("H701", "H703", "H704")
"""What is wrong with properties even if others stand where nobody looks for them."""

TypeOf = Callable[[str, str], "type[Resource] | Problem"]
"""Find the class for (resource name, type in the template), or say why there is none."""


class _NoPolicy(Struct):
    """The update policy of a type that has none."""


@dataclass(frozen=True)
class Known:
    """What is known of a resource that exists: its row, seen from other resources."""

    reference: Json
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    cls: type[Resource] = Resource


class Standing:
    """Facts for evaluation: what exists is known, the rest is Unknown."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known

    def reference(self, resource: str) -> Json | Unknown:
        """Return the reference id of a resource."""
        known = self._known.get(resource)
        return known.reference if known else Unknown(frozenset({resource}))

    def attribute(
        self, resource: str, attribute: str | None, path: Sequence[Json]
    ) -> Json | Unknown:
        """Return an attribute, or a part of it; a path that leads nowhere is null."""
        known = self._known.get(resource)
        if known is not None and attribute is None:
            return {k: v for k, v in known.attributes.items() if k != "show"}
        if known is not None and attribute is not None:
            with suppress(LookupError):
                return cast("Json | Unknown", known.cls.look(known.attributes, attribute, path))
        return Unknown(frozenset({f"{resource}.{attribute}" if attribute else resource}))


@dataclass(frozen=True)
class Desired:
    """One resource as the template wants it. ``values`` is None when there are problems.

    Of what it ``requires``, that which is ``early`` need only exist when its turn comes.
    """

    name: str
    cls: type[Resource]
    type: str
    values: Resource | None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    requires: frozenset[str] = frozenset()
    deletion_policy: str = "Delete"
    update_policy: Mapping[str, Any] = field(default_factory=dict[str, Any])
    problems: tuple[Problem, ...] = ()
    external_id: str | None = None
    """The object that it stands for instead of one of its own."""
    replace_policy: str | None = None
    """What becomes of its object when another takes its place; None: as when it is deleted."""
    early: frozenset[str] = frozenset()
    rough: Resource | None = None
    """What can be made of values that are beyond use, to look up the names that they hold."""

    @property
    def known(self) -> bool:
        """Whether nothing in the values is still Unknown."""
        return self.values is not None and is_known(self.values)

    @property
    def given(self) -> Mapping[str, Any]:
        """The values as JSON, under the names that templates use."""
        given = plain(self.values)
        return given if isinstance(given, Mapping) else {}


class Facts(Protocol):
    """What evaluation asks of the outside; see heat.template.evaluate."""

    def reference(self, resource: str) -> Json | Unknown:
        """Return the reference id of a resource."""
        ...

    def attribute(
        self, resource: str, attribute: str | None, path: Sequence[Json]
    ) -> Json | Unknown:
        """Return an attribute of a resource, or a part of it."""
        ...


def desire(
    bound: Bound, name: str, facts: Facts, type_of: TypeOf, requires: frozenset[str]
) -> Desired | Problem:
    """Evaluate one resource; a Problem means that its type is unusable."""
    definition = bound.resources[name]
    words = bound.template.words
    base: Path = (words.resources, name)
    found = type_of(name, definition.type)
    if isinstance(found, Problem):
        return locate([of_type(found, name, words)], bound.template.source)[0]
    problems: list[Problem] = []
    properties: Any = {}
    metadata: Any = {}
    policy: Any = {}
    external: Any = None
    if definition.properties is not None:
        properties = _sound(
            bound, definition.properties, facts, (*base, words.properties), problems
        )
    try:
        if definition.metadata is not None:
            metadata = bound.value(definition.metadata, facts, (*base, words.metadata))
        if definition.update_policy is not None:
            policy = bound.value(definition.update_policy, facts, (*base, words.update_policy))
        if definition.external_id is not None:
            external = bound.value(definition.external_id, facts, (*base, words.external_id))
    except Invalid as invalid:
        problems += invalid.problems
    if (known := _policy_of(found)) is not None and isinstance(policy, Mapping):
        _, said = read(known, policy)
        problems += locate(
            [problem.under(*base, words.update_policy) for problem in said], bound.template.source
        )
    values: Resource | None = None
    if properties is ABSENT or properties is None:
        properties = {}
    if isinstance(properties, Mapping):
        own: dict[str, Any] = dict(properties)  # pyright: ignore[reportUnknownArgumentType]
        if definition.description and "description" not in own:
            described = found.__by_public__.get("description")
            if described is not None and described.mutable:
                own["description"] = definition.description
        values, said = read(found, own)
        problems += locate(
            [
                misspelt_call(problem.under(*base, words.properties), bound.template)
                for problem in said
            ],
            bound.template.source,
        )
    elif not isinstance(properties, Unknown) and not problems:
        detail = f"the properties of {name} must be a map, which they are not"
        at = (*base, words.properties)
        problems += locate([problem("H703", at, detail, "give a map")], bound.template.source)
    return Desired(
        name,
        found,
        definition.type,
        values,
        dict(metadata) if isinstance(metadata, Mapping) else {},  # pyright: ignore[reportUnknownArgumentType]
        requires,
        _policy(definition) if external is None else "Retain",
        dict(policy) if isinstance(policy, Mapping) else {},  # pyright: ignore[reportUnknownArgumentType]
        tuple(problems),
        None if external is None else str(external),
        rough=_rough(found, properties) if values is None else None,
        replace_policy=definition.replace_policy,
        early=_early(bound, definition, found, requires),
    )


def _policy_of(cls: type[Resource]) -> type[Struct] | None:
    """Return what an update policy may hold; None when it may hold anything."""
    if cls.policy is None and not (cls.anything or cls.nests):
        return _NoPolicy
    return cls.policy


def _policy(definition: ResourceDefinition) -> str:
    word = definition.deletion_policy
    return EXCEPT_ON_CREATE if definition.except_on_create else word


def _early(
    bound: Bound, definition: ResourceDefinition, cls: type[Resource], requires: frozenset[str]
) -> frozenset[str]:
    """Name the resources that are only referred to where it is enough that they exist."""
    properties = [prop for prop in cls.__properties__.values() if prop.early]
    patient = {name for prop in properties for name in (prop.public, *prop.was)}
    if not patient or not requires or not isinstance(definition.properties, MapOf):
        return frozenset()
    strict = {*definition.depends_on, *(requires - bound.requires(definition.name))}
    if definition.metadata is not None:
        strict |= {use.resource for use in bound.references(definition.metadata)}
    loose: set[str] = set()
    for key, part in definition.properties.items:
        for use in bound.references(part):
            exists = key in patient and use.kind == "reference"
            (loose if exists else strict).add(use.resource)
    return requires & (loose - strict)


def _rough(cls: type[Resource], properties: Any) -> Resource | None:
    return recall(cls, properties) if isinstance(properties, Mapping) else None  # pyright: ignore[reportUnknownArgumentType]


def _sound(
    bound: Bound, expression: Expression, facts: Facts, at: Path, problems: list[Problem]
) -> Any:
    """Compute a map of which an entry that can't be computed is Unknown, and told."""
    try:
        return bound.value(expression, facts, at)
    except Invalid as invalid:
        if not isinstance(expression, MapOf):
            problems += invalid.problems
            return Unknown()
    found: dict[str, Any] = {}
    for key, part in expression.items:
        try:
            value = bound.value(part, facts, (*at, key))
        except Invalid as invalid:
            problems += invalid.problems
            value = Unknown()
        if value is not ABSENT:
            found[key] = value
    return found


@dataclass(frozen=True)
class Wanted:
    """The whole desired state: every resource, in an order that respects what each needs."""

    resources: Mapping[str, Desired]
    problems: tuple[Problem, ...] = ()


def order(bound: Bound, type_of: TypeOf) -> tuple[dict[str, frozenset[str]], list[Problem]]:
    """Return what each resource requires, in dependency order.

    Besides the template's references these are the orders that types imply (a port comes after
    the subnets of its network, though it may not name them).
    """
    requires = {name: bound.requires(name) for name in bound.resources}
    try:
        names = ordered(requires)
    except Cycle as cycle:
        return requires, [circular(bound, cycle)]
    nothing = Standing({})
    desired: dict[str, Desired] = {}
    for name in names:
        found = desire(bound, name, nothing, type_of, requires[name])
        if isinstance(found, Desired):
            desired[name] = found
    implying = [d for d in desired.values() if "implied" in _overrides(d.cls)]
    for one in implying:
        others = [d for d in desired.values() if d.name != one.name]
        for other in one.cls.implied(one, others):
            if other != one.name and not _reaches(requires, other, one.name):
                requires[one.name] |= {other}
    return {name: requires[name] for name in ordered(requires)}, []


def want(
    bound: Bound,
    type_of: TypeOf,
    facts: Facts,
    requires: Mapping[str, frozenset[str]] | None = None,
) -> Wanted:
    """Evaluate every resource with the same facts, collecting all problems."""
    problems: list[Problem] = []
    if requires is None:
        requires, problems = order(bound, type_of)
    resources: dict[str, Desired] = {}
    for name, needed in requires.items():
        definition = bound.resources[name]
        if not definition.sound and not definition.type:
            continue
        found = desire(bound, name, facts, type_of, needed)
        if not definition.sound and isinstance(found, Desired):
            problems += [one for one in found.problems if one.code in _WRONG_BY_THEMSELVES]
            continue
        if isinstance(found, Problem):
            problems.append(found)
        else:
            resources[name] = found
            problems += found.problems
    return Wanted(resources, tuple(problems))


def of_type(problem: Problem, name: str, words: Words) -> Problem:
    """Return what is wrong with the type of a resource, where the template has that type."""
    return replace(problem, at=(words.resources, name, words.type, *problem.at[1:]))


def circular(bound: Bound, cycle: Cycle) -> Problem:
    """Say that resources wait for each other."""
    loop = " → ".join(cycle.names)
    at = (bound.template.words.resources, cycle.names[0])
    found = problem("H404", at, f"these resources wait for each other: {loop}")
    return locate([found], bound.template.source)[0]


def _overrides(cls: type[Resource]) -> frozenset[str]:
    names: Iterator[str] = (
        name
        for base in cls.__mro__
        if base is not Resource and base is not object
        for name in vars(base)
    )
    return frozenset(names)


def _reaches(requires: Mapping[str, frozenset[str]], start: str, goal: str) -> bool:
    todo, seen = [start], set[str]()
    while todo:
        name = todo.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            todo += requires.get(name, ())
    return False

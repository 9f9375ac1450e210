"""OS::Heat::AutoScalingGroup."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from heat.base.json import Json, walk
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plugin.checks import at_least
from heat.plugin.fields import Struct, attribute, fixed, mutable, plain
from heat.plugin.nested import MEMBER
from heat.plugin.registry import resource
from heat.plugin.steps import Draw, Inside, Nest, Reply, Sleep, Steps
from heat.resources.heat.members import Members, inside_of, without_null
from heat.resources.heat.rolling import allow_pauses
from heat.resources.heat.scaling import fresh_names, resized, rounds, within
from heat.template.codes import problem

OUTPUTS = ("outputs", "outputs_list")
_2014_2: Mapping[str, Any] = {"status": "SUPPORTED", "version": "2014.2"}
_2015_1: Mapping[str, Any] = {"status": "SUPPORTED", "version": "2015.1"}
_7: Mapping[str, Any] = {"status": "SUPPORTED", "version": "7.0.0"}


class RollingUpdates(Struct):
    """How many members change at a time."""

    min_in_service: int = fixed("Members that stay in service.", default=0, check=at_least(0))
    max_batch_size: int = fixed("Members that change at once.", default=1, check=at_least(1))
    pause_time: float = fixed("Seconds between two batches.", default=0, check=at_least(0))


@resource("OS::Heat::AutoScalingGroup", support={"status": "SUPPORTED", "version": "2014.1"})
class AutoScalingGroup(Members):
    """Equal resources, as many as scaling policies say, kept in a nested stack."""

    alike = "resource"

    resource: dict[str, Any] = mutable("What every member is, as a template says it.")
    max_size: int = mutable("The most members it may have.", check=at_least(0))
    min_size: int = mutable("The fewest members it may have.", check=at_least(0))
    cooldown: int | None = mutable("Seconds after a change in which policies change nothing.")
    desired_capacity: int | None = mutable("How many members to have after this update.")
    rolling_updates: RollingUpdates = mutable(
        "How members are changed.",
        default=RollingUpdates(),
    )

    outputs = attribute("A named attribute of each member, by name.", type="Map", support=_2014_2)
    outputs_list = attribute("A named attribute of each member.", type="List", support=_2014_2)
    current_size = attribute("How many members there are.", type="Integer", support=_2015_1)
    refs = attribute("The reference ids of the members.", type="List", support=_7)
    refs_map = attribute("The reference ids of the members, by name.", type="Map", support=_7)

    def problems(self) -> Iterator[Problem]:
        """Refuse limits that contradict each other."""
        low, high, wanted = self.min_size, self.max_size, self.desired_capacity
        if any(isinstance(value, Unknown) for value in (low, high, wanted)):
            return
        if low > high:
            detail = "MinSize can not be greater than MaxSize: "
            yield problem("H704", ("min_size",), f"{detail}min_size is {low}, max_size {high}")
        elif wanted is not None and not low <= wanted <= high:
            detail = f"desired_capacity is {wanted}, not from {low} to {high}"
            detail = f"DesiredCapacity must be between MinSize and MaxSize: {detail}"
            yield problem("H704", ("desired_capacity",), detail)

    @property
    def pause(self) -> float | None:
        """Seconds in which it changes no more after a change."""
        return self.cooldown

    def allowed(self, size: int) -> int:
        """Return the size nearest to this one that its limits allow."""
        return within(size, self.min_size, self.max_size)

    def count(self, inside: Reply) -> int:
        """Return how many members it has; those that failed don't count."""
        return len(_in_order(inside)) - len(inside["failed"])

    def scaled(self, inside: Reply, size: int, seed: str) -> Nest:
        """Return what gives it so many members: failed ones go first, then the oldest."""
        names = resized(_in_order(inside), size, fresh_names(seed))
        fresh = self.member()
        return self.nest("UPDATE", {name: inside["definitions"].get(name, fresh) for name in names})

    def foreseen(self) -> Nest | None:
        """Return the nested stack, as far as the number of members and their type are known."""
        return self.foreseen_among({})

    def foreseen_among(self, refs: Mapping[str, Json]) -> Nest | None:
        """Keep the names of members that are there."""
        definition: Any = self.resource
        limits = (self.min_size, self.max_size, self.desired_capacity)
        if any(isinstance(value, Unknown) for value in (definition, *limits)):
            return None
        if isinstance(definition.get("type"), Unknown):
            return None
        names = resized(list(refs), self._size(len(refs)), fresh_names(self.__here__.resource_id))
        return self.nest("UPDATE" if refs else "CREATE", dict.fromkeys(names, self.member()))

    def create(self) -> Steps[str | None]:
        """Make as many members as are desired, or as few as there may be."""
        seed = yield Draw(8)
        names = islice(fresh_names(str(seed["hex"])), self._size(0))
        reply = yield self.nest("CREATE", dict.fromkeys(names, self.member()))
        return str(reply["id"])

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the members that are not as wanted, in batches; then bring them to their number.

        A policy's pause is no obstacle.
        """
        inside = yield Inside(item, definitions=True)
        seed = yield Draw(8)
        fresh, wanted = fresh_names(str(seed["hex"])), self.member()
        definitions: Mapping[str, Any] = inside["definitions"]
        present = _in_order(inside)
        size = self._size(self.count(inside))
        rolling = self.rolling_updates
        outdated = frozenset(name for name in present if definitions[name] != wanted)
        steps = list(
            rounds(present, outdated, rolling.max_batch_size, rolling.min_in_service, fresh)
        )
        yield from allow_pauses(len(steps), rolling.pause_time, self.__here__.timeout)
        names = present
        for number, step in enumerate(steps):
            if number and rolling.pause_time:
                yield Sleep(rolling.pause_time)
            names = list(step.members)
            old = step.outdated
            yield self.nest(
                "UPDATE", {name: definitions[name] if name in old else wanted for name in names}
            )
        if len(names) != size or not outdated:
            names = resized(names, size, fresh)
            yield self.nest("UPDATE", dict.fromkeys(names, wanted))

    def snapshot(self, item: str) -> Steps[dict[str, Json]]:
        """Keep how many members it has, which policies change and no template says."""
        inside = yield Inside(item, definitions=True)
        return {"size": self.allowed(self.count(inside))}

    def restored(self, data: Mapping[str, Any]) -> "AutoScalingGroup":
        """Return what brings it back to the size that it had."""
        size = data.get("size")
        return self if size is None else self.but(desired_capacity=size)

    def member(self) -> dict[str, Json]:
        """Return the definition of every member."""
        given = plain(self.resource)
        definition = dict(given) if isinstance(given, Mapping) else {}
        if isinstance(properties := definition.get("properties"), Mapping):
            definition["properties"] = without_null(properties)
        return definition

    def _size(self, present: int) -> int:
        wanted = self.desired_capacity
        return self.allowed(present if wanted is None else wanted)

    @classmethod
    def asked(cls, attribute: str, first: str | None) -> str:
        """Name what is asked of each member: ``outputs/NAME``, ``outputs_list/NAME``."""
        if attribute in OUTPUTS:
            return f"{attribute}/{first}" if first else attribute
        return super().asked(attribute, first)

    @classmethod
    def look(cls, shown: Mapping[str, Any], attribute: str, path: Sequence[Json]) -> Any:
        """Take the path inside each member's attribute."""
        if attribute.startswith(MEMBER):
            return super().look(shown, attribute, path)
        if attribute not in OUTPUTS:
            return walk(shown[attribute], path)
        if not path:
            raise LookupError(attribute)
        each = shown[f"{attribute}/{path[0]}"]
        if isinstance(each, Mapping):
            return {member: inside_of(value, path[1:]) for member, value in each.items()}  # pyright: ignore[reportUnknownVariableType]
        return [inside_of(value, path[1:]) for value in each]

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Tell of the members that are in order, the oldest first."""
        asked = {name: _Asked.of(name) for name in names}
        wanted = {one.attribute for one in asked.values() if one.attribute}
        inside = yield Inside(item, attributes=tuple(sorted(wanted)))
        refs, order = inside["refs"], self.in_order(inside)
        found: dict[str, Json] = {}
        for name, one in asked.items():
            values = inside["attributes"].get(one.attribute, {}) if one.attribute else refs
            if one.kind == MEMBER:
                if one.number < len(order) and order[one.number] in values:
                    found[name] = values[order[one.number]]
            elif name == "current_size":
                found[name] = len(order)
            elif name == "show":
                found[name] = None
            elif one.kind in ("outputs", "refs_map"):
                found[name] = {member: values[member] for member in order if member in values}
            elif one.attribute or name == "refs":
                found[name] = [values[member] for member in order if member in values]
        return found

    def in_order(self, inside: Reply) -> list[str]:
        """Return the members that have not failed, the oldest first."""
        return [name for name in inside["refs"] if name not in inside["failed"]]


class _Asked(NamedTuple):
    """What the name of an attribute asks for."""

    kind: str
    attribute: str
    number: int = 0

    @classmethod
    def of(cls, name: str) -> "_Asked":
        if not name.startswith(MEMBER):
            kind, _, attribute = name.partition("/")
            return cls(kind=kind, attribute=attribute)
        text = name.removeprefix(MEMBER)
        number, _, attribute = text.partition("/" if "/" in text else ".")
        last = 10**9  # a member that nobody has
        return cls(
            kind=MEMBER, attribute=attribute, number=int(number) if number.isdigit() else last
        )


def _in_order(inside: Reply) -> list[str]:
    """Return all members: those that failed first, then the oldest."""
    names = list(inside["definitions"])
    failed = [name for name in names if name in inside["failed"]]
    return [*failed, *(name for name in names if name not in failed)]

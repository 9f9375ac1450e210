"""OS::Heat::ResourceGroup."""

from collections.abc import Mapping, Sequence
from itertools import count, islice
from typing import Any

from msgspec.structs import replace

from heat.base.json import Json
from heat.base.unknown import Unknown, unknowns
from heat.plugin.checks import at_least, length, one_of
from heat.plugin.fields import Struct, attribute, fixed, mutable, plain
from heat.plugin.registry import resource
from heat.plugin.steps import Inside, Keep, Nest, Sleep, Steps
from heat.plugin.values import read
from heat.resources.heat.members import Members, without_null
from heat.resources.heat.rolling import allow_pauses, batches


class Definition(Struct):
    """What every member is."""

    type: str = fixed("The type of the members.")
    properties: dict[str, Any] | None = fixed("The properties of the members.")
    metadata: dict[str, Any] | None = fixed(
        "The metadata of the members.", support={"status": "SUPPORTED", "version": "5.0.0"}
    )


class Removal(Struct):
    """Members to take out first."""

    resource_list: list[Any] = fixed("Their names, or reference ids.", default=[])


class RollingUpdate(Struct):
    """How many members change at a time."""

    min_in_service: int = fixed("Members that stay in service.", default=0, check=at_least(0))
    max_batch_size: int = fixed("Members that change at once.", default=1, check=at_least(1))
    pause_time: float = fixed("Seconds between two batches.", default=0, check=at_least(0))


class BatchCreate(Struct):
    """How many members are made at a time."""

    max_batch_size: int = fixed("Members that are made at once.", default=1, check=at_least(1))
    pause_time: float = fixed("Seconds between two batches.", default=0, check=at_least(0))


class Policy(Struct):
    """How the group changes."""

    rolling_update: RollingUpdate | None = fixed(
        "Change members in batches.", support={"status": "SUPPORTED", "version": "5.0.0"}
    )
    batch_create: BatchCreate | None = fixed(
        "Make members in batches.", support={"status": "SUPPORTED", "version": "5.0.0"}
    )


@resource("OS::Heat::ResourceGroup", support={"status": "SUPPORTED", "version": "2014.1"})
class ResourceGroup(Members):
    """Many copies of one resource, kept in a nested stack."""

    alike = "resource_def"

    policy = Policy

    count: int = mutable("How many members there are.", default=1, check=at_least(0))
    index_var: str = fixed(
        "What stands for a member's name in its properties.",
        default="%index%",
        check=length(3),
        support={"status": "SUPPORTED", "version": "2014.2"},
    )
    resource_def: Definition = mutable("What every member is.")
    removal_policies: list[Removal] = mutable(
        "Members to take out first; their names are not used again.",
        default=[],
        support={"status": "SUPPORTED", "version": "2015.1"},
    )
    removal_policies_mode: str = mutable(
        "Whether removal_policies add to those of earlier updates, or take their place.",
        default="append",
        check=one_of("append", "update"),
        support={"status": "SUPPORTED", "version": "10.0.0"},
    )

    refs = attribute("The reference ids of the members.", type="List")
    refs_map = attribute(
        "The reference ids of the members, by name.",
        type="Map",
        support={"status": "SUPPORTED", "version": "7.0.0"},
    )
    attributes = attribute(
        "A named attribute of each member, by the member's name.",
        type="Map",
        support={"status": "SUPPORTED", "version": "2014.2"},
    )
    removed_rsrc_list = attribute(
        "The names that were taken out.",
        type="List",
        support={"status": "SUPPORTED", "version": "7.0.0"},
    )

    def foreseen(self) -> Nest | None:
        """Return the nested stack, as far as the number of members and their type are known."""
        waits = isinstance(self.count, Unknown) or isinstance(self.resource_def, Unknown)
        if waits or isinstance(self.resource_def.type, Unknown) or not self.count:
            return None
        return self.nest("CREATE", self._all(self.names(self.count)))

    def foreseen_among(self, refs: Mapping[str, Json]) -> Nest | None:
        """Leave out the members that removal_policies name."""
        if unknowns(plain(self.removal_policies)) is not None:
            return None
        return self._without(self._removed(refs)).foreseen()

    def child(self, action: str) -> Nest:
        """Return the nested stack with all its members."""
        return self.nest(action, self._all(self.names(self.count)))

    def names(self, size: int) -> list[str]:
        """Return the names of so many members, leaving out those that were removed."""
        gone = frozenset(self.__here__.data.get("removed", ()))
        return list(islice((name for name in map(str, count()) if name not in gone), size))

    def create(self) -> Steps[str | None]:
        """Make the members, all at once or in batches."""
        policy = self._policy.batch_create
        if policy is None or not self.count:
            return (yield from super().create())
        item: str | None = None
        names = self.names(self.count)
        step = policy.max_batch_size
        rounds = -(-self.count // step)
        yield from allow_pauses(rounds, policy.pause_time, self.__here__.timeout)
        for end in range(step, self.count + step, step):
            if item is not None and policy.pause_time:
                yield Sleep(policy.pause_time)
            reply = yield self.nest("UPDATE" if item else "CREATE", self._all(names[:end]))
            item = str(reply["id"])
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Bring the members to what they should be, in batches where the policy says so."""
        group = yield from self._without_removed(item)
        rolling = group._policy.rolling_update  # noqa: SLF001
        if rolling is None or "resource_def" not in changed:
            yield group.child("UPDATE")
            return
        inside = yield Inside(item)
        present = group.in_order(inside)
        room = len(present) + group.count + rolling.max_batch_size + rolling.min_in_service
        steps = list(
            batches(
                present,
                group.names(room),
                group.count,
                rolling.max_batch_size,
                rolling.min_in_service,
            )
        )
        yield from allow_pauses(len(steps), rolling.pause_time, self.__here__.timeout)
        for number, batch in enumerate(steps):
            if number and rolling.pause_time:
                yield Sleep(rolling.pause_time)
            members = {
                name: group.member(name) if name in batch.updated else before.member(name)
                for name in batch.members
            }
            yield group.nest("UPDATE", members)

    def member(self, name: str) -> dict[str, Json]:
        """Return the definition of one member."""
        given = plain(self.resource_def)
        definition = dict(given) if isinstance(given, Mapping) else {}
        if isinstance(properties := definition.get("properties"), Mapping):
            definition["properties"] = without_null(_put(properties, self.index_var, name))
        return definition

    @property
    def _policy(self) -> Policy:
        policy, _ = read(Policy, self.__here__.update_policy)
        return policy or Policy()

    def _all(self, names: Sequence[str]) -> dict[str, Json]:
        return {name: self.member(name) for name in names}

    def _without_removed(self, item: str) -> Steps["ResourceGroup"]:
        """Take note of the members that removal_policies name."""
        known: Sequence[str] = self.__here__.data.get("removed", ())
        if not self._listed and (not known or self.removal_policies_mode == "append"):
            return self
        inside = yield Inside(item)
        group = self._without(self._removed(inside["refs"]))
        yield Keep(group.__here__.data)
        return group

    @property
    def _listed(self) -> list[str]:
        return [str(name) for policy in self.removal_policies for name in policy.resource_list]

    def _removed(self, refs: Mapping[str, Json]) -> list[str]:
        """Return the names that are not to be used, when these members are there."""
        listed = self._listed
        known: Sequence[str] = self.__here__.data.get("removed", ())
        if self.removal_policies_mode != "append":
            known = [name for name in known if name in listed]
        named = [name for name in refs if name in listed or str(refs[name]) in listed]
        return list(dict.fromkeys([*known, *named]))

    def _without(self, removed: list[str]) -> "ResourceGroup":
        data = {**self.__here__.data, "removed": removed}
        return self.at(replace(self.__here__, data=data))


def _put(value: Any, mark: str, name: str) -> Any:
    """Put a member's name where its mark stands in texts; keys stay."""
    match value:
        case str():
            return value.replace(mark, name)
        case Mapping():
            return {key: _put(item, mark, name) for key, item in value.items()}
        case list() | tuple():
            return [_put(item, mark, name) for item in value]
        case _:
            return value

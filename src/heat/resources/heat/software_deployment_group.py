"""OS::Heat::SoftwareDeploymentGroup, OS::Heat::StructuredDeploymentGroup, and their old names."""

from collections.abc import Mapping
from typing import Any, ClassVar

from heat.base.json import Json
from heat.base.unknown import Unknown
from heat.plugin.checks import at_least
from heat.plugin.fields import Struct, attribute, fixed, mutable, plain
from heat.plugin.nested import MEMBER, Nested
from heat.plugin.registry import resource
from heat.plugin.resource import Support
from heat.plugin.steps import Inside, Nest, Sleep, Steps
from heat.plugin.values import read
from heat.resources.heat.members import VERSION, without_null
from heat.resources.heat.rolling import allow_pauses, batches
from heat.resources.heat.software_deployment import ACTIONS, TRANSPORTS, USUAL
from heat.resources.heat.structured_deployment import VALIDATE

SINCE = {"status": "SUPPORTED", "version": "7.0.0"}
OLD_NAME: Support = {"status": "HIDDEN", "version": "7.0.0"}
LISTS = {
    "deploy_stdouts": "deploy_stdout",
    "deploy_stderrs": "deploy_stderr",
    "deploy_status_codes": "deploy_status_code",
}


class Batches(Struct):
    """How many deployments are done at a time."""

    max_batch_size: int = fixed("Deployments done at once.", default=1, check=at_least(1))
    pause_time: float = fixed("Seconds between two batches.", default=0, check=at_least(0))


class Policy(Struct):
    """How the group changes."""

    rolling_update: Batches | None = fixed("Change deployments in batches.", support=SINCE)
    batch_create: Batches | None = fixed("Make deployments in batches.", support=SINCE)


class Group(Nested):
    """One deployment for each server of a map, kept in a nested stack."""

    policy = Policy
    member_type: ClassVar[str] = ""

    servers: dict[str, Any] = mutable("Ids of the servers, by any names.")
    config: str | None = mutable("Id of the software config that is done.")
    input_values: dict[str, Any] | None = mutable("Values of the config's inputs, by name.")
    actions: list[str] = mutable(
        "Actions of the stack at which it is done.", default=USUAL, check=ACTIONS
    )
    name: str | None = mutable("Name of the config that the servers get; made up if left out.")
    signal_transport: str = fixed(
        "How a server says that it is done.", default="CFN_SIGNAL", check=TRANSPORTS
    )

    deploy_stdouts = attribute("What the tool in each server wrote.", type="Map")
    deploy_stderrs = attribute("What it wrote of errors.", type="Map")
    deploy_status_codes = attribute("The code with which it ended in each.", type="Map")

    def foreseen(self) -> Nest | None:
        """Return the nested stack, as far as it is known which servers there are."""
        return None if isinstance(self.servers, Unknown) else self.child("CREATE")

    def nest(self, action: str, members: Mapping[str, Json]) -> Nest:
        """Return the step that gives the nested stack these members."""
        template = {"heat_template_version": VERSION, "resources": dict(members)}
        return Nest(action, template, facade=self.facade)

    def referred(self, item: str) -> Json:
        """Return the id of the nested stack."""
        return item

    def child(self, action: str) -> Nest:
        """Return the nested stack with all its members."""
        return self.nest(action, {name: self.member(name) for name in self.servers})

    def member(self, name: str) -> dict[str, Json]:
        """Return the definition of the deployment on one server."""
        given = plain(self)
        properties: dict[str, Json] = dict(given) if isinstance(given, Mapping) else {}
        properties.pop("servers", None)
        properties["server"] = self.servers[name]
        return {"type": self.member_type, "properties": without_null(properties)}

    def create(self) -> Steps[str | None]:
        """Make the deployments, all at once or in batches."""
        policy = self._policy.batch_create
        names = list(self.servers)
        if policy is None or not names:
            return (yield from super().create())
        item: str | None = None
        step = policy.max_batch_size
        rounds = -(-len(names) // step)
        yield from allow_pauses(rounds, policy.pause_time, self.__here__.timeout)
        for end in range(step, len(names) + step, step):
            if item is not None and policy.pause_time:
                yield Sleep(policy.pause_time)
            members = {name: self.member(name) for name in names[:end]}
            reply = yield self.nest("UPDATE" if item else "CREATE", members)
            item = str(reply["id"])
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Bring the deployments to what they should be, in batches where the policy says so."""
        rolling = self._policy.rolling_update
        if rolling is None or not changed:
            yield self.child("UPDATE")
            return
        inside = yield Inside(item)
        names = list(self.servers)
        present = [name for name in before.servers if name in inside["refs"]]
        steps = list(batches(present, names, len(names), rolling.max_batch_size, 0))
        yield from allow_pauses(len(steps), rolling.pause_time, self.__here__.timeout)
        for number, batch in enumerate(steps):
            if number and rolling.pause_time:
                yield Sleep(rolling.pause_time)
            members = {
                name: (self if name in batch.updated else before).member(name)
                for name in batch.members
                if name in batch.updated or name in before.servers
            }
            yield self.nest("UPDATE", members)
        if not names:
            yield self.child("UPDATE")

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return what each server gave back, by the server's name."""
        wanted = {name: LISTS.get(name, name) for name in names if not name.startswith(MEMBER)}
        inside = yield Inside(item, attributes=tuple(sorted(wanted.values())))
        found: dict[str, Json] = {
            name: dict(inside["attributes"].get(inner, {})) for name, inner in wanted.items()
        }
        if members := names - wanted.keys():
            found |= yield from super().reveal(item, members)
        return found

    @property
    def _policy(self) -> Policy:
        policy, _ = read(Policy, self.__here__.update_policy)
        return policy or Policy()


@resource("OS::Heat::SoftwareDeploymentGroup", support={"status": "SUPPORTED", "version": "5.0.0"})
class SoftwareDeploymentGroup(Group):
    """Does a software config on each server of a map."""

    member_type = "OS::Heat::SoftwareDeployment"


class StructuredGroup(Group):
    """The same with maps into which inputs are put."""

    member_type = "OS::Heat::StructuredDeployment"

    input_key: str = fixed("What stands for an input in the map.", default="get_input")
    input_values_validate: str = fixed(
        "Whether inputs without a value are refused, or null.", default="LAX", check=VALIDATE
    )


@resource(
    "OS::Heat::StructuredDeploymentGroup", support={"status": "SUPPORTED", "version": "5.0.0"}
)
class StructuredDeploymentGroup(StructuredGroup):
    """Does a structured config on each server of a map."""


@resource("OS::Heat::SoftwareDeployments", support=OLD_NAME)
class SoftwareDeployments(Group):
    """Does a software config on each server of a map, under an older name."""

    successor = "OS::Heat::SoftwareDeploymentGroup"
    member_type = "OS::Heat::SoftwareDeployment"


@resource("OS::Heat::StructuredDeployments", support=OLD_NAME)
class StructuredDeployments(StructuredGroup):
    """Does a structured config on each server of a map, under an older name."""

    successor = "OS::Heat::StructuredDeploymentGroup"

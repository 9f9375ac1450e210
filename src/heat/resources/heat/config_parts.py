"""What the types of software configs share: inputs, outputs, and how a config is kept."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heat.base.json import Json
from heat.plugin.checks import one_of
from heat.plugin.fields import Struct, attribute, fixed
from heat.plugin.resource import Resource
from heat.plugin.steps import Record, Recorded, Steps

UNGROUPED = "Heat::Ungrouped"
COMPONENT = "component"
TYPES = ("String", "Number", "CommaDelimitedList", "Json", "Boolean")
CONFIG, DEPLOYMENT = "config", "deployment"


class Input(Struct):
    """A value that the config takes."""

    name: str = fixed("Name of the input.")
    description: str | None = fixed("What it is for.")
    type: str = fixed("What it must be.", default="String", check=one_of(*TYPES))
    default: Any = fixed("Its value when a deployment gives none.", default=None)
    replace_on_change: bool = fixed(
        "Whether another value makes another deployment.", default=False
    )


class Output(Struct):
    """A value that the config gives back."""

    name: str = fixed("Name of the output.")
    description: str | None = fixed("What it tells.")
    type: str = fixed("What it is.", default="String", check=one_of(*TYPES))
    error_output: bool = fixed("Whether the deployment has failed when it is there.", default=False)


class ConfigResource(Resource):
    """A type whose object is a software config: it is kept, it never changes, it goes."""

    config: Any = attribute("What is to be done, as the tool in the server takes it.")

    def content(self) -> Steps[Mapping[str, Any]]:
        """Return the config."""
        raise NotImplementedError

    def create(self) -> Steps[str | None]:
        """Keep the config; it has the id of the resource."""
        content = yield from self.content()
        here = self.__here__
        config = {"name": self.physical_name, "group": UNGROUPED, **content}
        yield Record(CONFIG, here.resource_id, here.project, config)
        return here.resource_id

    def delete(self, item: str) -> Steps[None]:
        """Forget the config."""
        yield Record(CONFIG, item, self.__here__.project, None)

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return what is kept."""
        found = yield from known(CONFIG, item, self.__here__.project)
        shown: dict[str, Any] = {"config": found.get("config"), "show": dict(found)}
        return {name: shown.get(name) for name in names}


def known(kind: str, item: str, project: str) -> Steps[Mapping[str, Any]]:
    """Return a config or a deployment; {} when there is none."""
    reply = yield Recorded(kind, item, project)
    found: Mapping[str, Any] = reply.get("found") or {}
    return found


def written(items: Iterable[Input | Output] | None) -> Sequence[Mapping[str, Any]]:
    """Return inputs or outputs as they are kept: all that was said, and the type."""
    return [
        {
            prop.public: value
            for name, prop in item.__properties__.items()
            if (value := getattr(item, name)) is not None and value is not False
        }
        for item in items or ()
    ]

"""What every resource type is: desired properties, and verbs that yield steps.

A type overrides the verbs it has. Having a verb is having the capability, except for the four
that all types have: create, delete, update (of its mutable properties) and reveal.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self

import msgspec

from heat.base.json import Json, walk
from heat.base.problems import Problem
from heat.plugin.fields import Difference, Struct
from heat.plugin.steps import Fail, Reply, Steps

Support = Mapping[str, Any]


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Where a resource stands: what its verbs may know besides its properties.

    ``mark`` is a text that no other resource has; an object that carries it is ours.
    ``data`` is what the type kept with the Keep step. Types that say ``hands_on`` know the files
    of their stack, and the environment that one nested in it has. ``name`` is the generated
    physical name; ``timeout`` are the seconds that the action may take, 0 for any.
    """

    stack: str = "stack"
    stack_id: str = ""
    resource: str = "resource"
    resource_id: str = ""
    project: str = ""
    name: str = "stack-resource-abc"
    mark: str = "heat:0"
    data: Mapping[str, Any] = {}
    metadata: Mapping[str, Any] = {}
    update_policy: Mapping[str, Any] = {}
    deletion_policy: str = "Delete"
    timeout: float = 0.0
    files: Mapping[str, str] = {}
    environment: Mapping[str, Any] = {}

    def keeping(self, data: Mapping[str, Any]) -> "Here":
        """Return the place with what the type has kept by now."""
        return msgspec.structs.replace(self, data=data)


class Other(Protocol):
    """Another resource of the same template, as ``implied`` sees it."""

    @property
    def name(self) -> str:
        """Its name in the template."""
        ...

    @property
    def type(self) -> str:
        """Its type, as the template writes it."""
        ...

    @property
    def values(self) -> Struct | None:
        """Its values, parts of which may be Unknown."""
        ...


class Facts(NamedTuple):
    """What is registered with a type besides its class body."""

    name: str
    service: str | None
    admin: bool
    support: Support


class Resource(Struct):
    """A resource type. The class body declares properties and attributes; see ``fields``."""

    __facts__: ClassVar[Facts]
    __here__: Here = Here()

    replacement: ClassVar[Literal["create-first", "delete-first"]] = "create-first"
    reference: ClassVar[Literal["id", "name"]] = "id"
    successor: ClassVar[str] = ""
    """The type that this one is called by now: its objects are of that, too."""
    snapshots_on_delete: ClassVar[bool] = False
    name_limit: ClassVar[int] = 255
    tries_again: ClassVar[bool] = True
    """Whether a creation that ends in an error of the service is deleted and tried again."""
    anything: ClassVar[bool] = False
    """Whether templates may give any property, and ask for any attribute (which is null)."""
    tells_anything: ClassVar[bool] = False
    """Whether templates may ask for any attribute, for what there is shows only later."""
    hears_always: ClassVar[bool] = False
    """Whether signals come through while it is suspended or deleted, too."""
    policy: ClassVar[type[Struct] | None] = None
    """What an update policy of the type may say; None where it says nothing."""
    hands_on: ClassVar[bool] = False
    """Whether it gives the stack's files and environment on to a stack of its own."""
    nests: ClassVar[bool] = False
    """Whether the object is a nested stack: it is changed in place whatever became of it."""

    def at(self, here: Here) -> Self:
        """Return these values, standing at a place."""
        made = self.but()
        object.__setattr__(made, "__here__", here)
        return made

    def create(self) -> Steps[str | None]:
        """Make the object, wait until it is usable, and return its physical id."""
        raise NotImplementedError

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the object in place; ``changed`` has the Python names of what differs.

        ``before`` is an instance of the same class with the values so far, names resolved.
        """
        raise NotImplementedError

    def delete(self, item: str) -> Steps[None]:
        """Remove the object; one that is gone already is fine."""
        raise NotImplementedError

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return named attributes of the live object; ``show`` is the raw object."""
        yield from ()
        return dict.fromkeys(names)

    def referred(self, item: str) -> Json:
        """Return what ``get_resource`` gives once the object is there."""
        return self.physical_name if self.reference == "name" else item

    def must_replace(self, before: Any, changes: Iterable[Difference]) -> str | None:
        """Say why these changes need a new object although each alone is mutable."""
        return None

    def refused(self, before: Any) -> str | None:
        """Say why this change will fail, as far as that shows before it is tried."""
        return None

    def replace_failed(self, item: str) -> Steps[bool]:
        """Tell whether an object whose last action failed must be replaced by an update."""
        yield from ()
        return True

    def changed_outside(self) -> bool:
        """Tell whether an update always acts, even when nothing differs."""
        return False

    @classmethod
    def implied(cls, me: Other, others: Iterable[Other]) -> Iterable[str]:
        """Name the resources that must come before this one though it does not refer to them."""
        return ()

    @classmethod
    def asked(cls, attribute: str, first: str | None) -> str:
        """Return the name by which ``reveal`` is asked for an attribute.

        ``first`` is the first step of the path inside it that the template takes.
        """
        return attribute

    @classmethod
    def look(cls, shown: Mapping[str, Any], attribute: str, path: Sequence[Json]) -> Any:
        """Find a value in what ``reveal`` has shown; raises LookupError when it is not there."""
        return walk(shown[attribute], path)

    @classmethod
    def has(cls, verb: str) -> bool:
        """Tell whether the type has one of the optional verbs."""
        return callable(getattr(cls, verb, None)) and verb not in Struct.__dict__

    @property
    def physical_name(self) -> str:
        """The name to give to the object when the template gives none."""
        name = self.__here__.name
        limit = self.name_limit
        return name if len(name) <= limit else f"{name[:2]}-{name[3 - limit :]}"


class Stateless(Resource):
    """A type with no object in any cloud; its verbs have nothing to do.

    Its physical id is the generated name; a subclass says what its attributes are from its own
    values and kept data, by overriding ``shown``.
    """

    def create(self) -> Steps[str | None]:
        """Take the generated name as physical id."""
        yield from ()
        return self.physical_name

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Do nothing: the new values are recorded."""
        yield from ()

    def delete(self, item: str) -> Steps[None]:
        """Do nothing."""
        yield from ()

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return attributes from what is recorded."""
        yield from ()
        values = self.shown()
        return {name: values.get(name) for name in names}

    def shown(self) -> dict[str, Json]:
        """Return all attributes."""
        return {}


def failed(reason: str, kind: str = "ResourceInError") -> Steps[Reply]:
    """End a verb as failed, by ``yield from``."""
    return (yield Fail(reason, kind))


def conflict(*names: str, at: str, cure: str = "") -> Problem:
    """Say that properties exclude each other."""
    return Problem(
        f"Cannot define the following properties at the same time: {', '.join(names)}",
        (at,),
        cure=cure or f"give one of {', '.join(names)}",
        code="H705",
        kind="ResourcePropertyConflict",
    )

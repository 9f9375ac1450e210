"""Resources that are one item of one REST collection, which most are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from heat.base.errors import Permanent
from heat.base.json import Body, Json
from heat.plugin.fields import Struct
from heat.plugin.resource import Resource
from heat.plugin.steps import Call, Listed, Reply, Search, Service, Steps, Wait, pick


@dataclass(frozen=True)
class Rest:
    """Where a collection is, how its items are wrapped, and when one is ready.

    ``key`` wraps an item ("" for none), ``keys`` a list. ``status`` is the item's state field
    and ``ready`` its good values; ``why`` the field that explains a bad one. ``detail`` is the
    path that lists items in full, for waiting on many at once.
    """

    service: Service
    path: str
    key: str
    keys: str = ""
    status: str = "status"
    ready: tuple[str, ...] = ()
    failing: tuple[str, ...] = ("ERROR", "error")
    why: str | None = None
    waits_for_delete: bool = False
    update_method: str = "PUT"
    detail: str = ""
    named: bool = True
    detail_query: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def plural(self) -> str:
        """The key of the list."""
        return self.keys or f"{self.key}s"

    def item(self, item: str) -> str:
        """Return the path of one item."""
        return f"{self.path}/{item}"

    def field(self, name: str) -> str:
        """Return the path of an item's field in a reply."""
        return f"{self.key}.{name}" if self.key else name

    def wrap(self, body: Body) -> Body:
        """Put a body under its key."""
        return {self.key: body} if self.key else body

    def unwrap(self, reply: Reply) -> Reply:
        """Take an item out of a reply."""
        return cast("Reply", reply.get(self.key) or {}) if self.key else reply

    def listed(self, item: str) -> Listed | None:
        """Return the list call that shows this item among others."""
        if not self.detail:
            return None
        return Listed(self.service.get(self.detail, self.detail_query), self.plural, self.key, item)


@dataclass(frozen=True)
class Marks:
    """How all objects of a kind are listed, and which field bears the mark of their resource.

    ``project`` is the field that tells whose they are. Where marks are ``copied``, an object that
    somebody made from a copy of another bears the mark of that one.
    """

    call: Call
    items: str
    field: str
    project: str = "project_id"
    copied: bool = False


def wire(value: Any) -> Json:
    """Turn a property value into the JSON that a cloud takes."""
    match value:
        case Struct():
            return to_wire(value, value.__properties__)
        case list() | tuple():
            return [wire(item) for item in cast("list[Any]", value)]
        case _:
            return cast("Json", value)


def to_wire(values: Struct, names: Iterable[str]) -> Body:
    """Collect the named properties that are set, under the names the cloud uses."""
    wanted = set(names)
    return {
        prop.key: wire(value)
        for name, prop in values.__properties__.items()
        if name in wanted and prop.sent and (value := getattr(values, name)) is not None
    }


class RestResource(Resource):
    """The verbs of an ordinary REST item; a type overrides only what differs."""

    rest: ClassVar[Rest]
    shows_ids: ClassVar[bool] = False
    """Whether the service shows what else an item names by id, and never by name."""

    def body(self, names: Iterable[str]) -> Body:
        """Build the request body for the named properties."""
        body = to_wire(self, names)
        if self.rest.named and "name" in names and body.get("name") is None:
            body["name"] = self.physical_name
        return body

    def identify(self, body: Body) -> Search | None:
        """Make the object findable, changing the body where needed, and say how to search.

        The default serves collections that filter by name: a generated name has a random part,
        so it is enough; a given one also needs the object to be younger than the intent.
        """
        rest = self.rest
        name = body.get("name")
        if name is None:
            return None
        return Search(
            rest.service.get(rest.path, {"name": str(name)}),
            rest.plural,
            rest.key,
            {"name": name},
            since=name != self.physical_name,
        )

    def create(self) -> Steps[str | None]:
        """Create the item, wait until it is usable, and return its id."""
        rest = self.rest
        body = self.body(self.__properties__)
        search = self.identify(body)
        reply = yield rest.service.post(
            rest.path, rest.wrap(body), makes=rest.field("id"), search=search
        )
        item = str(rest.unwrap(reply)["id"])
        yield from self.settle(item, reply)
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Send the properties that changed."""
        rest = self.rest
        if body := self.changes(before, changed):
            call = rest.service.patch if rest.update_method == "PATCH" else rest.service.put
            reply = yield call(rest.item(item), rest.wrap(body))
            yield from self.settle(item, reply)

    def changes(self, before: Any, changed: frozenset[str]) -> Body:
        """Build the body of an update: what changed, null where a value was taken away."""
        body = self.body(changed)
        for name in changed:
            prop = self.__properties__[name]
            if prop.sent and getattr(self, name) is None and prop.key not in body:
                body[prop.key] = None
        return body

    def read(self, item: str) -> Steps[Reply]:
        """Fetch the live item."""
        reply = yield self.rest.service.get(self.rest.item(item))
        return self.rest.unwrap(reply)

    def check(self, item: str) -> Steps[None]:
        """See that the item is there and well."""
        live = yield from self.read(item)
        if self.rest.ready and pick(live, self.rest.status) not in self.rest.ready:
            yield from self.settle(item, {})

    def live(self, item: str) -> Steps[dict[str, Json] | None]:
        """Return the mutable properties that differ from the live item; None when it is gone.

        Only those count that the service was told and shows under the same name, as plain
        values or lists of texts.
        """
        try:
            found = yield from self.read(item)
        except Permanent as refusal:
            if refusal.status != 404:
                raise
            return None
        told = self.body(self.__properties__)
        return {
            prop.public: found[prop.key]
            for prop in self.__properties__.values()
            if prop.mutable and prop.sent and (self.shows_ids or prop.find is None)
            if prop.key in told and prop.key in found
            if _differs(told[prop.key], found[prop.key])
        }

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return attributes of the live item."""
        live = yield from self.read(item)
        return {
            name: cast("Json", dict(live)) if name == "show" else self.shown(name, live)
            for name in names
        }

    def shown(self, name: str, live: Reply) -> Json:
        """Return one attribute of the live item."""
        declared = self.__attributes__.get(name)
        return cast("Json", pick(live, (declared and declared.wire) or name))

    def delete(self, item: str) -> Steps[None]:
        """Delete the item; one that is gone already is fine."""
        rest = self.rest
        yield rest.service.delete(rest.item(item))
        if rest.waits_for_delete:
            yield rest.service.get(rest.item(item)).until_gone(
                rest.field(rest.status),
                failing=rest.failing,
                why=self._why,
                listed=rest.listed(item),
            )

    def settle(self, item: str, reply: Reply) -> Steps[None]:
        """Wait until the item is ready, where the service has such a state."""
        rest = self.rest
        if rest.ready and pick(reply, rest.field(rest.status)) not in rest.ready:
            yield self.until_ready(item)

    def until_ready(self, item: str, *wanted: str) -> Wait:
        """Return the step that waits for the ready states, or for the given ones."""
        rest = self.rest
        return rest.service.get(rest.item(item)).until(
            rest.field(rest.status),
            *(wanted or rest.ready),
            failing=rest.failing,
            why=self._why,
            listed=rest.listed(item),
        )

    @classmethod
    def marks(cls) -> Marks | None:
        """Return how the objects of all projects are listed with their marks, if they bear any."""
        return None

    @property
    def _why(self) -> str | None:
        return self.rest.field(self.rest.why) if self.rest.why else None


def _differs(ours: Json, theirs: Json) -> bool:
    match ours, theirs:
        case (None | "", _) | (dict(), _) | (_, dict()):
            # Where we say nothing, another service may: Nova writes into ports.
            return False
        case list(), list():
            if not all(isinstance(one, str) for one in (*ours, *theirs)):
                return False
            return sorted(map(str, ours)) != sorted(map(str, theirs))
        case _:
            return ours != theirs

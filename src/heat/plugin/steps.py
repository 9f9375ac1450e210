"""What the verbs of a resource type may ask the executor to do.

A verb is a generator: it yields steps; the executor carries each one out, writes the reply
down and sends it back in. After a crash the verb runs again from the top on the replies
written down so far, so a verb is deterministic and does no I/O of its own. A refusal of the
cloud is thrown into the verb as ``heat.base.errors.Permanent`` where the step stands; a verb
that does not catch it fails with it.
"""

from collections.abc import Generator, Mapping
from hashlib import blake2b
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from heat.base.json import Body

T = TypeVar("T")
Reply: TypeAlias = Mapping[str, Any]

JSON_PATCH = "application/openstack-images-v2.1-json-patch"


class Search(Struct, frozen=True):
    """How to find out whether a create whose reply was lost took effect.

    ``call`` lists candidates, ``items`` is the key they are under, and each must equal
    ``match`` in its fields (dotted paths). With ``since``, only items that are younger than
    the intent and that no resource row names count. One item found is the reply, under
    ``key``; more than one is a failure that lists them.
    """

    call: "Call"
    items: str
    key: str
    match: Mapping[str, Any] = {}
    since: bool = False


class Call(Struct, frozen=True, tag=True):
    """One request to a cloud service, by its catalogue type.

    ``makes`` is the dotted path, in the reply, of the id of what the call creates; such a
    call says with ``search`` how its work can be found again, unless it is ``repeatable``:
    sending it twice is the same as sending it once. Reads, PUT, PATCH and DELETE are.
    ``busy`` names further statuses that pass by themselves, so that the call is tried again.
    ``region`` is another one than the stack's.
    """

    service: str
    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = {}
    microversion: str | None = None
    missing_ok: bool = False
    makes: str | None = None
    search: Search | None = None
    repeatable: bool = False
    content_type: str | None = None
    busy: tuple[int, ...] = ()
    region: str = ""
    headers: Mapping[str, str] = {}

    @property
    def reads(self) -> bool:
        """Whether the call changes nothing, so that it needs no intent."""
        return self.method in ("GET", "HEAD")

    def until(
        self,
        field: str,
        *wanted: str,
        failing: tuple[str, ...] = ("ERROR", "error"),
        why: str | None = None,
        listed: "Listed | None" = None,
    ) -> "Wait":
        """Repeat this call until a field of the reply has a wanted value."""
        return Wait(self, field, wanted, failing, why, listed)

    def until_gone(
        self,
        field: str | None = None,
        *gone: str,
        failing: tuple[str, ...] = ("ERROR", "error"),
        why: str | None = None,
        listed: "Listed | None" = None,
    ) -> "Wait":
        """Repeat this call until the service answers 404, or the field has one of the values."""
        return Wait(self, field, gone, failing, why, listed, gone=True)


class Listed(Struct, frozen=True):
    """A list call that shows many such items at once, so that one request serves all waits.

    ``items`` is the key of the list in its reply, ``item`` the key that one item has in the
    reply of the single call, ``id`` the id of the item waited for.
    """

    call: Call
    items: str
    item: str
    id: str


class Wait(Struct, frozen=True, tag=True):
    """Look again and again, without holding a task in memory, until a state is reached.

    ``field`` is a dotted path in the reply; ``failing`` values end the wait with a failure
    that quotes the field ``why``. With ``gone`` a 404 is what is waited for.
    """

    call: Call
    field: str | None
    wanted: tuple[str, ...]
    failing: tuple[str, ...] = ()
    why: str | None = None
    listed: Listed | None = None
    gone: bool = False


class Find(Struct, frozen=True, tag=True):
    """Look an object up by name or id; the reply is ``{"id": ...}``."""

    finder: "Finder"
    value: str


class Draw(Struct, frozen=True, tag=True):
    """Ask for random bytes; the reply is ``{"hex": ...}``, the same again after a crash."""

    size: int


class Keep(Struct, frozen=True, tag=True):
    """Keep values with the resource, encrypted at rest, for its later verbs (``__here__.data``).

    A creation that knows the physical id before its end gives it as ``item``.
    """

    data: Mapping[str, Any]
    item: str | None = None


class Sleep(Struct, frozen=True, tag=True):
    """Let time pass, in seconds; counted from when the step was first reached."""

    seconds: float


class Hear(Struct, frozen=True, tag=True):
    """Wait until ``count`` signals came to another resource of the stack, or one of failure.

    ``of`` is its physical id, or its name; without it the resource hears what is said to itself.
    The reply has ``signals``, the last of each id; there are fewer when the seconds, counted from
    when the step was first reached, have passed. With a count of 0 it only looks.
    """

    of: str = ""
    count: int = 0
    seconds: float = 0


class Forget(Struct, frozen=True, tag=True):
    """Forget what was said to another resource of the stack, if it is still there, or to itself."""

    of: str = ""


class Recorded(Struct, frozen=True, tag=True):
    """Read a software config, or a deployment, of a project, by the name of its ``kind``.

    The reply has it under ``found``; it is ``{}`` when there is none.
    """

    kind: str
    id: str
    project: str


class Record(Struct, frozen=True, tag=True):
    """Keep a software config or a deployment, or forget it where there are no ``fields``.

    It is written together with what the verb does next.
    """

    kind: str
    id: str
    project: str
    fields: Mapping[str, Any] | None


class Enrol(Struct, frozen=True, tag=True):
    """Give the resource a user of its own, by whom it can be told something from outside.

    No other user of stacks has this ``name``: asked again, it is the same user with another
    password. The reply has ``user_id``, ``name``, ``password``, ``project`` and ``domain``, with
    ``keys`` also ``access`` and ``secret`` for EC2 signatures, with ``token`` a token. It is ``{}``
    where the operator has no domain for such users. A ``password`` is made up unless it is given.
    """

    name: str
    keys: bool = False
    token: bool = False
    password: str = ""


class ChangeUser(Struct, frozen=True, tag=True):
    """Let a resource's user in, or keep it out; ``enabled`` None removes it.

    Without a ``user_id`` it is looked for by its name. One that is not there is fine.
    """

    name: str
    user_id: str = ""
    enabled: bool | None = None


class GiveKey(Struct, frozen=True, tag=True):
    """Give a user of the stack another pair of EC2 keys: the reply has ``access`` and ``secret``.

    It is ``{}`` where there is no such user.
    """

    name: str


class TakeKey(Struct, frozen=True, tag=True):
    """Take a pair of EC2 keys away from whose they are."""

    access: str


class Fail(Struct, frozen=True, tag=True):
    """End the verb as failed, for this reason; ``kind`` is the error type that clients see."""

    reason: str
    kind: str = "ResourceInError"


class Nest(Struct, frozen=True, tag=True):
    """Ask for an action on the resource's nested stack, and wait for its end.

    For CREATE and UPDATE ``template`` is the desired template, or ``source`` names it among
    the stack's files; ``parameters`` are its parameter values. ``minutes`` bounds the action.
    ``facade`` is what ``resource_facade`` shows inside. ABANDON deletes it and leaves what is
    in it. The reply is ``{"id": ...}``, the nested stack's; a failure there is thrown as a fault.
    """

    action: str
    template: Any = None
    source: str = ""
    parameters: Mapping[str, Any] = {}
    minutes: int | None = None
    facade: Mapping[str, Any] = {}


class Inside(Struct, frozen=True, tag=True):
    """Look into a nested stack: the reply has ``outputs``, ``refs`` and ``attributes``.

    ``refs`` has the reference id of each member by name, ``attributes`` for each attribute
    asked for its value by member, ``failed`` the members whose last action failed,
    ``definitions`` what the template says of each member there is. What can't be told is left
    out. The oldest members come first.
    """

    item: str
    outputs: bool = False
    attributes: tuple[str, ...] = ()
    definitions: bool = False


Step: TypeAlias = (
    Call
    | Wait
    | Find
    | Draw
    | Keep
    | Sleep
    | Fail
    | Nest
    | Inside
    | Hear
    | Forget
    | Recorded
    | Record
    | Enrol
    | ChangeUser
    | GiveKey
    | TakeKey
)
Steps: TypeAlias = Generator[Step, Reply, T]


class Finder(Struct, frozen=True):
    """A kind of cloud object that a property names, by name or by id.

    ``path`` is the collection, ``key`` the item's key in replies (``keys`` for the list).
    ``constraint`` is the name that template constraints and ``resource-type show`` use.
    ``by_name_only`` kinds (key pairs) are their own id. ``query`` is added to that of lists;
    ``lists`` is the path to list from where it is not ``path`` (``/flavors/detail``), and,
    ``by_name_only``, where there is no item to get. ``name_filter`` is False where the service
    can't filter by name.
    """

    service: str
    path: str
    key: str
    constraint: str = ""
    keys: str = ""
    by_name_only: bool = False
    name_field: str = "name"
    id_field: str = "id"
    name_filter: bool = True
    query: Mapping[str, str] = {}
    lists: str = ""
    bare: bool = False  # the item stands in the reply without its key (glance)
    label: str = ""
    microversion: str | None = None

    @property
    def plural(self) -> str:
        """The key of the list."""
        return self.keys or f"{self.key}s"

    @property
    def kind(self) -> str:
        """What messages call such an object."""
        return self.label or self.key


class Service(Struct, frozen=True):
    """A cloud service by its catalogue type; the executor finds the endpoint."""

    name: str
    microversion: str | None = None

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        missing_ok: bool = False,
        microversion: str | None = None,
    ) -> Call:
        """Read."""
        version = microversion or self.microversion
        return Call(self.name, "GET", path, None, query or {}, version, missing_ok)

    def post(self, path: str, body: Any = None, **options: Any) -> Call:
        """Create, or act."""
        options.setdefault("microversion", self.microversion)
        return Call(self.name, "POST", path, body, **options)

    def put(self, path: str, body: Body | None = None, **options: Any) -> Call:
        """Change."""
        options.setdefault("microversion", self.microversion)
        options.setdefault("repeatable", True)
        return Call(self.name, "PUT", path, body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> Call:
        """Change a part."""
        options.setdefault("microversion", self.microversion)
        options.setdefault("repeatable", True)
        return Call(self.name, "PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Call:
        """Delete; gone already is fine."""
        options.setdefault("microversion", self.microversion)
        return Call(self.name, "DELETE", path, missing_ok=True, repeatable=True, **options)


IDENTITY = Service("identity")
COMPUTE = Service("compute")
NETWORK = Service("network")
VOLUME = Service("block-storage")
IMAGE = Service("image")
OBJECT_STORE = Service("object-store")


def digest(step: Step) -> str:
    """Return a short text that stands for a step in the journal."""
    return blake2b(msgspec.json.encode(step, order="sorted"), digest_size=12).hexdigest()


def pick(reply: Any, path: str) -> Any:
    """Read a dotted path of a reply; None where there is nothing."""
    for name in path.split("."):
        if isinstance(reply, Mapping):
            reply = reply.get(name)  # pyright: ignore[reportUnknownMemberType]
        elif isinstance(reply, list) and name.isdigit() and int(name) < len(reply):  # pyright: ignore[reportUnknownArgumentType]
            reply = reply[int(name)]  # pyright: ignore[reportUnknownVariableType]
        else:
            return None
    return reply  # pyright: ignore[reportUnknownVariableType]

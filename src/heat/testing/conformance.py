"""What every resource type must hold to, checked without a cloud: ``complaints(cls)``.

Properties are made up from what the type declares, replies from what its steps ask for. So a
new type, in Heat or in a plugin, is held to the contract without a test of its own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import combinations
from typing import Any, get_args, get_origin

from heat.base.errors import Fault, Permanent
from heat.base.unknown import Unknown
from heat.plugin.describe import describe
from heat.plugin.fields import Property, Struct, bare, differences, plain
from heat.plugin.resource import Here, Resource
from heat.plugin.steps import Call, Draw, Fail, Find, Hear, Reply, Step, Steps, Wait, digest
from heat.plugin.values import read

ITEM = "7c0ffee0-0000-4000-8000-000000000001"
HERE = Here(
    stack_id="5ac40000-0000-4000-8000-000000000001",
    resource_id=ITEM,
    project="9a0f0000000040008000000000000001",
    mark=f"heat:{ITEM}",
)
EXAMPLES: Mapping[str, Any] = {
    "net_cidr": "10.0.0.0/24",
    "ip_addr": "10.0.0.4",
    "ip_or_cidr": "10.0.0.4",
    "mac_addr": "fa:16:3e:00:00:01",
    "dns_name": "host",
    "rel_dns_name": "host",
    "dns_domain": "example.org.",
}
FIELDS: Mapping[str, str] = {"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"}
LIMIT = 200
BREAKS = (TypeError, AttributeError, KeyError, ValueError, IndexError, Fault)


def complaints(cls: type[Resource], example: Mapping[str, Any] | None = None) -> list[str]:
    """List all that a type does not hold to; ``example`` is a valid map of properties."""
    given = dict(example) if example is not None else smallest(cls)
    if given is None:
        return ["no small set of valid properties was found: give an example"]
    return [
        *_of_declaration(cls),
        *_of_values(cls, given),
        *_of_create(cls, given),
        *_of_update(cls, given),
        *_of_delete(cls, given),
    ]


def smallest(cls: type[Struct]) -> dict[str, Any] | None:
    """Make up the least that a template must say for this type; None when nothing fits."""
    required = {p.public: sample(p) for p in cls.__properties__.values() if p.required}
    others = [p for p in cls.__properties__.values() if not p.required]
    for count in range(3):
        for chosen in combinations(others, count):
            given = required | {prop.public: sample(prop) for prop in chosen}
            if not read(cls, given)[1]:
                return given
    return None


def sample(prop: Property) -> Any:
    """Make up a value that a property takes, other than its default where that is possible."""
    return _sample(bare(prop.type), prop)


def _sample(hint: Any, prop: Property) -> Any:
    for check in prop.check:
        schema = check.schema
        if "allowed_values" in schema:
            words = [word for word in schema["allowed_values"] if word != prop.default]
            return (words or schema["allowed_values"])[0]
        if "range" in schema:
            return schema["range"].get("min", schema["range"].get("max"))
        if schema.get("custom_constraint") in EXAMPLES:
            return EXAMPLES[schema["custom_constraint"]]
    origin = get_origin(hint) or hint
    if isinstance(hint, type) and issubclass(hint, Struct):
        return smallest(hint)
    if origin is list:
        return [_sample(bare((get_args(hint) or (str,))[0]), _item(prop))]
    return {str: ITEM, bool: prop.default is not True, dict: {"key": "value"}}.get(origin, 1)


def _item(prop: Property) -> Property:
    return Property(prop.doc, prop.mutable, check=prop.item_check, find=prop.find)


def _of_declaration(cls: type[Resource]) -> Iterator[str]:
    if not cls.__doc__:
        yield "the type has no docstring"
    for name, prop in cls.__properties__.items():
        if not prop.doc:
            yield f"property {prop.public} is not documented"
        if any(callable(vars(base).get(name)) for base in cls.__mro__):
            yield f"property {name} hides what every resource has under that name"
    for name, attribute in cls.__attributes__.items():
        if not attribute.doc:
            yield f"attribute {name} is not documented"
    json.dumps(describe(cls))


def _of_values(cls: type[Resource], given: Mapping[str, Any]) -> Iterator[str]:
    values, problems = read(cls, given)
    if values is None or problems:
        yield f"the example is refused: {'; '.join(map(str, problems))}"
        return
    written: Any = plain(values)
    again, _ = read(cls, written)
    if again is None or differences(values, again):
        yield "values differ once they were written down and read back"
    for prop in cls.__properties__.values():
        try:
            read(cls, {**given, prop.public: Unknown(frozenset({"other"}))})
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            yield f"checks fail when {prop.public} is not known yet: {error!r}"


def _of_create(cls: type[Resource], given: Mapping[str, Any]) -> Iterator[str]:
    values = _values(cls, given)
    yield from _of_verb("create", values.create)
    for step in _steps(values.create):
        if isinstance(step, Call) and not (step.reads or step.repeatable or step.search):
            yield f"{_said(step)} can't be found again when its reply is lost"


def _of_update(cls: type[Resource], given: Mapping[str, Any]) -> Iterator[str]:
    if not any(prop.mutable for prop in cls.__properties__.values()):
        return
    before = _values(cls, given)
    item = _item_of(before)
    nothing: Callable[[], Steps[Any]] = lambda: before.update(item, before, frozenset())  # noqa: E731
    for step in _steps(nothing):
        if isinstance(step, Call) and not step.reads:
            yield f"{_said(step)} is asked for when nothing changed"
    for prop in cls.__properties__.values():
        value = sample(prop)
        if not prop.mutable or value is None:
            continue
        after, problems = read(cls, {**given, prop.public: value})
        if after is None or problems or after == before:
            continue
        changed = frozenset({prop.name})
        there, here = after.at(HERE), before
        yield from _of_verb(
            f"update of {prop.public}",
            lambda: there.update(item, here, changed),  # noqa: B023
        )
        yield from _of_verb(
            f"update that takes {prop.public} away",
            lambda: here.update(item, there, changed),  # noqa: B023
        )


def _of_delete(cls: type[Resource], given: Mapping[str, Any]) -> Iterator[str]:
    values = _values(cls, given)
    item = _item_of(values)
    yield from _of_verb("delete", lambda: values.delete(item))
    try:
        _steps(lambda: values.delete(item), _gone)
    except Permanent as refusal:
        yield f"delete fails when the object is gone already: {refusal}"


def _of_verb(name: str, make: Callable[[], Steps[Any]]) -> Iterator[str]:
    try:
        first, second = _steps(make), _steps(make)
    except BREAKS as error:
        yield f"{name} breaks: {error!r}"
        return
    if [digest(step) for step in first] != [digest(step) for step in second]:
        yield f"{name} asks for other things when it is run again"
    if len(first) >= LIMIT:
        yield f"{name} does not end"


def _values(cls: type[Resource], given: Mapping[str, Any]) -> Resource:
    values, problems = read(cls, given)
    if values is None:
        raise ValueError("; ".join(map(str, problems)))
    return values.at(HERE)


def _item_of(values: Resource) -> str:
    """Return the physical id that creation ends with."""
    ended: list[Any] = []
    with suppress(*BREAKS):  # _of_create tells
        _steps(values.create, ended=ended)
    return str(ended[0]) if ended and ended[0] else ITEM


def _said(step: Call) -> str:
    return f"{step.method} {step.service} {step.path}"


def _steps(
    make: Callable[[], Steps[Any]],
    answer: Callable[[Step], Reply | Permanent] | None = None,
    ended: list[Any] | None = None,
) -> list[Step]:
    """Run a verb on made-up replies and return what it asked for; ``ended`` gets its result."""
    verb, steps = make(), list[Step]()
    try:
        step = next(verb)
        while len(steps) < LIMIT and not isinstance(step, Fail):
            steps.append(step)
            reply = (answer or _well)(step)
            step = verb.throw(reply) if isinstance(reply, Permanent) else verb.send(reply)
    except StopIteration as stop:
        if ended is not None:
            ended.append(stop.value)
    return steps


class _Lenient(dict[str, Any]):
    """A reply that has whatever is looked for; what is no id or address has no end either."""

    def __missing__(self, key: str) -> Any:
        if key == "id" or key.endswith("_id"):
            return ITEM
        return FIELDS[key] if key in FIELDS else _Lenient()

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]

    def __bool__(self) -> bool:
        return True


def _well(step: Step) -> Reply:
    """Answer as a cloud does where all goes well."""
    match step:
        case Find(value=value):
            return {"id": value}
        case Hear(count=count):
            return {"signals": [{"id": str(number)} for number in range(count)]}
        case Draw(size=size):
            return {"hex": "5a" * size}
        case Wait(field=field, wanted=wanted) if field and wanted:
            return _at(field, wanted[0])
        case Call(makes=makes) if makes:
            return _at(makes, ITEM)
        case _:
            return _Lenient()


def _gone(step: Step) -> Reply | Permanent:
    """Answer as a cloud does where the object is gone."""
    if isinstance(step, Call) and not step.missing_ok:
        return Permanent("gone", status=404)
    return _Lenient() if isinstance(step, Wait) else {}


def _at(path: str, value: Any) -> Reply:
    for name in reversed(path.split(".")):
        value = _Lenient({name: value})
    reply: Reply = value
    return reply

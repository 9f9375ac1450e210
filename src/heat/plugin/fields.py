"""Declaring the properties and attributes of a resource type.

The annotation gives the type and whether a property is required (``str``) or not (``str |
None``, or a default); the specifier says what an edit costs: ``fixed`` means replacement,
``mutable`` an update in place. A class is the frozen set of its properties' values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, NoneType, UnionType
from typing import Any, ClassVar, Self, Union, cast, get_args, get_origin, get_type_hints

from heat.base.json import Json
from heat.base.problems import Problem
from heat.base.unknown import Unknown, unknowns
from heat.plugin.checks import Check
from heat.plugin.steps import Finder

REQUIRED: Any = object()


@dataclass(frozen=True)
class Property:
    """One property of a resource type; the single source of all that is said about it.

    ``wire`` is the cloud's own name. ``find`` makes it a name-or-id of such an object. ``was``
    names older properties that mean the same. ``shown`` makes it an attribute too (a text:
    under that name in the live item; an attribute: with its type and more). ``named`` is the
    template's name where Python can't spell it. ``early`` says that what it refers to need only
    exist, not be complete. ``secret`` values never appear in what is
    shown. ``sent`` is False for what only Heat itself uses.
    """

    doc: str
    mutable: bool
    default: Any = REQUIRED
    wire: str | None = None
    find: Finder | None = None
    check: tuple[Check, ...] = ()
    item_check: tuple[Check, ...] = ()
    shown: "bool | str | Attribute" = False
    was: tuple[str, ...] = ()
    named: str | None = None
    secret: bool = False
    sent: bool = True
    immutable: bool = False
    early: bool = False
    support: Mapping[str, Any] = field(default_factory=dict[str, Any])
    name: str = ""
    type: Any = None

    @property
    def key(self) -> str:
        """The name the cloud uses for this property."""
        return self.wire or self.public

    @property
    def public(self) -> str:
        """The name that templates use."""
        return self.named or self.name

    @property
    def required(self) -> bool:
        """Whether a template must give a value."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Attribute:
    """A value that templates read with ``get_attr`` from the live item's field ``wire``.

    ``cached`` False means that it changes by itself, so it is read anew when asked for. An
    attribute without a type may be anything.
    """

    doc: str
    wire: str | None = None
    type: str | None = "String"
    cached: bool = True
    name: str = ""
    support: Mapping[str, Any] = field(default_factory=dict[str, Any])


def fixed(doc: str, **options: Any) -> Any:
    """Declare a property whose change replaces the resource. Options as in Property."""
    return Property(doc, mutable=False, **_tidy(options))


def mutable(doc: str, **options: Any) -> Any:
    """Declare a property whose change updates the resource in place. Options as in Property."""
    return Property(doc, mutable=True, **_tidy(options))


def attribute(doc: str, **options: Any) -> Any:
    """Declare an attribute that is not a property as well. Options as in Attribute."""
    return Attribute(doc, **options)


def _tidy(options: dict[str, Any]) -> dict[str, Any]:
    for name in ("check", "item_check"):
        if isinstance(options.get(name), Check):
            options[name] = (options[name],)
    if isinstance(options.get("was"), str):
        options["was"] = (options["was"],)
    return options


def _shown(prop: Property) -> Attribute:
    """Return the attribute that shows a property of the live item."""
    if isinstance(prop.shown, Attribute):
        wire = prop.shown.wire or prop.key
        return replace(prop.shown, doc=prop.shown.doc or prop.doc, wire=wire, name=prop.public)
    wire = prop.shown if isinstance(prop.shown, str) else prop.key
    hint = bare(prop.type)
    if (get_origin(hint) or hint) is list:
        kind = "List"
    elif get_origin(hint) is dict or (isinstance(hint, type) and issubclass(hint, Struct)):
        kind = "Map"
    else:
        kind = "String"
    return Attribute(prop.doc, wire, kind, name=prop.public)


def optional(hint: Any) -> bool:
    """Tell whether a type allows None."""
    return get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)


def bare(hint: Any) -> Any:
    """Return a type without its None."""
    if optional(hint):
        (inner,) = (arg for arg in get_args(hint) if arg is not NoneType)
        return inner
    return hint


class Struct:
    """A frozen set of property values; base of resource types and of nested maps.

    A value may be Unknown while a plan is made; the verbs of a type see known values only.
    """

    __properties__: ClassVar[Mapping[str, Property]] = MappingProxyType({})
    __attributes__: ClassVar[Mapping[str, Attribute]] = MappingProxyType({})
    __by_public__: ClassVar[Mapping[str, Property]] = MappingProxyType({})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Collect what is declared, in order, after what the bases declare."""
        super().__init_subclass__(**kwargs)
        found, attributes = dict(cls.__properties__), dict(cls.__attributes__)
        hints: dict[str, Any] | None = None
        for name, value in list(vars(cls).items()):
            if isinstance(value, Property):
                hints = hints if hints is not None else get_type_hints(cls)
                default = value.default
                if default is REQUIRED and optional(hints[name]):
                    default = None
                found.pop(name, None)
                found[name] = replace(value, name=name, type=hints[name], default=default)
            elif isinstance(value, Attribute):
                attributes[name] = replace(value, name=name)
                delattr(cls, name)
            elif name in found:
                found.pop(name)  # a subclass that overrides a property with None does without it
        for prop in found.values():
            if prop.shown:
                attributes.setdefault(prop.public, _shown(prop))
        cls.__properties__ = MappingProxyType(found)
        cls.__attributes__ = MappingProxyType(attributes)
        cls.__by_public__ = MappingProxyType({p.public: p for p in found.values()})

    def __init__(self, **values: Any) -> None:
        """Take values by their Python names; leave the rest at their defaults."""
        for name, prop in self.__properties__.items():
            object.__setattr__(self, name, values.pop(name, prop.default))
        if values:
            raise TypeError(f"unknown properties: {', '.join(values)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), str(vars(self))))

    def __repr__(self) -> str:
        shown = (
            f"{name}={'...' if prop.secret else repr(getattr(self, name))}"
            for name, prop in self.__properties__.items()
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def but(self, **values: Any) -> Self:
        """Return the same with some values changed."""
        made = type(self)(**({n: getattr(self, n) for n in self.__properties__} | values))
        for name, value in vars(self).items():
            if name not in self.__properties__:
                object.__setattr__(made, name, value)
        return made

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with these values together; each is already right by itself.

        Values may be Unknown. A problem's ``at`` starts with the public property name.
        """
        yield from ()


@dataclass(frozen=True)
class Difference:
    """A property whose value is not what it was."""

    name: str
    before: Any
    after: Any
    mutable: bool
    secret: bool = False


def plain(value: Any) -> Json:
    """Write a value as JSON, under the names templates use, leaving out what was not given."""
    match value:
        case Struct():
            return {
                prop.public: plain(item)
                for name, prop in value.__properties__.items()
                if (item := getattr(value, name)) is not prop.default
                and (item is not None or prop.type is Any)
            }
        case list() | tuple():
            return [plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {key: plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case _:
            return cast("Json", value)


def differences(before: Struct, after: Struct) -> list[Difference]:
    """Compare two sets of values, property by property."""
    found: list[Difference] = []
    for name, prop in after.__properties__.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found.append(Difference(prop.public, plain(old), plain(new), prop.mutable, prop.secret))
    return found


def is_known(value: Any) -> bool:
    """Tell whether nothing in a value is Unknown."""
    if isinstance(value, Struct):
        return all(is_known(getattr(value, name)) for name in value.__properties__)
    if isinstance(value, list | tuple):
        return all(is_known(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return not isinstance(value, Unknown) and unknowns(value) is None

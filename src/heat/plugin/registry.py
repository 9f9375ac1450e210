"""The resource types known to this process."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from heat.base.problems import Problem, did_you_mean
from heat.plugin.resource import Facts, Resource, Support

C = TypeVar("C", bound=type[Resource])

_TYPES: dict[str, type[Resource]] = {}
TYPES: Mapping[str, type[Resource]] = MappingProxyType(_TYPES)


def resource(
    name: str, *, service: str | None = None, admin: bool = False, support: Support | None = None
) -> Callable[[C], C]:
    """Register a class as the resource type ``name``.

    ``service`` is the catalogue type it needs, ``admin`` says that only administrators may use
    it by default, ``support`` is its support status where that is not plainly SUPPORTED.
    """

    def register(cls: C) -> C:
        if name in _TYPES:
            raise ValueError(f"{name} is declared twice")
        cls.__facts__ = Facts(name, service, admin, support or {"status": "SUPPORTED"})
        _TYPES[name] = cls
        return cls

    return register


def unknown_type(name: str) -> Problem:
    """Say that there is no such type, and which one may have been meant."""
    return Problem(
        "Unknown resource type",
        ("type",),
        f"The Resource Type ({name}) could not be found.",
        did_you_mean(name, _TYPES) or "`heat resource-type list` shows all",
        code="H212",
        kind="StackValidationFailed",
    )

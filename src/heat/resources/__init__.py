"""The resource types that come with Heat, one module each, by the service they belong to."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from heat.plugin.registry import TYPES
from heat.plugin.resource import Resource


@cache
def load() -> None:
    """Import every module of this package, so that each type is registered."""
    for module in walk_packages(__path__, f"{__name__}."):
        import_module(module.name)


class OnDemand(Mapping[str, type[Resource]]):
    """All types, for a process of which few are asked: modules are imported when they are."""

    def __getitem__(self, name: str) -> type[Resource]:
        """Return a type."""
        if name not in TYPES:
            _load_home(name)
        if name not in TYPES:
            load()
        return TYPES[name]

    def __iter__(self) -> Iterator[str]:
        """Name every type."""
        load()
        return iter(TYPES)

    def __len__(self) -> int:
        """Count every type."""
        load()
        return len(TYPES)


def _load_home(name: str) -> None:
    """Import the modules that are called like a type, and stand where its service's do."""
    _, _, rest = name.lower().partition("::")
    service, _, own = rest.partition("::")
    for module in _by_name().get(own, ()):
        if service in module.split("."):
            import_module(module)


@cache
def _by_name() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for module in walk_packages(__path__, f"{__name__}."):
        own = module.name.rpartition(".")[2].replace("_", "")
        found[own] = (*found.get(own, ()), module.name)
    return found

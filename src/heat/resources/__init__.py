"""The resource types that come with Heat, one module each, by the service they belong to."""

from functools import cache
from importlib import import_module
from pkgutil import walk_packages


@cache
def load() -> None:
    """Import every module of this package, so that each type is registered."""
    for module in walk_packages(__path__, f"{__name__}."):
        import_module(module.name)

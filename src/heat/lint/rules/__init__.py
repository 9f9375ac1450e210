"""The rules, by what they are about; importing this registers them all."""

from heat.lint.rules import (
    conditions,
    descriptions,
    functions,
    identity,
    keys,
    order,
    secrets,
    support,
    unused,
)

__all__ = [
    "conditions",
    "descriptions",
    "functions",
    "identity",
    "keys",
    "order",
    "secrets",
    "support",
    "unused",
]

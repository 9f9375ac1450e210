"""What a rule is: a stable code, its few words, and the function that finds what breaks it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from heat.base.json import Path
from heat.lint.subject import Subject


class Severity(Enum):
    """How bad it is; the values are SARIF's words."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "note"

    @property
    def word(self) -> str:
        """Return the word that users read."""
        return self.name.lower()


@dataclass(frozen=True)
class Found:
    """One place that breaks a rule: what is there, and what to do."""

    at: Path
    detail: str
    cure: str = ""


Look = Callable[[Subject], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """One rule; ``doc`` says why it is one."""

    code: str
    name: str
    severity: Severity
    summary: str
    doc: str
    look: Look


_REGISTERED: dict[str, Rule] = {}
REGISTERED: Mapping[str, Rule] = MappingProxyType(_REGISTERED)


def rule(code: str, name: str, severity: Severity, summary: str) -> Callable[[Look], Look]:
    """Register a function as a rule; its docstring is the rule's."""

    def register(look: Look) -> Look:
        if code in _REGISTERED:
            raise ValueError(f"{code} is declared twice")
        doc = " ".join((look.__doc__ or "").split())
        _REGISTERED[code] = Rule(code, name, severity, summary, doc, look)
        return look

    return register

"""Reading case files: which verb of which type, with which values, answered how."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from heat.base.errors import Permanent
from heat.base.unknown import Unknown
from heat.plugin.registry import TYPES
from heat.plugin.resource import Here
from heat.plugin.values import read
from heat.resources import load

load()
HERE = Path(__file__).parent
PLAIN = ("problems", "must_replace", "refused", "implied")


@dataclass
class Case:
    """One verb of one type in one situation."""

    name: str
    type: str
    verb: str
    facts: dict[str, Any]
    answers: list[Any] = field(default_factory=list)
    asks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def cls(self) -> Any:
        return TYPES[self.type]

    @property
    def here(self) -> Here:
        return Here(**self.facts.get("here", {}))

    def values(self, key: str = "with") -> Any:
        """Read the properties as a template would give them; names are ids already."""
        made, problems = read(self.cls, unknown(self.facts.get(key) or {}))
        assert not problems, [str(problem) for problem in problems]
        return made.at(self.here)

    def start(self) -> Any:
        """Return the verb's generator, at its beginning."""
        after, item = self.values(), self.facts.get("item", "i")
        if self.verb == "create":
            return after.create()
        if self.verb == "reveal":
            return after.reveal(item, frozenset(self.facts["names"]))
        if self.verb == "update":
            before = self.values("from")
            changed = {
                n for n in self.cls.__properties__ if getattr(before, n) != getattr(after, n)
            }
            return after.update(item, before, frozenset(changed))
        return getattr(after, self.verb)(item, *self.facts.get("arguments", ()))


def cases() -> Iterator[Case]:
    """Read all case files. A file maps verbs to one case or to a list of cases.

    What follows the verb in its key is a title: ``update, when the name is taken away``.
    """
    for path in sorted(HERE.glob("OS.*/*.yaml")):
        kind = path.parent.name.replace(".", "::")
        for key, said in yaml.safe_load(path.read_text()).items():
            verb = key.replace(",", " ").split()[0]
            several = said if isinstance(said, list) else [said]
            for number, facts in enumerate(several):
                name = f"{path.parent.name}/{path.stem}/{key}" + (f"/{number}" if number else "")
                case = Case(name, kind, verb, facts)
                for ask in facts.get("asks") or ():
                    case.answers.append(answer(ask))
                    case.asks.append(ask)
                yield case


def answer(ask: dict[str, Any]) -> Any:
    """Take what is answered out of an expected step: a reply, or a refusal."""
    if (refusal := ask.pop("fails", None)) is not None:
        return Permanent(refusal.get("message", "refused"), status=refusal["status"])
    return ask.pop("reply", {})


def unknown(value: Any) -> Any:
    """Turn ``{unknown: server.first_address}`` into a value that is not known yet."""
    if isinstance(value, dict):
        if set(value) == {"unknown"}:
            return Unknown(frozenset([value["unknown"]]))
        return {key: unknown(item) for key, item in value.items()}
    return [unknown(item) for item in value] if isinstance(value, list) else value


def other(name: str, definition: dict[str, Any]) -> SimpleNamespace:
    """Make a resource as ``implied`` sees it."""
    kind = definition["type"]
    values, problems = read(TYPES[kind], unknown(definition.get("properties") or {}))
    assert not problems, [str(problem) for problem in problems]
    return SimpleNamespace(name=name, type=kind, values=values)


ALL = list(cases())
VERBS = [case for case in ALL if case.verb not in PLAIN]

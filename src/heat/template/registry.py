"""The resource registry: what a type name stands for, and what is held back for which resource.

Names may be patterns. ``resources`` inside it speaks of resources by name, level by level of
nested stacks, and gives them types, hooks and restricted actions of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from heat.base.json import Path
from heat.base.problems import Problem, did_you_mean
from heat.template.codes import problem

HOOKS = (
    "pre-create",
    "pre-update",
    "pre-delete",
    "post-create",
    "post-update",
    "post-delete",
)
RESTRICTED = ("update", "replace")
TEMPLATE_ENDS = (".yaml", ".template")

_WORDS = ("hooks", "restricted_actions")


@dataclass(frozen=True)
class Mapped:
    """What a type name comes to: another type, or a template's address."""

    target: str
    is_template: bool = False
    through: str = ""


@dataclass(frozen=True)
class Registry:
    """The user's entries before the operator's.

    ``levels`` is the map under ``resources``: by resource name its types, hooks and restricted
    actions, and, as maps again, those of the resources in its nested stack.
    """

    types: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    levels: Mapping[str, Any] = field(default_factory=dict[str, Any])
    operator: "Registry | None" = None

    def resolve(self, type_name: str, resource_name: str = "") -> Mapped:
        """Follow the entries from a type's name to what it stands for in the end."""
        if is_template(type_name):
            return Mapped(type_name, is_template=True)
        seen: list[str] = []
        name = type_name
        through = ""
        while name not in seen:
            seen.append(name)
            found = self._step(name, resource_name)
            if found is None:
                break
            through, target = found
            if is_template(target):
                return Mapped(target, is_template=True, through=through)
            name = target
        return Mapped(name, is_template=False, through=through)

    def under(self, resource_name: str, *, template: str | None = None) -> "Registry":
        """Return the registry of a nested stack: its level becomes the first one.

        Entries that lead to ``template`` are left out, so that it may use the type it overrides.
        """
        types = {key: target for key, target in self.types.items() if target != template}
        levels: dict[str, Any] = {}
        for level in self._levels(resource_name):
            below = {key: part for key, part in level.items() if isinstance(part, dict)}
            levels = _before(levels, below)
        operator = self.operator.under(resource_name, template=template) if self.operator else None
        return Registry(types, levels, operator)

    def hooks(self, *path: str) -> frozenset[str]:
        """Return the hooks that are set for a resource.

        ``path`` is its name, after those of the resources whose nested stacks it is in.
        """
        return self._words(path, "hooks")

    def restricted(self, *path: str) -> frozenset[str]:
        """Return the actions that may not be done to a resource; ``path`` as in hooks."""
        return self._words(path, "restricted_actions")

    def to_json(self) -> dict[str, Any]:
        """Return the stored form; the operator's entries are no part of it."""
        return {**self.types, "resources": dict(self.levels)}

    def _step(self, name: str, resource_name: str) -> tuple[str, str] | None:
        for level in self._levels(resource_name):
            found = _match(_types_of(level), name)
            if found is not None:
                return found
        found = _match(self.types, name)
        if found is None and self.operator is not None:
            return self.operator._step(name, resource_name)  # noqa: SLF001
        return found

    def _levels(self, resource_name: str) -> Iterator[Mapping[str, Any]]:
        """Walk the entries for a resource: its very name first, then patterns."""
        if isinstance(exact := self.levels.get(resource_name), dict):
            yield exact
        for pattern in sorted(self.levels):
            level = self.levels[pattern]
            if (
                pattern != resource_name
                and isinstance(level, dict)
                and fnmatchcase(resource_name, pattern)
            ):
                yield level

    def _words(self, path: Sequence[str], key: str) -> frozenset[str]:
        if len(path) > 1:
            return self.under(path[0])._words(path[1:], key)  # noqa: SLF001
        found = {word for level in self._levels(path[0]) for word in _listed(level.get(key))}
        if self.operator is not None:
            found |= self.operator._words(path, key)  # noqa: SLF001
        return frozenset(found)


def is_template(target: str) -> bool:
    """Tell whether a type's name or target is the address of a template."""
    return target.endswith(TEMPLATE_ENDS)


def read_registry(raw: Any) -> tuple[Registry, list[Problem]]:
    """Read the registry section, and say what is wrong with it."""
    at: Path = ("resource_registry",)
    if not isinstance(raw, Mapping):
        return Registry(), []  # the environment's own check says so
    problems: list[Problem] = []
    types: dict[str, str | None] = {}
    for key, target in raw.items():
        if key in ("resources", "base_url"):
            continue
        if target is not None and not isinstance(target, str):
            detail = f"what {key} stands for must be a type's name or a template's address"
            problems.append(problem("H603", (*at, key), detail, f"write {key}: TYPE_OR_ADDRESS"))
        else:
            types[key] = target
    levels = raw.get("resources")
    if levels is not None and not isinstance(levels, dict):
        problems.append(
            problem(
                "H603",
                (*at, "resources"),
                "resources must be a map",
                "write NAME: {TYPE: TARGET, hooks: [...]} below it",
            )
        )
        levels = None
    problems += _level_problems(levels or {}, (*at, "resources"))
    return Registry(types, levels or {}), problems


def _level_problems(levels: Mapping[str, Any], at: Path) -> list[Problem]:
    problems: list[Problem] = []
    for name, level in levels.items():
        here = (*at, name)
        if level is None:
            continue
        if not isinstance(level, dict):
            detail = f"what the registry says of the resource {name} must be a map"
            problems.append(
                problem("H603", here, detail, "write NAME: {TYPE: TARGET, hooks: [...]}")
            )
            continue
        problems += _word_problems(level.get("hooks"), (*here, "hooks"), HOOKS, "H604", "hook")
        problems += _word_problems(
            level.get("restricted_actions"),
            (*here, "restricted_actions"),
            RESTRICTED,
            "H605",
            "restricted action",
        )
        nested = {key: part for key, part in level.items() if isinstance(part, dict)}
        problems += _level_problems(nested, here)
    return problems


def _word_problems(
    given: Any, at: Path, known: tuple[str, ...], code: str, what: str
) -> list[Problem]:
    if given is None:
        return []
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, list):
        return [
            problem(
                code,
                at,
                f"a {what} must be a word or a list of words",
                f"write one of {', '.join(known)}",
            )
        ]
    return [
        problem(
            code,
            at,
            f"{word!r} is not a {what}",
            did_you_mean(word, known) or f"there are {', '.join(known)}",
        )
        for word in words
        if word not in known
    ]


def _listed(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else list(words or ())


def _before(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of both: the first goes before the second, but their words gather."""
    both = {**second, **first}
    for key in first.keys() & second.keys():
        one, other = first[key], second[key]
        if isinstance(one, dict) and isinstance(other, dict):
            both[key] = _before(one, other)
        elif key in _WORDS:
            both[key] = sorted({*_listed(one), *_listed(other)})
    return both


def _types_of(level: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        key: target
        for key, target in level.items()
        if key not in _WORDS and (target is None or isinstance(target, str))
    }


def _match(types: Mapping[str, str | None], name: str) -> tuple[str, str] | None:
    """Return the entry that a name hits, and its target.

    Where several do, the first in the order of their texts counts, so that ``My::*`` goes before
    ``My::Type``: environments rely on it.
    """
    for key in sorted(types):
        target = types[key]
        pattern = key.endswith("*") and name.startswith(key[:-1])
        if target is None or not (key == name or pattern):
            continue
        if pattern and is_template(target):
            continue  # a pattern leads to types only
        if pattern and target.endswith("*"):
            target = target[:-1] + name[len(key) - 1 :]
        return (key, target) if target != name else None
    return None

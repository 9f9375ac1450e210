"""The text a template or environment came from, and where in it a path stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

import yaml

from heat.base.json import Path
from heat.base.problems import Place, Problem
from heat.template.short_forms import SHORT_FORMS
from heat.template.yaml_nodes import compose

_Found: TypeAlias = tuple[yaml.Node, yaml.Mark]
"""A node, and where it or its key begins."""


@dataclass(frozen=True)
class Source:
    """A text and its name; positions are looked for only when a problem must be shown.

    ``origins`` leads from the paths of what was written out to where the text has it.
    """

    name: str
    text: str | None = None
    origins: Mapping[Path, Path] = field(default_factory=dict[Path, Path], compare=False)

    def place(self, path: Path) -> Place | None:
        """Return where a path stands, or the nearest thing above it; None without a text."""
        positions = _positions(self.text) if self.text is not None else None
        return positions.place(self.name, self._written(path)) if positions else None

    def find(self, path: Path) -> Place | None:
        """Return where a path stands, if all of it is there."""
        positions = _positions(self.text) if self.text is not None else None
        return self.place(path) if positions and positions.has(path) else None

    def _written(self, path: Path) -> Path:
        ends = range(len(path), 0, -1) if self.origins else ()
        found = next((end for end in ends if path[:end] in self.origins), 0)
        return (*self.origins[path[:found]], *path[found:]) if found else path


@dataclass(frozen=True)
class Origin:
    """Where the values of parameters come from: the request's own, and texts, the last winning."""

    given: frozenset[str] = frozenset()
    sources: tuple[Source, ...] = ()

    def trace(
        self, problems: Iterable[Problem], template: Source, section: str = "parameters"
    ) -> list[Problem]:
        """Lead what is wrong with a parameter's value back to the text that gives it.

        What no text gives is shown where the template defines the parameter.
        """
        return [
            self._traced(p, template, section) if p.where == "request" and not p.place else p
            for p in problems
        ]

    def _traced(self, problem: Problem, template: Source, section: str) -> Problem:
        name = problem.at[-1] if problem.at[:1] == ("parameters",) else None
        if name is None or name in self.given:
            return problem
        for source in reversed(self.sources):
            for part in ("parameters", "parameter_defaults"):
                at = (part, name)
                if (place := source.find(at)) is not None:
                    return replace(problem, at=at, where=source.name, place=place)
        at = (section, name)
        if (place := template.find(at)) is None:
            return problem
        return replace(problem, at=at, where="template", place=place)


def locate(problems: Iterable[Problem], source: Source) -> list[Problem]:
    """Return the problems with the places that their paths have in a source."""
    return [p if p.place else replace(p, place=source.place(p.at)) for p in problems]


@lru_cache(maxsize=2)
def _positions(text: str) -> "_Positions | None":
    """Read a text; kept for the next problem with it, few because they are large."""
    root = compose(text)
    return _Positions(root, text.splitlines()) if root is not None else None


class _Positions:
    """Where everything in one text stands; a map is indexed when it is first looked into."""

    def __init__(self, root: yaml.Node, lines: Sequence[str]) -> None:
        self.root, self.lines = root, lines
        self.entries: dict[yaml.Node, dict[str, _Found]] = {}

    def place(self, name: str, path: Path) -> Place:
        """Return where a path stands, or the nearest thing above it."""
        mark = self._walk(path)[-1][1]
        line = self.lines[mark.line] if mark.line < len(self.lines) else ""
        return Place(name, mark.line + 1, mark.column + 1, line)

    def has(self, path: Path) -> bool:
        """Tell whether all of a path is there."""
        return len(self._walk(path)) > len(path)

    def _walk(self, path: Path) -> list[_Found]:
        """Return what is found on a path, as far as there is something."""
        found: list[_Found] = [(self.root, self.root.start_mark)]
        for step in path:
            below = self._step(found[-1][0], step)
            if below is None:
                break
            found.append(below)
        return found

    def _step(self, node: yaml.Node, step: str | int) -> _Found | None:
        if SHORT_FORMS.get(node.tag) == step:
            return node, node.start_mark
        if isinstance(node, yaml.SequenceNode):
            if isinstance(step, int) and 0 <= step < len(node.value):
                item = node.value[step]
                return item, item.start_mark
            return None
        if not isinstance(node, yaml.MappingNode):
            return None
        if node not in self.entries:
            self.entries[node] = {
                key.value: (value, key.start_mark)
                for key, value in node.value
                if isinstance(key, yaml.ScalarNode)
            }
        return self.entries[node].get(str(step)) or self._merged(node, step)

    def _merged(self, node: yaml.MappingNode, step: str | int) -> _Found | None:
        """Look through the maps that ``<<`` brings in."""
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "<<":
                for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if part is not node and (found := self._step(part, step)) is not None:
                        return found
        return None

"""The text a template or environment came from, and where in it a path stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import yaml

from heat.base.json import Path
from heat.base.problems import Place, Problem
from heat.template.short_forms import SHORT_FORMS
from heat.template.yaml_nodes import compose


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
        return next(iter(self.places([path])), None)

    def find(self, path: Path) -> Place | None:
        """Return where a path stands, if all of it is there."""
        root = compose(self.text) if self.text is not None else None
        if self.text is None or root is None:
            return None
        node: yaml.Node = root
        for step in path:
            if (found := _step(node, step)) is None:
                return None
            node, _ = found
        return self.place(path)

    def places(self, paths: Sequence[Path]) -> list[Place | None]:
        """Return the place of each path; the tree of positions is made once, and not kept."""
        root = compose(self.text) if self.text is not None and paths else None
        if self.text is None or root is None:
            return [None] * len(paths)
        lines = self.text.splitlines()
        return [_place(self.name, root, lines, self._written(path)) for path in paths]

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
    found = list(problems)
    lost = [p.at for p in found if p.place is None]
    places = iter(source.places(lost))
    return [p if p.place else replace(p, place=next(places)) for p in found]


def _place(name: str, root: yaml.Node, lines: Sequence[str], path: Path) -> Place:
    node, mark = root, root.start_mark
    for step in path:
        found = _step(node, step)
        if found is None:
            break
        node, mark = found
    line = lines[mark.line] if mark.line < len(lines) else ""
    return Place(name, mark.line + 1, mark.column + 1, line)


def _step(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Mark] | None:
    if SHORT_FORMS.get(node.tag) == step:
        return node, node.start_mark
    if isinstance(node, yaml.SequenceNode):
        if isinstance(step, int) and 0 <= step < len(node.value):
            item = node.value[step]
            return item, item.start_mark
        return None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in reversed(node.value):
        if isinstance(key, yaml.ScalarNode) and key.value == str(step):
            return value, key.start_mark
    return _merged(node, step)


def _merged(node: yaml.MappingNode, step: str | int) -> tuple[yaml.Node, yaml.Mark] | None:
    """Look through the maps that ``<<`` brings in."""
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == "<<":
            for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if part is not node and (found := _step(part, step)) is not None:
                    return found
    return None

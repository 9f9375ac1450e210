"""Reads a template, its environments and every file they speak of, as a request sends them.

Texts go as they are written, so that what is wrong with them has a line and a column. A file is
sent under the name that it is called by, found from where the file that names it stands; only
where two files are called the same does the later one go by its whole address.
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml

from heat.base.errors import problem_to_wire
from heat.base.problems import Place, Problem
from heat.cli.failures import NOT_FOUND, Failure, NoFile, Refused
from heat.cli.texts import NO_TEXT, near
from heat.template.codes import problem
from heat.template.registry import is_template
from heat.template.yaml_nodes import compose

COMMAND_LINE = "the command line"
WEB = ("http://", "https://")

Where = Path | str
"""A path, or a web address."""


@dataclass
class Sources:
    """What was read; ``names`` leads from what the service calls a text to what the user does."""

    template: str | None = None
    environments: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, str] = field(default_factory=dict[str, str])
    names: dict[str, str] = field(default_factory=dict[str, str])
    unread: dict[str, Problem] = field(default_factory=dict[str, Problem])
    """What could not be read, by the name that it is called by."""

    def body(self, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the keys of a request; parameters win over every environment."""
        body: dict[str, Any] = {}
        if self.template is not None:
            body["template"] = self.template
        files = dict(self.files)
        if len(self.environments) > 1:
            # The service merges them, by the strategies they ask for. Its rule is that they win
            # over the request's parameters: so these go as the last one.
            files |= self.environments
            order = list(self.environments)
            if parameters:
                files[COMMAND_LINE] = json.dumps({"parameters": parameters})
                order.append(COMMAND_LINE)
            body["environment_files"] = order
        else:
            if self.environments:
                body["environment"] = next(iter(self.environments.values()))
            if parameters:
                body["parameters"] = parameters
        if files:
            body["files"] = files
        return body


def read_what_is_there(
    template: str | None, environments: Sequence[str] = ()
) -> tuple[Sources, Failure | None]:
    """Read all that can be read, and tell what can't; raises Failure if that is the template."""
    reading = _read(template, environments)
    return reading.sources, reading.failure() if reading.problems else None


def _read(template: str | None, environments: Sequence[str]) -> "_Reading":
    # What is wrong with a parameter that the request itself gives is wrong with -P.
    reading = _Reading(Sources(names={"request": COMMAND_LINE}))
    sources = reading.sources
    if template is not None:
        where = _locate(template, Path())
        text = reading.read(where, None, only_text=True)
        if text is None:
            raise reading.failure()
        if not text.strip():
            raise Failure(f"{template} is empty", "a template begins with heat_template_version")
        sources.template = reading.take(text, where, template, _template_references)
        sources.names["template"] = template
    for name in environments:
        where = _locate(name, Path())
        text = reading.read(where, None, only_text=True)
        if text is None:
            sources.unread[name] = reading.problems[-1]
        text = reading.take(text or "", where, name, _environment_references)
        key = name if sources.files.get(name, text) == text else _address(where)
        sources.environments[key] = text
        sources.names[key] = name
    if len(environments) == 1:
        sources.names["environment"] = environments[0]
    return reading


class _Reading:
    """One reading; a file that is called several times is read once."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.known: dict[tuple[Where, bool], str] = {}
        self.unread: dict[tuple[Where, bool], Problem] = {}
        self.open: set[Where] = set()
        self.texts: dict[Where, str] = {}
        self.problems: list[Problem] = []
        self.missing = False  # whether a file that the command line names is not there

    def take(
        self,
        text: str,
        where: Where,
        shown: str,
        references: Callable[[yaml.Node], Iterator[tuple[yaml.ScalarNode, bool]]],
    ) -> str:
        """Add the files that a text calls; return it with the names that they are sent under."""
        root = compose(text)
        if root is None:
            return text  # the service says what is wrong with it
        self.open.add(where)
        self.texts[where] = text
        edits: list[tuple[int, int, str]] = []
        for node, template in references(root):
            key = self._add(node, template, where, shown, text)
            if key != node.value:
                edits.append((node.start_mark.index, node.end_mark.index, json.dumps(key)))
        self.open.discard(where)
        for start, end, key in sorted(edits, reverse=True):
            text = text[:start] + key + text[end:]
        return text

    def _add(
        self, node: yaml.ScalarNode, template: bool, where: Where, shown: str, text: str
    ) -> str:
        name = str(node.value)
        target = _locate(name, where.parent if isinstance(where, Path) else where)
        if target in self.open:
            # A circle. The service says so, if it gets the text: it may be the template's own.
            self.sources.files.setdefault(name, self.texts[target])
            self.sources.names.setdefault(name, str(target))
            return name
        if (target, template) not in self.known:
            mark = node.start_mark
            line = text.splitlines()[mark.line]
            place = Place(shown, mark.line + 1, mark.column + 1, line)
            content = self.read(target, place, only_text=template)
            if content is None:
                self.unread[target, template] = self.problems[-1]
            elif template:
                content = self.take(content, target, str(target), _template_references)
            self.known[target, template] = content or ""
        content = self.known[target, template]
        if (wrong := self.unread.get((target, template))) is not None:
            self.sources.unread[name] = wrong
            if template:
                return name
        files = self.sources.files
        key = name if files.get(name, content) == content else _address(target)
        files[key] = content
        self.sources.names.setdefault(key, str(target))
        return key

    def read(self, where: Where, place: Place | None, *, only_text: bool) -> str | None:
        """Return a file's text, None if it can't be read; else base64 if it is none."""
        try:
            content = _fetch(where) if isinstance(where, str) else _content(where)
        except OSError as error:
            words = error.strerror or str(getattr(error, "reason", "")) or str(error)
            self._unread(where, words, place, missing=isinstance(error, FileNotFoundError))
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            if not only_text:
                return base64.b64encode(content).decode()
            self._unread(where, NO_TEXT, place)
            return None

    def _unread(
        self, where: Where, words: str, place: Place | None, *, missing: bool = False
    ) -> None:
        message = f"{where} can't be read: {words}"
        cure = near(str(where)) if missing and isinstance(where, Path) else ""
        found = problem("H903", (), message, cure, place=place)
        self.problems.append(found if place else replace(found, where=str(where)))
        self.missing = self.missing or (missing and place is None)

    def failure(self) -> Failure:
        """Say what could not be read."""
        match self.problems:
            case [Problem(place=None) as only]:
                return (NoFile if self.missing else Failure)(only.detail, only.cure)
            case found:
                wires = [problem_to_wire(one) for one in found]
                refused = Refused(0, found[0].detail, {"problems": wires})
                refused.code = NOT_FOUND if self.missing else refused.code
                return refused


def _content(path: Path) -> bytes:
    if str(path) == "-":
        import sys

        return sys.stdin.buffer.read()
    return path.read_bytes()


def _fetch(url: str) -> bytes:
    from urllib.request import urlopen

    with urlopen(url, timeout=60) as answer:  # noqa: S310 - only the addresses in WEB come here
        content: bytes = answer.read()
    return content


def _locate(name: str, base: Where) -> Where:
    if name.startswith(WEB):
        return name
    if isinstance(base, str):
        return urljoin(base, name)
    if name.startswith("file://"):
        from urllib.request import url2pathname

        name = url2pathname(name.removeprefix("file://"))
    return base / name


def _address(where: Where) -> str:
    return where if isinstance(where, str) else where.resolve().as_uri()


def _template_references(root: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """Find what get_file names, and the types that are templates."""
    for key, value in _pairs(root, set()):
        if not isinstance(value, yaml.ScalarNode):
            continue
        if key == "get_file":
            yield value, False
        elif key in ("type", "Type") and is_template(str(value.value)):
            yield value, True


def _environment_references(root: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """Find the templates that the registry leads to."""
    if not isinstance(root, yaml.MappingNode):
        return
    for name, section in root.value:
        if isinstance(name, yaml.ScalarNode) and name.value == "resource_registry":
            for _, value in _pairs(section, set()):
                if isinstance(value, yaml.ScalarNode) and is_template(str(value.value)):
                    yield value, True


def _pairs(node: yaml.Node, seen: set[int]) -> Iterator[tuple[str, yaml.Node]]:
    """Walk every key with its value; what is shared by aliases once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _pairs(item, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield str(key.value), value
            yield from _pairs(value, seen)

"""Reads a template: text or a map in, the model out, or every problem of text and shape."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Path
from heat.base.problems import Place, Problem, closest, did_you_mean
from heat.template import cfn, hot
from heat.template.codes import problem
from heat.template.definitions import Definitions
from heat.template.expressions import (
    Expression,
    Language,
    Scope,
    compile_argument,
)
from heat.template.functions.logic import compile_definition
from heat.template.functions.shapes import describe
from heat.template.loops import Expansion, expand, written
from heat.template.macros import find_macros
from heat.template.model import (
    CFN_WORDS,
    HOT_WORDS,
    NO_DESCRIPTION,
    ParameterGroup,
    Rule,
    Template,
    Words,
)
from heat.template.parameter_findings import Unsound
from heat.template.parameters import ParameterSchema
from heat.template.rules import read_rule
from heat.template.source import Source, locate
from heat.template.text import parse, settle
from heat.template.versions import (
    AWS_KEY,
    CFN_KEY,
    HOT_KEY,
    Version,
    find,
    having,
    known,
)


def load(text: str | Mapping[str, Any], *, name: str = "template") -> Template:
    """Read a template; raises Invalid with all that is wrong with its text and shape."""
    template = read(text, name=name)
    if template.problems:
        raise Invalid(problems=template.problems)
    return template


def read(text: str | Mapping[str, Any], *, name: str = "template") -> Template:
    """Read the sound part of a template, with its problems; raises Invalid when there is none."""
    source = Source(name, text if isinstance(text, str) else None)
    raw = parse(text, name) if isinstance(text, str) else settle(dict(text), name)
    if not isinstance(raw, dict):
        detail = "it is neither a JSON object nor a YAML mapping"
        if raw is None:
            detail = "it is empty: it has no template version"
        place = Place(name, 1, 1, text.partition("\n")[0]) if isinstance(text, str) else None
        raise Invalid(problems=[problem("H104", detail=detail, place=place)])
    version, wrong, keys = _version(raw)
    if version is None:
        raise Invalid(problems=locate(wrong, source))
    if not version.extended:
        return _sound(_Reading(raw, version, keys), source, wrong)
    expansion = expand(raw, written)
    return _sound(_Reading(raw, version, keys, expansion), source, [*wrong, *find_macros(raw)])


def written_out(template: Template, scope: Scope) -> Template:
    """Read a template again, with the loops that waited for parameters written out."""

    def values(raw: Any, at: Path) -> Any:
        return compile_argument(raw, at, template.version.language).evaluate(scope)

    expansion = expand(template.raw, values)
    reading = _Reading(dict(template.raw), template.version, frozenset(), expansion)
    return replace(_sound(reading, template.source, []), waits=False)


def _sound(reading: "_Reading", source: Source, wrong: list[Problem]) -> Template:
    if reading.expansion is not None:
        source = replace(source, origins=reading.expansion.origins)
    template = reading.template(source)
    return replace(template, problems=tuple(locate([*reading.problems, *wrong], source)))


def _version(raw: Mapping[str, Any]) -> tuple[Version | None, list[Problem], frozenset[str]]:
    """Return the version to read a template's map by, what is wrong with it, and its keys.

    Where the map names none that is known, the newest of its dialect serves; without a sign of
    the dialect there is none.
    """
    every = (HOT_KEY, AWS_KEY, CFN_KEY)
    keys = [key for key in every if key in raw]
    if not keys:
        meant = {key: hint for key in raw if (hint := did_you_mean(key, every))}
        newest = max(date for date in known(HOT_KEY) if date[:1].isdigit())
        cure = f"start it with {HOT_KEY}: {newest}"
        detail = "the template format version is not given"
        at = next(((key,) for key in meant), ())
        wrong = problem("H105", at, detail, next(iter(meant.values()), cure))
        version = None
        if "resources" in raw or "Resources" in raw:
            dialect = HOT_KEY if "resources" in raw else CFN_KEY
            version = find(dialect, known(dialect)[-1])
        return version, [wrong], frozenset(meant)
    if len(keys) > 1:
        detail = f"Ambiguous versions: {' and '.join(keys)} are both given"
        wrong = problem("H106", (keys[1],), detail)
        return find(keys[0], known(keys[0])[-1]), [wrong], frozenset(keys)
    value = raw[keys[0]]
    version = find(keys[0], value) if isinstance(value, str) else None
    if version is None:
        detail = f'"{keys[0]}: {value}" is not a known version'
        cure = f"{keys[0]} should be one of: {', '.join(known(keys[0]))}"
        wrong = problem("H107", (keys[0],), detail, cure)
        return find(keys[0], known(keys[0])[-1]), [wrong], frozenset(keys)
    return version, [], frozenset(keys)


class _Reading:
    """One reading of a template's map; problems are collected on the way."""

    def __init__(
        self,
        raw: dict[str, Any],
        version: Version,
        keys: frozenset[str],
        expansion: Expansion | None = None,
    ) -> None:
        self.sent, self.version, self.keys = raw, version, keys
        self.expansion = expansion
        self.raw = raw if expansion is None else expansion.raw
        self.words: Words = HOT_WORDS if version.dialect == "hot" else CFN_WORDS
        self.language: Language = version.language
        self.problems: list[Problem] = []
        self.unread: set[Path] = set()
        if expansion is not None:
            self.problems += expansion.problems
            self.unread |= {(section,) for section in expansion.waiting}

    def template(self, source: Source) -> Template:
        """Read everything."""
        words = self.words
        self._check_sections()
        parameters = self._each(words.parameters, self._parameter)
        conditions = self._conditions()
        definitions = Definitions(self.version, words, self.problems)
        resources = self._each(words.resources, definitions.resource)
        outputs = self._each(words.outputs, definitions.output)
        groups = self._groups(parameters) if self.version.dialect == "hot" else ()
        self._check_names(parameters, resources)
        description = self.raw.get(words.description)
        return Template(
            version=self.version,
            description=NO_DESCRIPTION if description in (None, "") else description,
            parameters=parameters,
            parameter_groups=groups,
            conditions=conditions,
            resources=resources,
            outputs=outputs,
            mappings=self._mappings(),
            source=source,
            raw=self.sent,
            words=words,
            rules=self._rules(),
            metadata=self._section("Metadata"),
            waits=bool(self.expansion and self.expansion.waiting),
            unread=frozenset(self.unread),
        )

    def wrong(self, code: str, at: Path, detail: str, cure: str = "") -> None:
        """Note a problem."""
        self.problems.append(problem(code, at, detail, cure))

    def _check_sections(self) -> None:
        sections = self.version.sections
        for key, value in self.raw.items():
            if key in sections or key in self.keys:
                continue
            meant = closest(key, sections)
            home = meant or self._home_of(value)
            if meant is not None:
                cure = f"did you mean {meant!r}?"
            elif home is not None:
                cure = f"indent it so that it stands under {home}"
            else:
                cure = f"the sections are {', '.join(sections)}"
            if (newer := having(self.version, lambda one: key in one.sections)) is not None:  # noqa: B023
                cure = f"the first version that has it is {newer.key}: {newer.date}"
            if home is not None and (meant is None or home not in self.raw):
                self.unread.add((home,))
            self.wrong("H201", (key,), f"the section {key} is not known", cure)

    def _home_of(self, value: Any) -> str | None:
        """Return the section of a definition that stands where sections do."""
        kind = value.get(self.words.type) if isinstance(value, dict) else None
        if not isinstance(kind, str):
            return None
        is_resource = "::" in kind or self.words.properties in value
        return self.words.resources if is_resource else self.words.parameters

    def _groups(self, parameters: Mapping[str, Any]) -> tuple[ParameterGroup, ...]:
        groups, wrong = hot.read_groups(self.raw.get("parameter_groups"), parameters)
        if (self.words.parameters,) not in self.unread:
            self.problems += wrong
        return groups

    def _section(self, name: str) -> dict[str, Any]:
        if name not in self.version.sections:
            return {}
        section = self.raw.get(name)
        # Any empty value is an empty section.
        if not section and not isinstance(section, bool):
            return {}
        return self._map(name, section)

    def _map(self, name: str, section: Any) -> dict[str, Any]:
        if isinstance(section, dict):
            return section
        self.unread.add((name,))
        detail = f"the section {name} must be a map, not {describe(section)}"
        cure = ""
        if isinstance(section, list):
            cure = "take the dashes away: write NAME: DEFINITION below it, indented"
        self.wrong("H202", (name,), detail, cure)
        return {}

    def _each(self, section: str, read: Callable[[str, Any, Path], Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, raw in self._section(section).items():
            made = read(name, raw, (section, name))
            if made is not None:
                found[name] = made
        return found

    def _parameter(self, name: str, raw: Any, at: Path) -> ParameterSchema:
        try:
            if self.version.dialect == "hot":
                return hot.read_parameter(name, raw, self.version)
            return cfn.read_parameter(name, raw, extended=self.version.extended)
        except Unsound as unsound:
            for wrong in unsound.wrong:
                self.wrong("H210", (*at, *wrong.at), wrong.detail, wrong.cure)
        self.unread.add(at)
        return ParameterSchema(name, "json", hidden=True)

    def _conditions(self) -> dict[str, Expression]:
        name = self.words.conditions
        if name not in self.version.sections or name not in self.raw:
            return {}
        section = self._map(name, self.raw[name])
        return {
            key: compile_definition(raw, (name, key), self.language) for key, raw in section.items()
        }

    def _rules(self) -> tuple[Rule, ...]:
        made = [
            read_rule(name, raw, ("Rules", name), self.version.rule_language)
            for name, raw in self._section("Rules").items()
        ]
        self.problems += [rule for rule in made if isinstance(rule, Problem)]
        return tuple(rule for rule in made if isinstance(rule, Rule))

    def _mappings(self) -> dict[str, Any]:
        section = self.raw.get("Mappings") if self.version.dialect == "cfn" else None
        # A section of another shape shows only where a value is looked up in it.
        return section if isinstance(section, dict) else {}

    def _check_names(self, parameters: dict[str, Any], resources: dict[str, Any]) -> None:
        for name in resources:
            if name in parameters:
                detail = f"Duplicate names: {name} is both a parameter and a resource"
                self.wrong("H208", (self.words.resources, name), detail, "rename one of them")

"""Reads a template: text or a map in, the model out, or every problem of text and shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Path
from heat.base.problems import Place, Problem, closest, did_you_mean
from heat.template import cfn, hot
from heat.template.codes import problem
from heat.template.expressions import (
    Expression,
    Language,
    Scope,
    compile_argument,
    compile_value,
)
from heat.template.functions.logic import compile_condition, compile_definition
from heat.template.functions.shapes import describe
from heat.template.loops import Expansion, expand, written
from heat.template.macros import find_macros
from heat.template.model import (
    CFN_WORDS,
    HOT_WORDS,
    NO_DESCRIPTION,
    NO_OUTPUT_DESCRIPTION,
    OutputDefinition,
    ParameterGroup,
    ResourceDefinition,
    Rule,
    Template,
    Words,
)
from heat.template.parameters import ParameterSchema
from heat.template.rules import read_rule
from heat.template.source import Source, locate
from heat.template.text import parse, settle
from heat.template.versions import (
    AWS_KEY,
    CFN_KEY,
    HOT_KEY,
    REPLACE_POLICIES,
    RETAIN_EXCEPT_ON_CREATE,
    Version,
    find,
    known,
)

REPLACE_POLICY = "UpdateReplacePolicy"
MAX_NAME = 255
"""Characters of a resource's name: the store keeps no more."""


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
        resources = self._each(words.resources, self._resource)
        outputs = self._each(words.outputs, self._output)
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
            if home is not None:
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
        except hot.Wrong as wrong:
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

    def _resource(self, name: str, raw: Any, at: Path) -> ResourceDefinition:
        if "/" in name:
            self.wrong("H205", at, f"{name!r} holds a slash")
        if len(name) > MAX_NAME:
            self.wrong("H205", at, f"it has {len(name)} characters; {MAX_NAME} are allowed")
        if not isinstance(raw, dict):
            detail = f"the resource {name} must be a map, not {describe(raw)}"
            cure = f"write {self.words.type}: TYPE below it, indented"
            key, colon, rest = raw.partition(":") if isinstance(raw, str) else ("", "", "")
            if colon and key in self.words.resource_keys:
                cure = f"put a space after the colon: {key}: {rest}"
            self.wrong("H203", at, detail, cure)
            return ResourceDefinition(name, "", sound=False)
        words, before = self.words, len(self.problems)
        self._check_resource_keys(name, raw, at)
        type_name = raw.get(words.type)
        if not isinstance(type_name, str) or not type_name:
            detail = f"the resource {name} has no type"
            if type_name:
                detail = f"the type of the resource {name} must be text"
            self.wrong("H203", at, detail, f"write {words.type}: TYPE")
            type_name = ""
        properties = self._part(raw, words.properties, at)
        sound = len(self.problems) == before
        policy, policy_value = self._policy(
            raw.get(words.deletion_policy),
            (*at, words.deletion_policy),
            self.version.deletion_policies,
        )
        definition = ResourceDefinition(
            name=name,
            type=type_name,
            properties=properties,
            metadata=self._part(raw, words.metadata, at),
            depends_on=self._depends_on(raw.get(words.depends_on), at),
            update_policy=self._part(raw, words.update_policy, at),
            description=self._description(raw.get(words.description), at),
            external_id=self._external_id(raw, at),
            condition=self._condition(raw, at, null=False),
            deletion_policy_value=policy_value,
            sound=sound,
        )
        if policy is not None:
            definition = with_deletion_policy(definition, policy)
        if self.version.extended:
            here = (*at, REPLACE_POLICY)
            policy, policy_value = self._policy(raw.get(REPLACE_POLICY), here, REPLACE_POLICIES)
            definition = replace(
                definition, replace_policy=policy, replace_policy_value=policy_value
            )
        if definition.external_id is not None and definition.depends_on:
            detail = f"{name} has an external_id, so it may not have depends_on"
            self.wrong("H211", (*at, words.depends_on), detail)
        return definition

    def _check_resource_keys(self, name: str, raw: dict[str, Any], at: Path) -> None:
        if self.version.dialect == "cfn":
            return
        keys = list(self.words.resource_keys)
        keys += [self.words.external_id] if self.version.external_id else []
        keys += [self.words.condition] if self.version.has_conditions else []
        for key in raw:
            if key not in keys:
                cure = did_you_mean(key, keys) or (
                    f"a property goes under {self.words.properties}, indented; "
                    f"the keys are {', '.join(keys)}"
                )
                self.wrong("H204", (*at, key), f"{name} has the unknown key {key!r}", cure)

    def _part(self, raw: dict[str, Any], key: str, at: Path) -> Expression | None:
        value = raw.get(key)
        if value is None and (key not in raw or key == self.words.properties):
            return None
        if not isinstance(value, dict):
            self.wrong(
                "H203",
                (*at, key),
                f"{key} must be a map, not {describe(value)}",
                "write NAME: VALUE below it, indented, without dashes",
            )
            return None
        return compile_value(value, (*at, key), self.language)

    def _depends_on(self, value: Any, at: Path) -> tuple[str, ...]:
        if value is None:
            return ()
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            detail = f"{self.words.depends_on} must be a resource's name or a list of names"
            cure = f"write {self.words.depends_on}: [NAME, NAME]"
            self.wrong("H203", (*at, self.words.depends_on), detail, cure)
            return ()
        return tuple(dict.fromkeys(names))

    def _description(self, value: Any, at: Path) -> str:
        if value is not None and not isinstance(value, str):
            self.wrong(
                "H203",
                (*at, self.words.description),
                "the description must be text",
                "put it in quotes",
            )
            return ""
        return value or ""

    def _external_id(self, raw: dict[str, Any], at: Path) -> Expression | None:
        key = self.words.external_id
        value = raw.get(key) if self.version.external_id else None
        if value is None:
            return None
        if not isinstance(value, str | dict):
            self.wrong("H203", (*at, key), f"{key} must be text", "put it in quotes")
            return None
        return compile_value(value, (*at, key), self.language)

    def _condition(self, raw: dict[str, Any], at: Path, *, null: bool = True) -> Expression | None:
        key = self.words.condition
        if not self.version.has_conditions or key not in raw or (null and raw[key] is None):
            return None
        return compile_condition(raw[key], (*at, key), self.language)

    def _policy(
        self, value: Any, at: Path, known: Sequence[str]
    ) -> tuple[str | None, Expression | None]:
        if value is None:
            return None, None
        if isinstance(value, dict):
            return None, compile_value(value, at, self.language)
        wrong = policy_problem(value, known, at)
        if wrong is not None:
            self.problems.append(wrong)
            return None, None
        return str(value), None

    def _output(self, name: str, raw: Any, at: Path) -> OutputDefinition | None:
        words = self.words
        if not isinstance(raw, dict):
            self.wrong("H207", at, f"the output {name} must be a map", "give it a value")
            return None
        if words.value not in raw:
            cure = next((hint for key in raw if (hint := did_you_mean(key, (words.value,)))), "")
            cure = cure or f"write {words.value}: below it, with what the output is to show"
            self.wrong("H207", at, f"the output {name} has no {words.value}", cure)
            return None
        description = raw.get(words.description)
        return OutputDefinition(
            name,
            compile_value(raw[words.value], (*at, words.value), self.language),
            NO_OUTPUT_DESCRIPTION if description is None else str(description),
            self._condition(raw, at),
            self._export(raw, at),
        )

    def _export(self, raw: dict[str, Any], at: Path) -> Expression | None:
        export = raw.get("Export") if self.version.extended else None
        if export is None:
            return None
        if not isinstance(export, dict) or list(export) != ["Name"]:
            self.wrong(
                "H216", (*at, "Export"), "an export is a map with a Name", "write Name: TEXT"
            )
            return None
        return compile_value(export["Name"], (*at, "Export", "Name"), self.language)

    def _check_names(self, parameters: dict[str, Any], resources: dict[str, Any]) -> None:
        for name in resources:
            if name in parameters:
                detail = f"Duplicate names: {name} is both a parameter and a resource"
                self.wrong("H208", (self.words.resources, name), detail, "rename one of them")


def policy_problem(value: Any, known: Sequence[str], at: Path) -> Problem | None:
    """Say what is wrong with a deletion policy."""
    if isinstance(value, str) and value in known:
        return None
    detail = f"{value!r} is not a deletion policy"
    plain = [word for word in known if word.islower()] or known
    return problem("H206", at, detail, f"use one of {', '.join(plain)}")


def with_deletion_policy(definition: ResourceDefinition, word: str) -> ResourceDefinition:
    """Return a definition with the deletion policy that a template writes so."""
    excepted = word == RETAIN_EXCEPT_ON_CREATE
    policy = "Retain" if excepted else word.capitalize()
    return replace(definition, deletion_policy=policy, except_on_create=excepted)

"""Reads one entry of the sections resources and outputs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from heat.base.json import Path
from heat.base.problems import Problem, closest, did_you_mean
from heat.template.codes import problem
from heat.template.expressions import Expression, compile_value
from heat.template.functions.logic import compile_condition
from heat.template.functions.shapes import describe
from heat.template.model import NO_OUTPUT_DESCRIPTION, OutputDefinition, ResourceDefinition, Words
from heat.template.policies import REPLACE_POLICY, policy_problem, with_deletion_policy
from heat.template.versions import REPLACE_POLICIES, Version, having

MAX_NAME = 255
"""Characters of a resource's name: the store keeps no more."""


class Definitions:
    """Reads entries by a version's rules; what is wrong with them goes into ``problems``."""

    def __init__(self, version: Version, words: Words, problems: list[Problem]) -> None:
        self.version, self.words, self.problems = version, words, problems
        self.language = version.language
        self.known_keys = list(words.resource_keys)
        self.known_keys += [words.external_id] if version.external_id else []
        self.known_keys += [words.condition] if version.has_conditions else []

    def wrong(self, code: str, at: Path, detail: str, cure: str = "") -> None:
        """Note a problem."""
        self.problems.append(problem(code, at, detail, cure))

    def resource(self, name: str, raw: Any, at: Path) -> ResourceDefinition:
        """Read a resource, as far as it is sound."""
        if "/" in name:
            self.wrong("H205", at, f"{name!r} holds a slash", "rename it: a slash parts stacks")
        if len(name) > MAX_NAME:
            self.wrong(
                "H205", at, f"it has {len(name)} characters; {MAX_NAME} are allowed", "shorten it"
            )
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
        type_name = self._type(name, raw, at)
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

    def output(self, name: str, raw: Any, at: Path) -> OutputDefinition | None:
        """Read an output; None for one without a value."""
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

    def _check_resource_keys(self, name: str, raw: dict[str, Any], at: Path) -> None:
        if self.version.dialect == "cfn":
            return
        keys = self.known_keys
        for key in raw:
            if key not in keys:
                cure = did_you_mean(key, keys) or (
                    f"a property goes under {self.words.properties}, indented; "
                    f"the keys are {', '.join(keys)}"
                )
                if (newer := having(self.version, lambda one: self._has(one, key))) is not None:  # noqa: B023
                    cure = f"the first version that has it is {newer.key}: {newer.date}"
                self.wrong("H204", (*at, key), f"{name} has the unknown key {key!r}", cure)

    def _has(self, version: Version, key: str) -> bool:
        words = self.words
        return (key == words.condition and version.has_conditions) or (
            key == words.external_id and version.external_id
        )

    def _type(self, name: str, raw: dict[str, Any], at: Path) -> str:
        word = self.words.type
        found = raw.get(word)
        if isinstance(found, str) and found:
            return found
        meant = next((key for key in raw if closest(key, self.known_keys) == word), word)
        if found:
            detail = f"the type of the resource {name} must be text"
            self.wrong("H203", (*at, word), detail, f"write {word}: TYPE")
        elif meant == word:
            self.wrong("H203", at, f"the resource {name} has no type", f"write {word}: TYPE")
        elif self.version.dialect == "cfn":  # else it was told as a key that is not known
            detail = f"the resource {name} has no type"
            self.wrong("H203", (*at, meant), detail, did_you_mean(meant, self.known_keys))
        return ""

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

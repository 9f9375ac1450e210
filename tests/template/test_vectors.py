"""Runs recorded cases of the language in process, with the few types that need no cloud."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from heat.base.errors import Invalid
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.template.environment import Environment, read_environment
from heat.template.evaluate import Bound, NothingKnown, bind
from heat.template.functions.shapes import walk
from heat.template.load import load
from heat.template.merging import merge
from heat.template.parameters import values
from heat.template.validate import assumed, describe, refused

FOLDER = Path(__file__).parent.parent / "data" / "vectors"
ATTRIBUTES: dict[str, frozenset[str] | None] = {
    "OS::Heat::Value": frozenset(("value", "show")),
    "OS::Heat::TestResource": frozenset(("output", "show")),
    "OS::Heat::None": None,
}
NAMES = {
    "%STACK_NAME%": "stack",
    "%STACK_ID%": "0dd2f1b8-8a4e-4f4d-9f0e-111111111111",
    "%PROJECT_ID%": "0123456789abcdef",
}


EXTENDED = {
    "cfn-functions-da8232ee": "AWS::NoValue",
    "cfn-conditions-9e02badb": "a condition by {Condition: NAME}",
    "fn-by-version-49aec70f": "Fn::ToJsonString",
    "fn-by-version-97e73951": "Fn::Sub",
    "fn-by-version-aadfdbf8": "Fn::Length",
    "fn-by-version-e78e33a2": "Fn::Cidr",
    "cfn-params-77c349d4": "List<Number>",
    "cfn-params-cd91d2ad": "List<Number>",
    "pseudo-8a71c6c9": "AWS::AccountId",
    "pseudo-cd9b2597": "AWS::AccountId",
    "yaml-5680007a": "short forms in YAML",
}
"""Cases of AWS templates where the language does what CloudFormation does, and what it has."""


class Skipped(Exception):
    """The case needs what is not in this room."""


class Types:
    """The types that the cases may use."""

    def names(self):
        return list(ATTRIBUTES)

    def known(self, type_name, resource):
        return type_name in ATTRIBUTES

    def attributes(self, type_name, resource):
        return ATTRIBUTES.get(type_name)


class AllTypes(Types):
    """The types that validation may see: their attributes are not known here."""

    def known(self, type_name, resource):
        return type_name in ATTRIBUTES or type_name.startswith("OS::Heat::R")


class Made:
    """The facts of resources that are made as soon as they are asked for."""

    def __init__(self, bound: Bound) -> None:
        self.bound = bound
        self.made: dict[str, Any] = {}

    def reference(self, resource):
        definition = self.bound.resources[resource]
        if definition.type == "OS::Heat::TestResource":
            return f"{NAMES['%STACK_NAME%']}-{resource}-abcdefghijkl"
        return definition.name

    def attribute(self, resource, attribute, path):
        type_name = self.bound.resources[resource].type
        known = ATTRIBUTES[type_name]
        if attribute is None:
            return {name: self._value(resource) for name in known or () if name != "show"}
        if known is not None and attribute not in known:
            raise Invalid(f"{resource} has no attribute {attribute}")
        if known is None or attribute == "show":
            return None
        return walk(self._value(resource), path)

    def _value(self, resource):
        if resource not in self.made:
            definition = self.bound.resources[resource]
            given = self.bound.value(definition.properties, self) if definition.properties else {}
            usual = "test_string" if definition.type == "OS::Heat::TestResource" else None
            self.made[resource] = given.get("value", usual)
        return self.made[resource]


@cache
def cases(file: str) -> list[dict[str, Any]]:
    with (FOLDER / file).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def outcome(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the outputs, and those that could not be computed; raises Invalid."""
    template = load(case["template"])
    environment = environment_of(case, template)
    needs_more(template, environment)
    given = environment.parameters
    if not isinstance(case.get("parameters") or {}, dict):
        raise Invalid("parameters must be a map")
    if "environment_files" not in case:
        given = {**given, **(case.get("parameters") or {})}
    found, wrong = values(
        template.parameters, given, environment.parameter_defaults, custom=check_custom
    )
    bound = bind(
        template,
        found,
        files=case.get("files") or {},
        stack_name=NAMES["%STACK_NAME%"],
        stack_id=NAMES["%STACK_ID%"],
        project_id=NAMES["%PROJECT_ID%"],
    )
    problems = wrong or bound.problems(Types())
    problems = problems or list(type_problems(bound))
    if problems:
        raise Invalid(problems=problems)
    return outputs(bound)


def answer(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what validation answers; raises Invalid."""
    try:
        template = load(case["template"])
        environment = environment_of(case, template)
    except Invalid as invalid:
        raise refused(invalid.problems) from None
    parameters = {**environment.parameters, **(case.get("parameters") or {})}
    environment = replace(environment, parameters=parameters)
    found, problems = assumed(template, environment)
    bound = bind(template, found, files=case.get("files") or {})
    for definition in template.resources.values():
        if definition.deletion_policy == "Snapshot":
            raise Skipped("a type's own deletion policies")
        if is_nested(definition, environment) and "error" in case["expect"]:
            raise Skipped("nested template")
    if not any(is_nested(d, environment) for d in template.resources.values()):
        problems += bound.problems(AllTypes())
    if problems:
        raise refused(problems)
    return describe(template, environment)


def is_nested(definition, environment):
    mapped = environment.registry.resolve(definition.type, definition.name)
    return mapped.is_template


def outputs(bound: Bound) -> tuple[dict[str, Any], list[str]]:
    facts, shown, failed = Made(bound), {}, []
    for name in bound.template.outputs:
        try:
            shown[name] = bound.output(name, facts)
            json.dumps(shown[name])
        except (Invalid, TypeError):
            shown[name] = None
            failed.append(name)
    return shown, failed


def environment_of(case: Mapping[str, Any], template: Any) -> Environment:
    if names := case.get("environment_files"):
        files = case["files"]
        read = [(name, read_environment(files[name], name)) for name in names]
        return merge(read, known_schemas(case, template), case.get("parameters"))
    return read_environment(case.get("environment"), "environment")


def known_schemas(case, template):
    schemas = {}
    for key, text in (case.get("files") or {}).items():
        try:
            schemas.update(load(text, name=key).parameters)
        except Invalid:
            continue
    return {**schemas, **template.parameters}


def needs_more(template: Any, environment: Environment) -> None:
    for definition in template.resources.values():
        type_name = definition.type
        mapped = environment.registry.resolve(type_name, definition.name)
        if mapped.is_template:
            raise Skipped("nested template")
        if mapped.target != type_name:
            raise Skipped("mapped type")
        if type_name in (
            "OS::Heat::ResourceGroup",
            "OS::Heat::ResourceChain",
            "OS::Heat::RandomString",
        ):
            raise Skipped(type_name)


def check_custom(name: str, value: Any) -> str | None:
    raise Skipped("custom constraint")


def type_problems(bound: Bound) -> Iterator[Problem]:
    """Stand in for the types' own checks."""
    for definition in bound.resources.values():
        if definition.update_policy is not None and bound.value(
            definition.update_policy, NothingKnown()
        ):
            raise Skipped("update_policy against a type")
        if definition.type == "OS::Heat::None" or definition.external_id is not None:
            continue
        given = bound.value(definition.properties, NothingKnown()) if definition.properties else {}
        if isinstance(given, Unknown):
            raise Skipped("properties of a type")
        if definition.type == "OS::Heat::Value":
            strange = set(given) - {"value", "type"}
            if strange or "value" not in given or "type" in given:
                raise Skipped("properties of a type")
        elif set(given) - {"value"} or not isinstance(given.get("value", ""), str | Unknown):
            raise Skipped("properties of a type")
    yield from ()


def fill(value: Any) -> Any:
    if isinstance(value, str):
        for mark, name in NAMES.items():
            value = value.replace(mark, name)
        return value
    if isinstance(value, list):
        return [fill(part) for part in value]
    if isinstance(value, dict):
        return {fill(key): fill(part) for key, part in value.items()}
    return value


def same(a: Any, b: Any) -> bool:
    """JSON equality that keeps true apart from 1, and 1 apart from 1.0."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def mentions(text: str, phrase: str) -> bool:
    """Whether the phrase is in the text; a very short one must stand alone."""
    if len(phrase) > 3:
        return phrase in text
    return re.search(r"(?<!\w)" + re.escape(phrase) + r"(?!\w)", text) is not None


def compare_outputs(case: Mapping[str, Any]) -> str | None:
    shown, failed = outcome(case)
    want = case["expect"]
    if "outputs" not in want:
        return f"accepted, with {shown}"
    if not same(shown, fill(want["outputs"])):
        return f"gives {shown}, not {want['outputs']}"
    if sorted(failed) != sorted(want.get("output_errors", ())):
        return f"fails in {failed}"
    return None


def compare_answer(case: Mapping[str, Any]) -> str | None:
    got = answer(case)
    for key, value in fill(case["expect"].get("response", {"accepted": False})).items():
        if not same(got.get(key), value):
            return f"{key}: {got.get(key)}, not {value}"
    return None


def compare_refusal(case: Mapping[str, Any], invalid: Invalid) -> str | None:
    want = case["expect"].get("error")
    if want is None:
        return f"refused: {invalid}"
    if want.get("type") not in (None, invalid.kind):
        return f"refused as {invalid.kind}, not {want['type']}: {invalid}"
    phrase = want.get("contains") or ""
    if phrase and not mentions(str(invalid), phrase):
        return f"says nothing of {phrase!r}: {invalid}"
    return None


@cache
def results() -> tuple[dict[str, list[str]], Counter[str], Counter[tuple[str, str]]]:
    """Run everything: differences by area, passes by area, skips by area and reason."""
    wrong: dict[str, list[str]] = defaultdict(list)
    passed: Counter[str] = Counter()
    skipped: Counter[tuple[str, str]] = Counter()
    for case in [*cases("language.jsonl"), *cases("validate.jsonl")]:
        compare = compare_answer if case.get("op") == "validate" else compare_outputs
        try:
            found = compare(case)
        except Skipped as reason:
            skipped[case["area"], str(reason)] += 1
            continue
        except Invalid as invalid:
            found = compare_refusal(case, invalid)
        if case["id"] in EXTENDED:
            found = None if found else "no longer differs: take it out of EXTENDED"
        if found is None:
            passed[case["area"]] += 1
        else:
            wrong[case["area"]].append(f"{case['id']} {found}\n{case['template']}")
    return wrong, passed, skipped


AREAS = sorted({case["area"] for file in FOLDER.glob("*.jsonl") for case in cases(file.name)})


@pytest.mark.parametrize("area", AREAS)
def test_behaves_as_recorded(area):
    wrong, passed, skipped = results()
    left_out = {reason: n for (where, reason), n in skipped.items() if where == area}
    assert not wrong[area], "\n\n".join(wrong[area])
    if left_out:
        pytest.skip(f"{passed[area]} pass; left out are {left_out}: other rooms' tests have them")
    assert passed[area]

"""The rules of a CloudFormation template: assertions about the values of its parameters."""

from collections.abc import Iterator
from typing import Any

from heat.base.json import Path
from heat.base.problems import Problem, did_you_mean
from heat.template.check import expression_problems
from heat.template.codes import problem
from heat.template.expressions import Language, Scope
from heat.template.functions.logic import compile_definition
from heat.template.model import Assertion, Rule

_KEYS = ("RuleCondition", "Assertions")
_ASSERTION_KEYS = ("Assert", "AssertDescription")
_LIKE = "write Assertions: [{Assert: CONDITION, AssertDescription: TEXT}]"


def read_rule(name: str, raw: Any, at: Path, language: Language) -> Rule | Problem:
    """Read one rule, or say what is wrong with its shape."""
    if not isinstance(raw, dict):
        return problem(
            "H217", at, f"the rule {name} must be a map", "write {Assertions: [{Assert: ...}]}"
        )
    if unknown := [key for key in raw if key not in _KEYS]:
        detail = f"{name} has the unknown key {unknown[0]!r}"
        return problem("H217", (*at, unknown[0]), detail, did_you_mean(unknown[0], _KEYS))
    written = raw.get("Assertions")
    if not isinstance(written, list) or not written:
        return problem("H217", at, f"the rule {name} has no list of Assertions", _LIKE)
    assertions: list[Assertion] = []
    for n, part in enumerate(written):
        here: Path = (*at, "Assertions", n)
        made = _read_assertion(part, here, language)
        if isinstance(made, Problem):
            return made
        assertions.append(made)
    condition = None
    if raw.get("RuleCondition") is not None:
        condition = compile_definition(raw["RuleCondition"], (*at, "RuleCondition"), language)
    return Rule(name, tuple(assertions), condition)


def _read_assertion(raw: Any, at: Path, language: Language) -> Assertion | Problem:
    if not isinstance(raw, dict) or "Assert" not in raw:
        return problem("H217", at, "an assertion must be a map with Assert", _LIKE)
    if unknown := [key for key in raw if key not in _ASSERTION_KEYS]:
        cure = did_you_mean(unknown[0], _ASSERTION_KEYS) or _LIKE
        return problem("H217", (*at, unknown[0]), f"the key {unknown[0]!r} is unknown", cure)
    holds = compile_definition(raw["Assert"], (*at, "Assert"), language)
    return Assertion(holds, at, str(raw.get("AssertDescription") or ""))


def broken(rule: Rule, scope: Scope) -> Iterator[Problem]:
    """Find the assertions that don't hold; what is not known yet may hold."""
    if rule.condition is not None:
        wrong = list(expression_problems(rule.condition, scope))
        yield from wrong
        if wrong or rule.condition.evaluate(scope) is not True:
            return
    for assertion in rule.assertions:
        wrong = list(expression_problems(assertion.holds, scope))
        yield from wrong
        if not wrong and assertion.holds.evaluate(scope) is False:
            detail = assertion.description or f"an assertion of the rule {rule.name} does not hold"
            yield problem("H506", assertion.at, detail)

"""Writes findings as SARIF 2.1.0, which code hosts and editors read."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from heat.lint.check import RULES, Finding
from heat.lint.rule import Rule, Severity

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def to_sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return a log of one run."""
    rules = [_rule(rule) for rule in RULES.values()]
    others = {f.problem.code: f.problem.summary for f in findings if f.rule is None}
    rules += [
        {"id": code, "shortDescription": {"text": summary}, **_level(Severity.ERROR)}
        for code, summary in others.items()
    ]
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    driver = {"name": "heat lint", "rules": rules}
    results = [_result(finding, places) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.doc},
        **_level(rule.severity),
    }


def _level(severity: Severity) -> dict[str, Any]:
    return {"defaultConfiguration": {"level": severity.value}}


def _result(finding: Finding, places: dict[str, int]) -> dict[str, Any]:
    problem = finding.problem
    said = ": ".join(part for part in (problem.summary, problem.detail) if part)
    text = f"{said} ({problem.cure})" if problem.cure else said
    place = problem.place
    location: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(place.file if place else problem.where)}
    }
    if place is not None:
        region: dict[str, Any] = {"startLine": place.line, "startColumn": place.column}
        if place.text:
            region["snippet"] = {"text": place.text}
        location["region"] = region
    return {
        "ruleId": problem.code,
        "ruleIndex": places[problem.code],
        "level": finding.severity.value,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    }


def _uri(file: str) -> str:
    return f"file://{quote(file)}" if file.startswith("/") else quote(file)

"""Recorded cases of the language: reading them, and comparing what came with what was recorded.

A line of ``data/vectors`` holds a template with what is sent beside it, and what is expected:
``outputs`` (with ``output_errors``), an ``error`` of the request, or a ``response`` to validation.
Marks such as ``%STACK_NAME%`` stand for what differs from stack to stack.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "vectors"

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


@cache
def cases() -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for file in ("language.jsonl", "validate.jsonl")
        for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()
    ]


def areas() -> list[str]:
    return sorted({case["area"] for case in cases()})


def fill(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for mark, name in names.items():
            value = value.replace(mark, name)
        return value
    if isinstance(value, list):
        return [fill(part, names) for part in value]
    if isinstance(value, dict):
        return {fill(key, names): fill(part, names) for key, part in value.items()}
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


def wrong_outputs(
    want: Mapping[str, Any], shown: Mapping[str, Any], failed: list[str], names: Mapping[str, str]
) -> str | None:
    """Say how the outputs of a stack, and those that can't be computed, differ."""
    if "outputs" not in want:
        return f"accepted, with {shown}"
    if not same(shown, fill(want["outputs"], names)):
        return f"gives {shown}, not {want['outputs']}"
    if sorted(failed) != sorted(want.get("output_errors", ())):
        return f"fails in {failed}"
    return None


def wrong_answer(
    want: Mapping[str, Any], got: Mapping[str, Any], names: Mapping[str, str]
) -> str | None:
    """Say how an answer to validation differs."""
    for key, value in fill(want.get("response", {"accepted": False}), names).items():
        if not same(got.get(key), value):
            return f"{key}: {got.get(key)}, not {value}"
    return None


def wrong_refusal(want: Mapping[str, Any], kind: str, message: str) -> str | None:
    """Say how a refusal differs."""
    error = want.get("error")
    if error is None:
        return f"refused: {message}"
    if error.get("type") not in (None, kind):
        return f"refused as {kind}, not {error['type']}: {message}"
    phrase = error.get("contains") or ""
    if phrase and not mentions(message, phrase):
        return f"says nothing of {phrase!r}: {message}"
    return None


def wrong_failure(want: Mapping[str, Any], reason: str) -> str | None:
    """Say how the reason of a stack that failed differs."""
    failed = want.get("failed")
    if failed is None:
        return f"failed: {reason}"
    phrase = failed.get("contains") or ""
    return None if mentions(reason, phrase) else f"says nothing of {phrase!r}: {reason}"


def unless_extended(case: Mapping[str, Any], found: str | None) -> str | None:
    """Expect what was recorded, or that it differs where the language has more."""
    if case["id"] not in EXTENDED:
        return found
    return None if found else "no longer differs: take it out of EXTENDED"

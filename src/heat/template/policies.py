"""What becomes of an object that its resource no longer needs: the policies a template writes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from heat.base.json import Path
from heat.base.problems import Problem
from heat.template.codes import problem
from heat.template.model import ResourceDefinition
from heat.template.versions import RETAIN_EXCEPT_ON_CREATE

REPLACE_POLICY = "UpdateReplacePolicy"


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

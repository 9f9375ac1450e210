"""Sees that a value of the wrong type was meant to be a call of a function."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from heat.base.problems import Problem, did_you_mean
from heat.template.model import Template
from heat.template.versions import VERSIONS

_WRONG_TYPE = "H703"


def misspelt_call(problem: Problem, template: Template) -> Problem:
    """Return the problem with a better cure, where a function's name is misspelt or foreign."""
    if problem.code != _WRONG_TYPE:
        return problem
    value: Any = template.raw
    for step in problem.at:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return problem
    if not isinstance(value, Mapping) or len(value) != 1:  # pyright: ignore[reportUnknownArgumentType]
        return problem
    name = str(next(iter(value)))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    own = template.version.functions
    if name not in own and any(name in version.functions for version in VERSIONS):
        cure = f"{name} is no function of the template version {template.version.date}"
        return replace(problem, cure=cure)
    return replace(problem, cure=did_you_mean(name, own) or problem.cure)

"""Sees that a value of the wrong type was meant to be a call of a function."""

from dataclasses import replace
from typing import Any

from heat.base.json import Path
from heat.base.problems import Problem
from heat.template.codes import CODES
from heat.template.model import Template
from heat.template.slips import likely, slip

_UNKNOWN_PROPERTY, _WRONG_TYPE = "H701", "H703"


def misspelt_call(problem: Problem, template: Template) -> Problem:
    """Return the problem with a better cure, where a function's name is misspelt or foreign.

    Where there is no cure at all it has that of its code.
    """
    if problem.code == _WRONG_TYPE:
        cure = likely(_written(template, problem.at), template.version)
        return replace(problem, cure=cure or problem.cure)
    if problem.code == _UNKNOWN_PROPERTY:
        found = slip(_written(template, problem.at[:-1]), template.version)
        if found is not None and found.name == problem.at[-1]:
            return replace(problem, cure=found.cure)
    return problem if problem.cure else replace(problem, cure=CODES[problem.code].cure)


def _written(template: Template, at: Path) -> Any:
    """Return what the template's map has at a path; None when it is made by a call."""
    value: Any = template.raw
    for step in at:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value

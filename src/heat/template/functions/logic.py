"""Conditions, and the function that chooses by one."""

from collections.abc import Sequence
from typing import Any

from heat.base.json import Path
from heat.base.problems import did_you_mean
from heat.base.unknown import Unknown
from heat.template.codes import problem
from heat.template.expressions import (
    ABSENT,
    Bad,
    Call,
    Expression,
    Function,
    Language,
    ListOf,
    Literal,
    Scope,
    call,
    compile_argument,
    compile_value,
    items_of,
)
from heat.template.functions.shapes import a_list


def compile_condition(raw: Any, at: Path, language: Language) -> Expression:
    """Compile what stands for a condition: a boolean, a name, or a call of a condition function."""
    if isinstance(raw, bool):
        return Literal(raw)
    if isinstance(raw, str):
        return Call(_NAMED, Literal(raw), at)
    if isinstance(raw, dict) and len(raw) == 1:
        ((name, argument),) = raw.items()
        if name in language.conditions:
            function = language.conditions[name]
            made = call(function, argument, (*at, name), language, language.conditions)
            return Call(_BOOLEAN, made, at)
    return _refuse(raw, at, language)


def compile_definition(raw: Any, at: Path, language: Language) -> Expression:
    """Compile an entry of the conditions section."""
    if isinstance(raw, str):
        return _refuse(raw, at, language)
    return compile_condition(raw, at, language)


def _named(given: Any, scope: Scope) -> Any:
    return scope.condition(given)


def _boolean(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    if not isinstance(given, bool | Unknown):
        raise Bad("the condition is neither true nor false", code="H306")
    return given


def _refuse(raw: Any, at: Path, language: Language) -> Call:
    """Return what stands for something that is no condition."""
    text, cure = "this is no condition", ""
    if isinstance(raw, dict) and raw:
        text = f"{', '.join(raw)} is invalid in this context"
        known = [name for name, one in language.conditions.items() if one.apply is not _never]
        cure = did_you_mean(next(iter(raw)), known) if len(raw) == 1 else ""
    cure = cure or "write a condition's name, a boolean or a condition function"
    found = problem("H306", at, f"condition: {text}", cure)
    return Call(_NO_CONDITION, Literal(None), at, found)


def _never(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return None


def _condition_name(argument: Expression) -> None:
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise Bad("the argument must be a condition's name", "write Condition: NAME")


_NAMED = Function("condition", "Tells whether a named condition holds.", _named)
CONDITION = Function("Condition", "Tells whether a named condition holds.", _named, _condition_name)
_BOOLEAN = Function("condition", "Tells whether a condition holds.", _boolean)
_NO_CONDITION = Function("condition", "Is no condition.", _never)


def misplaced(name: str) -> Function:
    """Return what stands for an ordinary function within a condition."""

    def shape(argument: Expression) -> None:  # noqa: ARG001
        raise Bad(f"{name} is invalid in this context", code="H303")

    return Function(name, "May not stand in a condition.", _never, shape)


_INSTEAD = {
    "Ref": "write get_param or get_resource",
    "Fn::GetAtt": "write get_attr",
    "Fn::Join": "write list_join",
    "Fn::Split": "write str_split",
    "Fn::Replace": "write str_replace",
    "Fn::ResourceFacade": "write resource_facade",
    "Fn::Select": "write the key or index as a further argument of get_param or get_attr",
    "Fn::Base64": "leave it out: the text is encoded where that is needed",
}
"""What does the same since these functions are gone."""


def withdrawn(name: str, since: str) -> Function:
    """Return what stands for a function that a version no longer has."""

    def shape(argument: Expression) -> None:  # noqa: ARG001
        cure = f"use a template version before {since}"
        if name in _INSTEAD:
            cure = f"{_INSTEAD[name]}, or {cure}"
        raise Bad(f"{name} is not available since version {since}", cure, code="H302")

    return Function(name, "Is withdrawn.", _never, shape)


def _equals(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    left, right = given
    return left == right


def _not(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return not given[0]


def _and(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return all(given)


def _or(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return any(given)


def _read_conditions(raw: Any, at: Path, language: Language) -> Expression:
    if not isinstance(raw, list):
        return Literal(raw)
    return ListOf(tuple(compile_condition(c, (*at, n), language) for n, c in enumerate(raw)))


def _read_one_condition(raw: Any, at: Path, language: Language) -> Expression:
    return ListOf((compile_condition(raw, at, language),))


def read_operands(raw: Any, at: Path, language: Language) -> Expression:
    """Compile what is compared: only condition functions count there."""
    return compile_argument(raw, at, language)


_several = a_list(2, like="[CONDITION, CONDITION...]")
_one = a_list(1, 1, like="[CONDITION]")
_two = a_list(2, 2, like="[VALUE, VALUE]")
_EQUALS, _NOT = "Tells whether two values are equal.", "Tells whether a condition does not hold."
_AND, _OR = "Tells whether all conditions hold.", "Tells whether any condition holds."

EQUALS = Function("equals", _EQUALS, _equals, _two, read_operands)
NOT = Function("not", _NOT, _not, _one, _read_one_condition)
AND = Function("and", _AND, _and, _several, _read_conditions)
OR = Function("or", _OR, _or, _several, _read_conditions)
FN_EQUALS = Function("Fn::Equals", _EQUALS, _equals, _two, read_operands)
FN_NOT = Function("Fn::Not", _NOT, _not, _one, _read_conditions)
FN_AND = Function("Fn::And", _AND, _and, _several, _read_conditions)
FN_OR = Function("Fn::Or", _OR, _or, _several, _read_conditions)


def _choose(argument: Expression, scope: Scope) -> Any:
    condition, *branches = items_of(argument) or [argument]
    holds = condition.evaluate(scope)
    if isinstance(holds, Unknown):
        return holds
    if holds:
        return branches[0].evaluate(scope)
    return branches[1].evaluate(scope) if len(branches) > 1 else ABSENT


def _chosen(argument: Expression, scope: Scope) -> Sequence[Expression]:
    """Return the condition and the branch it chooses; every branch when that is unknown."""
    condition, *branches = items_of(argument) or [argument]
    holds = condition.evaluate(scope)
    if isinstance(holds, Unknown):
        return [condition, *branches]
    return [condition, *(branches[:1] if holds else branches[1:])]


def _read_choice(raw: Any, at: Path, language: Language) -> Expression:
    if not isinstance(raw, list) or not raw:
        return Literal(raw)
    condition = compile_condition(raw[0], (*at, 0), language)
    branches = [compile_value(v, (*at, n), language) for n, v in enumerate(raw[1:], 1)]
    return ListOf((condition, *branches))


def _if(name: str, least: int) -> Function:
    return Function(
        name,
        "Gives one of two values, by a condition."
        + (" Without the second, what it stands in is left out." if least < 3 else ""),
        _choose,
        a_list(least, 3, like="[CONDITION, THEN, ELSE]"),
        _read_choice,
        chosen=_chosen,
        special=True,
    )


IF = _if("if", 3)
IF_OPTIONAL = _if("if", 2)
FN_IF = _if("Fn::If", 3)

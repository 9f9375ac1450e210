"""Functions that only the assertions of rules are made of."""

from typing import Any

from heat.template.expressions import Bad, Expression, Function, Scope
from heat.template.functions.logic import read_operands
from heat.template.functions.shapes import a_list, as_word, sequence


def _contains(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    options, value = given
    return _word(value) in _words(options)


def _each_equals(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    members, value = given
    return all(word == _word(value) for word in _words(members))


def _each_in(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    members, options = given
    known = set(_words(options))
    return all(word in known for word in _words(members))


def _words(value: Any) -> list[str]:
    return [_word(part) for part in sequence(value, "what is looked into")]


def _word(value: Any) -> str:
    # Rules compare texts: a number from a parameter equals the same number in quotes.
    return as_word(value, "what is compared")


def _no_types(argument: Expression) -> None:  # noqa: ARG001
    raise Bad("parameters have no types of AWS here", "name the parameters with Ref")


def _never(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return None


FN_CONTAINS = Function(
    "Fn::Contains",
    "Tells whether a list holds a value.",
    _contains,
    a_list(2, 2, like="[LIST, VALUE]"),
    read_operands,
)
FN_EACH_MEMBER_EQUALS = Function(
    "Fn::EachMemberEquals",
    "Tells whether all entries of a list equal a value.",
    _each_equals,
    a_list(2, 2, like="[LIST, VALUE]"),
    read_operands,
)
FN_EACH_MEMBER_IN = Function(
    "Fn::EachMemberIn",
    "Tells whether all entries of a list are in another.",
    _each_in,
    a_list(2, 2, like="[LIST, LIST]"),
    read_operands,
)
FN_REF_ALL, FN_VALUE_OF, FN_VALUE_OF_ALL = (
    Function(name, "Is of parameters with types of AWS.", _never, _no_types)
    for name in ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll")
)

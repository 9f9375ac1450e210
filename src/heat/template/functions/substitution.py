"""``Fn::Sub``: a text with values put in the place of ``${NAME}`` and ``${RESOURCE.ATTRIBUTE}``.

The text is taken apart when it is compiled, and each name becomes a call of its own: so it shows
which resources are used, and no text is searched again when values are computed.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from heat.base.json import Json, Path
from heat.template.expressions import (
    Bad,
    Call,
    Expression,
    Function,
    Language,
    ListOf,
    Literal,
    MapOf,
    Scope,
    compile_argument,
    compile_value,
)
from heat.template.functions.references import FN_GETATT, resource_or_parameter, resource_used
from heat.template.functions.shapes import as_word
from heat.template.limits import make_text

_NO_VALUE = "AWS::NoValue"
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")
_NAME = re.compile(r"[^\s${}]+")
_LIKE = "write TEXT, or [TEXT, {NAME: VALUE}]"
_Compile = Callable[[Any, Path, Language], Expression]


def _reads(compile_part: _Compile, named: Function, attribute: Function) -> _Compile:
    """Return the reader of an argument; names lead to calls of these two functions."""

    def read(raw: Any, at: Path, language: Language) -> Expression:
        whole = raw[0] if isinstance(raw, list) and len(raw) == 2 else raw
        given = raw[1] if whole is not raw else {}
        if not isinstance(whole, str) or not isinstance(given, dict):
            return Literal(raw)
        layout: Json = [[is_name, word] for is_name, word in _parts(whole)]
        sources: dict[str, Expression] = {
            name: compile_part(value, (*at, 1, name), language) for name, value in given.items()
        }
        here = at if whole is raw else (*at, 0)
        for is_name, name in _parts(whole):
            if is_name and name not in sources and name != _NO_VALUE:
                resource, dot, attribute_name = name.partition(".")
                written: Json = [resource, attribute_name] if dot else name
                sources[name] = Call(attribute if dot else named, Literal(written), here)
        return ListOf((Literal(layout), MapOf(tuple(sources.items()))))

    return read


def _parts(whole: str) -> Iterator[tuple[bool, str]]:
    """Take a text apart: whether a part is a name, and the name or the words themselves."""
    end = 0
    for found in _PLACEHOLDER.finditer(whole):
        yield False, whole[end : found.start()]
        escaped, name = found.groups()
        yield (False, f"${{{name}}}") if escaped else (True, name)
        end = found.end()
    yield False, whole[end:]


def _shape(argument: Expression) -> None:
    if not isinstance(argument, ListOf):
        raise Bad("the argument has the wrong shape", _LIKE)
    layout: Any = getattr(argument.items[0], "value", [])
    for is_name, name in layout:
        if is_name and not _NAME.fullmatch(name):
            cure = f"write ${{NAME}}, or ${{!{name}}} for the text itself"
            raise Bad(f"{name!r} is not a name", cure)


def _sub(given: Any, scope: Scope) -> Any:
    layout, values = given
    # What has no value, as AWS::NoValue, stands for no text at all.
    words = [
        as_word(values.get(word), f"the value of {word!r}") if is_name else word
        for is_name, word in layout
    ]
    make_text(scope, sum(map(len, words)))
    return "".join(words)


def _named(given: Any, scope: Scope) -> Any:
    try:
        return resource_or_parameter(given, scope)
    except Bad as bad:
        cure = bad.cure or f"define it, or write ${{!{given}}} for the text itself"
        raise Bad(bad.detail, cure, code=bad.code) from None


def _parameter(given: Any, scope: Scope) -> Any:
    return scope.parameter(given)


_SUMMARY = "Puts values in the place of ${NAME} and ${RESOURCE.ATTRIBUTE} in a text."
_NAMED = Function("Fn::Sub", _SUMMARY, _named, refers=resource_used)
_OF_PARAMETER = Function("Fn::Sub", _SUMMARY, _parameter)

FN_SUB = Function("Fn::Sub", _SUMMARY, _sub, _shape, _reads(compile_value, _NAMED, FN_GETATT))


def _no_attribute(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    raise Bad(f"{given[0]}.{given[1]}: attributes may not stand in a condition", code="H303")


CONDITION_SUB = Function(
    "Fn::Sub",
    "Puts the values of parameters in the place of ${NAME} in a text.",
    _sub,
    _shape,
    _reads(compile_argument, _OF_PARAMETER, Function("Fn::Sub", _SUMMARY, _no_attribute)),
)

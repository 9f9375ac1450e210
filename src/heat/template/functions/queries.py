"""yaql: queries over data.

The library takes longer to import than most templates take to check, and few of them have a
query: so it is imported where it is used.
"""

from typing import Any

from heat.base.unknown import Unknown, unknowns
from heat.template.expressions import Expression, Function, Literal, Scope, entries_of
from heat.template.functions.shapes import a_map, text


def _read(expression: Any) -> Any:
    from heat.template.functions import yaql_engine

    return yaql_engine.read(text(expression, "the expression"))


def _yaql(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    from heat.template.functions import yaql_engine

    if isinstance(given["expression"], Unknown):
        return unknowns(given)
    query = _read(given["expression"])
    if (waits := unknowns(given)) is not None:
        yaql_engine.check_names(query)
        return waits
    return yaql_engine.run(query, given.get("data"))


_LIKE = "{expression: QUERY, data: VALUE}"
_keys = a_map(["expression"], ["data"], like=_LIKE)


def _shape(argument: Expression) -> None:
    _keys(argument)
    expression = (entries_of(argument) or {})["expression"]
    if isinstance(expression, Literal):
        _read(expression.value)


YAQL = Function("yaql", "Runs a YAQL query over data.", _yaql, _shape, partial=True)

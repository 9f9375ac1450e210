"""yaql: queries over data, with limits on the work they may cause.

The library takes longer to import than most templates take to check, and few of them have a
query: so it is imported where it is used.
"""

import json
from functools import lru_cache
from types import GeneratorType
from typing import Any

from heat.base.unknown import Unknown, unknowns
from heat.template.expressions import Bad, Expression, Function, Literal, Scope, entries_of
from heat.template.functions.shapes import a_map, text

LIMIT_ITERATORS = 200
MEMORY_QUOTA = 10_000


@lru_cache(maxsize=1)
def _engine() -> Any:
    from yaql.language import factory as yaql_factory

    options = {
        "yaql.limitIterators": LIMIT_ITERATORS,
        "yaql.memoryQuota": MEMORY_QUOTA,
        "yaql.convertTuplesToLists": True,
        "yaql.convertSetsToLists": True,
        "yaql.convertInputData": True,
    }
    return yaql_factory.YaqlFactory().create(options=options)


@lru_cache(maxsize=1)
def _context() -> Any:
    import yaql

    return yaql.create_context(convention=None)


@lru_cache(maxsize=1024)
def _parsed(expression: str) -> Any:
    from yaql.language import exceptions as yaql_exceptions

    try:
        return _engine()(expression)
    except (yaql_exceptions.YaqlException, RecursionError, ValueError) as error:
        raise Bad(f"the expression can't be read: {error}") from None


def _yaql(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    if isinstance(given["expression"], Unknown):
        return unknowns(given)
    parsed = _parsed(text(given["expression"], "the expression"))
    if (waits := unknowns(given)) is not None:
        _check_names(parsed)
        return waits
    try:
        context = _context().create_child_context()
        return _settled(parsed.evaluate({"data": given.get("data")}, context))
    except Exception as error:  # noqa: BLE001 - the query language lets any error of Python through
        raise Bad(f"the query fails: {error}", code="H304") from None


def _settled(value: Any) -> Any:
    """Turn the query language's own containers into lists and maps."""
    from yaql.language import utils as yaql_utils

    if isinstance(value, dict | yaql_utils.FrozenDict):
        return {
            key if isinstance(key, str) else json.dumps(key): _settled(part)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset | GeneratorType):
        return [_settled(part) for part in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError("the result is no JSON value")


def _check_names(part: Any) -> None:
    """Find functions that don't exist, while the data is not known yet."""
    from yaql.language import expressions as yaql_expressions

    if isinstance(part, yaql_expressions.Function):
        if not part.name.startswith("#") and not _context().collect_functions(part.name):
            raise Bad(f"there is no function {part.name!r} in queries")
        for argument in part.args:
            _check_names(argument)
    elif isinstance(part, yaql_expressions.Statement):
        _check_names(part.expression)
    elif isinstance(part, yaql_expressions.Wrap):
        _check_names(part.expr)


_LIKE = "{expression: QUERY, data: VALUE}"
_keys = a_map(["expression"], ["data"], like=_LIKE)


def _shape(argument: Expression) -> None:
    _keys(argument)
    expression = (entries_of(argument) or {})["expression"]
    if isinstance(expression, Literal):
        _parsed(text(expression.value, "the expression"))


YAQL = Function("yaql", "Runs a YAQL query over data.", _yaql, _shape, partial=True)

"""Reads and runs queries in YAQL, with limits on the work they may cause.

The query language limits how long a collection and how large one value may get. What it leaves
open is limited here: how many calls a query makes, how much its values hold when what they share
is counted each time, and the few functions that could take for ever in one call.
"""

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from types import GeneratorType
from typing import Any

import yaql
from yaql.language import contexts as yaql_contexts
from yaql.language import exceptions as yaql_exceptions
from yaql.language import expressions as yaql_expressions
from yaql.language import factory as yaql_factory
from yaql.language import specs as yaql_specs
from yaql.language import utils as yaql_utils
from yaql.language import yaqltypes
from yaql.standard_library import regex as yaql_regex

from heat.template.expressions import Bad
from heat.template.limits import MAX_NUMBER_BITS, QUERIES
from heat.template.patterns import Pattern, compile_pattern

MAX_EXPRESSION = 10_000
"""Characters of a query."""
MAX_CALLS = 20_000
MAX_HELD = 500_000
"""Values that the results of all calls of a query hold together."""
_BITS = f"a number has more than {MAX_NUMBER_BITS} bits"


def read(expression: str) -> Any:
    """Read a query; raises Bad."""
    if len(expression) > MAX_EXPRESSION:
        said = f"it has {len(expression)} characters; {MAX_EXPRESSION} are allowed"
        raise Bad(f"the expression can't be read: {said}", "make it shorter")
    try:
        return _parsed(expression, QUERIES.iterators, QUERIES.memory)
    except (yaql_exceptions.YaqlException, RecursionError, ValueError) as error:
        raise Bad(f"the expression can't be read: {error}", "mend the expression") from None


def run(query: Any, data: Any) -> Any:
    """Run a query over data; raises Bad."""
    try:
        return _settled(query.evaluate({"data": data}, _Metered(_context())))
    except yaql_exceptions.CollectionTooLargeException:
        said, option = f"an iteration has more than {QUERIES.iterators} items", "limit_iterators"
    except yaql_exceptions.MemoryQuotaExceededException:
        said, option = f"a value takes more than {QUERIES.memory} bytes", "memory_quota"
    except RecursionError:
        detail = "the query fails: it nests or recurs too deeply"
        raise Bad(detail, "make it of fewer levels", code="H304") from None
    except TimeoutError:
        detail = "the query fails: a pattern takes too long to match"
        raise Bad(detail, "use a simpler pattern", code="H304") from None
    except Exception as error:  # noqa: BLE001 - the query language lets any error of Python through
        cure = "check the query, and that the data is what it expects"
        raise Bad(f"the query fails: {error}", cure, code="H304") from None
    cure = f"query less at once; the operator's limit is {option} in section [yaql]"
    raise Bad(f"the query fails: {said}", cure, code="H304")


def check_names(part: Any) -> None:
    """Find functions that don't exist, while the data is not known yet; raises Bad."""
    if isinstance(part, yaql_expressions.Function):
        if not part.name.startswith("#") and not _context().collect_functions(part.name):
            cure = "correct its name: queries have the functions of yaql"
            raise Bad(f"there is no function {part.name!r} in queries", cure)
        for argument in part.args:
            check_names(argument)
    elif isinstance(part, yaql_expressions.Statement):
        check_names(part.expression)
    elif isinstance(part, yaql_expressions.Wrap):
        check_names(part.expr)


@lru_cache(maxsize=1024)
def _parsed(expression: str, iterators: int, memory: int) -> Any:
    return _engine(iterators, memory)(expression)


def _settled(value: Any) -> Any:
    """Turn the query language's own containers into lists and maps."""
    if isinstance(value, dict | yaql_utils.FrozenDict):
        return {
            key if isinstance(key, str) else json.dumps(key): _settled(part)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset | GeneratorType):
        return [_settled(part) for part in value]
    if isinstance(value, int) and value.bit_length() > MAX_NUMBER_BITS:
        raise TooMuch(_BITS)
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"the result is {value}, which is no JSON number")
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError("the result is no JSON value")


class TooMuch(Exception):
    """A query does more than it may."""


class _Metered(yaql_contexts.Context):  # type: ignore[misc]
    """A context that counts the calls made in it and below, and what they give."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.spent: list[int] = parent.spent if isinstance(parent, _Metered) else [0, 0]

    def __call__(self, *given: Any, **more: Any) -> Callable[..., Any]:
        call: Callable[..., Any] = super().__call__(*given, **more)
        spent = self.spent

        def counted(*arguments: Any, **named: Any) -> Any:
            spent[0] += 1
            if spent[0] > MAX_CALLS:
                raise TooMuch(f"it makes more than {MAX_CALLS} calls")
            result = call(*arguments, **named)
            if isinstance(result, dict | list | tuple | set | frozenset | yaql_utils.FrozenDict):
                spent[1] += _held(result, MAX_HELD - spent[1])
            return result

        return counted


def _held(value: Any, most: int) -> int:
    """Count the values inside of one, what is shared each time."""
    count, left = 0, [value]
    while left:
        part = left.pop()
        count += 1
        if count > most:
            raise TooMuch(f"its values hold more than {MAX_HELD} others")
        if isinstance(part, dict | yaql_utils.FrozenDict):
            left += part.keys()
            left += part.values()
        elif isinstance(part, list | tuple | set | frozenset):
            left += part
    return count


@lru_cache(maxsize=4)
def _engine(iterators: int, memory: int) -> Any:
    options = {
        "yaql.limitIterators": iterators,
        "yaql.memoryQuota": memory,
        "yaql.convertTuplesToLists": True,
        "yaql.convertSetsToLists": True,
        "yaql.convertInputData": True,
    }
    return yaql_factory.YaqlFactory().create(options=options)


@lru_cache(maxsize=1)
def _context() -> Any:
    context = yaql.create_context(convention=None, regex=False)
    known = _Listing(convention=context.convention)
    yaql_regex.register(known)
    for spec in known.listed:
        context.register_function(_bounded(spec))
    for name, function in (("pow", _power), ("shiftBitsLeft", _shift_left)):
        for level in context.collect_functions(name):
            for spec in level:
                bounded = spec.clone()
                bounded.payload = function
                context.delete_function(spec)
                context.register_function(bounded)
    return context


class _Listing(yaql_contexts.Context):  # type: ignore[misc]
    """A context that lists the functions registered in it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.listed: list[Any] = []

    def register_function(self, spec: Any, *given: Any, **more: Any) -> None:
        """Note the definition that is made of a function."""
        definition = yaql_specs.get_function_definition(spec, convention=self.convention)
        self.listed.append(definition)


def _bounded(spec: Any) -> Any:
    """Let a function of regular expressions work with ours."""
    bounded = spec.clone()
    bounded.payload = _WITH_PATTERNS.get(spec.payload, spec.payload)
    for parameter in bounded.parameters.values():
        if getattr(parameter.value_type, "python_type", None) is yaql_regex.REGEX_TYPE:
            parameter.value_type = yaqltypes.PythonType(_Expression)
    return bounded


class _Expression:
    """A regular expression, as the query language's functions use one."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern: Pattern = compile_pattern(pattern, flags)

    def search(self, value: str) -> Any:
        return self._pattern.run("search", value)

    def finditer(self, value: str) -> Any:
        return self._pattern.run("finditer", value)

    def split(self, value: str, most: int = 0) -> Any:
        return self._pattern.run("split", value, most)

    def sub(self, replacement: Any, value: str, count: int = 0) -> Any:
        return self._pattern.run("sub", replacement, value, count)


def _regex(
    pattern: str, ignore_case: bool = False, multi_line: bool = False, dot_all: bool = False
) -> _Expression:
    flags = re.IGNORECASE if ignore_case else 0
    flags |= re.MULTILINE if multi_line else 0
    return _Expression(pattern, flags | (re.DOTALL if dot_all else 0))


def _matches_method(string: str, regexp: str) -> bool:
    return _Expression(regexp).search(string) is not None


def _matches(string: str, pattern: str) -> bool:
    return _Expression(pattern).search(string) is not None


def _matches_not(string: str, pattern: str) -> bool:
    return _Expression(pattern).search(string) is None


def _is_regex(value: Any) -> bool:
    return isinstance(value, _Expression)


_WITH_PATTERNS: dict[Any, Callable[..., Any]] = {
    yaql_regex.regex: _regex,
    yaql_regex.matches_: _matches_method,
    yaql_regex.matches_operator_string: _matches,
    yaql_regex.not_matches_operator_string: _matches_not,
    yaql_regex.is_regex: _is_regex,
}


def _power(a: float, b: float, c: int | None = None) -> Any:
    whole = isinstance(a, int) and isinstance(b, int)
    if whole and c is None and b > 0 and int(a).bit_length() * b > MAX_NUMBER_BITS:
        raise TooMuch(_BITS)
    return pow(a, b, c)  # type: ignore[arg-type]


def _shift_left(value: int, bits_number: int) -> int:
    if bits_number > MAX_NUMBER_BITS:
        raise TooMuch(_BITS)
    return value << bits_number

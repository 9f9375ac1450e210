"""Every problem has a documented code of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from heat.template.codes import CODES, GROUPS, page

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "heat").rglob("*.py"))
CODE = re.compile(r"H[0-9]{3}")


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


def test_every_code_that_is_written_is_in_the_registry():
    unregistered = [
        (where, node.value)
        for where, node in nodes()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
        and node.value not in CODES
    ]
    assert unregistered == []


def test_no_problem_is_made_without_a_code():
    bare = [
        where
        for where, node in nodes()
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Problem"
        and len(node.args) < 5
        and not any(keyword.arg == "code" for keyword in node.keywords)
    ]
    assert bare == []


def test_every_code_belongs_to_a_group_and_says_what_to_do():
    for code, sort in CODES.items():
        assert code[:2] in GROUPS, code
        assert sort.summary, code
        assert sort.cure, code


def test_codes_mean_one_thing():
    summaries = [sort.summary for sort in CODES.values()]
    assert len(set(summaries)) == len(summaries)


def test_the_page_is_current():
    assert (ROOT / "docs" / "diagnostics.md").read_text() == page(), "write it again: make docs"

"""That no command of the plugin, and no option of one, is left out of these tests."""

import ast
import warnings
from collections import defaultdict
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

PLUGIN = "openstack.orchestration.v1"
FORMS = ("formatter", "Formatter")
"""How an answer is written is cliff's business."""

ELSEWHERE = {"-h", "--help", "--quote"}


def commands() -> list[EntryPoint]:
    return sorted(entry_points(group=PLUGIN), key=lambda entry: entry.name)


def cases() -> dict[str, set[str]]:
    """Read from the tests which commands they run, and with which options."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in Path(__file__).parent.glob("test_openstack_*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and (words := texts(call)):
                found[words[0]] |= {word for word in words[1:] if word.startswith("-")}
    return found


def texts(call: ast.Call) -> list[str]:
    """Return the words of a call, which may be in tuples that are unpacked."""
    parts = [part for one in call.args for part in unpacked(one)]
    return [
        one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def unpacked(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.Tuple):
        return node.value.elts
    return [node]


@pytest.mark.parametrize("command", commands(), ids=lambda entry: entry.name)
def test_every_command_and_option_has_a_case(command: EntryPoint) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = command.load()(None, None).get_parser("openstack")
    options = [
        action.option_strings
        for action in parser._actions
        if not any(form in action.container.title for form in FORMS)
    ]
    used = cases().get(command.name.replace("_", " "))
    assert used is not None
    expected = [names for names in options if names and not ELSEWHERE & {*names}]
    assert [names for names in expected if not used & {*names}] == []

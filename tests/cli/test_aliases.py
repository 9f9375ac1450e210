"""The older command line goes on working, and says what it is called now."""

import shlex

import click
import pytest

from heat.cli.aliases import rewritten
from heat.cli.main import cli


@pytest.mark.parametrize(
    ("older", "today"),
    [
        (
            "stack-create -f t.yaml -P 'a=b;c=d' -r shop",
            "stack create --template t.yaml --parameter a=b --parameter c=d --rollback shop",
        ),
        (
            "--os-cloud x stack-list -s -f status=FAILED",
            "--os-cloud x stack list --deleted --property status=FAILED",
        ),
        (
            "stack-update --template-file=t.yaml --poll shop",
            "stack update --template=t.yaml --wait shop",
        ),
        ("event-list -r web shop", "stack event list --resource web shop"),
        ("output-show shop url", "stack output show shop url"),
        ("action-suspend shop", "stack suspend shop"),
        ("resource-signal shop web -D '{}'", "stack resource signal shop web --data '{}'"),
        ("stack-create shop -P a=1;2", "stack create shop --parameter a=1;2"),
        ("stack-create --poll 5 shop", "stack create --wait shop"),
        ("stack-update --rollback no shop", "stack update --no-rollback shop"),
        ("event-list -F log -m abc shop", "stack event list --marker abc shop"),
        ("output-show -F raw shop url", "stack output show shop url"),
    ],
)
def test_older_words_become_todays(older, today):
    given = shlex.split(older) if "'" in older else older.split()
    expected = shlex.split(today) if "'" in today else today.split()
    found, hint = rewritten(given)
    assert found == expected
    assert " is now: heat " in hint


def test_todays_words_stay():
    words = ["stack", "create", "stack-list", "-t", "t.yaml"]
    assert rewritten(words) == (words, "")


def test_a_name_after_an_option_of_the_whole_command_is_no_command():
    words = ["--os-cloud", "stack-list", "stack", "list"]
    assert rewritten(words) == (words, "")


def test_every_command_can_be_loaded():
    todo: list[click.Command] = [cli]
    while todo:
        command = todo.pop()
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                assert below.help or below.short_help
                todo.append(below)


@pytest.mark.parametrize(
    ("asked", "today"),
    [
        ("help", "--help"),
        ("help stack create", "stack create --help"),
        ("help stack-create", "stack create --help"),
        ("--os-cloud x help stack", "--os-cloud x stack --help"),
    ],
)
def test_help_is_a_word_too(asked, today):
    assert rewritten(asked.split()) == (today.split(), "")

"""What a user gets wrong is told in few words, with the exit code that the page of commands has."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from heat.api import handlers
from heat.api.described import described as declared
from heat.cli.called import spelling
from heat.cli.complaints import described
from heat.cli.events import FILTERS
from heat.cli.stack import PROPERTIES

ID = "11111111-2222-3333-4444-555555555555"
NAMING = [
    ("stack", "create", "shop", "-t"),
    ("stack", "create", "shop", "-t", "t.yaml", "-e"),
    ("stack", "validate", "-t"),
    ("stack", "adopt", "shop", "--adopt-file"),
    ("stack", "resource", "signal", "shop", "web", "--data-file"),
    ("software-config", "create", "c", "--config-file"),
    ("software-config", "create", "c", "--definition-file"),
    ("template", "validate"),
    ("template", "format"),
    ("stack", "graph"),
]


@pytest.mark.parametrize("words", NAMING, ids=" ".join)
def test_a_file_that_can_not_be_read(heat, words) -> None:
    Path("t.yaml").write_text("heat_template_version: 2018-08-31\nresources: {}\n")
    Path("folder").mkdir()
    missing = heat(*words, "./none.yaml")
    assert (missing.code, missing.out) == (3, "")
    assert "none.yaml can't be read: No such file or directory" in missing.err
    folder = heat(*words, "folder")
    if words != ("stack", "graph"):  # which takes the name of a stack, too
        assert folder.code in (1, 2)
        assert "directory" in folder.err


@pytest.mark.parametrize("words", NAMING[:3], ids=" ".join)
def test_a_file_that_is_no_text(heat, service, words) -> None:
    Path("t.yaml").write_text("heat_template_version: 2018-08-31\nresources: {}\n")
    Path("picture").write_bytes(bytes(range(256)))
    ran = heat(*words, "picture")
    assert ran.code == 1
    assert ran.err.splitlines()[0] == "error: picture can't be read: it is no UTF-8 text"
    assert not any(asked.method == "POST" and "stacks" in asked.path for asked in service.asked)


def test_a_value_from_a_file_that_is_not_there(heat) -> None:
    Path("t.yaml").write_text("heat_template_version: 2018-08-31\nresources: {}\n")
    ran = heat("stack", "create", "shop", "-t", "t.yaml", "--parameter-file", "a=none")
    assert ran.code == 3
    assert "none can't be read" in ran.err


def test_a_name_that_is_nearly_right(heat, service) -> None:
    service.answers["GET", "/stacks/shpo"] = 404, {"error": {"message": "no such stack"}}
    service.answers["GET", "/stacks"] = 200, {"stacks": [{"stack_name": "shop"}]}
    ran = heat("stack", "show", "shpo")
    assert ran.code == 3
    assert "did you mean 'shop'?" in ran.err
    service.answers["GET", "/stacks/else"] = 404, {"error": {"message": "no such stack"}}
    assert "stack list tells what there is" in heat("stack", "show", "else").err


def test_a_resource_or_an_output_that_is_nearly_right(heat, service) -> None:
    stack = f"/stacks/shop/{ID}"
    missing = 404, {"error": {"message": "there is none"}}
    service.stack = {"stack_name": "shop", "id": ID}
    rows = [{"resource_name": "web", "links": []}]
    service.answers["GET", f"{stack}/resources/wbe"] = missing
    service.answers["GET", f"{stack}/resources"] = 200, {"resources": rows}
    service.answers["GET", f"{stack}/outputs/ulr"] = missing
    service.answers["GET", f"{stack}/outputs"] = 200, {"outputs": [{"output_key": "url"}]}
    assert "did you mean 'web'?" in heat("stack", "resource", "show", "shop", "wbe").err
    assert "did you mean 'url'?" in heat("stack", "output", "show", "shop", "ulr").err


def test_a_type_that_is_nearly_right(heat, service) -> None:
    words = "The Resource Type (OS::A::Servr) could not be found. did you mean 'OS::A::Server'?"
    at = "/resource_types/OS%3A%3AA%3A%3AServr"
    service.answers["GET", at] = 404, {"error": {"message": words}}
    assert heat("resource-type", "show", "OS::A::Servr").err.splitlines() == [
        "error: The Resource Type (OS::A::Servr) could not be found.",
        "  did you mean 'OS::A::Server'?",
    ]


@pytest.mark.parametrize(
    ("at", "cure"),
    [
        (["parameters", "size"], "give it a value, -P size=VALUE, or a default"),
        (["resources", "web"], "give a value for it, or a default"),
    ],
)
def test_how_a_parameter_is_given_is_told_where_it_is_the_commands(at, cure) -> None:
    problem = {"code": "H502", "at": at, "cure": "give a value for it, or a default", "line": 3}
    assert click.unstyle(described(problem)).splitlines()[-1] == f"  cure: {cure}"


def test_a_long_line_is_shown_around_the_place() -> None:
    text = "a" * 200 + "!" + "b" * 200
    said = described({"summary": "s", "line": 3, "column": 201, "text": text})
    _, line, caret = click.unstyle(said).splitlines()
    assert len(line) < 120
    assert line[caret.index("^")] == "!"


def test_help_is_written_in_whole(heat, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in ((), ("stack",), ("stack", "resource"), ("software-deployment",)):
        told = heat(*words, "--help").out
        assert "..." not in told.partition("Commands:")[2]
        assert all(len(line) <= 80 for line in told.splitlines())


def test_a_hint_is_as_the_command_was_called(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    bin_folder = tmp_path / "venv/bin"
    bin_folder.mkdir(parents=True)
    program = bin_folder / "heat"
    program.touch(mode=0o755)
    elsewhere = [str(tmp_path / "elsewhere")]
    assert spelling("heat", elsewhere) == "heat"
    assert spelling(str(program), elsewhere) == "venv/bin/heat"
    assert spelling(str(program), [str(bin_folder)]) == "heat"
    assert spelling("/usr/bin/pytest", elsewhere) == "heat"


def test_resources_pause_at_hooks(heat, service) -> None:
    Path("t.yaml").write_text("heat_template_version: 2018-08-31\nresources: {}\n")
    service.answers["POST", "/stacks"] = 201, {"stack": {"id": "1"}}
    ran = heat(
        *("stack", "create", "shop", "-t", "t.yaml"),
        *("--pre-create", "web", "--pre-create", "inner/db*", "--dry-run"),
    )
    (asked,) = service.said("POST", "/stacks/preview")
    assert (
        '{"web": {"hooks": "pre-create"}, "inner": {"db*": {"hooks": "pre-create"}}}'
        in (asked.body["environment"])
    )
    assert ran.code is not None


def test_a_file_that_is_nearly_there_is_named(heat, environ, tmp_path):
    (tmp_path / "shop.yaml").write_text("heat_template_version: 2021-04-16\n")
    (tmp_path / "empty.yaml").write_text("\n")
    assert "did you mean 'shop.yaml'?" in heat("stack", "create", "s", "-t", "shp.yaml").err
    assert "there is no folder none" in heat("stack", "create", "s", "-t", "none/t.yaml").err
    ran = heat("stack", "create", "s", "-t", "empty.yaml")
    assert ran.err.startswith("error: empty.yaml is empty\n")


@pytest.mark.parametrize(
    ("words", "way"),
    [
        (("software-config", "show", "x"), "heat software-config list"),
        (("software-deployment", "show", "x"), "heat software-deployment list"),
        (("stack", "event", "show", "shop", "web", "x"), "heat stack event list shop"),
    ],
)
def test_what_is_not_there_leads_to_what_is(heat, service, words, way):
    service.has_stack("shop")
    ran = heat(*words)
    assert ran.code == 3
    assert way in ran.err


def test_an_address_that_is_none_is_told(heat, service):
    ran = heat("--heat-url", "foo", "stack", "list")
    assert ran.code == 4
    assert "is no address of a service\n  it must begin with http:// or https://" in ran.err


def test_what_reads_the_output_may_close_it(environ):
    command = "import sys; from heat.cli.main import main; sys.exit(main())"
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", command, "template", "functions", "2021-04-16"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_what_is_taken_is_what_the_service_heeds() -> None:
    stacks, events = declared(handlers.list_stacks), declared(handlers.list_events)
    assert sorted(PROPERTIES) == sorted(stacks.filters)
    assert sorted(FILTERS) == sorted(events.filters)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "--sort", "stack_nam"), "did you mean 'stack_name'?"),
        (("list", "--sort", "stack_name:up"), "'up' is neither asc nor desc"),
        (("list", "--property", "stack_stat=FAILED"), "did you mean 'stack_status'?"),
        (("list", "--property", "foo=bar"), "there are id, stack_name"),
        (("events", "shop", "--filter", "foo=bar"), "there are resource_status"),
    ],
)
def test_what_the_service_would_overlook_is_refused(heat, service, words, told):
    service.has_stack("shop")
    ran = heat("stack", *words)
    assert ran.code == 2
    assert told in ran.err
    assert not any(asked.path.endswith(("/stacks", "/events")) for asked in service.asked)


@pytest.mark.parametrize(
    "words",
    [
        ("stack", "show", ""),
        ("stack", "delete", "", "-y"),
        ("stack", "resource", "show", "shop", ""),
        ("stack", "resource", "metadata", "shop", ""),
        ("stack", "output", "show", "shop", ""),
        ("resource-type", "show", ""),
        ("software-config", "show", ""),
        ("stack", "event", "show", "shop", "", ""),
    ],
)
def test_a_name_that_is_empty_is_a_mistake_of_the_command_line(heat, service, words):
    service.has_stack("shop")
    ran = heat(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "a name is empty" in ran.err

"""What the small commands ask the service for, and how they end."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest
from cli_service import ID, fault

from heat.cli import pages

INPUTS = {"inputs": [{"name": "a", "type": "String"}]}
RUN = "import sys; from heat.cli.main import main; sys.exit(main())"


@pytest.fixture
def shop(service):
    service.has_stack("shop")
    service.resources = [service.resource("web", "CREATE_COMPLETE")]
    return service


def test_lists_are_read_to_their_end(heat, service, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    service.has_stack("shop")
    stacks = [{**service.stack, "id": f"s{n}", "stack_name": f"n{n}"} for n in range(5)]
    seen = service.answer

    def answer(asked):
        if not asked.path.endswith("/stacks"):
            return seen(asked)
        start = int(asked.query.get("marker", ["s-1"])[0][1:]) + 1
        return 200, {"stacks": stacks[start : start + int(asked.query["limit"][0])]}, {}

    service.answer = answer
    names = heat("stack", "list", "-f", "value", "-c", "stack_name").out.split()
    assert names == ["n0", "n1", "n2", "n3", "n4"]
    some = heat("stack", "list", "--limit", "3", "-f", "value", "-c", "stack_name").out.split()
    assert some == ["n0", "n1", "n2"]


@pytest.mark.parametrize(
    ("words", "method", "path", "body"),
    [
        (("signal", "shop", "web", "--data", '{"a": 1}'), "POST", "/signal", {"a": 1}),
        (("signal", "shop", "web"), "POST", "/signal", None),
        (
            ("mark", "unhealthy", "shop", "web", "burnt"),
            "PATCH",
            "",
            {"mark_unhealthy": True, "resource_status_reason": "burnt"},
        ),
        (
            ("mark", "unhealthy", "shop", "web", "--reset"),
            "PATCH",
            "",
            {"mark_unhealthy": False, "resource_status_reason": ""},
        ),
    ],
)
def test_a_resource_is_told_something(heat, shop, words, method, path, body):
    shop.answers[method, f"{shop.home}/resources/web{path}"] = (200, None)
    assert heat("stack", "resource", *words).code == 0
    [asked] = shop.said(method, f"/stacks/shop/{ID}/resources/web{path}")
    assert asked.body == body


def test_what_is_no_json_is_not_said_to_a_resource(heat, shop):
    ran = heat("stack", "resource", "signal", "shop", "web", "--data", "a: 1")
    assert ran.code == 1
    assert "the data is no JSON" in ran.err


def test_a_resource_may_be_shown_without_the_word(heat, shop):
    web = {**shop.resources[0], "attributes": {"a": 1}}
    shop.answers["GET", f"{shop.home}/resources/web"] = (200, {"resource": web})
    assert heat("stack", "resource", "shop", "web", "-f", "json").out == (
        heat("stack", "resource", "show", "shop", "web", "-f", "json").out
    )
    assert "web" in heat("stack", "resource", "shop").out


def test_resources_of_nested_stacks_tell_whose_they_are(heat, shop):
    rows = json.loads(heat("stack", "resource", "list", "shop", "-n", "2", "-f", "json").out)
    assert rows[0]["stack_name"] == "shop"


def test_files_are_listed_and_shown(heat, shop):
    shop.answers["GET", f"{shop.home}/files"] = (200, {"a.sh": "echo\n"})
    assert heat("stack", "file", "list", "shop", "-f", "value").out == "a.sh 5\n"
    assert heat("stack", "file", "show", "shop", "a.sh").out == "echo\n"
    ran = heat("stack", "file", "show", "shop", "b.sh")
    assert (ran.code, ran.err.splitlines()[1]) == (3, "  its files: a.sh")


def test_software_is_configured_and_deployed(heat, service, tmp_path):
    (tmp_path / "run.sh").write_text("echo")
    (tmp_path / "def.yaml").write_text("inputs: [{name: a}]\n")
    made = {"id": "c1", "name": "setup", "group": "script", "config": "echo"}
    service.answers |= {
        ("POST", "/software_configs"): (200, {"software_config": made}),
        ("GET", "/software_configs"): (200, {"software_configs": [made]}),
        ("GET", "/software_configs/c1"): (200, {"software_config": made | INPUTS}),
        ("DELETE", "/software_configs/c1"): (204, None),
        ("POST", "/software_deployments"): (200, {"software_deployment": {"id": "d1"}}),
        ("GET", "/software_deployments/d1"): (
            200,
            {"software_deployment": {"id": "d1", "output_values": {"out": "42"}}},
        ),
    }
    files = ["--config-file", "run.sh", "--definition-file", "def.yaml"]
    heat("software-config", "create", "setup", "--group", "script", *files)
    assert service.said("POST", "/software_configs")[0].body == {
        "name": "setup",
        "group": "script",
        "config": "echo",
        "inputs": [{"name": "a"}],
    }
    assert heat("software-config", "list", "-f", "value", "-c", "id").out == "c1\n"
    assert heat("software-config", "delete", "c1").out == "c1: deleted\n"
    words = ["--config", "c1", "--server", "s1", "--input-value", "a=b"]
    heat("software-deployment", "create", *words)
    assert service.said("POST", "/software_deployments")[0].body["input_values"] == {"a": "b"}
    # The server's agent reads the values from a configuration of its own.
    assert service.said("POST", "/software_configs")[1].body["inputs"] == [
        {"name": "a", "type": "String", "value": "b"},
        {"name": "deploy_server_id", "type": "String", "value": "s1"},
        {"name": "deploy_action", "type": "String", "value": "CREATE"},
    ]
    ran = heat("software-deployment", "create", *words[:4], "--input-value", "z=b")
    assert (ran.code, ran.err.splitlines()[1]) == (1, "  its inputs: a")
    assert heat("software-deployment", "output", "d1", "out").out == "42\n"


@pytest.mark.parametrize(
    ("status", "code"), [(400, 1), (401, 4), (403, 4), (404, 3), (409, 1), (500, 1), (503, 4)]
)
def test_the_exit_code_tells_the_sort_of_refusal(heat, service, status, code):
    service.answers["GET", "/build_info"] = (status, fault(status, "Some", "no"))
    ran = heat("build-info")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("error: no\n")


def test_what_can_be_done_about_a_conflict_is_said(heat, shop):
    busy = fault(409, "ActionInProgress", "Stack shop already has an action (UPDATE) in progress.")
    shop.answers["POST", f"{shop.home}/actions"] = (409, busy)
    assert "heat stack watch shop" in heat("stack", "suspend", "shop").err


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_a_completion_script_names_the_command(heat, shell_name):
    ran = heat("completion", shell_name)
    assert ran.code == 0
    assert "_HEAT_COMPLETE" in ran.out


def complete(words, last=None):
    """Ask for what a shell would show after these words."""
    found = subprocess.run(
        [sys.executable, "-c", RUN],
        env={
            **os.environ,
            "_HEAT_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.stderr == ""
    return [line.partition(",")[2] for line in found.stdout.split()]


def test_stacks_and_resources_complete(environ, shop):
    shop.answers["GET", "/stacks"] = (200, {"stacks": [shop.stack]})
    assert complete("heat stack show sh") == ["shop"]
    assert complete("heat stack delete ") == ["shop"]
    assert complete("heat stack resource show shop w") == ["web"]
    assert "graph" in complete("heat stack g")


def test_outputs_clouds_and_older_words_complete(environ, shop, tmp_path):
    shop.answers["GET", "/stacks"] = (200, {"stacks": [shop.stack]})
    shop.answers["GET", f"{shop.home}/outputs"] = (200, {"outputs": [{"output_key": "url"}]})
    assert complete("heat stack output show shop ") == ["url"]
    assert complete("heat hook clear shop w") == ["web"]
    assert complete("heat stack-show sh") == ["shop"]
    assert complete("heat output-show shop u") == ["url"]
    (tmp_path / "clouds.yaml").write_text("clouds: {here: {}, there: {}}")
    assert complete("heat --os-cloud t") == ["there"]


@pytest.mark.skipif(which("bash") is None, reason="there is no bash here")
def test_bash_completes(environ, shop, tmp_path):
    shop.answers["GET", "/stacks"] = (200, {"stacks": [shop.stack]})
    command = tmp_path / "heat"
    command.write_text(f"#!{sys.executable}\n{RUN}\n")
    command.chmod(0o755)
    script = """
        eval "$(heat completion bash)"
        COMP_WORDS=(heat stack-show sh) COMP_CWORD=2
        _heat_completion heat sh stack-show
        echo "${COMPREPLY[*]}"
    """
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], env=path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("shop\n", "")


def test_completion_is_silent_when_there_is_no_service(environ, monkeypatch):
    monkeypatch.setenv("OS_AUTH_URL", "http://127.0.0.1:1")
    assert complete("heat stack show sh") == []


@pytest.mark.parametrize("colourless", [False, True])
def test_colours_are_for_terminals_that_want_them(environ, tmp_path, monkeypatch, colourless):
    text = "heat_template_version: 2021-04-16\nresources: {a: {tipe: x}}\n"
    (tmp_path / "t.yaml").write_text(text)
    if colourless:
        monkeypatch.setenv("NO_COLOR", "1")
    command = [sys.executable, "-c", RUN, "template", "validate", "t.yaml"]
    plain = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "^" in plain.stderr
    assert "\x1b" not in plain.stderr
    reading, writing = pty.openpty()
    done = subprocess.run(command, stdout=writing, stderr=writing, timeout=60, check=False)
    os.close(writing)
    shown = os.read(reading, 65536).decode()
    os.close(reading)
    assert done.returncode == plain.returncode == 1
    assert ("\x1b[31m^" in shown) is not colourless
    assert ("\x1b" in shown) is not colourless


def test_the_page_of_commands_is_what_make_docs_writes():
    from heat.cli.reference import document

    page = Path(__file__).parents[2] / "docs" / "cli.md"
    assert page.read_text(encoding="utf-8") == document()

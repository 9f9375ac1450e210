"""The `heat` command as people used it for years, and as they use it today."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.wire.conftest import BIN, without_cloud

from .shell import OpenStack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Heat = Callable[..., str]


@pytest.fixture
def heat(variables: dict[str, str]) -> Heat:
    def run(*words: object, code: int = 0) -> str:
        done = subprocess.run(
            [BIN / "heat", *map(str, words)],
            env={**without_cloud(), **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_the_older_spellings(heat: Heat, openstack: OpenStack, application: Path) -> None:
    template, registry = application / "app.yaml", application / "registry.yaml"
    heat("template-validate", "-f", template, "-e", registry, "-P", "length=9", "-n")
    assert "word" in heat("stack-preview", "-f", template, "-e", registry, "-t", "5", "old")
    given = ("-f", template, "-e", registry, "-P", "count=1;length=9", "-t", "10", "-r")
    made = heat("stack-create", *given, "--tags", "a,b", "--poll", "1", "old")
    assert "[old]: CREATE_COMPLETE" in made
    shown = openstack.ask("stack show", "old")
    assert (shown["timeout_mins"], shown["disable_rollback"]) == (10, False)
    assert (shown["parameters"]["length"], shown["parameters"]["count"]) == ("9", "1")

    listed = heat("stack-list", "-f", "name=old", "-t", "a", "-k", "stack_name", "-d", "desc", "-o")
    assert " old " in listed
    assert "no stack is like that" not in listed
    assert shown["id"] in heat("stack-show", "old")
    assert "noted" in heat("resource-list", "-n", "2", "old", "--with-detail")
    assert "inner" not in heat("resource-list", "old", "-f", "name=word")
    assert "OS::Heat::RandomString" in heat("resource-show", "old", "word", "-a", "value")
    assert json.loads(heat("resource-metadata", "old", "word")) == {"kind": "word"}
    events = json.loads(heat("event-list", "old", "-r", "word", "-F", "json"))
    assert [one["resource_status"] for one in events] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    after = json.loads(heat("event-list", "old", "-m", events[0]["id"], "-l", "1", "-F", "json"))
    assert after[0]["event_time"] >= events[0]["event_time"]
    assert "CREATE_COMPLETE" in heat("event", "old", "word", events[1]["id"])
    assert (
        heat("output-show", "-F", "raw", "old", "word").strip()
        == shown["outputs"][0]["output_value"]
    )
    assert "told" in heat("output-list", "old")
    assert "heat_template_version" in heat("template-show", "old")
    assert "length: 10" in heat("environment-show", "old")
    heat("resource-mark-unhealthy", "old", "word", "bad", "--reset")

    heat("stack-update", "-x", "-P", "note=new", "--rollback", "no", "old")
    shown = openstack.until("old", "UPDATE_COMPLETE")
    assert (shown["parameters"]["note"], shown["disable_rollback"]) == ("new", True)
    for action in ("suspend", "resume", "check"):
        heat(f"action-{action}", "old")
        openstack.until("old", f"{action.upper()}_COMPLETE")
    heat("stack-snapshot", "old", "-n", "first")
    openstack.until("old", "SNAPSHOT_COMPLETE")
    assert "first" in heat("snapshot-list", "old")
    heat("stack-restore", "old", "first")
    openstack.until("old", "RESTORE_COMPLETE")
    heat("snapshot-delete", "-y", "old", "first")
    heat("stack-delete", "-y", "old")
    openstack.nothing_of("old")

    config = json.loads(
        heat(
            "config-create", "c", "-g", "script", "-c", template, "-f", registry, "--format", "json"
        )
    )
    assert "OS::Heat::RandomString" in heat("config-show", "-c", config["id"])
    server = "3f0a4d4e-2f2c-4f6c-9d4d-6f5e7a1f0004"
    made = heat("deployment-create", "-c", config["id"], "-s", server, "named", "--format", "json")
    deployment = json.loads(made)
    assert deployment["id"] in heat("deployment-list", "-s", server)
    told = json.loads(heat("deployment-metadata-show", server))
    assert [one["name"] for one in told] == ["named"]
    assert heat("deployment-output-show", deployment["id"], "-a") == ""
    heat("deployment-delete", deployment["id"])
    heat("config-delete", config["id"])
    assert "OS::Nova::Server" in heat("resource-type-list", "-f", "name=OS::Nova")
    assert "HeatTemplateFormatVersion" in heat("resource-template", "-t", "cfn", "OS::Heat::Value")


def test_hooks_by_an_option(heat: Heat, openstack: OpenStack, application: Path) -> None:
    template, empty = application / "hooked.yaml", application / "empty.yaml"
    pauses = ("--pre-create", "word", "--pre-create", "inner/told")
    heat("stack", "create", "paused", "-t", template, "-e", empty, *pauses)
    for _ in range(60):
        polled = json.loads(heat("hook-poll", "-n", "2", "paused", "--format", "json"))
        if len(polled) == 2:
            break
    assert {one["resource_name"] for one in polled} == {"word", "told"}
    heat("hook-clear", "--pre-create", "paused", "word", "inner/told")
    openstack.until("paused", "CREATE_COMPLETE")


def test_ctrl_c_ends_watching_and_not_the_creation(
    variables: dict[str, str], openstack: OpenStack, application: Path
) -> None:
    words = ("stack", "create", "goes-on", "-t", application / "slow.yaml", "-P", "seconds=5")
    with subprocess.Popen(
        [BIN / "heat", *map(str, words), "--wait"],
        env={**without_cloud(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        assert "[goes-on]: CREATE_IN_PROGRESS" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        _, told = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert "The create of goes-on goes on. To watch it:" in told
    assert "Traceback" not in told
    openstack.until("goes-on", "CREATE_COMPLETE")

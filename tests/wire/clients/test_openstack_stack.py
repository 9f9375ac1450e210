"""`openstack stack ...`: every command, with what is so afterwards."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .shell import OpenStack, rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NONE = """
heat_template_version: 2018-08-31
resources: {a: {type: 'OS::Heat::None'}}
"""


@pytest.fixture
def none(tmp_path: Path) -> Path:
    template = tmp_path / "none.yaml"
    template.write_text(NONE)
    return template


@pytest.fixture
def note(tmp_path: Path) -> Path:
    file = tmp_path / "note.txt"
    file.write_text("from a file\n")
    return file


def test_a_stack_is_launched_from_files_and_environments(
    openstack: OpenStack, application: Path, note: Path
) -> None:
    template, registry = application / "app.yaml", application / "registry.yaml"
    values = application / "values.yaml"

    preview = openstack.ask(
        "stack create", "app", "--dry-run", "-t", template, "-e", registry, "--timeout", "9"
    )
    assert {one["resource_name"] for one in flat(preview["resources"])} >= {"word", "noted"}
    assert preview["timeout_mins"] == 9
    assert preview["parameters"]["secret"] == "******"
    assert openstack.ask("stack list") == []

    made = openstack.ask(
        *("stack create", "app", "--wait", "--poll", "1"),
        *("-t", template, "-e", registry, "-e", values),
        *("--parameter", "count=3", "--parameter-file", f"note={note}"),
        *("--tags", "blue,green", "--timeout", "10", "--enable-rollback"),
    )
    assert made["stack_status"] == "CREATE_COMPLETE"
    shown = openstack.ask("stack show", "app")
    assert shown["id"] == made["id"]
    assert shown["tags"] == ["blue", "green"]
    assert (shown["timeout_mins"], shown["disable_rollback"]) == (10, False)
    assert shown["parameters"]["length"] == "12"
    assert shown["parameters"]["secret"] == "******"
    outputs = {one["output_key"]: one["output_value"] for one in shown["outputs"]}
    assert len(outputs["word"]) == 12
    assert outputs["note"] == "from a file\n"
    assert outputs["told"] == f"inner {outputs['word']}"
    bare = openstack.ask("stack show", "app", "--no-resolve-outputs")
    assert "outputs" not in bare
    assert openstack("stack show", "nowhere", code=1).strip() == "Stack not found: nowhere"

    environment = openstack.ask("stack environment show", "app")
    assert environment["parameters"]["secret"] == "******"
    assert environment["parameters"]["count"] == "3"
    assert environment["parameter_defaults"] == {"length": 10}
    assert environment["resource_registry"]["Wire::Inner"] == (application / "inner.yaml").as_uri()
    files = openstack.ask("stack file list", "app")["files"]
    assert any(name.endswith("inner.yaml") for name in files)
    written = openstack.ask("stack template show", "app")
    assert written["heat_template_version"] == "2018-08-31"
    assert set(written["resources"]) == {"word", "noted", "inner", "mapped", "group"}

    listed = openstack.ask("stack output list", "app")
    assert {"output_key": "word", "description": "The word."} in listed
    output = openstack.ask("stack output show", "app", "word")
    assert output["output_value"] == outputs["word"]
    every = openstack.ask("stack output show", "app", "--all")
    assert set(every) == {"word", "note", "secret", "told"}
    assert "not found" in openstack("stack output show", "app", "nothing", code=1)

    openstack("stack delete", "app", "-y", "--wait")
    assert openstack.ask("stack list") == []
    assert openstack.ask("stack list", "--deleted")[0]["Stack Status"] == "DELETE_COMPLETE"
    assert "Unable to delete 1 of the 1" in openstack("stack delete", "app", "--yes", code=1)


def test_a_stack_is_changed(openstack: OpenStack, application: Path, note: Path) -> None:
    template, registry = application / "app.yaml", application / "registry.yaml"
    openstack("stack create", "changed", "-t", template, "-e", registry)
    before = openstack.until("changed", "CREATE_COMPLETE")
    word = openstack.ask("stack output show", "changed", "word")["output_value"]

    changes = openstack.ask(
        *("stack update", "changed", "--dry-run", "--show-nested"),
        *("-t", template, "-e", registry, "--parameter", "length=20", "--parameter", "count=3"),
    )
    assert "word" in rows(changes["replaced"], "resource_name")
    assert "2" in rows(changes["added"], "resource_name")
    assert openstack.ask("stack show", "changed")["stack_status"] == "CREATE_COMPLETE"

    made = openstack.ask(
        *("stack update", "changed", "--wait", "-t", template, "-e", registry),
        *("--parameter", "count=1", "--parameter-file", f"note={note}"),
        *("--tags", "red", "--timeout", "11", "--rollback", "enabled", "--converge"),
    )
    assert made["stack_status"] == "UPDATE_COMPLETE"
    shown = openstack.ask("stack show", "changed")
    assert shown["id"] == before["id"]
    assert (shown["timeout_mins"], shown["disable_rollback"]) == (11, False)
    assert shown["tags"] == ["red"]
    assert openstack.ask("stack output show", "changed", "word")["output_value"] == word
    assert openstack.ask("stack output show", "changed", "note")["output_value"] == "from a file\n"

    openstack("stack update", "changed", "--existing", "--parameter", "note=kept")
    shown = openstack.until("changed", "UPDATE_COMPLETE")
    assert (shown["parameters"]["note"], shown["parameters"]["count"]) == ("kept", "1")
    openstack("stack update", "changed", "--existing", "--clear-parameter", "note")
    shown = openstack.until("changed", "UPDATE_COMPLETE")
    assert (shown["parameters"]["note"], shown["parameters"]["count"]) == ("nothing", "1")
    openstack.gone("changed")


def test_a_stack_pauses_at_hooks(openstack: OpenStack, application: Path) -> None:
    template = application / "hooked.yaml"
    openstack(
        *("stack create", "hooked", "-t", template),
        *("--pre-create", "word", "--pre-create", "inner/told", "--pre-create", "gro*/0"),
    )
    polled = await_rows(openstack, "hooked", 3)
    assert set(rows(polled, "Resource Name")) == {"word", "told", "0"}
    assert "paused until Hook pre-create is cleared" in polled[0]["Resource Status Reason"]
    top = openstack.ask("stack hook poll", "hooked")
    assert rows(top, "Resource Name") == ["word"]
    openstack("stack hook clear", "hooked", "--pre-create", "word", "inn*/told")
    openstack("stack hook clear", "hooked", "group/0")
    openstack.until("hooked", "CREATE_COMPLETE")
    assert "not IN_PROGRESS" in openstack("stack hook poll", "hooked", code=1)

    openstack(
        *("stack update", "hooked", "-t", template, "-e", application / "empty.yaml"),
        *("--pre-update", "noted", "--parameter", "note=new"),
    )
    assert rows(await_rows(openstack, "hooked", 1), "Resource Name") == ["noted"]
    openstack("stack hook clear", "hooked", "--pre-update", "noted")
    shown = openstack.until("hooked", "UPDATE_COMPLETE")
    assert shown["outputs"][0]["output_value"] == "new"

    pausing = ("-t", template, "-e", application / "pausing.yaml")
    openstack("stack update", "hooked", *pausing)
    openstack.until("hooked", "UPDATE_COMPLETE")
    openstack("stack delete", "hooked", "-y")
    assert rows(await_rows(openstack, "hooked", 1), "Resource Name") == ["word"]
    openstack("stack hook clear", "hooked", "--pre-delete", "word")
    openstack.nothing_of("hooked")


def await_rows(openstack: OpenStack, stack: str, count: int) -> list[dict[str, Any]]:
    """Wait until so many resources pause."""
    for _ in range(60):
        polled: list[dict[str, Any]] = openstack.ask("stack hook poll", stack, "--nested-depth", 2)
        if len(polled) == count:
            return polled
    raise AssertionError(polled)


def test_stacks_are_listed(openstack: OpenStack, admin: OpenStack, none: Path) -> None:
    tags = {"one": "blue", "two": "blue,green", "three": "red", "secret": "unlisted"}
    for name, tag in tags.items():
        openstack("stack create", name, "-t", none, "--tags", tag)
        openstack.until(name, "CREATE_COMPLETE")

    assert names(openstack.ask("stack list")) == {"one", "two", "three"}
    assert "secret" in names(openstack.ask("stack list", "--hidden"))
    assert names(openstack.ask("stack list", "--tags", "blue,green")) == {"two"}
    assert names(openstack.ask("stack list", "--tags", "blue,red", "--tag-mode", "any")) == {
        *("one", "two", "three")
    }
    assert names(openstack.ask("stack list", "--tags", "blue,green", "--tag-mode", "not")) == {
        *("one", "three")
    }
    assert names(openstack.ask("stack list", "--tags", "blue,green", "--tag-mode", "not-any")) == {
        "three"
    }
    assert names(openstack.ask("stack list", "--property", "name=one")) == {"one"}
    assert names(openstack.ask("stack list", "--property", "status=FAILED")) == set()
    ordered = rows(openstack.ask("stack list", "--sort", "stack_name:desc"), "Stack Name")
    assert ordered == ["two", "three", "one"]
    first = openstack.ask("stack list", "--limit", 1)
    assert len(first) == 1
    rest = openstack.ask("stack list", "--marker", first[0]["ID"])
    assert names(first) | names(rest) == {"one", "two", "three"}
    assert len(rest) == 2
    assert set(openstack.ask("stack list", "--short")[0]) == {"ID", "Stack Name", "Stack Status"}

    project = openstack.ask("token issue")["project_id"]
    assert names(admin.ask("stack list")) == set()
    everyone = admin.ask("stack list", "--all-projects")
    assert names(everyone) >= {"one", "two", "three"}
    assert {row["Project"] for row in everyone} == {project}
    assert "Stack Owner" in admin.ask("stack list", "--long")[0]
    found = admin.ask("stack list", "--all-projects", "--project", "demo")
    assert names(found) == {"one", "two", "three"}
    found = admin.ask(
        *("stack list", "--all-projects", "--project", "admin", "--project-domain", "default")
    )
    assert found == []
    assert "not authorized" in openstack("stack list", "--all-projects", code=1)
    openstack.gone(*tags)


def names(answer: list[dict[str, Any]]) -> set[str]:
    return set(rows(answer, "Stack Name"))


def flat(resources: list[Any]) -> list[dict[str, Any]]:
    """Return the resources of a preview, in which those of nested stacks are lists."""
    found: list[dict[str, Any]] = []
    for one in resources:
        found += flat(one) if isinstance(one, list) else [one]
    return found


def test_what_happened_is_told(openstack: OpenStack, application: Path) -> None:
    template, registry = application / "app.yaml", application / "registry.yaml"
    openstack("stack create", "told", "-t", template, "-e", registry)
    openstack.until("told", "CREATE_COMPLETE")
    nested = openstack.ask("stack list", "--nested")
    parents = {row["Stack Name"]: row["Parent"] for row in nested}
    top = next(row["ID"] for row in nested if row["Stack Name"] == "told")
    assert Counter(parents.values()) == {None: 1, top: 3}

    events = openstack.ask("stack event list", "told")
    assert events[0]["resource_status_reason"] == "Stack CREATE started"
    assert events[-1]["resource_status"] == "CREATE_COMPLETE"
    assert len(events) == 2 * 5 + 2
    deep = openstack.ask("stack event list", "told", "--nested-depth", 3)
    assert len(deep) > len(events)
    assert {row["stack_name"] for row in deep} == set(parents)
    after = openstack.ask("stack event list", "told", "--marker", events[3]["id"])
    assert rows(after, "id") == rows(events, "id")[4:]
    some = openstack.ask("stack event list", "told", "--limit", 2)
    assert rows(some, "id") == rows(events, "id")[:2]
    back = openstack.ask("stack event list", "told", "--sort", ":desc")
    assert sorted(rows(back, "id")) == sorted(rows(events, "id"))
    assert back[0]["event_time"] >= back[-1]["event_time"]
    one = openstack.ask("stack event list", "told", "--resource", "word")
    assert set(rows(one, "resource_name")) == {"word"}
    done = openstack.ask("stack event list", "told", "--filter", "resource_status=COMPLETE")
    assert {row["resource_status"] for row in done} <= {"CREATE_COMPLETE"}
    shown = openstack.ask("stack event show", "told", "word", one[-1]["id"])
    assert shown["resource_type"] == "OS::Heat::RandomString"
    assert shown["resource_status"] == "CREATE_COMPLETE"
    log = openstack("stack event list", "told")
    assert "[told]: CREATE_IN_PROGRESS  Stack CREATE started" in log

    openstack.begin("stack event list", "told", "--follow")
    openstack.interrupt_after(2)
    followed = openstack.ended()
    assert "[told]: CREATE_COMPLETE  Stack CREATE completed successfully" in followed
    openstack.gone("told")


def test_resources_are_looked_at_and_spoken_to(
    openstack: OpenStack, application: Path, tmp_path: Path
) -> None:
    openstack("stack create", "waits", "-t", application / "waits.yaml")
    for _ in range(60):
        listed = openstack.ask("stack resource list", "waits", "--filter", "name=condition")
        if listed and listed[0]["resource_status"] == "CREATE_IN_PROGRESS":
            break
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"status": "SUCCESS", "id": "b", "data": "from a file"}))
    openstack("stack resource signal", "waits", "handle", "--data", '{"id": "a", "data": "said"}')
    openstack("stack resource signal", "waits", "handle", "--data-file", data)
    openstack.until("waits", "CREATE_COMPLETE")
    told = openstack.ask("stack output show", "waits", "data")["output_value"]
    assert json.loads(told) == {"a": "said", "b": "from a file"}

    listed = openstack.ask("stack resource list", "waits", "--long", "-n", 2)
    by_name = {row["resource_name"]: row for row in listed}
    assert set(by_name) == {"handle", "condition", "inner", "told", "server"}
    assert by_name["told"]["stack_name"].startswith("waits-inner-")
    found = openstack.ask("stack resource list", "waits", "--filter", "type=OS::Heat::Value")
    assert rows(found, "resource_name") == ["server"]
    assert "digraph" in openstack("stack resource list", "waits", "-f", "dot")
    shown = openstack.ask("stack resource show", "waits", "server", "--with-attr", "value")
    assert shown["attributes"]["value"] == "some text"
    assert "not found" in openstack("stack resource show", "waits", "nothing", code=1)
    assert openstack.ask("stack resource metadata", "waits", "server") == {"kind": "value"}
    refused = openstack("stack resource signal", "waits", "server", code=1)
    assert "signal" in refused.lower()

    openstack("stack resource mark unhealthy", "waits", "server", "looks bad")
    bad = openstack.ask("stack resource show", "waits", "server")
    assert (bad["resource_status"], bad["resource_status_reason"]) == ("CHECK_FAILED", "looks bad")
    openstack("stack resource mark unhealthy", "waits", "server", "--reset")
    good = openstack.ask("stack resource show", "waits", "server")
    assert good["resource_status"] == "CHECK_COMPLETE"
    openstack.gone("waits")


def test_what_failed_is_listed_and_what_goes_on_is_stopped(
    openstack: OpenStack, application: Path
) -> None:
    template = application / "slow.yaml"
    broken = openstack(
        *("stack create", "slow", "--wait", "--poll", "1"),
        *("-t", template, "--parameter", "fail=true"),
        code=1,
    )
    assert "CREATE_FAILED" in broken
    failures = openstack("stack failures list", "slow", "--long")
    assert "slow.slow:" in failures
    assert "resource_type: OS::Heat::TestResource" in failures
    assert "status: CREATE_FAILED" in failures
    openstack.gone("slow")

    openstack("stack create", "slow", "-t", template)
    openstack.until("slow", "CREATE_COMPLETE")
    kept = openstack.ask("stack resource show", "slow", "kept")["physical_resource_id"]
    changed = ("--existing", "--parameter", "seconds=300", "--parameter", "value=second")
    openstack("stack update", "slow", *changed)
    openstack("stack cancel", "slow", "--wait")
    assert openstack.ask("stack show", "slow")["stack_status"] == "ROLLBACK_COMPLETE"
    assert openstack.ask("stack output show", "slow", "value")["output_value"] == "first"
    assert openstack.ask("stack resource show", "slow", "kept")["physical_resource_id"] == kept
    openstack("stack update", "slow", *changed)
    openstack("stack cancel", "slow", "--no-rollback")
    openstack.until("slow", "UPDATE_FAILED")
    assert "not in cancelable state" in openstack("stack cancel", "slow", code=1)
    openstack.gone("slow")


def test_actions_and_snapshots(openstack: OpenStack, application: Path) -> None:
    openstack("stack create", "acts", "-t", application / "server.yaml")
    shown = openstack.until("acts", "CREATE_COMPLETE")
    server = shown["outputs"][0]["output_value"]

    assert openstack.ask("stack suspend", "acts", "--wait")[0]["Stack Status"] == "SUSPEND_COMPLETE"
    assert openstack.ask("server show", server)["status"] == "SUSPENDED"
    assert openstack.ask("stack resume", "acts", "--wait")[0]["Stack Status"] == "RESUME_COMPLETE"
    assert openstack.ask("server show", server)["status"] == "ACTIVE"
    assert openstack.ask("stack check", "acts", "--wait")[0]["Stack Status"] == "CHECK_COMPLETE"

    snapshot = openstack.ask("stack snapshot create", "acts", "--name", "before")
    assert snapshot["name"] == "before"
    openstack.until("acts", "SNAPSHOT_COMPLETE")
    listed = openstack.ask("stack snapshot list", "acts")
    assert [(one["name"], one["status"]) for one in listed] == [("before", "COMPLETE")]
    key = listed[0]["id"]
    saved = openstack.ask("stack snapshot show", "acts", key)["snapshot"]
    assert set(saved["data"]["resources"]) == {"network", "subnet", "port", "server", "volume"}
    openstack("stack snapshot restore", "acts", key)
    openstack.until("acts", "RESTORE_COMPLETE")
    assert "not found" in openstack("stack snapshot show", "acts", "nothing", code=1)
    openstack("stack snapshot delete", "acts", key, "-y")
    openstack.gone("acts")


def test_a_stack_moves_without_its_objects(
    openstack: OpenStack, application: Path, tmp_path: Path
) -> None:
    openstack("stack create", "moved", "-t", application / "server.yaml")
    server = openstack.until("moved", "CREATE_COMPLETE")["outputs"][0]["output_value"]
    exported, abandoned = tmp_path / "exported.json", tmp_path / "abandoned.json"

    assert openstack.ask("stack export", "moved")["resources"]["server"]["resource_id"] == server
    openstack("stack export", "moved", "--output-file", exported)
    openstack("stack abandon", "moved", "--output-file", abandoned)
    told, left = json.loads(exported.read_text()), json.loads(abandoned.read_text())
    assert told["resources"] == left["resources"]
    openstack.nothing_of("moved")
    assert openstack.ask("server show", server)["status"] == "ACTIVE"

    adopted = openstack.ask(
        *("stack adopt", "again", "--adopt-file", abandoned, "--wait"),
        *("--timeout", "10", "--enable-rollback", "-e", application / "empty.yaml"),
    )
    assert adopted["stack_status"] == "ADOPT_COMPLETE"
    shown = openstack.ask("stack show", "again")
    assert shown["outputs"][0]["output_value"] == server
    assert shown["id"] != told["id"]
    openstack.gone("again")
    assert openstack.ask("server list") == []

    slow = tmp_path / "slow.json"
    openstack("stack create", "moved", "-t", application / "slow.yaml")
    openstack.until("moved", "CREATE_COMPLETE")
    assert openstack.ask("stack abandon", "moved")["name"] == "moved"
    openstack.nothing_of("moved")
    openstack("stack create", "moved", "-t", application / "slow.yaml")
    openstack.until("moved", "CREATE_COMPLETE")
    openstack("stack abandon", "moved", "--output-file", slow)
    openstack.nothing_of("moved")
    openstack("stack adopt", "moved", "--adopt-file", slow, "--parameter", "value=other")
    openstack.until("moved", "ADOPT_COMPLETE")
    openstack.gone("moved")

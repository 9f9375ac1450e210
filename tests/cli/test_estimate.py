import io
import os
import pty
import subprocess
import sys

import pytest
from cli_service import ID, NESTED, Step
from rich.console import Console

from heat.cli.estimate import Durations, Work, remaining
from heat.cli.frame import frame
from heat.cli.live import _age
from heat.cli.progress import Progress

STACK = "s"
COMMAND = [sys.executable, "-c", "import sys; from heat.cli.main import main; sys.exit(main())"]


def work(name, kind, action="CREATE", *needed_by, **fields):
    return Work(((STACK, name), action), kind, needed_by, **fields)


@pytest.fixture
def durations():
    known = Durations()
    for action, kind, seconds in (
        ("CREATE", "net", 2.0),
        ("CREATE", "server", 30.0),
        ("CREATE", "server", 50.0),
        ("UPDATE", "server", 10.0),
        ("DELETE", "server", 5.0),
        ("DELETE", "net", 1.0),
    ):
        known.learn(action, kind, seconds)
    return known


def test_what_goes_on_side_by_side_takes_no_time_of_its_own(durations):
    servers = [work(f"s{n}", "server") for n in range(10)]
    net = work("net", "net", "CREATE", *(f"s{n}" for n in range(10)))
    assert remaining([net, *servers], durations) == 42.0


def test_what_has_begun_has_less_to_go(durations):
    net = work("net", "net", "CREATE", "web", gone=2.0, over=True)
    assert remaining([net, work("web", "server", gone=15.0)], durations) == 25.0


def test_a_deletion_begins_with_what_nothing_else_needs(durations):
    net = work("net", "net", "DELETE", "web")
    assert remaining([net, work("web", "server", "DELETE", gone=1.0)], durations) == 5.0


def test_an_update_lets_go_when_all_is_made(durations):
    works = [
        work("net", "net", "CREATE", "web"),
        work("web", "server", "UPDATE"),
        work("net", "net", "DELETE", "web"),
        work("old", "server", "DELETE"),
    ]
    assert remaining(works, durations) == 2.0 + 10.0 + 5.0


def test_nothing_is_foretold_of_a_type_that_was_never_seen(durations):
    assert remaining([work("web", "server"), work("disk", "volume")], durations) is None


def test_nothing_is_foretold_of_what_takes_far_longer_than_usual(durations):
    assert remaining([work("web", "server", gone=41.0), work("b", "server")], durations) == 40.0
    assert remaining([work("web", "server", gone=81.0), work("b", "server")], durations) is None


def test_a_nested_stack_takes_as_long_as_what_is_in_it(durations):
    holder = (STACK, "group")
    inside = Work((("inner", "0"), "CREATE"), "server", within=holder, gone=10.0)
    works = [work("group", "group", "CREATE", "ip", gone=11.0), inside, work("ip", "net")]
    assert remaining(works, durations) == 32.0


def test_what_needs_itself_has_no_end(durations):
    works = [work("a", "net", "CREATE", "b"), work("b", "net", "CREATE", "a")]
    assert remaining(works, durations) is None


def change(name, stack=ID, kind="OS::Nova::Server", *needed_by):
    return {
        "resource_name": name,
        "resource_type": kind,
        "stack_identity": {"stack_id": stack},
        "required_by": list(needed_by),
    }


def learnt(progress, action, seconds, kind="OS::Nova::Server"):
    progress.durations.learn(action, kind, seconds)


def test_an_update_is_told_of_by_its_plan(service):
    service.has_stack("shop", "UPDATE_IN_PROGRESS")
    progress = Progress("shop", ID, started=100.0)
    progress.see_stack(service.stack)
    progress.see_resources(
        service.resource(name, "CREATE_COMPLETE") for name in ("a", "b", "c", "d")
    )
    learnt(progress, "CREATE", 40.0)
    learnt(progress, "DELETE", 5.0)
    assert progress.remaining(104.0) is None  # of an update without a plan nobody knows the end
    changes = {"replaced": [change("a"), change("x", NESTED)], "unchanged": [change("b")]}
    progress.see_plan(changes)
    assert progress.remaining(101.0) is None
    assert progress.remaining(104.0) == 45.0
    progress.see_event(service.event("a", "CREATE_IN_PROGRESS"), 104.0)
    assert progress.remaining(114.0) == 35.0
    progress.see_event(service.event("a", "CREATE_COMPLETE", physical_id="new"), 144.0)
    assert progress.remaining(144.0) == 5.0
    progress.see_event(service.event("a", "DELETE_IN_PROGRESS", physical_id="old"), 144.0)
    assert progress.remaining(146.0) == 3.0
    # What the plan did not know of counts from when it begins.
    progress.see_event(service.event("c", "UPDATE_IN_PROGRESS"), 146.0)
    assert progress.remaining(147.0) is None
    learnt(progress, "UPDATE", 10.0)
    assert progress.remaining(147.0) == 9.0


def test_who_goes_back_is_promised_nothing(service):
    service.has_stack("shop", "ROLLBACK_IN_PROGRESS")
    progress = Progress("shop", ID, started=100.0)
    progress.see_stack(service.stack)
    learnt(progress, "CREATE", 40.0)
    progress.see_plan({"added": [change("a")]})
    assert progress.remaining(110.0) is None


def test_the_picture_says_it_in_words(service):
    service.has_stack("shop", "CREATE_IN_PROGRESS")
    progress = Progress("shop", ID, started=100.0)
    progress.see_stack(service.stack)
    progress.see_resources([service.resource("web", "INIT_COMPLETE")])
    learnt(progress, "CREATE", 40.0)
    console = Console(record=True, width=110, file=io.StringIO(), legacy_windows=False)
    console.print(frame(progress, 110.0, 40))
    assert "0/1  10.0s, about 40s to go" in console.export_text()


def test_past_events_are_told_apart_by_their_stacks(service):
    service.has_stack("shop")
    progress = Progress("shop", ID)
    other = ("shop-db-x", NESTED)
    rows = [
        service.resource("a", "CREATE_COMPLETE"),
        service.resource("a", "CREATE_COMPLETE", "OS::Cinder::Volume", of=other),
    ]
    progress.see_resources(rows)
    past = [
        service.event("a", "CREATE_IN_PROGRESS"),
        service.event("a", "CREATE_IN_PROGRESS", of=other),
        service.event("a", "CREATE_COMPLETE", of=other),
        service.event("a", "CREATE_COMPLETE"),
    ]
    types = {member.key: member.type for member in progress.members.values()}
    progress.durations.learn_from(((progress.key_of(event), event) for event in past), types)
    assert progress.durations.expected("CREATE", "OS::Nova::Server") == 3.0
    assert progress.durations.expected("CREATE", "OS::Cinder::Volume") == 1.0


def test_an_event_from_before_the_watch_is_as_old_as_the_service_says():
    event = {"event_time": "2026-01-01T00:00:00Z"}
    assert _age(event, "Thu, 01 Jan 2026 00:01:00 GMT") == 60.0
    assert _age(event, "Thu, 01 Jan 2026 00:00:02 GMT") == 0.0
    assert _age(event, "Wed, 31 Dec 2025 23:59:00 GMT") == 0.0
    assert _age(event, "") == 0.0


@pytest.mark.parametrize(("seen", "asked"), [(True, 1), (False, 0)])
def test_an_update_asks_for_its_plan_if_somebody_looks_on(environ, service, seen, asked, tmp_path):
    service.has_stack("shop", "UPDATE_COMPLETE")
    begun = service.event("shop", "UPDATE_COMPLETE", "Stack UPDATE completed", ID)
    service.steps = [Step("UPDATE_COMPLETE", [begun])]
    template = tmp_path / "t.yaml"
    template.write_text("heat_template_version: 2021-04-16\n")
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [*COMMAND, "stack", "update", "shop", "-t", str(template), "--wait"],
            stdin=subprocess.DEVNULL,
            stdout=theirs if seen else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
            env=os.environ | {"TERM": "xterm"},
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert len(service.said("PUT", f"{service.home}/preview")) == asked

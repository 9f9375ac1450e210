import io

import pytest
from cli_service import ID, NESTED, Step
from rich.console import Console

from heat.cli.client import connect
from heat.cli.frame import frame, lasted
from heat.cli.live import _Heard, watch
from heat.cli.progress import Progress


@pytest.fixture
def progress(service):
    """A stack of four members, one with a member of its own."""
    service.has_stack("shop", "CREATE_IN_PROGRESS")
    inside = ("shop-db-x", NESTED)
    progress = Progress("shop", ID, started=100.0)
    progress.see_stack(service.stack)
    progress.see_resources(
        [
            service.resource("net", "INIT_COMPLETE", "OS::Neutron::Net"),
            service.resource("db", "INIT_COMPLETE", "db.yaml", nested=f"shop-db-x/{NESTED}"),
            service.resource("disk", "INIT_COMPLETE", "OS::Cinder::Volume", of=inside),
            service.resource("web", "INIT_COMPLETE"),
            service.resource("ip", "INIT_COMPLETE", "OS::Neutron::FloatingIP"),
        ]
    )
    see = progress.see_event
    see(service.event("net", "CREATE_IN_PROGRESS"), 100.0)
    see(service.event("net", "CREATE_COMPLETE", "state changed", "n1"), 101.5)
    see(service.event("db", "CREATE_IN_PROGRESS"), 101.0)
    see(service.event("disk", "CREATE_IN_PROGRESS", of=inside), 102.0)
    see(service.event("web", "CREATE_IN_PROGRESS"), 101.0)
    see(service.event("web", "CREATE_FAILED", "No valid host was found"), 103.0)
    return progress


def drawn(progress, now=110.0, height=40):
    console = Console(record=True, width=110, file=io.StringIO(), legacy_windows=False)
    console.print(frame(progress, now, height))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_a_picture_of_a_create(progress):
    head, *lines = drawn(progress)
    assert head.split()[:2] == ["shop", "CREATE_IN_PROGRESS"]
    assert head.endswith("1/5  10.0s")
    assert lines == [
        "├─ ✓ net      OS::Neutron::Net         CREATE_COMPLETE     1.5s",
        "├─ ▸ db       db.yaml                  CREATE_IN_PROGRESS  9.0s",
        "│  └─ ▸ disk  OS::Cinder::Volume       CREATE_IN_PROGRESS  8.0s",
        "├─ ✗ web      OS::Nova::Server         CREATE_FAILED       2.0s  No valid host was found",
        "└─ · ip       OS::Neutron::FloatingIP  waiting",
        "",
        "2026-01-01T00:00:03Z [shop.db]: CREATE_IN_PROGRESS  state changed",
        "2026-01-01T00:00:04Z [shop.db.disk]: CREATE_IN_PROGRESS  state changed",
        "2026-01-01T00:00:05Z [shop.web]: CREATE_IN_PROGRESS  state changed",
        "2026-01-01T00:00:06Z [shop.web]: CREATE_FAILED  No valid host was found",
    ]


def test_a_picture_never_exceeds_the_terminal(service):
    service.has_stack("big", "CREATE_IN_PROGRESS")
    progress = Progress("big", ID)
    progress.see_stack(service.stack)
    rows = [service.resource(f"r{n}", "CREATE_COMPLETE") for n in range(300)]
    rows += [
        service.resource("late", "CREATE_IN_PROGRESS"),
        service.resource("bad", "CREATE_FAILED"),
    ]
    progress.see_resources(rows)
    lines = drawn(progress, height=24)
    assert len(lines) <= 24
    assert any("late" in line for line in lines)
    assert any("bad" in line for line in lines)
    assert "and 289 more: 289 complete" in "\n".join(lines)


def test_the_reason_is_that_of_the_leaf(progress, service):
    inside = ("shop-db-x", NESTED)
    full = service.event("disk", "CREATE_FAILED", "Quota exceeded", of=inside)
    progress.see_event(full, 104.0)
    progress.see_event(service.event("db", "CREATE_FAILED", "resources.db: Quota exceeded"), 104.0)
    assert progress.reasons() == [
        ("shop.web", "No valid host was found"),
        ("shop.db.disk", "Quota exceeded"),
    ]


def test_removing_what_was_replaced_is_not_the_end_of_the_member(progress, service):
    progress.see_event(service.event("net", "DELETE_COMPLETE", "state changed", "old"), 105.0)
    assert progress.members[ID, "net"].status == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.31, "0.3s"), (61, "1m01s"), (3600 + 120, "1h02m")]
)
def test_time_is_written_short(seconds, words):
    assert lasted(seconds) == words


def test_nested_members_have_their_path_from_the_first_event_on(heat, service):
    service.has_stack("shop", "DELETE_IN_PROGRESS")
    inside = ("shop-db-x", NESTED)
    service.resources = [
        service.resource("db", "DELETE_IN_PROGRESS", "db.yaml", nested=f"shop-db-x/{NESTED}"),
        service.resource("disk", "CREATE_COMPLETE", of=inside),
    ]
    begun = service.event("shop", "DELETE_IN_PROGRESS", "Stack DELETE started", ID)
    gone = service.event("disk", "DELETE_COMPLETE", of=inside)
    service.steps = [Step("DELETE_IN_PROGRESS", [begun]), Step("DELETE_COMPLETE", [gone])]
    assert "[shop.db.disk]: DELETE_COMPLETE" in heat("stack", "delete", "shop", "-y", "--wait").out


def test_on_a_terminal_the_tree_stays_when_it_is_over(environ, service):
    service.has_stack("shop", "CREATE_IN_PROGRESS")
    event = service.event
    service.steps = [
        Step(
            "CREATE_IN_PROGRESS", [event("shop", "CREATE_IN_PROGRESS", "Stack CREATE started", ID)]
        ),
        Step(
            "CREATE_COMPLETE",
            [event("web", "CREATE_COMPLETE", "state changed", "w1")],
            [service.resource("web", "CREATE_COMPLETE")],
        ),
    ]
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=100, height=30, legacy_windows=False)
    client = connect(environ)
    assert watch(client, "shop", console) is True
    client.close()
    shown = text.getvalue()
    assert "✓" in shown
    assert "1/1" in shown
    assert "is made of" in shown


def test_the_members_of_a_group_follow_each_other_as_their_numbers_do():
    progress = Progress("shop", ID)
    names = ["web", "10", "9", "0", "a"]
    progress.see_resources({"resource_name": name, "links": []} for name in names)
    assert [member.name for _, member in progress.tree()] == ["web", "a", "0", "9", "10"]


def test_an_event_that_is_told_late_is_heard_all_the_same():
    """A second event may be there a moment before the first: both are asked for again."""
    heard = _Heard("before")
    first, late, second = ({"id": name} for name in ("first", "late", "second"))
    assert heard.new([first, second], now=10.0) == [first, second]
    assert heard.marker(now=10.5) == "before"
    assert heard.new([first, late, second], now=10.5) == [late]
    assert heard.marker(now=12.2) == "second"
    assert heard.first == "before"

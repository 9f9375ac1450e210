"""Events as they happen, over a connection that stays."""

import json
import re
import socket
import threading
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
import requests

from heat.api.app import application
from heat.api.streams import Streams
from heat.main.served import Served, listen
from heat.rpc.local import Local
from heat.store import events
from heat.store.rows import EventRow
from wire import Wire

WHO = {
    "X-Project-Id": "demo",
    "X-Roles": "member,reader",
    "X-User-Id": "u",
    "X-User-Name": "alice",
    "X-Auth-Token": "t",
    "Accept": "text/event-stream",
}


@pytest.fixture
def service(db):
    """Return a function that serves a wire's operations with streams of a kind."""
    running = []

    def serve(wire, **streams):
        listening: socket.socket = listen("127.0.0.1", 0)
        kept = Streams(interval=0.02, **{"looks": 1000} | streams)
        app = application(Local(wire.services).call, streams=kept)
        running.append((Served(app, listening, threads=4), listening, kept))
        return f"http://127.0.0.1:{listening.getsockname()[1]}/v1/demo"

    yield serve
    for served, listening, kept in running:
        kept.ended.set()
        served.close()
        listening.close()


def tell(wire, stack, name, number):
    row = EventRow(
        id=f"e-{number}",
        stack=stack,
        resource=None,
        resource_name=name,
        resource_type="T",
        physical_id=None,
        action="CREATE",
        status="COMPLETE",
        reason="",
        request_id="",
        created_at=datetime.now(UTC),
    )
    events.put(wire.db, [row])


def read(answer, count):
    """Return the ids and names of so many events."""
    found = []
    key = None
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("id: "):
            key = line.removeprefix("id: ")
        elif line.startswith("data: "):
            found.append((key, json.loads(line.removeprefix("data: "))["resource_name"]))
            if len(found) == count:
                return found
    return found


def test_events_come_as_they_happen_and_the_stream_can_be_taken_up_again(db, service):
    wire = Wire(db)
    stack = wire.create()
    base = service(wire, lifetime=20)
    url = f"{base}/stacks/web/{stack}/events"
    with requests.get(url, headers=WHO, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        later = threading.Timer(0.1, lambda: [tell(wire, stack, n, n) for n in ("a", "b")])
        later.start()
        found = read(answer, 3)
        later.join()
    assert [name for _, name in found] == ["web", "a", "b"]
    again = WHO | {"Last-Event-ID": found[1][0]}
    with requests.get(url, headers=again, stream=True, timeout=10) as answer:
        assert read(answer, 1) == [found[2]]
    plain = requests.get(url, headers=WHO | {"Accept": "application/json"}, timeout=10)
    assert len(plain.json()["events"]) == 3


def test_a_stream_beats_and_ends(db, service):
    wire = Wire(db)
    stack = wire.create()
    url = f"{service(wire, heartbeat=0.05, lifetime=0.5)}/stacks/web/{stack}/events"
    text = requests.get(url, headers=WHO, timeout=10).text
    assert text.startswith("retry: 1000\n\nid: ")
    assert text.count("event: event") == 1
    assert text.count(": still here\n\n") >= 2


def test_only_so_many_streams_are_kept(db, service):
    wire = Wire(db)
    stack = wire.create()
    url = f"{service(wire, beside=1, lifetime=20)}/stacks/web/{stack}/events"
    with requests.get(url, headers=WHO, stream=True, timeout=10) as first:
        assert len(read(first, 1)) == 1
        second = requests.get(url, headers=WHO, timeout=10)
        assert second.status_code == 503
        assert "streams of events already" in second.json()["error"]["message"]
    for _ in range(200):
        with requests.get(url, headers=WHO, stream=True, timeout=10) as third:
            if third.status_code == 200:
                return
        tell(wire, stack, "more", f"m{_}")
    raise AssertionError("the place of a client that left was never given back")


def test_very_many_streams_hold_up_nobody(db, service):
    wire = Wire(db)
    stack = wire.create()
    base = service(wire, lifetime=60, looks=200)
    url = f"{base}/stacks/web/{stack}/events"
    with ExitStack() as open_ones:
        answers = [
            open_ones.enter_context(requests.get(url, headers=WHO, stream=True, timeout=30))
            for _ in range(100)
        ]
        assert {answer.status_code for answer in answers} == {200}
        shown = requests.get(base + "/stacks", headers=WHO, timeout=10)
        assert shown.status_code == 200
        tell(wire, stack, "late", "late")
        for answer in answers:
            assert [name for _, name in read(answer, 2)] == ["web", "late"]


def test_a_stream_is_taken_up_again_at_another_server(db, service):
    wire = Wire(db)
    stack = wire.create()
    url = f"{service(wire, lifetime=0.3)}/stacks/web/{stack}/events"
    first = requests.get(url, headers=WHO, timeout=10).text
    last = re.findall(r"^id: (.*)$", first, re.MULTILINE)[-1]
    tell(wire, stack, "between", "b")
    url = f"{service(wire, lifetime=20)}/stacks/web/{stack}/events"
    again = WHO | {"Last-Event-ID": last}
    with requests.get(url, headers=again, stream=True, timeout=10) as answer:
        assert read(answer, 1) == [("e-b", "between")]


def test_streams_are_for_those_who_may_see_the_stack(db, service):
    wire = Wire(db)
    stack = wire.create(project="other", user="eve")
    base = service(wire, lifetime=1)
    answer = requests.get(f"{base}/stacks/web/{stack}/events", headers=WHO, timeout=10)
    assert answer.status_code == 404
    mine = wire.create(name="mine")
    unknown = WHO | {"Last-Event-ID": "nowhere"}
    answer = requests.get(f"{base}/stacks/mine/{mine}/events", headers=unknown, timeout=10)
    assert answer.status_code == 400

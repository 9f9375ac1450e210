"""What is slow or gone keeps neither the others waiting nor memory, and each place its order."""

import threading

import pytest

from heat.base.errors import Permanent, Temporary
from heat.engine import posting
from heat.engine.posting import Posting


class Places:
    """Places that take messages; some hang until they are let go, some fail."""

    def __init__(self, hanging=(), failing=None):
        self.taken, self.tries = [], []
        self.hanging, self.failing = set(hanging), failing or {}
        self.gate, self.changed = threading.Event(), threading.Condition()

    def post(self, place, messages):
        with self.changed:
            self.tries.append((place, [m["n"] for m in messages]))
            self.changed.notify_all()
        if place in self.hanging:
            self.gate.wait(20)
        fault = self.failing.get(place)
        if fault is not None:
            raise fault
        with self.changed:
            self.taken += [(place, m["n"]) for m in messages]
            self.changed.notify_all()

    def wait(self, predicate):
        with self.changed:
            assert self.changed.wait_for(predicate, timeout=20), (self.tries, self.taken)


@pytest.fixture
def made():
    """Make postings, and let them end."""
    found = []

    def make(places, **options):
        one = Posting(places.post, **{"pauses": (0, 0), **options})
        found.append((places, one))
        return one

    yield make
    for places, one in found:
        places.gate.set()
        one.close(20)


def put(posting, place, *numbers):
    posting.put(place, [{"n": n} for n in numbers])


def test_one_that_hangs_keeps_no_other_waiting(made):
    places = Places(hanging={"slow"})
    posts = made(places)
    put(posts, "slow", 1)
    places.wait(lambda: places.tries)
    for n in range(5):
        put(posts, f"p{n}", n)
    places.wait(lambda: len(places.taken) == 5)
    assert ("slow", 1) not in places.taken


def test_each_place_hears_in_order_what_came_while_it_was_slow(made):
    places = Places(hanging={"a", "b"})
    posts = made(places)
    for n in range(50):
        put(posts, "a", n)
        put(posts, "b", n)
    places.gate.set()
    places.wait(lambda: len(places.taken) == 100)
    for place in "ab":
        assert [n for where, n in places.taken if where == place] == list(range(50))
    assert max(len(some) for _, some in places.tries) == posting.TOGETHER


def test_who_failed_leaves_half_of_the_threads_to_the_others(made):
    gone = {f"gone{n}": Temporary("away", status=503) for n in range(6)}
    places = Places(failing=gone)
    posts = made(places, threads=4, pauses=(0.5, 0))
    for place in gone:
        put(posts, place, 0)
    places.wait(lambda: len(places.tries) == 6)
    places.hanging |= gone.keys()
    places.wait(lambda: len(places.tries) == 8)
    put(posts, "well", 1)
    places.wait(lambda: places.taken == [("well", 1)])
    assert len(places.tries) == 9


def test_what_stays_away_is_tried_three_times_and_then_holds_nothing(made):
    places = Places(failing={"a": Temporary("away", status=503)})
    posts = made(places)
    put(posts, "a", 1)
    places.wait(lambda: len(places.tries) == 3)
    posts.close(20)
    assert places.tries == [("a", [1])] * 3
    assert (posts._size, len(posts._outlets)) == (0, 0)


def test_what_is_refused_is_not_tried_again_but_what_comes_later_is_told(made):
    places = Places(failing={"a": Permanent("no such queue", status=404)})
    posts = made(places)
    put(posts, "a", 1)
    places.wait(lambda: len(places.tries) == 1)
    places.failing.clear()
    put(posts, "a", 2)
    places.wait(lambda: places.taken == [("a", 2)])
    assert places.tries == [("a", [1]), ("a", [2])]


def test_what_waits_for_one_place_is_bounded(made, monkeypatch):
    monkeypatch.setattr(posting, "MOST_OF_ONE", 100)
    places = Places(hanging={"slow"})
    posts = made(places)
    put(posts, "slow", *range(1000))
    put(posts, "b", 7)
    places.wait(lambda: ("b", 7) in places.taken)
    assert posts._outlets["slow"].size <= 100
    assert posts._outlets["slow"].left_out > 900
    places.gate.set()
    posts.close(20)
    assert [n for where, n in places.taken if where == "slow"] == list(range(13))


@pytest.mark.parametrize("bound", ["MOST", "MOST_OF_ONE"])
def test_a_place_for_which_there_is_no_room_is_forgotten(made, monkeypatch, caplog, bound):
    """It stayed, with nothing that waits for it, and kept the threads from their end."""
    monkeypatch.setattr(posting, bound, 8)
    places = Places()
    posts = made(places)
    posts.put("a", [{"n": "too long"}])
    assert len(posts._outlets) == 0
    assert "1 events for a were left out" in caplog.text
    put(posts, "b", 1)
    places.wait(lambda: places.taken == [("b", 1)])
    posts.close(20)
    assert not any(thread.is_alive() for thread in posts._threads)


def test_an_end_tells_what_waits_without_the_pauses(made):
    places = Places(failing={"a": Temporary("away", status=503)})
    posts = made(places, pauses=(600, 600))
    put(posts, "a", 1)
    places.wait(lambda: len(places.tries) == 1)
    places.failing.clear()
    posts.close(20)
    assert places.taken == [("a", 1)]

"""The life of one stack, as its user wants it: created, changed, acted on, deleted."""

import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from tests.chaos.templates import application, features

LONGEST = 900.0


class Wrong(Exception):
    """Something is not as it was asked for."""


class Ask(Protocol):
    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]: ...


class Story:
    """One stack; ``done`` counts what ended as it was asked for."""

    def __init__(self, ask: Ask, done: Counter[str], name: str, chance: Random) -> None:
        self._ask, self._done, self._name, self._chance = ask, done, name, chance
        self._features = features(chance)
        self._url = ""

    def live(self, *, keep: bool) -> None:
        """Ask for all of it; raises Wrong when something ends in another way."""
        self._create()
        turns: list[Callable[[], None]] = [self._update, self._supersede, self._cancel]
        turns += [self._suspend, self._check]
        if "scaled" in self._features:
            turns += [self._scale, self._scale]
        for turn in self._chance.sample(turns, 3):
            turn()
        if keep:
            self._update()
            return
        if self._chance.random() < 0.3:
            self._put()  # the deletion comes into the middle of it
            self._pause()
        status, said = self._ask("DELETE", self._url)
        self._expect(status in (204, 404), status, said)
        self._await("DELETE_COMPLETE", "GONE", of="deleted")

    def _create(self) -> None:
        status, said = self._ask("POST", "/stacks", {"stack_name": self._name, **self._body()})
        # One that was told to come again may find that it was done all the same.
        self._expect(status in (201, 409), status, said)
        status, said = self._ask("GET", f"/stacks/{self._name}")
        self._expect(status == 200, status, said)
        self._url = f"/stacks/{self._name}/{said['stack']['id']}"
        if "signalled" in self._features:
            self._signal("handle", {"status": "SUCCESS", "id": "once", "data": "ready"})
            self._done["signalled"] += 1
        if self._chance.random() < 0.3:
            self._pause()
            self._done["superseded"] += 1
            self._update()
        else:
            self._await("CREATE_COMPLETE", of="created")

    def _update(self) -> None:
        self._put()
        self._await("UPDATE_COMPLETE", of="updated")

    def _supersede(self) -> None:
        self._put()
        self._pause()
        self._done["superseded"] += 1
        self._update()

    def _cancel(self) -> None:
        self._put()
        self._pause()
        self._act("cancel_update", 400)
        self._await("ROLLBACK_COMPLETE", "UPDATE_COMPLETE", of="cancelled")

    def _suspend(self) -> None:
        self._act("suspend", 409)
        self._await("SUSPEND_COMPLETE", of="suspended")
        self._act("resume", 409)
        self._await("RESUME_COMPLETE", of="resumed")

    def _check(self) -> None:
        self._act("check", 409)
        self._await("CHECK_COMPLETE", of="checked")

    def _scale(self) -> None:
        size, end = self._chance.choice((1, 2, 3)), time.monotonic() + LONGEST
        while self._members() != ["COMPLETE"] * size:
            self._signal(f"to_{size}", {})
            self._expect(time.monotonic() < end, 0, f"{self._members()} members, not {size}")
            time.sleep(1.5)
        self._done["scaled"] += 1

    def _members(self) -> list[str]:
        status, said = self._ask("GET", f"{self._url}/resources?nested_depth=1")
        self._expect(status == 200, status, said)
        group = [row for row in said["resources"] if row.get("parent_resource") == "group"]
        states = [row["resource_status"].partition("_") for row in group]
        return [status if action != "INIT" else action for action, _, status in states]

    def _signal(self, resource: str, said: Any) -> None:
        """Signal a resource as soon as it is there."""
        end = time.monotonic() + LONGEST
        while True:
            status, answer = self._ask("POST", f"{self._url}/resources/{resource}/signal", said)
            if status == 200:
                return
            self._expect(status == 404 and time.monotonic() < end, status, answer)
            time.sleep(1)

    def _put(self) -> None:
        status, said = self._ask("PUT", self._url, self._body())
        self._expect(status == 202, status, said)

    def _act(self, action: str, again: int) -> None:
        """Ask for an action, or be told that it has been asked for already, or came too late."""
        status, said = self._ask("POST", f"{self._url}/actions", {action: None})
        self._expect(status in (200, 202, again), status, said)

    def _body(self) -> dict[str, Any]:
        return application(self._chance, self._features)

    def _pause(self) -> None:
        time.sleep(self._chance.uniform(0.2, 4))

    def _state(self) -> str:
        status, said = self._ask("GET", f"/stacks/{self._name}")
        if status == 404:
            return "GONE"
        self._expect(status == 200, status, said)
        return str(said["stack"]["stack_status"])

    def _await(self, *wanted: str, of: str) -> None:
        end = time.monotonic() + LONGEST
        while (found := self._state()) not in wanted:
            self._expect(not found.endswith("FAILED"), 0, f"{found}, not {of}: {self._why()}")
            self._expect(time.monotonic() < end, 0, f"still {found}, not {of}")
            time.sleep(0.7)
        self._done[of] += 1

    def _why(self) -> str:
        status, said = self._ask("GET", f"/stacks/{self._name}")
        return str(said["stack"]["stack_status_reason"]) if status == 200 else ""

    def _expect(self, held: bool, status: int, said: object) -> None:
        if not held:
            raise Wrong(f"{status} {said}")

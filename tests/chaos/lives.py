"""Users who launch, change and delete stacks, and ask again when they are told to."""

import threading
import time
from collections import Counter
from random import Random
from typing import Any

from keystoneauth1.exceptions import ConnectFailure
from tests.chaos.site import Site
from tests.chaos.templates import application

LONGEST = 600.0


class Wrong(Exception):
    """Something is not as it was asked for."""


class Users:
    """Stacks that live at the same time; each is asked for by a thread of its own."""

    def __init__(self, site: Site, stacks: int, at_once: int, seed: int, keep: int) -> None:
        self._site, self._seed, self._keep = site, seed, keep
        self._session = site.session()
        self._project = self._session.get_project_id()
        self._room = threading.Semaphore(at_once)
        self._threads = [
            threading.Thread(target=self._user, args=[number], daemon=True)
            for number in range(stacks)
        ]
        self.answers: Counter[int] = Counter()
        self.done: Counter[str] = Counter()
        self.slowest = 0.0
        self.wrong: list[str] = []
        self.kept: set[str] = set()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def are_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def ask(self, method: str, path: str, body: Any = None, *, patience: float = 300.0) -> Any:
        """Ask until there is an answer other than to come again; returns status and body."""
        end = time.monotonic() + patience
        while True:
            began = time.monotonic()
            try:
                answer = self._session.request(
                    f"{self._site.url}/{self._project}{path}",
                    method,
                    json=body,
                    raise_exc=False,
                    connect_retries=0,
                    status_code_retries=0,
                    headers={"Accept": "application/json"},
                )
                status = answer.status_code
            except ConnectFailure:
                answer, status = None, 0
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers[status] += 1
            if answer is not None and status == 503:
                fault = answer.json()
                if not (fault["code"] == 503 and fault["error"]["message"]):
                    raise Wrong(f"A 503 of another form: {fault}")
            elif answer is not None:
                return status, answer.json() if answer.content and status < 400 else answer.text
            if time.monotonic() > end:
                raise Wrong(f"{method} {path} has no answer for {patience:.0f} s")
            time.sleep(0.5)

    def state(self, name: str) -> str:
        status, stack = self.ask("GET", f"/stacks/{name}")
        if status == 404:
            return "GONE"
        if status != 200:
            raise Wrong(f"showing {name}: {status} {stack}")
        return str(stack["stack"]["stack_status"])

    def _user(self, number: int) -> None:
        with self._room:
            name, chance = f"life-{number}", Random(f"{self._seed}-{number}")
            try:
                self._live(name, chance, keep=number < self._keep)
            except Exception as error:  # noqa: BLE001 - the table tells it
                self.wrong.append(f"{name}: {type(error).__name__}: {error}")

    def _live(self, name: str, chance: Random, *, keep: bool) -> None:
        status, said = self.ask("POST", "/stacks", {"stack_name": name, **application(chance)})
        # One that was told to come again may find that it was done all the same.
        self._expect(status in (201, 409), name, status, said)
        self._go_on(name, chance, "CREATE")
        where = self._address(name)
        for _ in range(chance.choice((1, 1, 2))):
            status, said = self.ask("PUT", where, application(chance))
            self._expect(status == 202, name, status, said)
            self._go_on(name, chance, "UPDATE")
        if keep:
            self._await(name, "UPDATE")
            self.kept.add(name)
            return
        status, said = self.ask("DELETE", where)
        self._expect(status in (204, 404), name, status, said)
        self._await(name, "DELETE")

    def _address(self, name: str) -> str:
        status, stack = self.ask("GET", f"/stacks/{name}")
        self._expect(status == 200, name, status, stack)
        return f"/stacks/{name}/{stack['stack']['id']}"

    def _go_on(self, name: str, chance: Random, action: str) -> None:
        """Wait for the end, or don't: the next request then comes into the middle."""
        if chance.random() < 0.3:
            time.sleep(chance.uniform(0.2, 4))
            self.done[f"{action} superseded"] += 1
        else:
            self._await(name, action)

    def _await(self, name: str, action: str) -> None:
        end = time.monotonic() + LONGEST
        wanted = {"DELETE": ("DELETE_COMPLETE", "GONE")}.get(action, (f"{action}_COMPLETE",))
        while (found := self.state(name)) not in wanted:
            self._expect(not found.endswith("FAILED"), name, 0, f"{found} while awaiting {action}")
            self._expect(time.monotonic() < end, name, 0, f"still {found}")
            time.sleep(0.7)
        self.done[action] += 1

    def _expect(self, held: bool, name: str, status: int, said: object) -> None:
        if not held:
            raise Wrong(f"{name}: {status} {said}")

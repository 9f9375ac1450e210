"""Users who ask for stacks at the same time, and ask again when they are told to."""

import threading
import time
from collections import Counter
from random import Random
from typing import Any

from keystoneauth1.exceptions import ConnectionError as Broken
from tests.chaos.site import Site
from tests.chaos.stories import Story, Wrong


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
        self.slowest_refusal = 0.0
        self.wrong: list[str] = []
        self.kept: set[str] = set()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def are_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def once(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask once; returns status and body, 0 and None when nobody is there."""
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
        except Broken:  # nobody is there, or no more before the answer was whole
            status, said = 0, None
        else:
            status = answer.status_code
            is_json = "json" in answer.headers.get("content-type", "")
            said = answer.json() if answer.content and is_json else answer.text
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        if status == 503:
            self.slowest_refusal = max(self.slowest_refusal, took)
            if not (isinstance(said, dict) and said["code"] == 503 and said["error"]["message"]):
                raise Wrong(f"A 503 of another form: {said}")
        self.answers[status] += 1
        return status, said

    def ask(self, method: str, path: str, body: Any = None, *, patience: float = 300.0) -> Any:
        """Ask until there is an answer other than to come again; returns status and body."""
        end = time.monotonic() + patience
        while True:
            status, said = self.once(method, path, body)
            if status not in (0, 503):
                return status, said
            if time.monotonic() > end:
                raise Wrong(f"{method} {path} has no answer for {patience:.0f} s")
            time.sleep(0.5)

    def _user(self, number: int) -> None:
        with self._room:
            name, chance = f"life-{number}", Random(f"{self._seed}-{number}")
            keep = number < self._keep
            try:
                Story(self.ask, self.done, name, chance).live(keep=keep)
                if keep:
                    self.kept.add(name)
            except Exception as error:  # noqa: BLE001 - the table tells it
                self.wrong.append(f"{name}: {type(error).__name__}: {error}")

"""Watches an operation until it ends: as a tree on a terminal, elsewhere as a line each event."""

import math
import shlex
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import click

from heat.cli.called import as_called
from heat.cli.client import Client, StackReference
from heat.cli.failures import Failure, Refused, Unreachable
from heat.cli.pages import pages
from heat.cli.progress import Line, Progress

if TYPE_CHECKING:
    from rich.console import Console

DEPTH = 5
QUICK, SLOW = 0.1, 1.0
"""Seconds between looks: the first, and those after a while without news."""
GRACE = 5.0
"""Seconds in which the service must have told of the operation that was asked for."""
PATIENCE = 60.0
"""Seconds that the service may be away."""
LATE = 2.0
"""Seconds for which an event may be told later than another that happened after it."""
REFRESH = 2.0
"""Seconds that lie at least between two lists of the resources."""
NEWS = 3.0
"""Seconds that an event may be old to have happened as it is heard of; times have whole ones."""
LEARNT = 500
"""Events of before that tell how long things take."""


def watch(
    client: Client,
    stack: str | StackReference,
    console: "Console",
    *,
    asked: str = "",
    before: "Before | None" = None,
    wait: float = math.inf,
    following: bool = False,
    template: str = "",
) -> bool:
    """Watch a stack until it is at rest, then tell how it ended; True when all went well.

    ``asked`` is the action that was asked for, else what is under way when watching starts.
    ``before`` is what was noted beforehand. ``following`` waits for whatever comes next.
    ``template`` is the user's own file, if it is known. The stack goes on when
    watching is interrupted; TimeoutError when it goes on longer than ``wait``.
    """
    reference = stack if isinstance(stack, StackReference) else client.find(stack)
    watching = Watching(client, reference, before, wait, following=following)
    progress = watching.progress
    if console.is_terminal:
        from rich.live import Live

        from heat.cli.frame import frame

        watching.learn()

        def draw() -> Any:
            return frame(progress, time.monotonic(), console.size.height)

        with Live(
            console=console, get_renderable=draw, refresh_per_second=8, redirect_stdout=False
        ):
            watching.run(lambda _: None)
    else:

        def write(line: Line) -> None:
            console.print(str(line), markup=False, highlight=False, soft_wrap=True)

        watching.run(write)
    return tell(client, watching, console, asked or watching.action, template)


@dataclass(frozen=True)
class Before:
    """A stack before something begins: its newest event, and its resources, which may go."""

    event: str | None = None
    resources: tuple[dict[str, Any], ...] = ()
    plan: dict[str, Any] | None = None
    """What an update will change, as its preview tells it."""


def note_before(
    client: Client, reference: StackReference, plan: dict[str, Any] | None = None
) -> Before:
    """Take note of a stack, to watch what comes after."""
    query = {"limit": 1, "sort_dir": "desc", "nested_depth": DEPTH, "with_empty": True}
    events = client.get(f"{reference.path}/events", query)["events"]
    rows = resources_of(client, reference)
    return Before(str(events[0]["id"]) if events else None, tuple(rows), plan)


def resources_of(client: Client, reference: StackReference) -> list[dict[str, Any]]:
    """Return the resources of a stack and of those nested in it."""
    try:
        found = client.get(f"{reference.path}/resources", {"nested_depth": DEPTH})["resources"]
    except Refused as refused:
        if refused.status != 404:
            raise
        return []  # they went with the stack; what happened to them is told all the same
    return list(found)


class _Heard:
    """The events heard of: what is told late stands before what was told at once.

    So the last ones are asked for again for a while, and all of them at the end.
    """

    def __init__(self, first: str | None) -> None:
        self.first = self._marker = first
        self._ids: set[str] = set()
        self._recent: deque[tuple[float, str]] = deque()

    def marker(self, now: float) -> str | None:
        """Return the event after which there may be news."""
        while self._recent and self._recent[0][0] < now - LATE:
            self._marker = self._recent.popleft()[1]
        return self._marker

    def new(self, events: Iterable[dict[str, Any]], now: float) -> list[dict[str, Any]]:
        """Return those of a list that are new, and take note of them."""
        found = [event for event in events if str(event["id"]) not in self._ids]
        self._ids |= {str(event["id"]) for event in found}
        self._recent.extend((now, str(event["id"])) for event in found)
        return found


class Watching:
    """One watch: what was heard, and up to which event."""

    def __init__(
        self,
        client: Client,
        reference: StackReference,
        before: Before | None = None,
        wait: float = math.inf,
        *,
        following: bool = False,
    ) -> None:
        self.client, self.reference = client, reference
        self.end = time.monotonic() + wait
        self.following = following
        self.progress = Progress(reference.name, reference.id, started=time.monotonic())
        before = before or Before()
        self.progress.see_resources(before.resources)
        if before.plan is not None:
            self.progress.see_plan(before.plan)
        self._heard = _Heard(before.event)
        self.action = ""
        self.gone = False
        self._listed = float("-inf")

    def run(self, write: Callable[[Line], None]) -> None:
        """Look until the stack is at rest; raises TimeoutError when that takes too long."""
        pause, away = QUICK, 0.0
        while True:
            began = time.monotonic()
            try:
                rest, news = self.look(write)
            except (Unreachable, Refused) as failure:
                if isinstance(failure, Refused) and not failure.temporary:
                    raise
                if away >= PATIENCE:
                    raise
                rest, news = False, False
                away += SLOW + time.monotonic() - began
                pause = SLOW
            else:
                away = 0.0
            if rest:
                return
            pause = QUICK if news else min(SLOW, pause * 1.3)
            if time.monotonic() + pause > self.end:
                raise TimeoutError
            time.sleep(pause)

    def learn(self) -> None:
        """Read how long things took before, to tell how long they will take now."""
        try:
            self._list(time.monotonic())
            query = {"sort_dir": "desc", "nested_depth": DEPTH}
            path = f"{self.reference.path}/events"
            before = list(pages(self.client, path, "events", query, LEARNT))
        except (Refused, Unreachable):
            return  # nothing hangs on it
        types = {member.key: member.type for member in self.progress.members.values()}
        told = ((self.progress.key_of(event), event) for event in before[::-1])
        self.progress.durations.learn_from(told, types)

    def look(self, write: Callable[[Line], None]) -> tuple[bool, bool]:
        """Look once; tell whether the stack is at rest, and whether there was news."""
        try:
            return self._look(write)
        except Refused as refused:
            if refused.status != 404:
                raise
            self.gone = True
            return True, False

    def _look(self, write: Callable[[Line], None]) -> tuple[bool, bool]:
        # The state comes first: what led to it is among the events that are read after it.
        stack = self.client.get(self.reference.path, {"resolve_outputs": "false"})["stack"]
        ended = not str(stack["stack_status"]).endswith("_IN_PROGRESS")
        events = self._events(whole=ended)
        progress = self.progress
        progress.see_stack(stack)
        now = time.monotonic()
        # Rows tell where nested stacks belong: so they come before the events of these.
        if self._listed == float("-inf") or not all(progress.places(event) for event in events):
            self._list(now)
        unknown = False
        for event in events:
            unknown = unknown or not progress.knows(event)
            write(progress.see_event(event, now - _age(event, self.client.date)))
        self.action = progress.action or self.action or progress.status.partition("_")[0]
        patient = self.following or now - progress.started <= GRACE
        at_rest = not progress.status.endswith("_IN_PROGRESS") and (progress.told or not patient)
        if at_rest or unknown or (events and now - self._listed > REFRESH):
            self._list(now)
        return at_rest, bool(events)

    def _events(self, *, whole: bool) -> list[dict[str, Any]]:
        """Return the events that were not heard of before."""
        query = {
            "sort_dir": "asc",
            "nested_depth": DEPTH,
            "with_empty": True,
            "marker": self._heard.first if whole else self._heard.marker(time.monotonic()),
        }
        found: list[dict[str, Any]] = self.client.get(f"{self.reference.path}/events", query)[
            "events"
        ]
        return self._heard.new(found, time.monotonic())

    def _list(self, now: float) -> None:
        self._listed = now
        self.progress.see_resources(resources_of(self.client, self.reference))


def _age(event: dict[str, Any], date: str) -> float:
    """Return how many seconds ago an event was; none for news, which are told at once."""
    try:
        age = parsedate_to_datetime(date) - datetime.fromisoformat(str(event["event_time"]))
    except (ValueError, TypeError):
        return 0.0
    return age.total_seconds() if age.total_seconds() > NEWS else 0.0


def beginning(client: Client, reference: StackReference) -> str | None:
    """Return the id of the last event before what is under way."""
    query = {"sort_dir": "desc", "nested_depth": DEPTH, "with_empty": True}
    begun = False
    for event in pages(client, f"{reference.path}/events", "events", query):
        if begun:
            return str(event["id"])
        begun = (
            event.get("physical_resource_id") == reference.id
            and event["resource_name"] == reference.name
            and str(event["resource_status"]).endswith("_IN_PROGRESS")
        )
    return None


def tell(client: Client, watching: Watching, console: "Console", asked: str, template: str) -> bool:
    """Tell how it ended, what came out, and what may be done next."""
    from heat.cli.frame import lasted
    from heat.cli.shown import next_steps

    progress, name = watching.progress, watching.reference.name
    took = lasted(time.monotonic() - progress.started)
    if asked == "DELETE" and (watching.gone or progress.status == "DELETE_COMPLETE"):
        _say(console, f"Stack {name} is deleted ({took})")
        return True
    if watching.gone:
        raise Failure(f"the stack {name} is gone")
    if progress.status != f"{asked}_COMPLETE":
        _tell_failure(progress, took, template)
        return False
    _say(console, f"Stack {name}: {progress.status} ({took})")
    _tell_outputs(client, watching.reference, console)
    advice = (
        (f"heat stack show {name}", "all about it"),
        (f"heat stack resources {name}", "what it is made of"),
        _way_on(name, asked, template),
        (f"heat stack delete {name}", "remove it all"),
    )
    _say(console, next_steps(advice))
    return True


def _way_on(name: str, action: str, template: str) -> tuple[str, str]:
    """Return the command that most will want after an action."""
    match action:
        case "SUSPEND":
            return f"heat stack resume {name}", "let it go on; until then it can't be changed"
        case "SNAPSHOT":
            return f"heat stack snapshot list {name}", "what it can be brought back to"
        case _:
            update = f"heat stack update {name} --existing -t {shlex.quote(template or 'FILE')}"
            return f"{update} --dry-run", "what a change would do"


def _tell_failure(progress: Progress, took: str, template: str) -> None:
    from heat.cli.said import parse
    from heat.cli.shown import next_steps

    name = progress.name
    head = click.style(f"Stack {name}: {progress.status}", fg="red", bold=True)
    click.echo(f"{head} ({took})", err=True)
    for path, words in progress.reasons() or [("", progress.reason)]:
        said = parse(words)
        asked = f" ({said.asked})" if said.asked else ""
        click.echo(f"  {path}: {said.text}{asked}" if path else f"  {said.text}{asked}", err=True)
    file = f" -t {shlex.quote(template)}" if template else ""
    advice = (
        (f"heat stack why {name}{file}", "the cause, and what to do about it"),
        (f"heat stack events {name}", "what happened"),
    )
    click.echo(next_steps(advice), err=True)


def _tell_outputs(client: Client, reference: StackReference, console: "Console") -> None:
    from heat.cli.shown import cell

    outputs = client.get(reference.path)["stack"].get("outputs") or []
    if not outputs:
        return
    _say(console, "\nOutputs:")
    secret = _secret(client, reference)
    width = max(len(output["output_key"]) for output in outputs)
    for output in outputs:
        key, words = output["output_key"], cell(output.get("output_value"))
        if output.get("output_error"):
            words = f"({output['output_error']})"
        elif key in secret:
            words = as_called(f"(hidden; heat stack output {reference.name} {key})")
        indented = words.rstrip().replace("\n", "\n" + " " * (width + 4))
        _say(console, f"  {key:<{width}}  {indented}")


def _secret(client: Client, reference: StackReference) -> frozenset[str]:
    from heat.cli.secret import secret_outputs

    try:
        return secret_outputs(client.get(f"{reference.path}/template"))
    except Refused:
        return frozenset()  # who may see outputs but no templates sees them as anywhere else


def _say(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)

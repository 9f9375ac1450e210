"""Plays the steps of a recorded scenario against a real API, and tells what came out otherwise."""

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from requests import Response

from .looking import Watched, inner_stack, look, members
from .test_vectors import Api

SENT = (
    "template", "parameters", "environment", "files", "environment_files", "disable_rollback",
    "timeout_mins", "tags", "clear_parameters", "converge",
)  # fmt: skip
ACTIONS = {
    "suspend": "suspend",
    "resume": "resume",
    "check": "check",
    "cancel": "cancel_update",
    "cancel_without_rollback": "cancel_without_rollback",
}
WAITED_FOR = {
    *ACTIONS, "create", "adopt", "update", "patch_update", "delete", "snapshot", "restore",
}  # fmt: skip
MAY_ROLL_BACK = ("CREATE_FAILED", "UPDATE_FAILED", "ADOPT_FAILED", "RESTORE_FAILED")
LONGEST = 120.0
ROLLBACK_BEGINS_WITHIN = 2.0


class Stuck(Exception):
    """What a step waits for never came."""


class Play:
    """One scenario as it is played."""

    def __init__(self, api: Api, name: str) -> None:
        self._api, self._name = api, name
        self._stacks: dict[str, Watched] = {}
        self._saved: dict[str, Any] = {}

    def step(self, step: Mapping[str, Any]) -> list[str]:
        """Do a step and return what is not as expected."""
        stack = self._stack(step)
        expect = step.get("expect") or {}
        match step["do"]:
            case "sleep":
                time.sleep(step["seconds"])
                return []
            case "wait_resource":
                self._until(lambda: self._status(step["resource"]) == step["status"])
                return []
            case "wait_hook":
                self._until(lambda: self._paused(step))
                return []
            case "wait_stack":
                self._until(lambda: self._stack_status(stack.url) == step["status"])
            case "wait_members":
                self._until(lambda: self._grown(stack, step))
            case "look":
                pass
            case _:
                return self._request(stack, step, expect)
        return self._differences(look(self._api, stack), step, expect)

    def clean(self) -> None:
        """Delete what is left."""
        for stack in self._stacks.values():
            if stack.id:
                self._api.ask("DELETE", stack.url)

    def _request(
        self, stack: Watched, step: Mapping[str, Any], expect: Mapping[str, Any]
    ) -> list[str]:
        do = step["do"]
        waits = step.get("wait", do in WAITED_FOR)
        before = self._own_events(stack) if stack.id and do not in ("create", "adopt") else []
        reply = self._ask(stack, step)
        stack = self._stack(step)  # a creation begins a new one
        if reply.status_code != expect.get("http", reply.status_code):
            return [f"answers {reply.status_code}, not {expect['http']}: {reply.text[:300]}"]
        body = (reply.json() if reply.content else None) or {}
        if reply.status_code >= 400:
            facts = look(self._api, stack) if stack.id and "status" in expect else {}
            return [
                *_refusal(body.get("error") or {}, expect.get("error") or {}),
                *self._differences(facts, step, expect),
            ]
        if "save_as" in step:
            self._saved[step["save_as"]] = _at(body, _steps(step.get("save_path", "")))
        facts = {
            "changes": _changes(body.get("resource_changes", {}), self._stacks["main"].name),
            "preview": do == "preview" and _previewed(body),
            "picked": {key: _picked(body, path) for key, path in step.get("pick", {}).items()},
        }
        if do == "abandon":
            self._until(lambda: self._gone(stack))
        elif waits:
            self._settle(stack, before, may_roll_back=do == "cancel")
            facts |= look(self._api, stack)
        return self._differences(facts, step, expect)

    def _ask(self, stack: Watched, step: Mapping[str, Any]) -> Response:
        do = step["do"]
        sent = {key: self._filled(step[key]) for key in SENT if key in step}
        match do:
            case "create" | "adopt" | "preview":
                sent["stack_name"] = stack.name
                if do == "adopt":
                    sent["adopt_stack_data"] = json.dumps(self._filled(step["adopt_data"]))
                path = "/stacks/preview" if do == "preview" else "/stacks"
                reply = self._api.ask("POST", path, sent)
                if reply.status_code == 201 and do != "preview":
                    self._begin(step, stack.name, reply.json()["stack"]["id"])
                return reply
            case "update":
                return self._api.ask("PUT", stack.url, sent)
            case "patch_update":
                return self._api.ask("PATCH", stack.url, sent)
            case "preview_update":
                method = "PATCH" if step.get("existing") else "PUT"
                query = urlencode(step.get("query") or {})
                return self._api.ask(method, f"{stack.url}/preview?{query}", sent)
            case "delete":
                return self._api.ask("DELETE", stack.url)
            case "abandon":
                reply = self._api.ask("DELETE", f"{stack.url}/abandon")
                self._saved[step.get("save", "abandoned")] = reply.json()
                return reply
            case "snapshot":
                body = {"name": step.get("name", "snap")}
                reply = self._api.ask("POST", f"{stack.url}/snapshots", body)
                if reply.ok:
                    self._saved[step.get("save", "snap")] = reply.json()["id"]
                return reply
            case "restore":
                snapshot = self._filled(step.get("snapshot", "%SAVED:snap%"))
                return self._api.ask("POST", f"{stack.url}/snapshots/{snapshot}/restore")
            case "signal" | "clear_hook":
                said = {"unset_hook": step["hook"]} if do == "clear_hook" else step.get("body")
                where = f"{self._resource(stack, step['resource'])}/signal"
                return self._api.ask("POST", where, self._filled(said))
            case "mark_unhealthy":
                said = {"mark_unhealthy": step.get("unhealthy", True)}
                said |= {"resource_status_reason": step["reason"]} if "reason" in step else {}
                return self._api.ask("PATCH", self._resource(stack, step["resource"]), said)
            case "get" | "post" | "delete_path":
                return self._plain(stack, step)
            case _:
                return self._api.ask("POST", f"{stack.url}/actions", {ACTIONS[do]: None})

    def _plain(self, stack: Watched, step: Mapping[str, Any]) -> Response:
        path = self._filled(step["path"]).replace("{stack}", stack.url)
        if named := re.search(r"\{resource:([^}]+)\}", path):
            path = path.replace(named[0], self._resource(stack, named[1]))
        if "query" in step:
            path += "?" + urlencode(self._filled(step["query"]))
        method = {"get": "GET", "post": "POST", "delete_path": "DELETE"}[step["do"]]
        follows = not step.get("no_redirect")
        body = self._filled(step.get("body"))
        return self._api.ask(method, path, body, allow_redirects=follows)

    def _stack(self, step: Mapping[str, Any]) -> Watched:
        alias = step.get("stack", "main")
        name = self._name + ("" if alias == "main" else alias)
        return self._stacks.setdefault(alias, Watched(name))

    def _begin(self, step: Mapping[str, Any], name: str, stack_id: str) -> None:
        """Watch a new stack; what it takes over is known by its ids."""
        taken = self._filled(step.get("adopt_data") or {}).get("resources") or {}
        ids = {path: one["resource_id"] for path, one in taken.items() if one.get("resource_id")}
        self._stacks[step.get("stack", "main")] = Watched(name, stack_id, physical=ids)

    def _resource(self, stack: Watched, path: str) -> str:
        """Return the address of a resource, through the nested stacks that lead to it."""
        *outer, last = path.split("/")
        url = stack.url
        for name in outer:
            shown = self._api.ask("GET", f"{url}/resources/{name}").json().get("resource")
            nested = inner_stack(shown) if shown else None
            if nested is None:
                raise Stuck(f"{name} has no nested stack")
            inner = self._api.ask("GET", f"/stacks/{nested}").json()["stack"]
            url = f"/stacks/{inner['stack_name']}/{nested}"
        return f"{url}/resources/{last}"

    def _until(self, reached: Callable[[], bool]) -> None:
        deadline, pause = time.monotonic() + LONGEST, 0.05
        while not reached():
            if time.monotonic() > deadline:
                raise Stuck
            time.sleep(pause)
            pause = min(0.5, pause * 1.5)

    def _settle(self, stack: Watched, before: list[str], *, may_roll_back: bool) -> None:
        """Wait until the action that was asked for has ended, with its rollback if there is one."""
        failed_at: float | None = None

        def settled() -> bool:
            nonlocal failed_at
            reply = self._api.ask("GET", f"{stack.url}?resolve_outputs=False")
            if reply.status_code == 404:
                return True
            shown = reply.json()["stack"]
            status = shown["stack_status"]
            if status in MAY_ROLL_BACK and (may_roll_back or not shown["disable_rollback"]):
                failed_at = failed_at or time.monotonic()
                if time.monotonic() < failed_at + ROLLBACK_BEGINS_WITHIN:
                    return False
            new = self._own_events(stack)[len(before) :]
            ended = not status.endswith("IN_PROGRESS") and bool(new) and new[-1] == status
            return ended and (status != "DELETE_COMPLETE" or self._gone(stack))

        self._until(settled)

    def _own_events(self, stack: Watched) -> list[str]:
        query = f"resource_name={stack.name}&sort_keys=event_time&sort_dir=asc"
        reply = self._api.ask("GET", f"{stack.url}/events?{query}")
        if reply.status_code != 200:
            return []
        return [event["resource_status"] for event in reply.json()["events"]]

    def _gone(self, stack: Watched) -> bool:
        reply = self._api.ask("GET", f"/stacks/{stack.name}", allow_redirects=False)
        return reply.status_code == 404 or stack.id not in reply.headers.get("Location", "")

    def _stack_status(self, url: str) -> str:
        reply = self._api.ask("GET", url)
        return reply.json()["stack"]["stack_status"] if reply.ok else ""

    def _status(self, path: str) -> str:
        try:
            where = self._resource(self._stacks["main"], path)
        except Stuck:
            return ""
        reply = self._api.ask("GET", where)
        return reply.json()["resource"]["resource_status"] if reply.ok else ""

    def _paused(self, step: Mapping[str, Any]) -> bool:
        try:
            where = self._resource(self._stack(step), step["resource"])
        except Stuck:
            return False
        reply = self._api.ask("GET", f"{where}/events")
        said = f"paused until Hook {step['hook']} is cleared"
        told = reply.json()["events"] if reply.ok else []
        pauses = [event for event in told if said in event["resource_status_reason"]]
        return len(pauses) >= step.get("count", 1)

    def _grown(self, stack: Watched, step: Mapping[str, Any]) -> bool:
        group = step["resource"]
        listed = members(self._api, stack)
        inner = {p: one for p, one in listed.items() if p == group or p.startswith(f"{group}/")}
        nested = inner_stack(inner[group]) if group in inner else None
        states = [one["resource_status"] for one in inner.values()]
        complete = all(state.endswith("_COMPLETE") for state in states)
        if nested is None or not complete or len(inner) != step["count"] + 1:
            return False
        if not self._stack_status(f"/stacks/{nested}").endswith("_COMPLETE"):
            return False
        return "signal" not in step or self._signalled(stack, step["signal"])

    def _signalled(self, stack: Watched, policy: str) -> bool:
        reply = self._api.ask("GET", f"{stack.url}/resources/{policy}/events")
        told = reply.json()["events"] if reply.ok else []
        return any(
            event["resource_status"] == "SIGNAL_COMPLETE" and event["id"] not in stack.told
            for event in told
        )

    def _marks(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for alias, stack in self._stacks.items():
            tag = "" if alias == "main" else f":{alias}"
            found += [(stack.id, f"%STACK_ID{tag}%")] if stack.id else []
            found.append((stack.name, f"%STACK_NAME{tag}%"))
        found.sort(key=lambda mark: -len(mark[0]))
        return [*found, (self._api.project, "%PROJECT_ID%")]

    def _filled(self, value: Any) -> Any:
        """Put what is real where marks stand."""
        if isinstance(value, str):
            if whole := re.fullmatch(r"%SAVED:(\w+)%", value):
                return self._saved[whole[1]]
            for real, mark in self._marks():
                value = value.replace(mark, real)
            return re.sub(r"%SAVED:(\w+)%", lambda found: str(self._saved[found[1]]), value)
        return _through(value, self._filled)

    def _marked(self, value: Any) -> Any:
        """Put marks where something real stands."""
        if isinstance(value, str):
            for real, mark in self._marks():
                value = value.replace(real, mark)
            return value
        return _through(value, self._marked)

    def _differences(
        self, facts: dict[str, Any], step: Mapping[str, Any], expect: Mapping[str, Any]
    ) -> list[str]:
        shown = facts.pop("shown", {})
        facts["show"] = {name: shown.get(name) for name in step.get("show", [])}
        return differences(self._marked(facts), expect)


def differences(facts: Mapping[str, Any], expect: Mapping[str, Any]) -> list[str]:
    """Tell in what the facts differ from what is expected."""
    wrong: list[str] = []
    if facts.get("status") != expect.get("status", facts.get("status")):
        wrong.append(f"the stack is {facts.get('status')}, not {expect['status']}")
    wrong += _lacking("the reason", facts.get("reason") or "", expect.get("reason_contains", []))
    for section in ("resources", "nested"):
        wrong += _wrong_resources(section, facts.get(section) or {}, expect)
    for section in (
        "groups", "outputs", "same_outputs", "moves", "events", "cleared", "show", "picked",
    ):  # fmt: skip
        seen = facts.get(section) or {}
        for name, wanted in (expect.get(section) or {}).items():
            got = seen.get(name, [] if section == "events" else None)
            if not _fits(section, name, got, wanted):
                wrong.append(f"{section}: {name} is {got!r}, not {wanted!r}")
    if "outputs" in expect and not expect.get("outputs_partial"):
        names = facts["outputs"].keys() ^ expect["outputs"].keys()
        wrong += [f"outputs: {sorted(names)} are too many or missing"] if names else []
    for section in ("output_errors", "changes", "preview"):
        if section in expect and facts.get(section) != expect[section]:
            wrong.append(f"{section}: {facts.get(section)!r}, not {expect[section]!r}")
    return [*wrong, *_disorder(facts.get("order") or [], expect.get("event_order", []))]


def _fits(section: str, name: str, got: Any, wanted: Any) -> bool:
    if section == "groups" or (section, name) == ("show", "parameters"):
        return all((got or {}).get(key) == value for key, value in wanted.items())
    return _strict(got) == _strict(wanted)


def _strict(value: Any) -> Any:
    """Tell true from 1."""
    return json.dumps(value, sort_keys=True)


def _wrong_resources(section: str, seen: Mapping[str, Any], expect: Mapping[str, Any]) -> list[str]:
    wanted = expect.get(section)
    if wanted is None:
        return []
    partial = expect.get(f"{section}_partial")
    missing = wanted.keys() - seen.keys()
    strange = set() if partial else seen.keys() - wanted.keys()
    wrong = [f"{section}: {name} is missing" for name in sorted(missing)]
    wrong += [f"{section}: {name} is too many" for name in sorted(strange)]
    for name in sorted(wanted.keys() & seen.keys()):
        for key, value in wanted[name].items():
            if key == "reason_contains":
                wrong += _lacking(f"the reason of {name}", seen[name]["reason"], value)
            elif key != "reason" and seen[name].get(key) != value:
                wrong.append(f"{section}: {key} of {name} is {seen[name].get(key)}, not {value}")
    return wrong


def _lacking(what: str, text: str, phrases: list[str]) -> list[str]:
    return [f"{what} lacks {phrase!r}: {text[:300]}" for phrase in phrases if phrase not in text]


def _refusal(error: Mapping[str, Any], expect: Mapping[str, Any]) -> list[str]:
    kind, message = error.get("type"), error.get("message") or ""
    wrong = _lacking("the message", message, expect.get("contains", []))
    if kind != expect.get("type", kind):
        wrong.append(f"the error is {kind}, not {expect['type']}")
    return wrong


def _disorder(told: list[str], pairs: list[list[str]]) -> list[str]:
    first = {event: number for number, event in reversed(list(enumerate(told)))}
    last = {event: number for number, event in enumerate(told)}
    return [
        f"{earlier} is not told before {later}"
        for earlier, later in pairs
        if earlier not in last or later not in first or last[earlier] > first[later]
    ]


def _changes(changes: Mapping[str, Any], name: str) -> dict[str, list[str]]:
    def path(one: Mapping[str, Any]) -> str:
        return ("" if one.get("stack_name") in (None, "", name) else "nested:") + one[
            "resource_name"
        ]

    return {kind: sorted(map(path, found)) for kind, found in changes.items()}


def _previewed(body: Mapping[str, Any]) -> list[list[str]]:
    listed = body["stack"]["resources"]
    return sorted([one["resource_name"], one["resource_type"]] for one in listed)


def _picked(body: Any, path: str) -> Any:
    found = _at(body, _steps(path.removesuffix("|sorted")))
    sorts = path.endswith("|sorted") and isinstance(found, list)
    return sorted(found, key=_strict) if sorts else found


def _steps(path: str) -> list[str]:
    return [step for step in path.split(".") if step]


def _at(value: Any, steps: list[str]) -> Any:
    """Follow a path: ``[]`` goes through a list, ``#`` counts it."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    match value:
        case _ if step == "[]":
            return [_at(item, rest) for item in value or []]
        case _ if step == "#":
            return len(value or [])
        case dict() if step.replace("~", ".") in value:
            return _at(value[step.replace("~", ".")], rest)
        case list() if step.isdigit() and int(step) < len(value):
            return _at(value[int(step)], rest)
        case _:
            return "%ABSENT%"


def _through(value: Any, change: Callable[[Any], Any]) -> Any:
    match value:
        case dict():
            return {change(key): change(item) for key, item in value.items()}
        case list():
            return [change(item) for item in value]
        case _:
            return value

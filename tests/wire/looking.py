"""What a client can see of a stack, and what of that is new since the last look."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .test_vectors import Api

STACK = "%STACK%"
_OWNER = re.compile(r"/stacks/[^/]+/([^/]+)/resources/")
_CLEARED = re.compile(r"Hook (\S+) is cleared")


@dataclass
class Watched:
    """A stack of a scenario, and what was seen of it until now; paths are like ``group/0``."""

    name: str
    id: str = ""
    nested: dict[str, str] = field(default_factory=dict)
    physical: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"/stacks/{self.name}/{self.id}"


def members(api: Api, stack: Watched) -> dict[str, dict[str, Any]]:
    """Return the resources of a stack and of all nested in it, by path."""
    reply = api.ask("GET", f"{stack.url}/resources?nested_depth=5")
    if reply.status_code != 200:
        return {}
    listed = reply.json()["resources"]
    stack.nested[stack.id] = ""
    found: dict[str, dict[str, Any]] = {}
    left = listed
    while left:
        reached = [item for item in left if owner(item) in stack.nested]
        if not reached:
            break
        for item in reached:
            path = stack.nested[owner(item)] + item["resource_name"]
            found[path] = item
            if inner := inner_stack(item):
                stack.nested[inner] = f"{path}/"
        left = [item for item in left if item not in reached]
    return found


def owner(item: Mapping[str, Any]) -> str:
    """Return the id of the stack in which a resource or an event is."""
    hrefs = [link["href"] for link in item["links"] if link["rel"] in ("self", "resource")]
    return next((match[1] for href in hrefs if (match := _OWNER.search(href))), "")


def inner_stack(item: Mapping[str, Any]) -> str | None:
    """Return the id of the nested stack of a resource."""
    hrefs = [link["href"] for link in item["links"] if link["rel"] == "nested"]
    return hrefs[0].rstrip("/").rpartition("/")[2] if hrefs else None


def look(api: Api, stack: Watched) -> dict[str, Any]:
    """Return all that can be seen, and remember it."""
    reply = api.ask("GET", stack.url)
    if reply.status_code != 200:
        return {"status": f"HTTP_{reply.status_code}"}
    shown = reply.json()["stack"]
    deleted = shown["stack_status"] == "DELETE_COMPLETE"
    listed = {} if deleted else members(api, stack)
    before, stack.physical = (
        stack.physical,
        {path: item["physical_resource_id"] for path, item in listed.items()},
    )
    seen = {path: _resource(path, item, before) for path, item in listed.items()}
    nested = {path: one for path, one in seen.items() if "/" in path}
    deep = (
        bool(nested)
        or any("/" in path for path in before)
        or any(map(inner_stack, listed.values()))
    )
    top = {path: one for path, one in seen.items() if "/" not in path}
    return {
        "status": shown["stack_status"],
        "reason": shown["stack_status_reason"] or "",
        "shown": shown,
        "resources": top,
        "nested": nested,
        "groups": _groups(listed, seen, before),
        **_outputs(stack, shown.get("outputs") or []),
        **_events(api, stack, top, deep=deep),
    }


def _resource(path: str, item: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    kind = item["resource_type"]
    is_file = "/" in kind or kind.endswith((".yaml", ".template"))
    one = {
        "status": item["resource_status"],
        "type": kind.rpartition("/")[2] if is_file else kind,
        "reason": item["resource_status_reason"] or "",
    }
    if before.get(path) and item["physical_resource_id"]:
        one["same_physical_id"] = before[path] == item["physical_resource_id"]
    return one


def _groups(
    listed: Mapping[str, Any], seen: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Count the members of each nested stack, by the path of its resource."""
    known = set(before.values())
    found: dict[str, Any] = {}
    for group, item in listed.items():
        inner = [path for path in seen if path.rpartition("/")[0] == group]
        if not inner and not inner_stack(item):
            continue
        ids = [listed[path]["physical_resource_id"] for path in inner]
        found[group] = {
            "count": len(inner),
            "kept": sum(key is not None and key in known for key in ids),
            "statuses": dict(Counter(seen[path]["status"] for path in inner)),
        }
    return found


def _outputs(stack: Watched, listed: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    values = {output["output_key"]: output["output_value"] for output in listed}
    before, stack.outputs = stack.outputs, values
    both = values.keys() & before.keys()
    return {
        "outputs": values,
        "output_errors": sorted(one["output_key"] for one in listed if one.get("output_error")),
        "same_outputs": {name: values[name] == before[name] for name in both},
        "moves": {
            name: [before[name].index(x) if x in before[name] else None for x in values[name]]
            for name in both
            if isinstance(values[name], list) and isinstance(before[name], list)
        },
    }


def _events(api: Api, stack: Watched, top: Iterable[str], *, deep: bool) -> dict[str, Any]:
    """Return the statuses that were told since the last look, by path and in order."""
    query = "sort_keys=event_time&sort_dir=asc" + ("&nested_depth=5" if deep else "")
    reply = api.ask("GET", f"{stack.url}/events?{query}")
    told = reply.json()["events"] if reply.status_code == 200 else []
    _find_nested(stack, told)
    new: list[tuple[str, str]] = []
    cleared: dict[str, list[str]] = {}
    for event in told:
        path = _path(stack, event)
        if path is None or event["id"] in stack.told:
            continue
        stack.told.add(event["id"])
        hook = _CLEARED.search(event["resource_status_reason"] or "")
        if hook is None:
            new.append((path, event["resource_status"]))
        elif "paused until" in event["resource_status_reason"]:
            new.append((path, f"paused {hook[1]}"))
        else:
            cleared.setdefault(path, []).append(hook[1])
    names, stack.names = {*top, *stack.names, STACK}, set(top)
    events: dict[str, list[str]] = {name: [] for name in names}
    for path, status in new:
        events.setdefault(path, []).append(status)
    return {"events": events, "cleared": cleared, "order": [f"{p} {s}" for p, s in new]}


def _find_nested(stack: Watched, told: Iterable[Mapping[str, Any]]) -> None:
    """Learn the paths of nested stacks that are gone from what was told of them."""
    told = list(told)
    owners = {owner(event) for event in told}
    for _ in range(5):
        for event in told:
            inner, outer = event["physical_resource_id"], owner(event)
            known = inner in stack.nested or outer not in stack.nested
            if inner in owners and inner != outer and not known:
                stack.nested[inner] = f"{stack.nested[outer]}{event['resource_name']}/"


def _path(stack: Watched, event: Mapping[str, Any]) -> str | None:
    """Return the path of what an event is about; None for nested stacks as such."""
    of = owner(event)
    if event["physical_resource_id"] == of and event["resource_name"] not in stack.physical:
        return STACK if of == stack.id else None
    return stack.nested[of] + event["resource_name"] if of in stack.nested else None

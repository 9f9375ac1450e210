"""The config that a server gets to see: that of the template, its inputs filled in. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from heat.base.json import Json
from heat.resources.heat.config_parts import COMPONENT, UNGROUPED

STDOUT, STDERR, STATUS_CODE = "deploy_stdout", "deploy_stderr", "deploy_status_code"
USUAL_OUTPUTS = (STDOUT, STDERR, STATUS_CODE)
NOTHING: Mapping[str, Any] = {
    "group": UNGROUPED,
    "config": "",
    "inputs": (),
    "outputs": (),
    "options": {},
}
"""The config of a deployment that names none."""

Config = Mapping[str, Any]
Value = Mapping[str, Any]
"""An input with its value."""


class Ending(NamedTuple):
    """How a deployment ended: what was given back, and why it failed, if it did."""

    outputs: Mapping[str, Json]
    failure: str = ""


def covers(config: Config, action: str, actions: Iterable[str]) -> bool:
    """Tell whether there is something to do at an action; components say so themselves."""
    if config["group"] == COMPONENT:
        return any(action in one["actions"] for one in config["config"]["configs"])
    return action in actions


def filled(config: Config, given: Mapping[str, Any]) -> Iterator[Value]:
    """Yield the inputs with their values: the declared ones, then the others that are given."""
    declared = {one["name"] for one in config["inputs"]}
    for one in config["inputs"]:
        yield {**one, "value": given.get(one["name"], one.get("default"))}
    for name, value in given.items():
        if name not in declared:
            yield told(name, value)


def told(name: str, value: Json, description: str = "") -> Value:
    """Return an input that no config declares."""
    said = {"description": description} if description else {}
    return {"name": name, "type": "String", **said, "value": value}


def values(inputs: Iterable[Value]) -> dict[str, Json]:
    """Return the values of inputs by name."""
    return {one["name"]: one["value"] for one in inputs}


def put_in(value: Json, key: str, known: Mapping[str, Json]) -> tuple[Json, list[str]]:
    """Put inputs where ``{key: NAME}`` stands for them; also return the names not known."""
    missing: list[str] = []

    def walk(part: Any) -> Json:
        if isinstance(part, Mapping):
            pairs = dict(part)
            name = pairs.get(key) if len(pairs) == 1 else None
            if not isinstance(name, str):
                return {inner: walk(item) for inner, item in pairs.items()}
            if known.get(name) is None:
                missing.append(name)
            return known.get(name)
        if isinstance(part, list | tuple):
            return [walk(item) for item in part]
        content: Json = part
        return content

    return walk(value), missing


def ending(config: Config, said: Mapping[str, Any]) -> Ending:
    """Read what a server says at the end; outputs that tell of errors fail the deployment."""
    declared = {one["name"]: one for one in config["outputs"]}
    outputs = {name: said[name] for name in (*declared, *USUAL_OUTPUTS) if name in said}
    reasons: list[str] = []
    code = said.get(STATUS_CODE)
    if failed(said):
        reasons.append(f"{STATUS_CODE} : Deployment exited with non-zero status code: {code}")
    for name, one in declared.items():
        if one.get("error_output") and said.get(name):
            reasons.append(f"{name} : {said[name]}")
    return Ending(outputs, ", ".join(reasons))


def failed(said: Mapping[str, Any]) -> bool:
    """Tell whether a server says that the tool in it failed."""
    return str(said.get(STATUS_CODE) or "0") != "0"

"""The ways on from what became of an operation: commands to type next, each with its purpose."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from heat.cli.causes import Cause, Diagnosis, Work
from heat.cli.cures import passing

Way = tuple[str, str]

_PORTS = re.compile(r"ids? for (?:these|this) ports? (?:is|are): ([0-9a-f-]{36})")
_AGAIN = {"SUSPEND": "suspend", "RESUME": "resume", "SNAPSHOT": "snapshot create"}
MEND = "go on, mended; parameters stay as they are"
FILE = "FILE"
"""What stands for a file that is not known."""


def ways_on(diagnosis: Diagnosis, template: str = "", *, files: bool = False) -> list[Way]:
    """Return what to type next.

    ``template`` is the user's own file, where it is known; else the service's copy serves, if the
    stack has no ``files`` that go with it.
    """
    if diagnosis.running:
        return list(_while_running(diagnosis))
    if not diagnosis.causes:
        return [_when_well(diagnosis)]
    return [*_closer(diagnosis.causes[0]), *_again(diagnosis, template, files=files)]


def _while_running(diagnosis: Diagnosis) -> Iterator[Way]:
    name = diagnosis.name
    for work in diagnosis.work:
        if work.hook:
            path = shlex.quote("/".join(work.steps))
            yield f"heat hook clear {name} {path} --hook {work.hook}", "let it go on"
    yield f"heat stack watch {name}", "see it go on"


def _when_well(diagnosis: Diagnosis) -> Way:
    name = diagnosis.name
    if diagnosis.status.startswith("SUSPEND_"):
        return f"heat stack resume {name} --wait", "let it go on; until then it can't be changed"
    if diagnosis.status.startswith("DELETE_"):
        return "heat stack list", "what there is"
    return f"heat stack check {name} --wait", "see whether all is as well in the cloud"


def _closer(cause: Cause) -> Iterator[Way]:
    """Yield where more is told about a cause."""
    if ports := _PORTS.search(cause.said.words):
        yield f"openstack port show {ports[1]}", "what still uses it"
    if cause.type.startswith("OS::Heat::SoftwareDeployment") and cause.physical_id:
        yield f"heat software-deployment output {cause.physical_id}", "what it gave back"


def _again(diagnosis: Diagnosis, template: str, *, files: bool) -> Iterator[Way]:
    name, action = diagnosis.name, diagnosis.action
    update = f"heat stack update {name} --existing"
    undone = diagnosis.status.startswith("ROLLBACK_")
    if undone and action == "CREATE":
        yield f"heat stack delete {name} --wait", "what is left of it, to create it anew"
    elif action == "DELETE":
        yield f"heat stack delete {name} --wait", "try again"
    elif diagnosis.status.startswith("CHECK_"):
        yield f"{update} --converge --wait", "repair what is not well"
    elif "invalid for resume" in diagnosis.causes[0].said.words:
        yield f"{update} --wait", "make it complete again, with nothing changed"
    elif action in _AGAIN and not undone and diagnosis.status.endswith("_FAILED"):
        yield f"heat stack {_AGAIN[action]} {name} --wait", "try again"
    elif action == "RESTORE":
        yield f"heat stack snapshot list {name}", "what it can be brought back to"
    elif diagnosis.status.endswith("_COMPLETE") and not undone:
        yield f"{update} --wait", "replace what is not well"
    elif diagnosis.timeout and "aborted: Timed out" in diagnosis.causes[0].said.words:
        yield f"{update} --timeout {2 * diagnosis.timeout} --wait", "try again, with twice the time"
    elif passing(diagnosis.causes[0].said) and diagnosis.status != "ROLLBACK_COMPLETE":
        yield f"{update} --wait", "try again, with nothing changed"
    elif template or files or undone:
        # What the service keeps after a rollback is what was before.
        file = shlex.quote(template) if template else FILE
        yield f"{update} -t {file} --wait", MEND
    else:
        file = shlex.quote(_new_file(name))
        yield f"heat stack template show {name} > {file}", "its template, to mend it"
        yield f"{update} -t {file} --wait", MEND


def _new_file(name: str) -> str:
    """Return the name of a file that is not there yet: nobody's own template is written over."""
    names = (f"{name}.yaml", *(f"{name}-{number}.yaml" for number in range(2, 100)))
    return next((file for file in names if not Path(file).exists()), FILE)


def waited_for(work: Work) -> str:
    """Return what a thing that goes on is waiting for, as far as that can be told."""
    if work.hook:
        return f"paused at the hook {work.hook}"
    for kind, words in _WAITS:
        if kind in work.type:
            return words
    return work.status


_WAITS = (
    ("WaitCondition", "waits for signals"),
    ("SoftwareDeployment", "waits for its server to carry it out and to tell of it"),
    ("StructuredDeployment", "waits for its server to carry it out and to tell of it"),
)

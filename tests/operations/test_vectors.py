"""The recorded cases of the language, in process: all that a request is checked for, then the
outputs, with types that need no cloud made on the spot. What nests is left to tests/wire."""

import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import vectors
from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Invalid
from heat.base.ids import ProjectId
from heat.operations.changes import CreateStack
from heat.operations.checks import check
from heat.operations.content import draft
from heat.operations.context import Context
from heat.operations.previews import Validate, validate
from heat.operations.services import Services
from heat.plan.desired import Desired, Known, Standing, desire
from heat.plugin.resource import Here
from heat.plugin.steps import Draw, Fail, Keep
from heat.store.database import Database
from heat.store.migrations import create

resources.load()

NAMES = {
    "%STACK_NAME%": "stack",
    "%STACK_ID%": "0dd2f1b8-8a4e-4f4d-9f0e-111111111111",
    "%PROJECT_ID%": "0123456789abcdef",
}
SENT = ("template", "parameters", "environment", "files", "environment_files")
DATABASE = Database("sqlite://")
create(DATABASE)
SERVICES = Services(db=DATABASE, client=None, clock=WallClock())
CONTEXT = Context(project=ProjectId(NAMES["%PROJECT_ID%"]), roles=("member",))


class Nests(Exception):
    """The case needs an engine that drives nested stacks."""


class Failed(Exception):
    """The resource fails as it is made."""


def sent(case, kind, **more):
    body = {key: case[key] for key in SENT if case.get(key) is not None}
    try:
        return msgspec.convert({**body, **more}, kind, strict=True)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), kind="HTTPBadRequest") from None


def difference(case):
    want = case["expect"]
    try:
        if case.get("op") == "validate":
            answer = validate(SERVICES, CONTEXT, sent(case, Validate))
            return vectors.wrong_answer(want, answer, NAMES)
        shown, failed = outcome(case)
        return vectors.wrong_outputs(want, shown, failed, NAMES)
    except Failed as failure:
        return vectors.wrong_failure(want, str(failure))
    except Invalid as invalid:
        kind = invalid.problems[0].kind if invalid.problems else invalid.kind
        return vectors.wrong_refusal(want, kind, str(invalid))


def outcome(case):
    """Return the outputs of a stack, and which of them can't be computed."""
    made = draft(
        SERVICES,
        sent(case, CreateStack, stack_name="stack"),
        stack_id=NAMES["%STACK_ID%"],
        stack_name=NAMES["%STACK_NAME%"],
        project=CONTEXT.project,
    )
    compiled = made.compiled
    wanted = check(SERVICES, CONTEXT, compiled)
    if any(one.cls.nests for one in wanted.resources.values()):
        raise Nests
    known: dict[str, Known] = {}
    for name in wanted.resources:
        one = desire(
            compiled.bound, name, Standing(known), compiled.type_of, compiled.requires[name]
        )
        assert isinstance(one, Desired)
        if one.problems:
            raise Failed("; ".join(map(str, one.problems)))
        known[name] = live(one, compiled.wanted.get(name, frozenset()))
    shown: dict[str, Any] = {}
    failed: list[str] = []
    for name in compiled.template.outputs:
        try:
            shown[name] = msgspec.to_builtins(compiled.bound.output(name, Standing(known)))
        except (Invalid, TypeError):
            shown[name] = None
            failed.append(name)
    return shown, failed


def live(one, attributes):
    """Make a resource of a type without a cloud, and look at it."""
    here = Here(resource=one.name, resource_id="r-1", name=f"stack-{one.name}-abcdefghijkl")
    values = one.values.at(here)
    item, kept = play(values.create())
    values = values.at(msgspec.structs.replace(here, data=kept))
    shown, _ = play(values.reveal(item, attributes))
    return Known(values.referred(item), shown, one.cls)


def play(verb):
    """Answer what a verb asks for; returns its result, and what it kept."""
    kept: dict[str, Any] = {}
    reply: dict[str, Any] = {}
    try:
        step = next(verb)
        while True:
            match step:
                case Fail(reason):
                    raise Failed(reason)
                case Keep(data):
                    kept |= data
                case Draw(size):
                    reply = {"hex": Random(0).randbytes(size).hex()}
                case _:
                    pass
            step = verb.send(reply)
    except StopIteration as end:
        return end.value, kept


@cache
def results():
    """Run everything: differences, passes and cases that nest, by area."""
    wrong: dict[str, list[str]] = defaultdict(list)
    passed: Counter[str] = Counter()
    nesting: Counter[str] = Counter()
    for case in vectors.cases():
        try:
            found = vectors.unless_extended(case, difference(case))
        except Nests:
            nesting[case["area"]] += 1
            continue
        if found is None:
            passed[case["area"]] += 1
        else:
            wrong[case["area"]].append(f"{case['id']} {found}\n{case['template']}")
    return wrong, passed, nesting


@pytest.mark.parametrize("area", vectors.areas())
def test_behaves_as_recorded(area):
    wrong, passed, nesting = results()
    assert not wrong[area], "\n\n".join(wrong[area])
    assert passed[area] or nesting[area]


def test_few_cases_are_left_to_the_wire():
    _, passed, nesting = results()
    assert passed.total() > 2600
    assert nesting.total() < 130, nesting

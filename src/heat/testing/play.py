"""Playing a verb by hand: replies go in, the steps it asked for come out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from heat.base.errors import Permanent
from heat.plugin.steps import (
    Call,
    ChangeUser,
    Draw,
    Enrol,
    Fail,
    Find,
    Forget,
    GiveKey,
    Hear,
    Inside,
    Keep,
    Nest,
    Record,
    Recorded,
    Reply,
    Sleep,
    Step,
    Steps,
    TakeKey,
    Wait,
    digest,
)

Answer = Reply | Permanent


@dataclass
class Played:
    """What a verb asked for, and how it ended: a result, or the reason why it failed."""

    steps: list[Step] = field(default_factory=list[Step])
    result: Any = None
    failure: str | None = None
    unfinished: bool = False


def play(verb: Steps[Any], answers: Sequence[Answer], *, cut: int | None = None) -> Played:
    """Drive a verb; the n-th step gets the n-th answer, ``{}`` where there is none.

    With ``cut`` it is left alone once it has asked for that many steps, as in a crash.
    """
    played = Played()
    replies = _in_order(answers)
    try:
        step = next(verb)
        while True:
            if len(played.steps) == cut:
                verb.close()
                played.unfinished = True
                return played
            played.steps.append(step)
            if isinstance(step, Fail):
                verb.close()
                played.failure = step.reason
                return played
            answer = next(replies)
            step = verb.throw(answer) if isinstance(answer, Permanent) else verb.send(answer)
    except StopIteration as stop:
        played.result = stop.value
    except Permanent as refusal:
        played.failure = refusal.message
    return played


def replay(make: Callable[[], Steps[Any]], answers: Sequence[Answer], cut: int) -> list[Step]:
    """Cut a verb off after some steps and run it again on what was written down.

    Return the steps that were really carried out, over both runs. A second run that asks for
    anything else than the first did is an error.
    """
    first = play(make(), answers, cut=cut)
    second = play(make(), answers)
    for before, now in zip(first.steps, second.steps, strict=False):
        if digest(before) != digest(now):
            raise AssertionError(f"asked {written(before)} first, then {written(now)}")
    return [*first.steps, *second.steps[len(first.steps) :]]


def written(step: Step) -> dict[str, Any]:
    """Write a step the way case files do."""
    match step:
        case Call():
            case: dict[str, Any] = {step.method.lower(): f"{step.service} {step.path}"}
            return case | ({} if step.body is None else {"body": step.body})
        case Wait(call=call, field=path, wanted=wanted, gone=gone):
            goal = f" {path}={'|'.join(wanted)}" if path and wanted else ""
            return {"wait": f"{call.service} {call.path}{goal}{' gone' if gone else ''}"}
        case Find(finder=finder, value=value):
            return {"find": f"{finder.key} {value}"}
        case Draw(size=size):
            return {"draw": size}
        case Keep(data=data, item=item):
            return {"keep": dict(data)} | ({"item": item} if item else {})
        case Sleep(seconds=seconds):
            return {"sleep": seconds}
        case Hear(of=of, count=count, seconds=seconds):
            return {"hear": of, "count": count, "seconds": seconds}
        case Forget(of=of):
            return {"forget": of}
        case Nest(action=action, source=source, parameters=parameters):
            return {"nest": action, "source": source, "parameters": dict(parameters)}
        case Inside(outputs=outputs, attributes=attributes, definitions=definitions):
            asked = {"inside": list(attributes), "outputs": outputs}
            return asked | ({"definitions": True} if definitions else {})
        case Recorded(kind=kind, id=key):
            return {"recorded": f"{kind} {key}"}
        case Record(kind=kind, id=key, fields=None):
            return {"forget": f"{kind} {key}"}
        case Record(kind=kind, id=key, fields=fields):
            return {"record": f"{kind} {key}", "body": fields}
        case Enrol(name=name, keys=keys, token=token):
            wants = {"keys": keys, "token": token}
            return {"enrol": name} | {what: True for what, wanted in wants.items() if wanted}
        case ChangeUser(name=name, enabled=enabled):
            return {"user": name, "enabled": enabled}
        case GiveKey(name=name):
            return {"give_key": name}
        case TakeKey(access=access):
            return {"take_key": access}
        case Fail(reason=reason):
            return {"fail": reason}


def details(step: Step) -> dict[str, Any]:
    """Return what else a case file may say about a step."""
    if isinstance(step, Wait):
        return details(step.call) | {"listed": step.listed is not None, "why": step.why}
    if isinstance(step, Fail):
        return {"kind": step.kind}
    if not isinstance(step, Call):
        return {}
    search = step.search
    return {
        "query": dict(step.query),
        "microversion": step.microversion,
        "missing_ok": step.missing_ok,
        "makes": step.makes,
        "repeatable": step.repeatable,
        "content_type": step.content_type,
        "busy": list(step.busy),
        "search": search and f"{search.call.service} {search.call.path}",
        "match": search and dict(search.match),
        "since": search and search.since,
    }


def _in_order(answers: Sequence[Answer]) -> Iterator[Answer]:
    yield from answers
    while True:
        yield {}

"""Makes requests fail on purpose: refuse, break, delay, lose the answer, spoil the work."""

import random
import re
import threading
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import msgspec

Action = Literal["refuse", "error", "slow", "hang", "lose_reply", "goto_error", "stay_build"]


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which requests a fault strikes, and how.

    `path` is a regular expression searched in the path below the service's prefix. A rule
    strikes every matching request, or the `nth` only, or each `every`-th, or by chance with
    `probability` (drawn from `seed`); `times` bounds how often it strikes.
    """

    action: Action
    id: str = ""
    service: str | None = None
    method: str | None = None
    path: str = ""
    nth: int | None = None
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    times: int | None = None
    status: int | None = None
    seconds: float = 0.0
    message: str = ""
    code: str = ""


@dataclass(frozen=True)
class Fault:
    """A rule that strikes this request.

    refuse: answer `status` (400) in the service's shape, nothing done. error: the same with 500.
    slow: do the work, hold the answer back for `seconds`. hang: do nothing for `seconds`, then
    close the connection. lose_reply: do the work, close the connection. goto_error and
    stay_build are for the handler: what is created fails, or never gets ready.
    """

    rule: str
    action: Action
    status: int
    seconds: float
    message: str
    code: str


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: dict[str, Armed] = {}
        self._serial = 0
        self._lock = threading.Lock()

    def add(self, rule: Rule | dict[str, Any]) -> str:
        """Add a rule and return its id; ValueError says what is wrong with it."""
        if isinstance(rule, dict):
            try:
                rule = msgspec.convert(rule, Rule)
            except msgspec.ValidationError as error:
                known = ", ".join(get_args(Action))
                raise ValueError(f"Not a fault rule: {error}. Known actions: {known}.") from error
        try:
            pattern = re.compile(rule.path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        with self._lock:
            self._serial += 1
            rule_id = rule.id or f"fault-{self._serial}"
            chance = random.Random(rule.seed)  # noqa: S311 - chance, no secret
            self._rules[rule_id] = Armed(msgspec.structs.replace(rule, id=rule_id), pattern, chance)
        return rule_id

    def remove(self, rule_id: str) -> bool:
        """Remove a rule; False when there is none of that id."""
        with self._lock:
            return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules with how often each matched and struck."""
        with self._lock:
            return [
                msgspec.to_builtins(armed.rule) | {"matched": armed.matched, "struck": armed.struck}
                for armed in self._rules.values()
            ]

    def decide(self, service: str, method: str, path: str) -> Fault | None:
        """Return what strikes this request: the first rule that does."""
        if not self._rules:
            return None
        with self._lock:
            for armed in self._rules.values():
                if armed.matches(service, method, path) and armed.strikes():
                    return armed.fault()
        return None


@dataclass
class Armed:
    """A rule and its counters."""

    rule: Rule
    pattern: re.Pattern[str]
    chance: random.Random
    matched: int = 0
    struck: int = 0

    def matches(self, service: str, method: str, path: str) -> bool:
        """Say whether the request is one of the rule's."""
        rule = self.rule
        return (
            (rule.service is None or rule.service == service)
            and (rule.method is None or rule.method.upper() == method)
            and self.pattern.search(path) is not None
        )

    def strikes(self) -> bool:
        """Count a matching request and say whether it is struck."""
        rule = self.rule
        self.matched += 1
        if rule.times is not None and self.struck >= rule.times:
            return False
        if rule.nth is not None and self.matched != rule.nth:
            return False
        if rule.every is not None and self.matched % rule.every:
            return False
        if rule.probability is not None and self.chance.random() >= rule.probability:
            return False
        self.struck += 1
        return True

    def fault(self) -> Fault:
        """Return what strikes."""
        rule = self.rule
        status = rule.status or (400 if rule.action == "refuse" else 500)
        message = rule.message or f"A fault was asked for here (rule {rule.id})."
        return Fault(rule.id, rule.action, status, rule.seconds, message, rule.code)


def shown(fault: Fault) -> dict[str, Any]:
    """Return a fault as JSON."""
    return asdict(fault)

"""What happens in one simulation: drawn from a seed, told in words, made smaller when it fails."""

import json
from dataclasses import dataclass, field, replace
from random import Random

from tests.sim import templates

Template = dict


@dataclass(frozen=True)
class Act:
    """A request of a user, so many seconds after the one before, or at rest."""

    kind: str
    stack: int = 0
    after: float = 0.0
    rests: bool = True
    """Whether the user first waits until the stack is at rest."""
    template: Template | None = None
    files: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    rollback: bool = False
    minutes: int = 10
    twice: float | None = None
    """After how many seconds the same message is delivered once more."""
    fate: str = ""
    """What becomes of the first transaction in which it is written down."""

    def __str__(self):
        when = "at rest" if self.rests else f"after {self.after:g} s, whatever goes on"
        more = ""
        if self.template is not None:
            more = f" rollback={self.rollback} minutes={self.minutes} "
            more += json.dumps(self.template.get("resources") or self.template["Resources"])
            more += f" {json.dumps(self.environment)}" if self.environment else ""
        more += "" if self.twice is None else f" again after {self.twice:g} s"
        return f"{when}: {self.kind} stack {self.stack}{more} {self.fate}"


@dataclass(frozen=True)
class Trouble:
    """What happens to an engine, at one of its steps: any two awaits have one between them."""

    kind: str
    """kill, pause, stop, away, late; of the next commit, or whatever an engine writes next:
    commit-refused, commit-lost, commit-repeated, write-refused, write-lost, write-repeated"""
    at: int
    seconds: float = 0.0
    """How long a pause lasts, the database is away or late, or until another engine comes."""

    def __str__(self):
        return f"{self.kind} at step {self.at}, {self.seconds:g} s"


@dataclass(frozen=True)
class Scenario:
    """Everything that a run goes by, besides the seed of its delays."""

    seed: int
    acts: tuple[Act, ...]
    faults: tuple[dict, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    engines: int = 1
    wakes: float = 1.0
    """How many wake-up messages come for each that is sent, on average."""
    latency: float = 0.0
    slow: tuple[tuple[str, float], ...] = ()
    """What takes a while in the cloud, and how long."""
    users: bool = True
    """Whether there is a domain for users of stacks."""
    ahead: tuple[float, ...] = ()
    """By how many seconds the clocks of engines are ahead of all others."""
    answers: float = 1.0
    """How often, once a minute, somebody tells all that waits for a word to go on."""

    def __str__(self):
        lines = [f"seed {self.seed}: {self.engines} engines, {self.wakes:g} times woken,"]
        lines += [
            f"  latency up to {self.latency:g} s, {dict(self.slow)}, answers {self.answers:g}"
        ]
        lines += [f"  clocks ahead by {self.ahead}"] if self.ahead else []
        lines += [] if self.users else ["  no domain for users of stacks"]
        lines += [f"  {act}" for act in self.acts]
        lines += [f"  fault {json.dumps(rule)}" for rule in self.faults]
        lines += [f"  {trouble}" for trouble in self.troubles]
        for name, text in next((act.files for act in self.acts if act.files), {}).items():
            lines.append(f"  {name}: {text}")
        return "\n".join(lines)

    def code(self):
        """Return a test to paste."""
        return f"def test_found_{self.seed}():\n    run({self!r})\n"

    def smaller(self):
        """Yield scenarios with one thing less."""
        for name in ("acts", "faults", "troubles"):
            given = getattr(self, name)
            for n in reversed(range(len(given))):
                if name != "acts" or n:
                    yield replace(self, **{name: given[:n] + given[n + 1 :]})
        plain = {
            "latency": 0.0,
            "slow": (),
            "ahead": (),
            "wakes": 1.0,
            "engines": 1,
            "answers": 1.0,
            "users": False,
        }
        for name, value in plain.items():
            if getattr(self, name) != value:
                yield replace(self, **{name: value})
        for n, act in enumerate(self.acts):
            for name, value in _PLAIN.items():
                if getattr(act, name) != value:
                    plainer = replace(act, **{name: value})
                    yield replace(self, acts=(*self.acts[:n], plainer, *self.acts[n + 1 :]))
        drafts = [act.template for act in self.acts if act.template]
        names = {n for draft in drafts for n in draft.get("resources", ())}
        for name in sorted(names):
            acts = tuple(
                replace(act, template=templates.without(act.template, name))
                if act.template
                else act
                for act in self.acts
            )
            if all(act.template is None or act.template.get("resources", 1) for act in acts):
                yield replace(self, acts=acts)


_PLAIN = {"environment": {}, "tags": (), "rollback": False, "twice": None, "fate": ""}


def draw(seed):
    """Make up a scenario."""
    return _harder(Random(f"harder {seed}"), _drawn(seed))


def _harder(random, scenario):
    """Add what came later, so that seeds tell of much the same as they did."""
    acts = []
    for act in scenario.acts:
        twice = random.choice((0.0, 0.3, 2.0, 5.0)) if random.random() < 0.06 else None
        fate = random.choice(("commit-repeated", "commit-refused"))
        acts.append(
            replace(act, twice=twice, fate=fate if random.random() < 0.06 else "")
            if act.kind in _REPEATED
            else replace(act, fate=fate if random.random() < 0.1 else "")
        )
        while random.random() < 0.15:
            kind = random.choice(("look", "look", "vanish"))
            when = {"rests": random.random() < 0.3, "after": random.choice((0, 0.3, 2, 5, 20))}
            acts.append(Act(kind, act.stack, **when))
            if kind == "vanish" and random.random() < 0.6:
                follows = random.choice(("heal", "heal", "check", "again"))
                acts.append(Act(follows, act.stack, after=random.choice((0, 2, 20))))
    troubles = list(scenario.troubles)
    while random.random() < 0.2:
        kind = random.choice(
            ("commit-repeated", "late", "late", "write-refused", "write-lost", "write-repeated")
        )
        at = random.choice((random.randrange(60), random.randrange(300)))
        troubles.append(Trouble(kind, at, random.choice((5.0, 30.0, 90.0))))
    ahead = [random.choice((0.0, 0.0, 0.5, 2.0, -2.0, 4.0, -4.0)) for _ in range(3)]
    return replace(
        scenario,
        acts=tuple(acts),
        troubles=tuple(troubles),
        ahead=tuple(ahead) if random.random() < 0.3 else (),
    )


_REPEATED = (
    "create", "update", "again", "converge", "delete", "cancel", "cancel_update", "suspend",
    "resume", "check", "snapshot", "abandon", "adopt",
)  # fmt: skip
"""What may be delivered twice."""


def _drawn(seed):
    random = Random(seed)
    files = templates.files(random)
    lists = [_acts(random, stack, files) for stack in range(random.choice((1, 1, 1, 1, 2)))]
    if random.random() < 0.08:
        lists += _trade(random, len(lists))
    return Scenario(
        seed=seed,
        acts=tuple(_shuffled(random, lists)),
        faults=tuple(_fault(random) for _ in range(random.choice((0, 1, 2, 3, 5)))),
        troubles=tuple(_trouble(random) for _ in range(random.choice((0, 1, 1, 2, 3)))),
        engines=random.choice((1, 1, 2, 3)),
        wakes=random.choice((1.0, 1.0, 0.0, 0.5, 2.0)),
        latency=random.choice((0.0, 0.1, 1.0, 3.0)),
        slow=tuple(
            (name, random.choice((2.0, 15.0, 60.0)))
            for name in ("server.create", "server.delete", "volume.create", "volume.attach")
            if random.random() < 0.3
        ),
        answers=random.choice((1.0, 1.0, 0.3, 0.0)),
        users=random.random() < 0.8,
    )


def _shuffled(random, lists):
    """Merge the acts on several stacks; those on one keep their order."""
    merged = []
    while any(lists):
        merged.append(random.choice([one for one in lists if one]).pop(0))
    return merged


_NEXT = {
    "update": 20, "again": 2, "converge": 2, "cancel": 2, "cancel_update": 4, "suspend": 3,
    "resume": 2, "check": 2, "signal": 4, "unhealthy": 2, "snapshot": 3, "restore": 2,
    "delete_snapshot": 2, "abandon": 1, "delete": 2, "delete_nested": 1,
}  # fmt: skip
_PAIRED = {
    "suspend": ("resume",), "snapshot": ("restore", "restore", "signal"), "unhealthy": ("again",),
    "abandon": ("adopt",), "signal": ("restore", "signal"), "delete_nested": ("again", "update"),
}  # fmt: skip
"""What often follows what."""
_HURRIED = ("cancel", "cancel_update", "signal")


def _acts(random, stack, files):
    draft = templates.body(random, random.choice((1, 2, 2, 3, 4)))
    common = {"stack": stack, "files": files}
    many = {"rollback": random.random() < 0.3, "minutes": random.choice((2, 5, 10, 15))}
    tags = random.choice(((), (), ("a",), ("a", "b")))
    environment = _hooks(random, draft)
    acts = [
        Act("create", template=draft.body(), environment=environment, tags=tags, **common, **many)
    ]
    follows = None
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        kind = random.choices(list(_NEXT), list(_NEXT.values()))[0]
        if follows and random.random() < 0.7:
            kind = random.choice(follows)
        follows = _PAIRED.get(kind)
        when = {"rests": random.random() < 0.4, "after": random.choice((0, 0.3, 2, 5, 20, 90))}
        if kind in _HURRIED:
            when["rests"] = False
        elif kind not in ("update", "delete"):
            when["rests"] = random.random() < 0.9
        if kind == "update":
            draft = draft.copy(random)
            draft.mutate()
            if random.random() < 0.7:
                draft.heal()
            many = {**many, "rollback": random.random() < 0.3}
            environment = random.choice((environment, {}, _hooks(random, draft)))
            what = {"template": draft.body(), "environment": environment, "tags": tags}
            acts.append(Act(kind, **what, **common, **many, **when))
        elif kind == "adopt":
            acts.append(Act(kind, stack, rollback=random.random() < 0.3, **when))
        else:
            acts.append(Act(kind, stack, **when))
    return acts


def _hooks(random, draft):
    if random.random() > 0.1:
        return {}
    where = random.choice(("*", "t*", random.choice([*draft.resources, "*"])))
    kinds = ("pre-create", "pre-update", "pre-delete", "post-create", "post-update", "post-delete")
    hooks = random.sample(kinds, random.choice((1, 2)))
    return {"resource_registry": {"resources": {where: {"hooks": hooks}}}}


def _trade(random, first):
    """Make up two stacks, of which the second imports what the first exports."""
    gives, takes = first, first + 1
    given = [Act("create", gives, template=templates.giving("one"))]
    taken = [Act("create", takes, after=random.choice((0, 1, 5, 60)), template=templates.taking())]
    for acts, change in ((given, templates.giving), (taken, templates.taking)):
        for _ in range(random.randrange(3)):
            when = {"rests": random.random() < 0.5, "after": random.choice((0, 1, 5, 60))}
            named = change(
                *random.choice((("two", "net"), ("one", "lan"))) if acts is given else (None,)
            )
            kind = random.choice(("update", "update", "delete"))
            template = named if kind == "update" else None
            acts.append(Act(kind, acts[0].stack, template=template, **when))
    return [given, taken]


_TARGETS = (
    ("network", "/v2.0/networks"),
    ("network", "/v2.0/subnets"),
    ("network", "/v2.0/ports"),
    ("network", "/v2.0/routers"),
    ("network", "/v2.0/floatingips"),
    ("network", "/v2.0/security"),
    ("network", ""),
    ("network", ""),
    ("compute", "/servers"),
    ("compute", ""),
    ("volume", "/volumes"),
    ("volume", ""),
    ("identity", "/OS-TRUST"),
    ("identity", "/users"),
    ("identity", "/projects"),
)
_KINDS = {
    "refuse": 3, "error": 3, "slow": 2, "hang": 2, "lose_reply": 5, "goto_error": 2,
    "stay_build": 1,
}  # fmt: skip


def _fault(random):
    service, path = random.choice(_TARGETS)
    action = random.choices(list(_KINDS), list(_KINDS.values()))[0]
    rule = {
        "service": service,
        "path": path,
        "action": action,
        "times": random.choice((1, 1, 2, 4)),
    }
    if random.random() < 0.8:
        rule["method"] = random.choice(("POST", "POST", "POST", "DELETE", "PUT", "GET"))
    if action in ("goto_error", "stay_build"):
        rule["method"] = "POST"
    if random.random() < 0.5:
        rule["nth"] = random.choice((1, 1, 2, 3))
    else:
        rule |= {"probability": random.choice((0.2, 0.6)), "seed": random.randrange(10**6)}
    match action:
        case "refuse":
            rule["status"] = random.choice((400, 403, 404, 409, 429))
            if rule["status"] == 404 and rule.get("method") not in ("POST", "PUT"):
                # Who is told that an object is gone, though it is there, can't but leave it.
                rule["status"] = 403
        case "error":
            rule["status"] = random.choice((500, 502, 503, 504))
        case "slow" | "hang":
            rule["seconds"] = random.choice((1.0, 10.0, 40.0))
    if service == "identity":
        # What else keystone says to a trust is its last word: the trust stays.
        rule["action"] = random.choice(("error", "slow", "hang", "lose_reply"))
        rule["status"], rule["seconds"] = 503, 5.0
    return rule


def _trouble(random):
    kind = random.choices(
        ("kill", "pause", "commit-refused", "commit-lost", "away", "stop"), (8, 3, 2, 2, 1, 1)
    )[0]
    seconds = random.choice((0.0, 1.0, 30.0))
    if kind == "pause":
        seconds = random.choice((3.0, 20.0, 70.0))
    return Trouble(kind, random.choice((random.randrange(60), random.randrange(300))), seconds)

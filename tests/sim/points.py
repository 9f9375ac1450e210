"""Where trouble came over engines, and how the operations that it hit came to their ends."""

from collections import Counter, defaultdict
from contextvars import ContextVar

from heat.store.rows import (
    ChangeOperation,
    ChangeResource,
    PutIntent,
    PutOperation,
    PutReply,
)

STACK = ContextVar("STACK", default=None)
"""The stack for which an engine does what it does."""

ENDS = (
    "completed",
    "completed by another engine",
    "failed, and another engine said so",
    "failed",
    "superseded by the user",
    "gone with its stack",
)
AFTERMATH = ("orphan", "duplicate", "stuck", "other")
POINTS = (
    "while it claims, renews or gives back leases",
    "while it reads",
    "before a plan is written",
    "after a plan is written",
    "before an intent is written",
    "after an intent is written",
    "before a request is sent",
    "while a request is under way",
    "a request took effect, its answer is not known",
    "while it looks at the cloud",
    "before a record is written",
    "after a record is written",
    "before a nested stack is asked for",
    "after a nested stack is asked for",
    "before the end of an operation is written",
    "after the end of an operation is written",
    "before something else is written",
    "after something else is written",
)


def written(batches):
    """Return what a commit is about, and for which stack."""
    kinds = [(_kind(batch), batch.stack) for batch in batches]
    order = ("a nested stack", "the end of an operation", "a plan", "a record", "an intent")
    for kind in order:
        for found, stack in kinds:
            if found == kind:
                return kind, stack
    return "something else", batches[0].stack if batches else None


def _kind(batch):
    found = "something else"
    for write in batch.writes:
        match write:
            case PutOperation(row) if row.stack != batch.stack:
                return "a nested stack"
            case ChangeOperation(_, {"state": "DONE" | "FAILED"}):
                return "the end of an operation"
            case ChangeOperation(_, {"plan": _}):
                return "a plan"
            case PutReply() | ChangeResource(_, {"status": "COMPLETE" | "FAILED"}):
                found = "a record"
            case PutIntent(row) if not row.answered and found != "a record":
                found = "an intent"
            case _:
                pass
    return found


def around(kind, when):
    """Return the name of the moment before or after a commit."""
    verb = "asked for" if kind == "a nested stack" else "written"
    return f"{when} {kind} is {verb}"


class Tally:
    """What was hit in one run: (trouble, point, operation, engine), and who ended what."""

    def __init__(self):
        self.hits = []
        self.enders = {}

    def hit(self, trouble, point, operation, engine):
        self.hits.append((trouble, point, operation, engine))

    def ended(self, batches, engine):
        """Take note of who ended operations."""
        for batch in batches:
            for write in batch.writes:
                if isinstance(write, ChangeOperation) and "state" in write.fields:
                    self.enders[write.id] = engine

    def sums(self, found, broken):
        """Return (trouble, point, end): number; ``found`` gives an operation by its id."""
        counts = Counter()
        bad = {_aftermath(line) for line in broken}
        for trouble, point, operation, engine in self.hits:
            counts[trouble, point, "hit"] += 1
            if operation is not None:
                end = _end(found(operation), self.enders.get(operation), engine)
                counts[trouble, point, end] += 1
            for kind in bad:
                counts[trouble, point, kind] += 1
        return counts


def _end(operation, ender, engine):
    if operation is None:
        return "gone with its stack"
    another = ender is not None and engine is not None and ender != engine
    match operation.state:
        case "DONE":
            return "completed by another engine" if another else "completed"
        case "FAILED":
            return "failed, and another engine said so" if another else "failed"
        case "SUPERSEDED":
            return "superseded by the user"
        case _:
            return "stuck"


def _aftermath(line):
    kind = line.split(":")[0]
    if kind == "twice":
        return "duplicate"
    if kind in ("stuck", "deadline", "rest"):
        return "stuck"
    return "orphan" if kind in ("orphan", "end") else "other"


def table(counts):
    """Write the sums of many runs as markdown: one table for each kind of trouble."""
    by_trouble = defaultdict(Counter)
    for (trouble, point, what), number in counts.items():
        by_trouble[trouble][point, what] += number
    lines = []
    for trouble in sorted(by_trouble):
        rows = by_trouble[trouble]
        points = [p for p in POINTS if rows[p, "hit"]]
        points += sorted({p for p, _ in rows} - set(POINTS))
        columns = ("hit", *ENDS, *AFTERMATH)
        lines += ["", f"## {trouble}", "", f"| at | {' | '.join(columns)} |"]
        lines.append("| --- |" + " ---: |" * len(columns))
        for point in points:
            cells = " | ".join(str(rows[point, column]) for column in columns)
            lines.append(f"| {point} | {cells} |")
    return "\n".join(lines) + "\n"

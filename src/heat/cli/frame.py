"""One picture of an operation under way: the head with its bar, the tree, the last events."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from heat.cli.progress import Member, Progress

LAST_EVENTS = 4
AROUND = LAST_EVENTS + 6
"""Lines of a picture beside the tree's."""


def frame(progress: Progress, now: float, height: int = 40) -> RenderableType:
    """Draw what is known at a moment, in no more lines than there are."""
    rows = progress.tree()
    shown = _chosen(rows, max(5, height - AROUND), now)
    parts: list[RenderableType] = [_head(progress, now)]
    if shown:
        parts.append(_tree(shown, now))
    if len(shown) < len(rows):
        parts.append(_rest(rows, shown))
    lines = list(progress.lines)[-LAST_EVENTS:]
    if lines:
        parts.append(Text())
    for line in lines:
        parts.append(Text(str(line), style="dim", no_wrap=True, overflow="ellipsis"))
    return Group(*parts)


def lasted(seconds: float) -> str:
    """Write a length of time as people do."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{seconds:.1f}s"


def _head(progress: Progress, now: float) -> RenderableType:
    done, total = progress.count()
    grid = Table.grid(padding=(0, 2))
    status = Text(progress.status or "starting", style=_style(progress.status))
    bar = ProgressBar(total=max(total, 1), completed=done, width=24)
    count = Text(f"{done}/{total}")
    took = lasted(now - progress.started)
    left = progress.remaining(now)
    if left is not None:
        took += f", about {lasted(max(round(left), 1)).replace('.0s', 's')} to go"
    grid.add_row(Text(progress.name, style="bold"), status, bar, count, took)
    return grid


def _tree(rows: Sequence[tuple[int, Member]], now: float) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for column in range(4):
        grid.add_column(no_wrap=True, justify="right" if column == 3 else "left")
    grid.add_column(overflow="ellipsis", no_wrap=True)
    for n, (_, member) in enumerate(rows):
        # In an update most members are left as they are.
        style = _style(member.status) if member.began or not member.settled else "dim"
        elapsed = member.elapsed(now)
        grid.add_row(
            Text.assemble((_guide(rows, n), "dim"), (f"{sign(member)} ", style), member.name),
            Text(member.type, style="dim"),
            Text("waiting" if member.waiting else member.status, style=style),
            "" if elapsed is None else lasted(elapsed),
            Text(member.reason if member.failed else "", style="red"),
        )
    return grid


def _guide(rows: Sequence[tuple[int, Member]], n: int) -> str:
    """Draw the branches that lead to a row."""
    depth = rows[n][0]
    guide = ""
    for level in range(depth + 1):
        later = (row for row, _ in rows[n + 1 :])
        goes_on = next((row == level for row in later if row <= level), False)
        if level == depth:
            guide += "├─ " if goes_on else "└─ "
        else:
            guide += "│  " if goes_on else "   "
    return guide


def sign(member: Member) -> str:
    """Return the sign of a state."""
    if member.waiting:
        return "·"
    if member.working:
        return "▸"
    return "✗" if member.failed else "✓"


def _style(status: str) -> str:
    if status.startswith("INIT_"):
        return "dim"
    for ending, style in (("COMPLETE", "green"), ("FAILED", "red"), ("IN_PROGRESS", "yellow")):
        if status.endswith(ending):
            return style
    return ""


def _chosen(
    rows: Sequence[tuple[int, Member]], room: int, now: float
) -> Sequence[tuple[int, Member]]:
    """Leave out what matters least when there is no room: the long finished, then the waiting."""
    if len(rows) <= room:
        return rows

    def weight(n: int) -> tuple[int, float]:
        member = rows[n][1]
        if member.failed or member.working:
            return (0 if member.failed else 1), 0.0
        since = now - member.ended if member.ended is not None else float("inf")
        return (3 if member.waiting else 2), since

    kept = set(sorted(range(len(rows)), key=weight)[: room - 1])
    return [row for n, row in enumerate(rows) if n in kept]


def _rest(rows: Sequence[tuple[int, Member]], shown: Sequence[tuple[int, Member]]) -> Text:
    there = {member.key for _, member in shown}
    hidden = Counter(
        "waiting" if m.waiting else "failed" if m.failed else "working" if m.working else "complete"
        for _, m in rows
        if m.key not in there
    )
    said = ", ".join(f"{count} {word}" for word, count in hidden.items())
    return Text(f"   and {sum(hidden.values())} more: {said}", style="dim")

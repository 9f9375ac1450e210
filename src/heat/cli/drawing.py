"""Draws what needs what, for Graphviz, for Mermaid, or as a picture of our own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

FORMS = ("dot", "mermaid", "svg")

COLOURS = {"COMPLETE": "#d7f0d7", "FAILED": "#f6d0d0", "IN_PROGRESS": "#fbeec2"}
PLAIN = "#eef1f5"

_LETTER, _HEIGHT, _GAP, _BETWEEN, _MARGIN = 7.0, 40.0, 24.0, 48.0, 16.0
_SWEEPS = 4
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{high:g}" \
viewBox="0 0 {wide:g} {high:g}" font-family="sans-serif" font-size="12">
<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" \
orient="auto"><path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>"""


@dataclass(frozen=True)
class Box:
    """A thing in a drawing; arrows lead to it from what it needs."""

    name: str
    type: str = ""
    status: str = ""
    needs: tuple[str, ...] = ()

    @property
    def colour(self) -> str:
        """Return the colour of its status."""
        return next((c for end, c in COLOURS.items() if self.status.endswith(end)), PLAIN)


def draw(boxes: Sequence[Box], form: str) -> str:
    """Write a drawing in one of FORMS."""
    there = {box.name for box in boxes}
    sound = [
        Box(box.name, box.type, box.status, tuple(need for need in box.needs if need in there))
        for box in boxes
    ]
    writers = {"dot": _dot, "mermaid": _mermaid, "svg": _svg}
    return writers[form](sound)


def _dot(boxes: Sequence[Box]) -> str:
    lines = ["digraph stack {", '  node [shape=box, style="filled,rounded", fontname=sans];']
    for box in boxes:
        label = json.dumps(f"{box.name}\n{box.type}" if box.type else box.name, ensure_ascii=False)
        lines.append(f'  {_quoted(box.name)} [label={label}, fillcolor="{box.colour}"];')
    lines += [f"  {_quoted(need)} -> {_quoted(box.name)};" for box in boxes for need in box.needs]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _mermaid(boxes: Sequence[Box]) -> str:
    ids = {box.name: f"n{n}" for n, box in enumerate(boxes)}
    lines = ["flowchart TD"]
    for box in boxes:
        label = "<br/>".join(escape(word) for word in (box.name, box.type) if word)
        lines.append(f'  {ids[box.name]}["{label}"]')
    lines += [f"  {ids[need]} --> {ids[box.name]}" for box in boxes for need in box.needs]
    lines += [f"  style {ids[b.name]} fill:{b.colour}" for b in boxes if b.colour != PLAIN]
    return "\n".join(lines) + "\n"


def _svg(boxes: Sequence[Box]) -> str:
    """Lay the boxes out in layers, each below all that it needs."""
    layers = _layers(boxes)
    boxes = _essential(boxes, layers)
    rows = _ordered(boxes, _lowered(boxes, layers))
    widths = {b.name: max(len(b.name), len(b.type), 4) * _LETTER + 20 for b in boxes}
    spans = [sum(widths[b.name] for b in row) + _GAP * (len(row) - 1) for row in rows]
    width = max(spans, default=0.0)
    left: dict[str, float] = {}
    top: dict[str, float] = {}
    for n, row in enumerate(rows):
        x = _MARGIN + (width - spans[n]) / 2
        for box in row:
            left[box.name], top[box.name] = x, _MARGIN + n * (_HEIGHT + _BETWEEN)
            x += widths[box.name] + _GAP
    high = 2 * _MARGIN + len(rows) * (_HEIGHT + _BETWEEN) - (_BETWEEN if rows else 0)
    wide = width + 2 * _MARGIN
    parts = [_HEAD.format(wide=wide, high=high)]
    for box in boxes:
        for need in box.needs:
            x0, y0 = left[need] + widths[need] / 2, top[need] + _HEIGHT
            x1, y1 = left[box.name] + widths[box.name] / 2, top[box.name]
            bend = (y1 - y0) / 2
            parts.append(
                f'<path d="M{x0:g} {y0:g}C{x0:g} {y0 + bend:g} {x1:g} {y1 - bend:g} {x1:g} {y1:g}" '
                'fill="none" stroke="#667" marker-end="url(#end)"/>'
            )
    for box in boxes:
        parts.append(_drawn(box, left[box.name], top[box.name], widths[box.name]))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(box: Box, x: float, y: float, width: float) -> str:
    middle = x + width / 2
    return (
        f"<g><title>{escape(' '.join(filter(None, (box.name, box.type, box.status))))}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{_HEIGHT:g}" rx="6" '
        f'fill="{box.colour}" stroke="#667"/>'
        f'<text x="{middle:g}" y="{y + 17:g}" text-anchor="middle" font-weight="bold">'
        f"{escape(box.name)}</text>"
        f'<text x="{middle:g}" y="{y + 32:g}" text-anchor="middle" fill="#556">'
        f"{escape(box.type)}</text></g>"
    )


def _ordered(boxes: Sequence[Box], layers: Mapping[str, int]) -> list[list[Box]]:
    """Put the boxes in layers, those of a layer near what they belong to above and below."""
    rows: list[list[Box]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for box in boxes:
        rows[layers[box.name]].append(box)
    near: dict[str, list[str]] = {box.name: list(box.needs) for box in boxes}
    for box in boxes:
        for need in box.needs:
            near[need].append(box.name)
    for _ in range(_SWEEPS):
        for row in rows:
            spots = {b.name: _share(n, len(r)) for r in rows for n, b in enumerate(r)}
            row.sort(key=lambda box: _middle(near[box.name], spots, spots[box.name]))
    return rows


def _share(n: int, count: int) -> float:
    return (n + 0.5) / count


def _middle(names: Sequence[str], spots: Mapping[str, float], own: float) -> float:
    return sum(spots[name] for name in names) / len(names) if names else own


def _layers(boxes: Sequence[Box]) -> dict[str, int]:
    """Return how many steps each box is below the first; a circle is cut somewhere."""
    needs = {box.name: box.needs for box in boxes}
    found: dict[str, int] = {}
    for start in needs:
        path, walked = [start], {start}
        while path:
            name = path[-1]
            todo = [need for need in needs[name] if need not in found and need not in walked]
            if todo:
                path.append(todo[0])
                walked.add(todo[0])
                continue
            path.pop()
            known = [found[need] for need in needs[name] if need in found]
            found.setdefault(name, max(known, default=-1) + 1)
    return found


def _essential(boxes: Sequence[Box], layers: Mapping[str, int]) -> list[Box]:
    """Leave out the arrows that follow from others: what is needed by what is needed."""
    bits = {box.name: 1 << n for n, box in enumerate(boxes)}
    above: dict[str, int] = {}
    kept: dict[str, Box] = {}
    for box in sorted(boxes, key=lambda box: layers[box.name]):
        implied = 0
        for need in box.needs:
            implied |= above.get(need, 0)  # what closes a circle is not there yet
        needs = tuple(need for need in dict.fromkeys(box.needs) if not implied & bits[need])
        above[box.name] = sum((bits[need] for need in needs), implied)
        kept[box.name] = replace(box, needs=needs)
    return [kept[box.name] for box in boxes]


def _lowered(boxes: Sequence[Box], layers: Mapping[str, int]) -> dict[str, int]:
    """Let each box down to just above the first that needs it."""
    first: dict[str, int] = {}
    found: dict[str, int] = {}
    for box in sorted(boxes, key=lambda box: -layers[box.name]):
        own = layers[box.name]
        found[box.name] = max(own, first.get(box.name, own + 1) - 1)
        for need in box.needs:
            first[need] = min(first.get(need, found[box.name]), found[box.name])
    return found

"""Lays a template out anew: indentation, blank lines and the order of its sections.

Lines are moved and indented, never written anew, so comments stay. Before the result is given out
it is read again: it must mean what the old text means, and hold every line of it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from heat.base.errors import Invalid
from heat.base.problems import Place, Problem
from heat.template.model import CFN_WORDS, HOT_WORDS, Words
from heat.template.text import parse
from heat.template.versions import AWS_KEY, CFN_KEY, HOT_KEY
from heat.template.yaml_nodes import compose
from heat.template.yaml_values import Loader

STEP = 2

_BLANKS = re.compile(r"[ \t]+")
_BLANK = " \t"
"""What counts as nothing in YAML; other white space is text."""
_OTHER_LINE_ENDS = ("\r", "\x85", "\u2028", "\u2029")


def lay_out(text: str, name: str) -> str:
    """Return the text in its usual layout; raises Invalid when it can't be kept as it is.

    JSON comes back as it was: it has no layout of its own.
    """
    before = parse(text, name)
    if text.lstrip()[:1] in ("{", "["):
        return text
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if any(mark in plain for mark in _OTHER_LINE_ENDS):
        raise _kept(name, "it has line ends of an unusual kind", "use plain line ends")
    for layout in (_in_order(plain), plain):
        made = _tidy(_indented(layout, name))
        if _same(before, made, name) and _words(made) == _words(plain):
            return made
    raise _kept(name, "its layout can't be changed without changing what it means")


def _kept(name: str, why: str, cure: str = "", line: int = 1, text: str = "") -> Invalid:
    place = Place(name, line, 1, text)
    found = Problem("The layout stays as it is", (), why, cure, "L001", where=name, place=place)
    return Invalid(problems=[found])


def _same(before: Any, made: str, name: str) -> bool:
    try:
        return bool(parse(made, name) == before)
    except Invalid:
        return False


def _words(text: str) -> Counter[str]:
    """Return the lines, whatever their order and their blanks."""
    lines = (_BLANKS.sub(" ", line).strip(" ") for line in text.split("\n"))
    return Counter(line for line in lines if line)


class _Move(NamedTuple):
    """A thing on a line, and the column that it goes to."""

    column: int
    to: int


@dataclass
class _Block:
    """An open block: a map, or a list; ``item`` tells that a dash without a list came last."""

    column: int
    to: int
    sequence: bool
    item: bool = False

    @property
    def inside(self) -> int:
        """Return the column of a block in this one."""
        return self.to + (2 * STEP if self.item else STEP)

    @property
    def shift(self) -> int:
        """Return how far what goes on from here moves."""
        return self.to - self.column + (STEP if self.item else 0)


def _indented(text: str, name: str) -> str:
    lines = text.split("\n")
    marked = _Marking(lines, name)
    for token in yaml.scan(text, Loader=Loader):
        marked.see(token)
    made: list[str] = []
    for number, line in enumerate(lines):
        if number in marked.moves:
            made.append(_moved(line, marked.moves[number]))
        elif number in marked.shifts:
            made.append(_shifted(line, marked.shifts[number]))
        elif line.lstrip(" ").startswith("#"):
            made.append(" " * _comment_column(number, line, lines, marked) + line.strip(_BLANK))
        else:
            made.append(line)
        if number not in marked.inside:
            made[-1] = made[-1].rstrip(_BLANK)
    return "\n".join(_spaced(made, marked.inside))


class _Marking:
    """One walk over the tokens: what is to be done to each line, by its number."""

    def __init__(self, lines: list[str], name: str) -> None:
        self.lines, self.name = lines, name
        self.moves: dict[int, list[_Move]] = {}
        self.shifts: dict[int, int] = {}
        self.inside: set[int] = set()  # lines of texts that go over several: blanks may count
        self.blocks: list[_Block] = []
        self.flow = 0
        self.opened = 0
        self.dash: tuple[int, int] | None = None  # its line, and the column of what follows

    def see(self, token: yaml.Token) -> None:
        """Take note of a token."""
        line, column = token.start_mark.line, token.start_mark.column
        match token:
            case yaml.FlowSequenceStartToken() | yaml.FlowMappingStartToken():
                if not self.flow:
                    self._behind_dash(line, column)
                    self.opened = line
                self.flow += 1
            case yaml.FlowSequenceEndToken() | yaml.FlowMappingEndToken():
                self.flow -= 1
                if not self.flow:
                    self._continue(range(self.opened + 1, line + 1))
            case yaml.ScalarToken():
                self._scalar(token)
            case _ if self.flow:
                pass
            case yaml.BlockMappingStartToken():
                self._open(column, sequence=False)
            case yaml.BlockSequenceStartToken():
                self._open(column, sequence=True)
            case yaml.BlockEndToken():
                self.blocks.pop()
            case yaml.KeyToken():
                self._key(line, column)
            case yaml.BlockEntryToken():
                block = self.blocks[-1]
                block.item = not block.sequence
                to = block.to + (STEP if block.item else 0)
                self._move(line, _Move(column, to))
                self.dash = line, to + STEP
            case yaml.ValueToken():
                pass
            case _:
                self._behind_dash(line, column)

    def _open(self, column: int, *, sequence: bool) -> None:
        to = self.blocks[-1].inside if self.blocks else 0
        self.blocks.append(_Block(column, to, sequence))

    def _key(self, line: int, column: int) -> None:
        if self.lines[line][column : column + 2] in ("? ", "?"):
            raise _kept(
                self.name, "it has keys behind a question mark", "", line + 1, self.lines[line]
            )
        self.blocks[-1].item = False
        self.dash = None
        self._move(line, _Move(column, self.blocks[-1].to))

    def _scalar(self, token: yaml.ScalarToken) -> None:
        first, last = token.start_mark.line, token.end_mark.line
        if not self.flow:
            self._behind_dash(first, token.start_mark.column)
        if token.style in ("|", ">"):
            self._block_text(first, last, self.lines[first][token.start_mark.column :])
        elif last > first:
            self.inside.update(range(first, last))
            if not self.flow:
                self._continue(range(first + 1, last + 1))

    def _behind_dash(self, line: int, column: int) -> None:
        if self.dash is not None and self.dash[0] == line:
            self._move(line, _Move(column, self.dash[1]))
        self.dash = None

    def _move(self, line: int, move: _Move) -> None:
        moves = self.moves.setdefault(line, [])
        if not moves or moves[-1].column < move.column:
            moves.append(move)

    def _continue(self, lines: range) -> None:
        """Let lines follow the key or dash that they go on from."""
        shift = self.blocks[-1].shift if self.blocks else 0
        self.shifts.update(dict.fromkeys(lines, shift))

    def _block_text(self, first: int, last: int, header: str) -> None:
        """Move a text under | or > to where it belongs, behind its key or dash."""
        body = range(first + 1, min(last + 1, len(self.lines)))
        indents = [_indent(self.lines[n]) for n in body if self.lines[n].strip(_BLANK)]
        if not indents or not self.blocks:
            return
        block, header = self.blocks[-1], header.partition("#")[0]
        # A digit counts from the key's column; without one the first line tells.
        counted = any(letter.isdigit() for letter in header)
        least = block.column + 1 if counted else indents[0]
        shift = block.shift if counted else block.inside - least
        ending: list[int] = []
        for number in body:
            empty = not self.lines[number].strip(_BLANK)
            if not empty and _indent(self.lines[number]) < least:
                break
            self.shifts[number] = shift
            ending = [*ending, number] if empty and "+" not in header else []
            self.inside.add(number)
        self.inside.difference_update(ending)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shifted(line: str, shift: int) -> str:
    if shift >= 0:
        return " " * shift + line if line else line
    return line[min(-shift, _indent(line)) :]


def _moved(line: str, moves: list[_Move]) -> str:
    """Put the first thing of a line to its column, and what stands behind dashes right behind."""
    made = " " * moves[0].to
    for move, after in zip(moves, [*moves[1:], None], strict=True):
        part = line[move.column : after.column if after else None]
        if after is not None and part.strip(_BLANK) == "-":
            part = "-".ljust(after.to - move.to)
        made += part
    return made


def _comment_column(number: int, line: str, lines: list[str], marked: _Marking) -> int:
    """Keep a comment with the line that it speaks of: the next, or one before at its column."""
    column = _indent(line)
    after = _neighbours(range(number + 1, len(lines)), marked)
    before = _neighbours(range(number - 1, -1, -1), marked)
    following = next(after, None)
    if following is not None and following.column == column:
        return following.to
    least = following.column if following is not None else 0
    for move in before:
        if move.column == column:
            return move.to
        if move.column < least:
            break
    if following is None:
        return column
    return max(0, following.to + column - following.column)


def _neighbours(numbers: range, marked: _Marking) -> Iterator[_Move]:
    return (move for n in numbers for move in marked.moves.get(n, ())[:1])


def _spaced(lines: list[str], inside: set[int]) -> Iterator[str]:
    """Leave out blank lines at the start, and more than one in a row."""
    blank = True
    for number, line in enumerate(lines):
        empty = not line and number not in inside
        if not (empty and blank):
            yield line
        blank = empty


def _tidy(text: str) -> str:
    return text if text.endswith("\n") and not text.endswith("\n\n") else text.rstrip("\n") + "\n"


def _in_order(text: str) -> str:
    """Bring the sections into their usual order, each with the comment right above it."""
    root = compose(text)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return text
    lines = text.split("\n")
    starts = [(str(key.value), key.start_mark.line) for key, _ in root.value]
    names = [name for name, _ in starts]
    wanted = sorted(names, key=lambda name: _rank(names, name))
    if wanted == names or len(set(names)) != len(names):
        return text
    heads = [_head(lines, line, apart=number > 0) for number, (_, line) in enumerate(starts)]
    heads[0] = heads[0] or starts[0][1]  # what the file begins with stays there
    ends = [*heads[1:], len(lines)]
    parts = {
        name: "\n".join(lines[head:end]).rstrip("\n")
        for name, head, end in zip(names, heads, ends, strict=True)
    }
    opening = "\n".join(lines[: heads[0]]).rstrip("\n")
    whole = [opening] if opening else []
    return "\n\n".join([*whole, *(parts[name] for name in wanted)]) + "\n"


def _head(lines: list[str], line: int, *, apart: bool) -> int:
    """Return where the comments above a section begin; ``apart`` looks over blank lines, too."""
    head = line
    while line > 0 and (
        lines[line - 1].startswith("#") or (apart and not lines[line - 1].strip(_BLANK))
    ):
        line -= 1
        head = line if lines[line].startswith("#") else head
    return head


def _rank(names: list[str], name: str) -> int:
    words: Words = HOT_WORDS if HOT_KEY in names else CFN_WORDS
    usual = [
        HOT_KEY,
        AWS_KEY,
        CFN_KEY,
        words.description,
        "parameter_groups",
        words.parameters,
        "Mappings",
        words.conditions,
        words.resources,
        words.outputs,
    ]
    return usual.index(name) if name in usual else len(usual)

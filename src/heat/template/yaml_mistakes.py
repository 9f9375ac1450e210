"""What to do about a text that is no YAML, guessed from the parser's words and the lines there."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from heat.template.short_forms import SHORT_FORMS

_KEY = re.compile(r"\s*(- )?[\w.:-]+\s*$")
_TAG = re.compile(r"constructor for the tag '([^']*)'")


def cure_of(said: str, lines: Sequence[str], number: int) -> str:
    """Return what to do; ``number`` is the index of the line where the parser stopped."""
    line = lines[number] if number < len(lines) else ""
    above = next((one for one in reversed(lines[:number]) if _counts(one)), "")
    if "\t" in line[: len(line) - len(line.lstrip())] or r"'\t'" in said:
        return "indent with spaces: YAML takes no tabs there"
    if "mapping values are not allowed" in said:
        return _stray_colon(line, above)
    if "single document" in said:
        return "take out the line --- and all that follows, or what stands before it"
    if "flow sequence" in said or "flow mapping" in said:
        bracket = "]" if "flow sequence" in said else "}"
        return f"put a comma between the parts, and {bracket} after the last"
    if "escape" in said:
        return "write a backslash twice within double quotes, or use single quotes"
    if "quoted scalar" in said:
        return "close the quotes that open here"
    if "could not find expected ':'" in said:
        return "put a colon and a space after the key"
    if "block mapping" in said or "block sequence" in said or "block collection" in said:
        return "give all lines of one map or list the same indentation"
    if "cannot start any token" in said:
        return "put the value in quotes: it starts with a character that means something in YAML"
    if "short form" in said:
        return "write get_param, get_resource or get_attr, or use a version of CloudFormation"
    if (tag := _TAG.search(said)) is not None:
        meant = get_close_matches(tag[1], SHORT_FORMS, n=1, cutoff=0.75)
        quotes = "put the value in quotes: a word after ! says what sort of value follows"
        return f"did you mean {meant[0]!r}? If not, {quotes}" if meant else quotes
    if "undefined alias" in said:
        return "put the value in quotes: a word after * refers to another part of the text"
    return "check the indentation, colons and quotes of this line and the one above"


def _stray_colon(line: str, above: str) -> str:
    if len(re.findall(r":(?:\s|$)", line)) > 1 and "{" not in line:
        return "put the value in quotes: it holds a colon"
    deeper = _indentation(line) > _indentation(above)
    if deeper and _KEY.match(above) and not above.rstrip().endswith(":"):
        return f"put a colon after {above.strip()} in the line above"
    if deeper:
        return "indent it like the line above"
    return "check the indentation of this line and the one above"


def _counts(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith("#")


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())

"""Sees that a map was meant to be a call, though its key is no function of its template."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from heat.base.problems import closest
from heat.template.loops import PREFIX
from heat.template.versions import VERSIONS, Version

_SURE = 0.8
"""How close a key must be to a function where a plain map may stand."""

_SEPARATED = re.compile(r"[_:-]")
_SHOUTED = re.compile(r"[a-z][A-Z]")
_COUNTERPARTS = {
    "get_param": "Ref",
    "get_resource": "Ref",
    "get_attr": "Fn::GetAtt",
    "list_join": "Fn::Join",
    "str_split": "Fn::Split",
    "str_replace": "Fn::Sub",
    "if": "Fn::If",
    "repeat": "Fn::ForEach",
}
"""What does nearly the same in CloudFormation."""


class Slip(NamedTuple):
    """Why a map is no call, and what to write."""

    name: str
    detail: str
    cure: str

    @property
    def said(self) -> str:
        """Say all of it as the cure of another problem."""
        return self.cure if self.cure.startswith("did you") else f"{self.detail}: {self.cure}"


def slip(value: Any, version: Version, *, in_condition: bool = False) -> Slip | None:
    """Return what is wrong with a map that was surely meant to be a call."""
    language = version.language
    known = language.conditions if in_condition else language.functions
    names = _keys(value)
    if len(names) == 1:
        return None if names[0] in known else _strange(names[0], version, in_condition=in_condition)
    crowded = next((name for name in names if name in known and _telling(name)), None)
    if crowded is None:
        return None
    detail = f"{crowded} has other keys beside it, so that it is no call"
    return Slip(crowded, detail, f"leave {crowded} alone in its map")


def later_function(value: Any, version: Version) -> Slip | None:
    """Return what to say of a call of a function that a later version brings."""
    names = _keys(value)
    return _later(names[0], version) if len(names) == 1 else None


def likely(value: Any, version: Version) -> str:
    """Return the cure for a map that stands where none can: it was meant to be a call."""
    if (found := slip(value, version)) is not None:
        return found.said
    names = _keys(value)
    if len(names) != 1 or names[0] in version.language.functions:
        return ""
    if (found := _elsewhere(names[0], version)) is not None:
        return found.said
    meant = closest(names[0], _callable(version))
    return f"did you mean {meant!r}?" if meant else ""


def _keys(value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return []
    return [str(key) for key in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _telling(name: str) -> bool:
    """Tell whether a name would hardly be the key of a plain map."""
    return name == "Ref" or _SEPARATED.search(name) is not None


def _callable(version: Version, *, in_condition: bool = False) -> list[str]:
    if in_condition:
        return list({**version.conditions, **version.condition_extras})
    return list({**version.functions, **version.extras})


def _strange(name: str, version: Version, *, in_condition: bool) -> Slip | None:
    if version.extended and name.startswith(PREFIX):
        return None
    own = _callable(version, in_condition=in_condition)
    found = _elsewhere(name, version) if _telling(name) and not in_condition else None
    if (found := found or _misspelt(name, own)) is None and name.startswith("Fn::"):
        return Slip(name, f"{name} is no function", f"the functions are {', '.join(own)}")
    return found


def _elsewhere(name: str, version: Version) -> Slip | None:
    """Return what to say of a function that has another place, version or dialect."""
    if name in _callable(version, in_condition=True):
        choose = "Fn::If" if version.dialect == "cfn" else "if"
        cure = f"define a condition with it, and choose by that with {choose}"
        return Slip(name, f"{name} counts only within conditions", cure)
    if (found := _later(name, version)) is not None:
        return found
    having = [v.key for v in VERSIONS if name in (*_callable(v), *_callable(v, in_condition=True))]
    if not having:
        return None
    pairs = (*_COUNTERPARTS.items(), *((cfn, hot) for hot, cfn in _COUNTERPARTS.items()))
    own = _callable(version)
    near = [other for one, other in pairs if one == name and other in own]
    detail = f"{name} is a function of {having[0]}; this template says {version.key}"
    cure = f"use {' or '.join(near)}" if near else f"the functions here are {', '.join(own)}"
    return _misspelt(name, own) or Slip(name, detail, cure)


def _later(name: str, version: Version) -> Slip | None:
    if name in version.language.functions or name in version.conditions:
        return None
    dates = [v.date for v in VERSIONS if v.key == version.key and name in v.functions]
    if not dates or dates[0] < version.date:
        return None
    detail = f"{name} came with {dates[0]}; this template says {version.date}"
    return Slip(name, detail, f"write {version.key}: {dates[0]}, or later")


def _misspelt(name: str, own: Iterable[str]) -> Slip | None:
    """Return what to say of a name that is all but a function's."""
    plain = {_plain(function): function for function in own if _telling(function)}
    meant = plain.get(_plain(name))
    if not _telling(name):
        sure = meant is not None and ("_" in meant or meant == "Ref" or _SHOUTED.search(name))
        meant = meant if sure else None
    elif meant is None:
        meant = plain.get(_nearest(_plain(name), plain))
    return Slip(name, f"{name} is no function", f"did you mean {meant!r}?") if meant else None


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return the name that one begins with or is all but like."""
    starts = [one for one in known if name.startswith(one)]
    if starts:
        return max(starts, key=len)
    ratios = {one: SequenceMatcher(None, one, name).ratio() for one in known}
    best = max(ratios, key=ratios.__getitem__, default="")
    return best if ratios.get(best, 0) >= _SURE else ""


def _plain(name: str) -> str:
    return _SEPARATED.sub("", name.removeprefix("Fn::")).casefold()

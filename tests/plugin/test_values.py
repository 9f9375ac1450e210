"""From what a template says to typed values, with everything wrong said at once."""

from typing import Any

import pytest

from heat.base.json import shown
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plugin.checks import at_least, length, one_of
from heat.plugin.fields import Struct, fixed, mutable
from heat.plugin.resource import Resource
from heat.plugin.values import fits, read

LATER = Unknown(frozenset({"server.first_address"}))


class Disk(Struct):
    size: int = mutable("Size.", check=at_least(1))
    kind: str = mutable("Kind.", named="class", default="ssd", check=one_of("ssd", "disk"))

    def problems(self):
        if self.size == 13:
            yield Problem("Unlucky size", ("size",))


class Machine(Resource):
    name: str | None = fixed("Name.", was=("label", "title"))
    flavor: str = mutable("Flavor.")
    cores: int | None = mutable("Cores.")
    load: float | None = mutable("Load.")
    on: bool = mutable("Whether it is on.", default=True)
    mode: str | None = mutable("Mode.", check=one_of("a", "b"))
    words: list[str] = mutable("Words.", default=[], item_check=length(1, 3))
    labels: dict[str, str] | None = mutable("Labels.")
    disks: list[Disk] | None = mutable("Disks.")
    password: str | None = mutable("Password.", secret=True, check=length(8))
    pin: str | None = mutable("Pin.", secret=True, check=one_of("0000"))
    anything: Any = mutable("Anything.", default=None)


def machine(**given: Any) -> Machine:
    made, problems = read(Machine, {"flavor": "f", **given})
    assert made is not None
    assert not problems
    return made


def wrong(**given: Any) -> list[str]:
    _, problems = read(Machine, {"flavor": "f", **given})
    return [f"{shown(p.at)}: {p.detail or p.summary}" for p in problems]


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("name", 5, "5"),
        ("name", True, "True"),
        ("cores", "4", 4),
        ("load", "1.5", 1.5),
        ("load", "2", 2),
        ("load", 3, 3),
        ("on", "FALSE", False),
        ("on", None, True),
        ("words", ["a", 1], ["a", "1"]),
        ("words", ("a", None), ["a"]),
        ("words", None, []),
        ("labels", {"a": 1, 2: "b", "n": None}, {"a": "1", "2": "b", "n": None}),
        ("anything", [{"deep": 1.5}], [{"deep": 1.5}]),
        ("mode", "a", "a"),
    ],
)
def test_a_value_is_converted_to_its_type(name: str, given: Any, value: Any) -> None:
    assert getattr(machine(**{name: given}), name) == value


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ["a"]}, "name: ['a'] is not a string"),
        ({"name": 1.5}, "name: 1.5 is not a string"),
        ({"cores": "many"}, "cores: 'many' is not a whole number"),
        ({"cores": True}, "cores: True is not a whole number"),
        ({"load": {}}, "load: {} is not a number"),
        ({"on": "yes"}, "on: 'yes' is not true or false"),
        ({"on": 1}, "on: 1 is not true or false"),
        ({"words": "abc"}, "words: 'abc' is not a list"),
        ({"words": {"a": 1}}, "words: {'a': 1} is not a list"),
        ({"words": ["abcd"]}, "words[0]: its length (4) is out of range (min: 1, max: 3)"),
        ({"labels": ["a"]}, "labels: ['a'] is not a map"),
        ({"disks": ["a"]}, "disks[0]: 'a' is not a map"),
        ({"disks": [{}]}, "disks[0].size: Size"),
        ({"disks": [{"size": 0}]}, "disks[0].size: 0 is out of range (min: 1, max: None)"),
        ({"disks": [{"size": 13}]}, "disks[0].size: Unlucky size"),
        ({"disks": [{"size": 1, "kind": "ssd"}]}, "disks[0].kind: Unknown Property kind"),
        ({"mode": "c"}, "mode: 'c' is not one of: a, b"),
        ({"mode": None}, "mode: '' is not one of: a, b"),
        ({"flavor": None}, "flavor: Flavor"),
        ({"flavour": "x"}, "flavour: Unknown Property flavour"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(given: dict[str, Any], said: str) -> None:
    assert wrong(**given) == [said]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(wrong(cores="x", on="y", disks=[{"size": "z"}, {"size": 0}], nope=1)) == 5


def test_an_unknown_property_gets_a_cure() -> None:
    _, problems = read(Machine, {"flavour": "x"})
    assert [p.cure for p in problems] == ["did you mean 'flavor'?"]


def test_a_secret_is_not_repeated() -> None:
    assert wrong(password=["hunter2"]) == ["password: the value is not a string"]
    assert "hunter22" not in repr(machine(password="hunter22"))
    assert wrong(pin="1234") == ["pin: the value is not one that is allowed"]


def test_a_check_does_not_repeat_a_secret() -> None:
    said = "password: its length (7) is out of range (min: 8, max: None)"
    assert wrong(password="hunter2") == [said]


def test_older_names_mean_the_same_and_exclude_the_newer() -> None:
    assert machine(label="x") == machine(title="x") == machine(name="x")
    assert wrong(name="x", label="y") == [
        "label: Cannot define the following properties at the same time: name, label, title"
    ]


def test_an_older_name_that_is_null_is_no_conflict() -> None:
    assert machine(name="x", label=None).name == "x"


@pytest.mark.parametrize("name", ["name", "cores", "on", "words", "labels", "disks", "mode"])
def test_what_is_not_known_yet_passes(name: str) -> None:
    assert getattr(machine(**{name: LATER}), name) == LATER


def test_a_part_that_is_not_known_yet_passes_and_the_rest_is_checked() -> None:
    made = machine(words=["a", LATER], disks=[{"size": LATER}], labels={"a": LATER})
    assert made.words == ["a", LATER]
    assert made.disks is not None
    assert made.disks[0].size == LATER
    assert wrong(disks=[{"size": LATER, "class": "tape"}]) == [
        "disks[0].class: 'tape' is not one of: ssd, disk"
    ]


def test_a_stand_in_takes_anything() -> None:
    class StandIn(Resource):
        anything = True

    made, problems = read(StandIn, {"a": 1, "b": LATER})
    assert made is not None
    assert problems == []


def test_fits_says_whether_a_value_is_of_a_type() -> None:
    assert fits(float, "1_000", ("value",)) == []
    assert fits(list[Any], LATER, ("value",)) == []
    (problem,) = fits(dict[str, Any], "x", ("value",))
    assert (problem.at, problem.detail) == (("value",), "'x' is not a map")

"""Declared properties: their values are frozen, compared, written down and described."""

from typing import Any

import pytest

from heat.base.unknown import Unknown
from heat.plugin.checks import at_least, between, is_cidr, matching, multiple_of, one_of
from heat.plugin.describe import describe
from heat.plugin.fields import (
    Struct,
    attribute,
    differences,
    fixed,
    is_known,
    mutable,
    plain,
)
from heat.plugin.find import lookups, resolve
from heat.plugin.resource import Facts, Here, Resource, Stateless
from heat.plugin.rest import Rest, RestResource
from heat.plugin.steps import NETWORK, Call, Fail, Find, Finder, digest
from heat.plugin.values import read
from heat.testing.play import play

A_NETWORK = Finder("network", "/v2.0/networks", "network", "neutron.network")
A_KEY = Finder("compute", "/os-keypairs", "keypair", "nova.keypair", by_name_only=True)
LATER = Unknown(frozenset({"net"}))


class Leg(Struct):
    network: str | None = fixed("Network.", find=A_NETWORK, wire="uuid", was="net")
    cost: int = fixed("Cost.", default=1, check=at_least(0))


class Base(RestResource):
    name: str | None = mutable("Name.", shown=True)
    color: str | None = mutable("Color.")


class Box(Base):
    """A box."""

    rest = Rest(NETWORK, "/v2.0/boxes", "box", keys="boxes")

    color = None  # a box has none
    home: str = fixed("Home.", find=A_NETWORK, wire="network_id", was="home_id")
    legs: list[Leg] | None = mutable("Legs.", shown="real_legs")
    size: int = mutable("Size.", default=2, check=(between(1, 9), multiple_of(2)))
    secret: str | None = mutable("Secret.", secret=True, sent=False)
    key: str | None = fixed("Key.", find=A_KEY)
    kinds: list[str] = fixed("Kinds.", default=["a"], item_check=one_of("a", "b"))
    block: str | None = fixed("Block.", check=(is_cidr, matching(r"[0-9./]+")), immutable=True)
    alive: bool | None = mutable("Alive.", shown=attribute("", type="Boolean", cached=False))

    state = attribute("State.", wire="inner.state")
    free = attribute("Free.", type=None)


Box.__facts__ = Facts("Test::Box", "network", admin=False, support={"status": "HIDDEN"})


def box(**given: Any) -> Box:
    made, problems = read(Box, {"home": "h", **given})
    assert made is not None
    assert not problems
    return made


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        box().size = 4
    with pytest.raises(TypeError, match="unknown properties: nope"):
        Box(nope=1)


def test_a_changed_copy_keeps_its_place() -> None:
    there = box().at(Here(name="n", mark="m"))
    assert there.but(size=4).__here__.mark == "m"
    assert there.but(size=4) != there


def test_a_subclass_can_do_without_a_property() -> None:
    assert "color" not in Box.__properties__
    assert next(iter(Box.__properties__)) == "name"


def test_differences_say_what_each_costs() -> None:
    before = box(name="a", legs=[{"net": "n"}])
    after = box(home="g", legs=[{"network": "n", "cost": 2}], secret="s")
    found = {d.name: (d.before, d.after, d.mutable, d.secret) for d in differences(before, after)}
    assert found == {
        "name": ("a", None, True, False),
        "home": ("h", "g", False, False),
        "legs": ([{"network": "n"}], [{"network": "n", "cost": 2}], True, False),
        "secret": (None, "s", True, True),
    }
    assert differences(before, box(name="a", legs=[{"network": "n", "cost": "1"}])) == []


def test_what_is_not_known_yet_is_a_difference() -> None:
    (found,) = differences(box(name="a"), box(name=LATER))
    assert found.after == LATER


@pytest.mark.parametrize(
    "given",
    [{}, {"legs": [{"network": "n"}]}, {"kinds": []}, {"kinds": ["b"], "size": 4}],
)
def test_values_survive_being_written_down(given: dict[str, Any]) -> None:
    written = plain(box(**given))
    assert isinstance(written, dict)
    assert box(**written) == box(**given)


def test_null_is_kept_where_it_is_a_value() -> None:
    class Any_(Struct):  # noqa: N801
        value: Any = mutable("Value.")

    made, problems = read(Any_, {"value": None})
    assert problems == []
    assert made is not None
    assert plain(made) == {"value": None}


def test_known_means_all_of_it() -> None:
    assert is_known(box(legs=[{"network": "n"}]))
    assert not is_known(box(legs=[{"network": LATER}]))
    assert not is_known(box(kinds=["a", LATER]))


def test_names_become_ids_wherever_they_stand() -> None:
    given = box(home="house", legs=[{"network": "n"}, {"network": "m"}, {}], key="k")
    assert [(path, value) for path, _, value in lookups(given)] == [
        (("home",), "house"),
        (("legs", 0, "network"), "n"),
        (("legs", 1, "network"), "m"),
        (("key",), "k"),
    ]
    played = play(resolve(given), [{"id": "1"}, {"id": "2"}, {"id": "m"}])
    assert played.steps == [Find(A_NETWORK, name) for name in ("house", "n", "m")]
    assert [leg.network for leg in played.result.legs] == ["2", "m", None]
    assert (played.result.home, played.result.key) == ("1", "k")


def test_unknown_names_are_not_looked_up() -> None:
    assert list(lookups(box(home=LATER, legs=LATER))) == []


def test_a_type_is_described() -> None:
    described = describe(Box)
    assert described["resource_type"] == "Test::Box"
    assert described["support_status"]["status"] == "HIDDEN"
    properties = described["properties"]
    home = {
        "type": "string",
        "description": "Home.",
        "required": True,
        "update_allowed": False,
        "immutable": False,
        "constraints": [{"custom_constraint": "neutron.network"}],
    }
    assert properties["home"] == home
    assert properties["home_id"] == home | {"required": False}
    assert properties["size"]["default"] == 2
    assert properties["size"]["constraints"] == [
        {"range": {"min": 1, "max": 9}},
        {"modulo": {"step": 2, "offset": 0}},
    ]
    assert properties["block"]["immutable"] is True
    assert properties["block"]["constraints"] == [
        {"custom_constraint": "net_cidr"},
        {"allowed_pattern": "[0-9./]+"},
    ]
    assert properties["kinds"]["schema"]["*"]["constraints"] == [{"allowed_values": ["a", "b"]}]
    leg = properties["legs"]["schema"]["*"]
    assert leg["type"] == "map"
    assert sorted(leg["schema"]) == ["cost", "net", "network"]
    assert {name: said.get("type") for name, said in described["attributes"].items()} == {
        "name": "string",
        "legs": "list",
        "alive": "boolean",
        "state": "string",
        "free": None,
        "show": "map",
    }
    assert Box.__attributes__["alive"].doc == "Alive."
    assert not Box.__attributes__["alive"].cached


def test_defaults_are_described_in_full() -> None:
    class Defaulted(Resource):
        legs: list[Leg] = fixed("Legs.", default=[Leg()])

    Defaulted.__facts__ = Facts("Test::Defaulted", None, admin=False, support={})
    assert describe(Defaulted)["properties"]["legs"]["default"] == [{"cost": 1}]


def test_a_rest_item_asks_for_its_life() -> None:
    there = box(legs=[{"network": "n"}], secret="s").at(Here(name="s-box-x"))
    body = {
        "name": "s-box-x",
        "network_id": "h",
        "legs": [{"uuid": "n", "cost": 1}],
        "size": 2,
        "kinds": ["a"],
    }
    made = play(there.create(), [{"box": {"id": "7"}}])
    (post,) = made.steps
    assert isinstance(post, Call)
    assert post.body == {"box": body}
    assert (made.result, post.makes) == ("7", "box.id")
    assert post.search is not None
    assert (post.search.match, post.search.since) == ({"name": "s-box-x"}, False)

    changed = play(box(size=4).update("7", there, frozenset({"legs", "size"})), [])
    assert changed.steps == [NETWORK.put("/v2.0/boxes/7", {"box": {"size": 4, "legs": None}})]
    assert play(there.update("7", there, frozenset({"secret"})), []).steps == []

    live = {"box": {"name": "b", "real_legs": [1], "inner": {"state": "up"}}}
    shown = play(there.reveal("7", frozenset({"legs", "state", "free", "show"})), [live])
    assert shown.result == {"legs": [1], "state": "up", "free": None, "show": live["box"]}


def test_a_long_name_keeps_its_random_tail() -> None:
    class Short(Stateless):
        name_limit = 20

    there = Short().at(Here(name="a-very-long-stack-name-resource-abcdefghijkl"))
    assert there.physical_name == "a--urce-abcdefghijkl"
    assert len(there.physical_name) == 20


def test_a_reference_is_the_id_or_the_name() -> None:
    class Named(Stateless):
        reference = "name"

    there = Here(name="s-r-x")
    assert Stateless().at(there).referred("7") == "7"
    assert Named().at(there).referred("7") == "s-r-x"


def test_having_a_verb_is_having_the_capability() -> None:
    class Sleeper(Stateless):
        def suspend(self, item):
            yield Fail("no")

    assert Sleeper.has("suspend")
    assert not Stateless.has("suspend")
    assert not Stateless.has("problems")


def test_a_digest_tells_steps_apart() -> None:
    one, same = NETWORK.get("/a", {"x": "1", "y": "2"}), NETWORK.get("/a", {"y": "2", "x": "1"})
    assert digest(one) == digest(same) != digest(NETWORK.get("/a", {"x": "1"}))
    assert digest(Fail("a")) != digest(Fail("a", "ValueError"))

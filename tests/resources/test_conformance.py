"""Every type holds to the contract, with properties and replies that are made up."""

import pytest

from heat.base.problems import Problem
from heat.plugin.fields import Struct, attribute, fixed, mutable
from heat.plugin.registry import TYPES
from heat.plugin.resource import Facts, Resource
from heat.plugin.steps import NETWORK
from heat.resources import load
from heat.testing.conformance import complaints, smallest

load()


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_type_holds_to_the_contract(name: str) -> None:
    assert complaints(TYPES[name]) == []


def test_a_careless_type_is_told_all_of_it() -> None:
    counts: list[int] = []

    class Careless(Resource):
        referred: str = fixed("Hides a method.")
        name: str | None = mutable("")
        size: int | None = mutable("A size.")
        state = attribute("")

        def problems(self):
            if self.size is not None and self.size > 100:
                yield from ()

        def create(self):
            counts.append(1)
            yield NETWORK.post("/v2.0/networks", {"times": len(counts)})

        def update(self, item, before, changed):
            reply = yield NETWORK.put("/v2.0/networks/1")
            if "size" in changed:
                reply["network"]["size"].bit_length()

        def delete(self, item):
            yield NETWORK.put("/v2.0/networks/1")

    Careless.__facts__ = Facts("Careless", None, admin=False, support={"status": "SUPPORTED"})
    said = "\n".join(complaints(Careless))
    for words in (
        "the type has no docstring",
        "property referred hides",
        "property name is not documented",
        "attribute state is not documented",
        "when size is not known yet",
        "create asks for other things when it is run again",
        "can't be found again when its reply is lost",
        "is asked for when nothing changed",
        "update of size breaks",
        "delete fails when the object is gone already",
    ):
        assert words in said, words


def test_the_smallest_example_meets_checks_between_properties() -> None:
    assert smallest(TYPES["OS::Neutron::Subnet"]) is not None

    class Never(Struct):
        def problems(self):
            yield Problem("never good")

    assert smallest(Never) is None

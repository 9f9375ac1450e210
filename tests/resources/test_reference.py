"""What the types declare equals the recorded schemas of the types users know."""

import json
from pathlib import Path
from typing import Any

import pytest

from heat.plugin.describe import describe
from heat.plugin.registry import TYPES
from heat.resources import load

load()
REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "resource-types.json").read_text())[
    "resource_types"
]
FACTS = ("type", "required", "update_allowed", "immutable")


def expected(properties: dict[str, Any]) -> dict[str, Any]:
    """Reduce recorded properties to what is compared."""
    found: dict[str, Any] = {}
    for name, prop in properties.items():
        found[name] = {fact: prop[fact] for fact in FACTS}
        found[name]["type"] = str(prop["type"]).lower()
        found[name]["default"] = prop.get("default")
        found[name]["constraints"] = in_order(prop.get("constraints", []))
        if "schema" in prop:
            found[name]["schema"] = expected(prop["schema"])
    return found


def declared(properties: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    """Reduce declared properties to the same; an item's schema may say more than was recorded."""
    found: dict[str, Any] = {}
    for name, prop in properties.items():
        found[name] = {fact: prop[fact] for fact in FACTS}
        found[name]["default"] = prop.get("default")
        found[name]["constraints"] = in_order(prop.get("constraints", []))
        inner = recorded.get(name, {}).get("schema")
        if inner is not None:
            found[name]["schema"] = declared(prop.get("schema", {}), inner)
    return found


def in_order(constraints: list[dict[str, Any]]) -> list[str]:
    kinds = [{k: v for k, v in c.items() if k != "description"} for c in constraints]
    return sorted(json.dumps(kind, sort_keys=True) for kind in kinds)


@pytest.mark.parametrize("name", sorted(set(TYPES) & set(REFERENCE)))
def test_properties_are_the_recorded_ones(name: str) -> None:
    recorded = REFERENCE[name]["properties"]
    found = declared(describe(TYPES[name])["properties"], recorded)
    wanted = expected(recorded)
    assert sorted(found) == sorted(wanted)
    for prop in wanted:
        assert found[prop] == wanted[prop], prop


@pytest.mark.parametrize("name", sorted(set(TYPES) & set(REFERENCE)))
def test_attributes_are_the_recorded_ones(name: str) -> None:
    found = {a: said.get("type") for a, said in describe(TYPES[name])["attributes"].items()}
    recorded = REFERENCE[name]["attributes"].items()
    wanted = {a: said["type"] and said["type"].lower() for a, said in recorded}
    found.pop("show")
    wanted.pop("show", None)
    assert found == wanted
    for attribute, said in recorded:
        if attribute != "show":
            cached = TYPES[name].__attributes__[attribute].cached
            assert cached == said.get("cached", True), attribute


@pytest.mark.parametrize("name", sorted(set(TYPES) & set(REFERENCE)))
def test_capabilities_are_the_recorded_ones(name: str) -> None:
    recorded, cls = REFERENCE[name], TYPES[name]
    behaviour = recorded["behaviour"]
    assert cls.name_limit == behaviour.get("physical_name_limit", 255)
    assert cls.snapshots_on_delete == behaviour["deletion_policy_snapshot"]
    services = recorded["catalog_service_types"]
    assert cls.__facts__.service in ([*services, "block-storage"] if services else [None])
    for verb in ("suspend", "resume"):
        assert cls.has(verb) == (verb in behaviour["handlers"]), verb


def test_types_that_nobody_recorded_are_not_there() -> None:
    assert {name for name in TYPES if "::" in name} - set(REFERENCE) == set()

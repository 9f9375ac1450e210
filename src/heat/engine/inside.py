"""What a nested stack tells of itself, from what is recorded of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from heat.base.errors import Fault
from heat.base.unknown import unknowns
from heat.engine.ports import Family
from heat.engine.record import FAILED, recorded
from heat.plan.build import known_of
from heat.plan.definition import Compiled
from heat.plan.desired import Standing
from heat.plugin.resource import Resource
from heat.plugin.steps import Inside, Reply
from heat.store.rows import DefinitionRow, ResourceRow

NOTHING: Reply = {"outputs": {}, "refs": {}, "attributes": {}, "failed": [], "definitions": {}}


def members_of(rows: Iterable[ResourceRow]) -> dict[str, ResourceRow]:
    """Return by name those that are there, the oldest first."""
    return {
        row.name: row
        for row in sorted(rows, key=lambda row: (row.created_at, row.name))
        if not row.replaced_by and row.action not in ("DELETE", "INIT")
    }


def told_of(
    step: Inside,
    family: Family,
    compiled: Compiled,
    types: Mapping[str, type[Resource]],
    attributes: Mapping[str, Mapping[str, Any]],
) -> Reply:
    """Return the answer to who looks into a nested stack and has read these attributes."""
    members = members_of(family.resources)
    seen = {name: recorded(family.stack, row, types) for name, row in members.items()}
    known = {name: found for name, one in seen.items() if (found := known_of(one))}
    return {
        "outputs": _outputs(compiled, Standing(known)) if step.outputs else {},
        "refs": {name: one.reference for name, one in seen.items() if one.physical_id},
        "attributes": attributes,
        "failed": [name for name, row in members.items() if row.status == FAILED],
        "definitions": definitions_of(family.definition, members) if step.definitions else {},
    }


def definitions_of(definition: DefinitionRow | None, names: Iterable[str]) -> dict[str, Any]:
    """Return what a generated template says of resources."""
    said: Mapping[str, Any] = definition.template["resources"] if definition else {}
    return {name: said[name] for name in names if name in said}


def asked_of(cls: type[Resource], names: Iterable[str]) -> frozenset[str]:
    """Return those of the attributes for which a member of this type may be asked."""
    asked = frozenset(names)
    any_of_them = cls.anything or cls.tells_anything or cls.nests
    return asked if any_of_them else asked & cls.__attributes__.keys()


def _outputs(compiled: Compiled, facts: Standing) -> dict[str, Any]:
    """Compute the outputs that can be told; one whose condition is false is null."""
    enabled = compiled.bound.outputs
    found: dict[str, Any] = dict.fromkeys(compiled.template.outputs.keys() - enabled.keys())
    for name in enabled:
        try:
            value = compiled.bound.output(name, facts)
        except Fault:
            continue
        if unknowns(value) is None:
            found[name] = value
    return found

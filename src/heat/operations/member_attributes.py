"""Attributes of groups that are lists of what each member has: every member must have them."""

from collections.abc import Iterator

from heat.base.problems import Problem, did_you_mean
from heat.plan.within import Level
from heat.resources.heat.members import EACH, OWN, Members
from heat.template.codes import problem
from heat.template.expressions import Reference
from heat.template.source import locate


def strange(group: str, outer: Level, inner: Level) -> list[Problem]:
    """Find attributes that ``outer`` reads of a group, and the members in ``inner`` lack."""
    desired = outer.wanted.resources.get(group)
    members = [member.cls for member in inner.wanted.resources.values()]
    if desired is None or not issubclass(desired.cls, Members) or not members:
        return []
    if any(cls.anything or cls.tells_anything or cls.nests for cls in members):
        return []
    known = {"show", *desired.cls.__attributes__, *members[0].__attributes__}
    return locate(_unknown(group, outer, known), outer.compiled.template.source)


def _unknown(group: str, outer: Level, known: set[str]) -> Iterator[Problem]:
    bound, words = outer.compiled.bound, outer.compiled.template.words
    for section, uses in ((words.resources, bound.resources), (words.outputs, bound.outputs)):
        for name, use in uses.items():
            for reference in bound.references(use):
                asked = _of_each_member(reference) if reference.resource == group else None
                if asked is not None and asked not in known:
                    detail = f"{name} reads the attribute {asked!r}, which no member of {group} has"
                    yield problem("H403", (section, name), detail, did_you_mean(asked, known))


def _of_each_member(reference: Reference) -> str | None:
    """Return the attribute that a use asks each member for."""
    if reference.kind == "reference":
        return None
    asked = reference.first if reference.attribute == EACH else reference.attribute
    return asked if asked is not None and asked not in OWN and "." not in asked else None

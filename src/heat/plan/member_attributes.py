"""Attributes of groups that are lists of what each member has: every member must have them."""

from collections.abc import Iterator

from heat.base.problems import Problem, did_you_mean
from heat.plan.within import Level
from heat.plugin.nested import Nested
from heat.template.codes import problem
from heat.template.expressions import Reference
from heat.template.source import locate


def strange(group: str, outer: Level, inner: Level) -> list[Problem]:
    """Find attributes that ``outer`` reads of a group, and the members in ``inner`` lack."""
    desired = outer.wanted.resources.get(group)
    members = [member.cls for member in inner.wanted.resources.values()]
    if desired is None or not issubclass(desired.cls, Nested) or not members:
        return []
    if any(cls.anything or cls.tells_anything or cls.nests for cls in members):
        return []
    known = {"show", *desired.cls.__attributes__, *members[0].__attributes__}
    found = _unknown(group, desired.cls, outer, known)
    return locate(found, outer.compiled.template.source)


def _unknown(group: str, cls: type[Nested], outer: Level, known: set[str]) -> Iterator[Problem]:
    bound, words = outer.compiled.bound, outer.compiled.template.words
    for section, uses in ((words.resources, bound.resources), (words.outputs, bound.outputs)):
        for name, use in uses.items():
            for reference in bound.references(use):
                asked = _asked(cls, reference) if reference.resource == group else None
                if asked is not None and asked not in known:
                    detail = f"{name} reads the attribute {asked!r}, which no member of {group} has"
                    yield problem("H403", (section, name), detail, did_you_mean(asked, known))


def _asked(cls: type[Nested], reference: Reference) -> str | None:
    """Return the attribute that a use asks each member for."""
    if reference.kind == "reference" or reference.attribute is None:
        return None
    return cls.of_each_member(reference.attribute, reference.first)

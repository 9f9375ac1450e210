"""Builders for tests of what templates of CloudFormation have."""

from heat.base.errors import Invalid
from heat.base.unknown import Unknown
from heat.template.evaluate import bind
from heat.template.expressions import Bad
from heat.template.load import load
from heat.template.parameters import values

PARAMETERS = {
    "Word": {"Type": "String", "Default": "teal"},
    "Size": {"Type": "Number", "Default": 3},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a,b,c"},
}
SECTIONS = {
    "Parameters": PARAMETERS,
    "Conditions": {"Yes": {"Fn::Equals": [{"Ref": "Word"}, "teal"]}, "No": False},
    "Mappings": {"Sizes": {"small": {"ram": "1"}}},
    "Resources": {
        "Server": {"Type": "T", "Properties": {"name": "s"}},
        "Disk": {"Type": "T", "Condition": "No"},
    },
}


class Made:
    """Facts of resources that are there."""

    def reference(self, resource):
        return f"id-of-{resource}"

    def attribute(self, resource, attribute, path):
        return {"Flag": True, "Ports": [80], "None": None}.get(
            attribute, f"{resource}'s {attribute}"
        )


class Shop:
    """Exports of other stacks."""

    def export(self, name):
        match name:
            case "net-id":
                return "n-1"
            case "later":
                return Unknown(frozenset(("another stack",)))
            case _:
                raise Bad(f"no stack exports {name!r}", code="H310")


def bound(given=None, exports=None, **sections):
    template = load({"AWSTemplateFormatVersion": "2010-09-09", **SECTIONS, **sections})
    found, wrong = values(template.parameters, given or {}, {})
    assert not wrong
    return bind(
        template, found, stack_name="web", project_id="p1", zones=["z1", "z2"], exports=exports
    )


def give(value, facts=None, exports=None, **sections):
    made = bound(exports=exports, Outputs={"O": {"Value": value}}, **sections)
    return made.output("O", facts or Made())


def refused(text_or_map, **given):
    """Return the problems of a template as (code, line, detail, cure)."""
    try:
        template = load(text_or_map)
    except Invalid as invalid:
        problems = invalid.problems
    else:
        found, wrong = values(template.parameters, given, {})
        problems = wrong or bind(template, found).problems()
    return [(p.code, p.place.line if p.place else 0, p.detail, p.cure) for p in problems]

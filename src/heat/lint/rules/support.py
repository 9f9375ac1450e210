"""Rules on types, properties and attributes: what is on its way out, or not there."""

from collections.abc import Iterator, Mapping
from typing import Any

from heat.base.problems import did_you_mean
from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import Subject
from heat.plugin.registry import TYPES

_LEAVING = ("DEPRECATED", "HIDDEN", "UNSUPPORTED")
_READS = ("get_attr", "Fn::GetAtt")


@rule("L301", "deprecated-type", Severity.WARNING, "A resource type is on its way out")
def deprecated_types(subject: Subject) -> Iterator[Found]:
    """A deprecated type works today; a hidden one is kept for old stacks only."""
    words = subject.words
    for name, cls in subject.types.items():
        support = cls.__facts__.support
        if TYPES.get(cls.__facts__.name) is cls and _leaving(support):
            detail = f"{cls.__facts__.name} is {_status(support)}"
            yield Found((words.resources, name, words.type), detail, _instead(support))


@rule("L302", "deprecated-property", Severity.WARNING, "A property is on its way out")
def deprecated_properties(subject: Subject) -> Iterator[Found]:
    """A deprecated property works today; a hidden one is kept for old stacks only."""
    for given in subject.given():
        if _leaving(given.prop.support):
            detail = f"{given.at[-1]} is {_status(given.prop.support)}"
            yield Found(given.at, detail, _instead(given.prop.support))


@rule("L303", "older-name", Severity.INFO, "A property has a newer name")
def older_names(subject: Subject) -> Iterator[Found]:
    """The older name means the same; one name for one thing reads better."""
    for given in subject.given():
        if given.at[-1] in given.prop.was:
            detail = f"{given.at[-1]} is an older name"
            yield Found(given.at, detail, f"write {given.prop.public}")


@rule("L304", "deprecated-attribute", Severity.INFO, "An attribute is on its way out")
def deprecated_attributes(subject: Subject) -> Iterator[Found]:
    """A deprecated attribute is read as ever; templates to come should do without."""
    for use, attribute, cls in _attributes_read(subject):
        found = cls.__attributes__.get(attribute)
        if found is not None and _leaving(found.support):
            detail = f"{attribute} of {cls.__facts__.name} is {_status(found.support)}"
            yield Found(use.at, detail, _instead(found.support))


@rule("L305", "unknown-reference", Severity.ERROR, "There is no such resource or parameter")
def unknown_references(subject: Subject) -> Iterator[Found]:
    """An output that refers to nothing stays empty, which shows only when the stack is there."""
    if subject.template.waits:
        return  # a loop over a parameter makes resources that have no names yet
    resources, parameters = subject.template.resources, subject.template.parameters
    for use in subject.called("get_resource", "get_param", "Ref"):
        if use.at[0] != subject.words.outputs or use.name is None or "::" in use.name:
            continue
        known = [
            *(resources if use.function != "get_param" else ()),
            *(parameters if use.function != "get_resource" else ()),
        ]
        if use.name not in known:
            detail = f"{use.function} names {use.name}, which does not exist"
            yield Found(use.at, detail, did_you_mean(use.name, known))


def _attributes_read(subject: Subject) -> Iterator[tuple[Any, str, Any]]:
    for use in subject.called(*_READS):
        cls = subject.types.get(use.name or "")
        if cls is None or not isinstance(use.argument, list) or len(use.argument) < 2:
            continue
        if isinstance(use.argument[1], str):
            yield use, use.argument[1], cls


def _leaving(support: Mapping[str, Any]) -> bool:
    return support.get("status") in _LEAVING


def _status(support: Mapping[str, Any]) -> str:
    since = f" since {support['version']}" if support.get("version") else ""
    return f"{str(support['status']).lower()}{since}"


def _instead(support: Mapping[str, Any]) -> str:
    return str(support.get("message") or "do without it")

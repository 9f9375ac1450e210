"""The short forms that calls have in YAML: ``!Ref NAME`` for ``Ref: NAME``."""

from collections.abc import Mapping
from typing import Any

_NAMES = (
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "MemberListToMap",
    "Not",
    "Or",
    "RefAll",
    "Replace",
    "ResourceFacade",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
)
SHORT_FORMS: Mapping[str, str] = {
    "!Ref": "Ref",
    "!Condition": "Condition",
    **{f"!{name}": f"Fn::{name}" for name in _NAMES},
}
"""The tag of each, and the function it calls."""

_SIGNS = ("AWSTemplateFormatVersion", "HeatTemplateFormatVersion", "Resources")


def written_out(tag: str, argument: Any) -> dict[str, Any]:
    """Return the call that a tag makes of what it stands before."""
    if tag == "!GetAtt" and isinstance(argument, str):
        resource, dot, attribute = argument.partition(".")
        argument = [resource, attribute] if dot else [resource]
    return {SHORT_FORMS[tag]: argument}


def may_stand_in(document: Any) -> bool:
    """Tell whether a document is of the dialect that has short forms."""
    return isinstance(document, dict) and any(key in document for key in _SIGNS)

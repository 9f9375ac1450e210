"""Every problem the language can find: a stable code, its few words, and the kind clients know."""

from typing import NamedTuple

from heat.base.json import Path
from heat.base.problems import Place, Problem


class Code(NamedTuple):
    """What is the same each time a problem of one sort is found."""

    summary: str
    kind: str = "StackValidationFailed"


CODES: dict[str, Code] = {
    # the text
    "H101": Code("The text can't be read", "HTTPBadRequest"),
    "H102": Code("The text is too large", "HTTPBadRequest"),
    "H103": Code("The text is nested too deeply", "HTTPBadRequest"),
    "H104": Code("The template must be a map", "HTTPBadRequest"),
    "H105": Code("The template has no version", "HTTPBadRequest"),
    "H106": Code("The template has several versions", "InvalidTemplateVersion"),
    "H107": Code("The template version is unknown", "InvalidTemplateVersion"),
    # its shape
    "H201": Code("Unknown section"),
    "H202": Code("A section has the wrong shape"),
    "H203": Code("A resource has the wrong shape"),
    "H204": Code("Unknown resource key"),
    "H205": Code("A resource name may not contain a slash"),
    "H206": Code("Unknown deletion policy"),
    "H207": Code("An output has the wrong shape"),
    "H208": Code("Duplicate names"),
    "H209": Code("Parameter Groups error"),
    "H210": Code("A parameter definition is wrong", "InvalidSchemaError"),
    "H211": Code("An external resource can't depend on others"),
    "H212": Code("Unknown resource type"),
    # its functions
    "H301": Code("A function was called the wrong way"),
    "H302": Code("A function was withdrawn from this version"),
    "H303": Code("This function may not stand in a condition"),
    "H304": Code("A value can't be computed"),
    "H305": Code("The file was not sent"),
    "H306": Code("Not a condition"),
    "H307": Code("A loop of conditions"),
    "H308": Code("Unknown condition"),
    # its references
    "H401": Code("Reference to a resource that does not exist", "InvalidTemplateReference"),
    "H402": Code("Unknown parameter"),
    "H403": Code("Unknown attribute"),
    "H404": Code("A loop of dependencies", "CircularDependencyException"),
    "H405": Code("Attribute of a resource that does not exist"),
    # parameters
    "H501": Code("Unknown parameter given", "UnknownUserParameter"),
    "H502": Code("A parameter has no value", "UserParameterMissing"),
    "H503": Code("A parameter has the wrong type"),
    "H504": Code("A parameter breaks a constraint"),
    "H505": Code("An immutable parameter may not change", "ImmutableParameterModified"),
    # environments
    "H601": Code("The environment can't be read", "HTTPBadRequest"),
    "H602": Code("Unknown environment section", "HTTPBadRequest"),
    "H603": Code("An environment section has the wrong shape", "HTTPBadRequest"),
    "H604": Code("Unknown hook", "InvalidBreakPointHook"),
    "H605": Code("Unknown restricted action", "InvalidRestrictedAction"),
    "H606": Code("Unusable merge strategy", "InvalidMergeStrategyForParam"),
    "H607": Code("Conflicting merge strategies", "ConflictingMergeStrategyForParam"),
}


def problem(
    code: str,
    at: Path = (),
    detail: str = "",
    cure: str = "",
    *,
    where: str = "template",
    place: Place | None = None,
) -> Problem:
    """Return a problem of a known sort."""
    summary, kind = CODES[code]
    return Problem(summary, at, detail, cure, code, kind, where, place)

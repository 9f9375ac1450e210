"""Every problem that Heat can find: a stable code, its few words, the cure, the kind clients know.

``python -m heat.template.codes`` prints the page of the documentation that lists them.
"""

import sys
from typing import NamedTuple

from heat.base.json import Path
from heat.base.problems import Place, Problem


class Code(NamedTuple):
    """What is the same each time a problem of one sort is found."""

    summary: str
    cure: str
    kind: str = "StackValidationFailed"


GROUPS = {
    "H1": "The text",
    "H2": "Its shape",
    "H3": "Functions and conditions",
    "H4": "References",
    "H5": "Parameters",
    "H6": "Environments",
    "H7": "Properties of resources",
    "H8": "The cloud",
    "H9": "The request",
}

CODES: dict[str, Code] = {
    "H101": Code("The text can't be read", "mend the line that is shown", "HTTPBadRequest"),
    "H102": Code("The text is too large", "split it into nested templates", "HTTPBadRequest"),
    "H103": Code("The text is nested too deeply", "use fewer levels", "HTTPBadRequest"),
    "H104": Code(
        "The template must be a map",
        "start it with heat_template_version, then resources",
        "HTTPBadRequest",
    ),
    "H105": Code(
        "The template has no version",
        "start it with heat_template_version and a version",
        "HTTPBadRequest",
    ),
    "H106": Code("The template has several versions", "keep one of them", "InvalidTemplateVersion"),
    "H107": Code(
        "The template version is unknown", "use one of the known", "InvalidTemplateVersion"
    ),
    "H201": Code("Unknown section", "correct its name, or take it out"),
    "H202": Code("A section has the wrong shape", "write NAME: DEFINITION below it, indented"),
    "H203": Code("A resource has the wrong shape", "write it as a map with type and properties"),
    "H204": Code("Unknown resource key", "correct its name, or indent it under properties"),
    "H205": Code("A resource name can't be used", "rename the resource"),
    "H206": Code("Unknown deletion policy", "use Delete, Retain or Snapshot"),
    "H207": Code("An output has the wrong shape", "write it as a map with a value"),
    "H208": Code("Duplicate names", "rename one of them"),
    "H209": Code(
        "Parameter Groups error", "write a list of groups, each with a list of parameters"
    ),
    "H210": Code(
        "A parameter definition is wrong",
        "correct the definition",
        "InvalidSchemaError",
    ),
    "H211": Code("An external resource can't depend on others", "take depends_on out"),
    "H212": Code("Unknown resource type", "`heat resource-type list` shows all"),
    "H213": Code("A nested template can't be used", "mend the template that the type stands for"),
    "H214": Code("Macros are not supported", "write out what the macro would make"),
    "H215": Code("A loop can't be expanded", "write [NAME, [VALUE...], {KEY: BODY}]"),
    "H216": Code("An export can't be made", "give it a Name that is text, and its own"),
    "H217": Code("A rule has the wrong shape", "write {Assertions: [{Assert: CONDITION}]}"),
    "H218": Code("Templates are nested too deeply", "a template may not nest itself"),
    "H301": Code("A function was called the wrong way", "correct its arguments"),
    "H302": Code("A function was withdrawn from this version", "use what replaces it"),
    "H303": Code(
        "This function may not stand in a condition", "use parameters and condition functions"
    ),
    "H304": Code("A value can't be computed", "correct what the function is given"),
    "H305": Code(
        "The file was not sent", "check the name, and that the file is sent with the template"
    ),
    "H306": Code("Not a condition", "write a condition's name, a boolean or a condition function"),
    "H307": Code("A loop of conditions", "take one of these references away"),
    "H308": Code("Unknown condition", "define it under conditions, or correct the name"),
    "H309": Code("Dynamic references are not supported", "use a parameter"),
    "H310": Code("Unknown export", "create the stack that exports it, or correct the name"),
    "H401": Code(
        "Reference to a resource that does not exist",
        "define it under resources, or correct the name",
        "InvalidTemplateReference",
    ),
    "H402": Code("Unknown parameter", "define it, or correct the name"),
    "H403": Code("Unknown attribute", "`heat resource-type show TYPE` lists the attributes"),
    "H404": Code(
        "A loop of dependencies",
        "take one of these references or depends_on away",
        "CircularDependencyException",
    ),
    "H405": Code(
        "Attribute of a resource that does not exist",
        "define it under resources, or correct the name",
    ),
    "H501": Code(
        "Unknown parameter given",
        "define it under parameters, or don't give it",
        "UnknownUserParameter",
    ),
    "H502": Code(
        "A parameter has no value", "give a value for it, or a default", "UserParameterMissing"
    ),
    "H503": Code("A parameter has the wrong type", "give a value of its type"),
    "H504": Code("A parameter breaks a constraint", "give a value that it allows"),
    "H505": Code(
        "An immutable parameter may not change",
        "give the value it had, or make a new stack",
        "ImmutableParameterModified",
    ),
    "H506": Code("A rule of the template is broken", "give values that the rule allows"),
    "H601": Code("The environment can't be read", "mend the line that is shown", "HTTPBadRequest"),
    "H602": Code("Unknown environment section", "correct its name", "HTTPBadRequest"),
    "H603": Code(
        "An environment section has the wrong shape",
        "write it as the message says",
        "HTTPBadRequest",
    ),
    "H604": Code("Unknown hook", "use a known hook", "InvalidBreakPointHook"),
    "H605": Code(
        "Unknown restricted action", "use update, replace or both", "InvalidRestrictedAction"
    ),
    "H606": Code(
        "Unusable merge strategy", "ask for overwrite instead", "InvalidMergeStrategyForParam"
    ),
    "H607": Code(
        "Conflicting merge strategies",
        "ask for one strategy in all files",
        "ConflictingMergeStrategyForParam",
    ),
    "H608": Code("An environment file was not sent", "send its text in files"),
    "H700": Code("A resource type refuses its properties", "do as the message says"),
    "H701": Code("Unknown property", "correct its name, or take it out"),
    "H702": Code("A property is missing", "give it a value"),
    "H703": Code("A value has the wrong type", "give a value of the type named"),
    "H704": Code("Invalid value", "give a value that the property allows"),
    "H705": Code(
        "Properties that exclude or need each other",
        "keep one of them, or give what it needs",
        "ResourcePropertyConflict",
    ),
    "H706": Code("A type can't make snapshots", "use Delete or Retain"),
    "H801": Code(
        "The service of a resource type is not there",
        "use a cloud that has the service, or another type",
        "ResourceTypeUnavailable",
    ),
    "H802": Code(
        "No such thing in the cloud", "give the name or id of one that the project may use"
    ),
    "H803": Code("A value is still not known", "use an attribute that the resource gives"),
    "H901": Code("The body of the request is not JSON", "send JSON", "HTTPBadRequest"),
    "H902": Code("The request can't be used", "send what the message asks for", "HTTPBadRequest"),
    "H903": Code("A file can't be read", "check its name and that it may be read"),
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
    """Return a problem of a known sort; without a cure of its own it has that of its sort."""
    summary, usual, kind = CODES[code]
    return Problem(summary, at, detail, cure or usual, code, kind, where, place)


def page() -> str:
    """Return the documentation of all codes, as Markdown."""
    text = _OPENING
    for group, title in GROUPS.items():
        text += f"\n## {title}\n\n| code | what is wrong | what to do | error type |\n"
        text += "| --- | --- | --- | --- |\n"
        for code, (summary, cure, kind) in CODES.items():
            if code.startswith(group):
                text += f"| {code} | {summary} | {cure} | {kind} |\n"
    return text


_OPENING = """\
# Diagnostics

<!-- Written by `make docs` from src/heat/template/codes.py: edit that. -->

A request that can't be used is answered with everything that is wrong with it, in the order of
the text. Each problem has a stable code, says where it is (`file:line:column`, with the line and a
caret), what is wrong and what to do.

The REST fault has the readable text in `error.message`; `error.problems` holds the same as data,
a list of `{code, summary, detail, cure, at, kind, document, file, line, column, text}`, where
`at` is the path of keys in the document. `error.type` is the `kind` of the problem found first.
"""


if __name__ == "__main__":
    sys.stdout.write(page())

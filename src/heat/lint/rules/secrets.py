"""Rules on secrets: who can read the template, the parameters or the outputs can read them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from heat.base.json import Json
from heat.lint.rule import Found, Severity, rule
from heat.lint.rules.unused import PARAMETER_USES
from heat.lint.subject import Subject, texts
from heat.template.parameters import ParameterSchema

_SECRET = re.compile(
    r"(^|_)(password|passwd|passphrase|admin_pass|secret|secret_key|private_key|api_key|token)$"
)


@rule("L401", "secret-in-template", Severity.WARNING, "A secret is written out")
def secrets_in_clear(subject: Subject) -> Iterator[Found]:
    """Templates are kept in repositories and shown to everyone in the project."""
    cure = "take it from a hidden parameter, or make it with OS::Heat::RandomString"
    told: list[tuple[str | int, ...]] = []
    for given in subject.given():
        if given.prop.secret and _literal(given.value):
            told.append(given.at)
            yield Found(given.at, f"the value of {given.at[-1]} is a secret", cure)
    words = subject.words
    for name in subject.section(words.resources):
        properties = subject.resource(name).get(words.properties)
        for at, text in texts(properties, (words.resources, name, words.properties)):
            if at not in told and secret_name(at[-1]) and text and not _called(subject, at):
                yield Found(at, f"{at[-1]} looks like a secret", cure)


@rule("L402", "secret-default", Severity.WARNING, "A secret has a default")
def secret_defaults(subject: Subject) -> Iterator[Found]:
    """A default that everyone can read is no secret, and many stacks will keep it."""
    for name, schema in _secret_parameters(subject):
        if _literal(schema.default):
            key = "default" if subject.template.version.dialect == "hot" else "Default"
            cure = "leave the default out, so that a value must be given"
            yield Found((subject.words.parameters, name, key), f"{name} has a default", cure)


@rule("L403", "secret-shown", Severity.WARNING, "A secret parameter is not hidden")
def secrets_shown(subject: Subject) -> Iterator[Found]:
    """A parameter that is not hidden is shown with the stack, to all who may see that."""
    hot = subject.template.version.dialect == "hot"
    cure = "add hidden: true" if hot else 'add NoEcho: "true"'
    for name, schema in _secret_parameters(subject):
        if not schema.hidden:
            detail = f"the value of {name} is shown with the stack"
            yield Found((subject.words.parameters, name), detail, cure)


@rule("L404", "secret-output", Severity.WARNING, "An output reveals a hidden parameter")
def secret_outputs(subject: Subject) -> Iterator[Found]:
    """Outputs are shown in clear, whatever they are made of."""
    words = subject.words
    hidden = {name for name, schema in subject.template.parameters.items() if schema.hidden}
    passed = dict(_passed_on(subject, hidden))
    for use in subject.uses:
        if use.at[0] != words.outputs:
            continue
        name = use.name
        if use.function not in PARAMETER_USES or name not in hidden:
            name = passed.get(use.name or "") if use.function in _READS else None
        if name is not None:
            detail = f"the output {use.at[1]} shows the hidden parameter {name}"
            yield Found(use.at, detail, "leave the output out")


_READS = ("get_attr", "Fn::GetAtt")


def secret_name(name: object) -> bool:
    """Tell whether a name speaks of a secret; CamelCase counts as words, too."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", str(name)).replace(
        "-", "_"
    )
    return _SECRET.search(words.lower()) is not None


def _secret_parameters(subject: Subject) -> Iterator[tuple[str, ParameterSchema]]:
    for name, schema in subject.template.parameters.items():
        if schema.type == "string" and (secret_name(name) or schema.hidden):
            yield name, schema


def _passed_on(subject: Subject, hidden: set[str]) -> Iterator[tuple[str, str]]:
    """Find the resources that only hold a value, and give a hidden one back."""
    for use in subject.called(*PARAMETER_USES):
        if use.at[0] == subject.words.resources and use.name in hidden:
            resource = str(use.at[1])
            if subject.template.resources[resource].type == "OS::Heat::Value":
                yield resource, use.name


def _literal(value: Json) -> bool:
    return isinstance(value, str) and bool(value)


def _called(subject: Subject, at: tuple[str | int, ...]) -> bool:
    """Tell whether a text is the argument of a call, such as the name of a parameter."""
    value: Any = subject.raw
    for step in at[:-1]:
        value = value[step]
    functions: Mapping[str, Any] = subject.template.version.functions
    return isinstance(value, dict) and len(value) == 1 and at[-1] in functions

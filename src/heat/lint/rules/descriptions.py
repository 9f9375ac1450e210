"""Rules on what a reader is told."""

from collections.abc import Iterator

from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import Subject
from heat.template.constraints import AllowedValues, Custom


@rule("L601", "undescribed-parameter", Severity.INFO, "A value is asked for without a word")
def undescribed_parameters(subject: Subject) -> Iterator[Found]:
    """Whoever launches the stack has to give the value, and sees nothing of it but the name."""
    template, section = subject.template, subject.words.parameters
    for name, schema in template.parameters.items():
        if (section, name) in template.unread:
            continue
        said = schema.description or schema.label
        shows = any(isinstance(one, Custom | AllowedValues) for one in schema.constraints)
        if schema.default is None and not said and not shows:
            detail = f"the parameter {name} has neither description nor default"
            yield Found((section, name), detail, "say what the value does")

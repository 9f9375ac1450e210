"""Rules on what a reader is told."""

from collections.abc import Iterator

from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import Subject
from heat.template.model import NO_DESCRIPTION, NO_OUTPUT_DESCRIPTION


@rule("L601", "missing-description", Severity.INFO, "A description is missing")
def missing_descriptions(subject: Subject) -> Iterator[Found]:
    """Descriptions are what those see who launch the stack without reading the template."""
    template, words = subject.template, subject.words
    if template.description == NO_DESCRIPTION:
        detail = "the template does not say what it is for"
        yield Found((), detail, f"add {words.description} below the version")
    for name, schema in template.parameters.items():
        if not schema.description:
            detail = f"the parameter {name} has no description"
            yield Found((words.parameters, name), detail, "say what the value does")
    for name, output in template.outputs.items():
        if output.description in ("", NO_OUTPUT_DESCRIPTION):
            detail = f"the output {name} has no description"
            yield Found((words.outputs, name), detail, "say what the value is")

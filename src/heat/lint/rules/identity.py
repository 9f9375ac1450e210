"""Rules on ids that only one cloud has."""

import re
from collections.abc import Iterator

from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import Subject, texts

_ID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


@rule("L201", "hard-coded-id", Severity.WARNING, "An id is written out")
def hard_coded_ids(subject: Subject) -> Iterator[Found]:
    """An id belongs to one object of one cloud; names and parameters go anywhere."""
    words = subject.words
    for name in subject.section(words.resources):
        properties = subject.resource(name).get(words.properties)
        for at, text in texts(properties, (words.resources, name, words.properties)):
            if _ID.fullmatch(text):
                cure = "name the object, or take its id from a parameter"
                yield Found(at, f"{text} is the id of an object of one cloud", cure)
    for name, schema in subject.template.parameters.items():
        if isinstance(schema.default, str) and _ID.fullmatch(schema.default):
            key = "default" if subject.template.version.dialect == "hot" else "Default"
            cure = "give a name, or no default"
            detail = f"the default of {name} is the id of an object of one cloud"
            yield Found((words.parameters, name, key), detail, cure)

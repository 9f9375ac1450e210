"""Which class a type's name stands for, templates among them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from heat.base.errors import Invalid
from heat.base.problems import Problem, did_you_mean
from heat.plan.desired import TypeOf
from heat.plan.facades import mismatches
from heat.plugin.nested import provider
from heat.plugin.registry import unknown_type
from heat.plugin.resource import Resource
from heat.template.codes import CODES, problem
from heat.template.environment import Environment
from heat.template.load import read
from heat.template.model import Template
from heat.template.source import locate

Types = Mapping[str, type[Resource]]


def types_through(environment: Environment, types: Types, files: Mapping[str, str]) -> TypeOf:
    """Look types up through the environment's registry; a template's name is a type too."""
    made: dict[tuple[str, str], type[Resource] | Problem] = {}

    def type_of(resource: str, name: str) -> type[Resource] | Problem:
        mapped = environment.registry.resolve(name, resource)
        if not mapped.is_template:
            return types.get(mapped.target) or unknown_type(mapped.target)
        key = mapped.target, name
        if key not in made:
            made[key] = _provided(mapped.target, files, environment, types.get(name))
        return made[key]

    return type_of


@lru_cache(maxsize=64)
def read_template(text: str, name: str) -> Template:
    """Read the sound part of a nested template; one that many resources are made from once."""
    return read(text, name=name)


def unsent(source: str) -> str:
    """Say that a template was not sent."""
    return f"the template {source} was not sent"


def _provided(
    source: str,
    files: Mapping[str, str],
    environment: Environment,
    facade: type[Resource] | None,
) -> type[Resource] | Problem:
    if source not in files:
        return problem("H305", ("type",), unsent(source), "send its text in files")
    try:
        template = read_template(files[source], source)
    except Invalid as invalid:
        # A text that can't be read has one thing wrong with it, and that stands in the file.
        return replace(invalid.problems[0], at=("type",), kind=CODES["H213"].kind)
    words, unread = template.words, template.unread
    untold = [str(at[1]) for at in unread if at[:1] == (words.parameters,) and len(at) > 1]
    provided = provider(source, template, [*environment.parameter_defaults, *untold])
    provided.anything = (words.parameters,) in unread
    provided.tells_anything = (words.outputs,) in unread
    flaws = [*_unknown_output_keys(template)]
    if facade is not None and not unread:
        for wrong, at in mismatches(facade, provided, template):
            said = f"{source} can't stand for {facade.__facts__.name}: {wrong}"
            flaws.append(problem("H213", at, said, f"mend {source}, or give the type another name"))
    provided.flaws = tuple(locate(flaws, template.source))
    return provided


def _unknown_output_keys(template: Template) -> Iterator[Problem]:
    """Find what a stack of one's own may hold, but not what is to be read as a type."""
    words = template.words
    known = (words.value, words.condition, words.description, "Export")
    outputs = template.raw.get(words.outputs)
    for name, output in outputs.items() if isinstance(outputs, dict) else ():
        if not isinstance(output, dict) or words.value not in output:
            continue  # a loop, or wrong anyway
        for key in output:
            if key not in known:
                detail = f"the output {name} has the unknown key {key!r}"
                cure = did_you_mean(key, known) or f"the keys are {', '.join(known[:3])}"
                yield problem("H213", (words.outputs, name, key), detail, cure)

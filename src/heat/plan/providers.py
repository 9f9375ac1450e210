"""Which class a type's name stands for, templates among them."""

from collections.abc import Mapping
from functools import lru_cache

from heat.base.errors import Invalid
from heat.base.problems import Problem
from heat.plan.desired import TypeOf
from heat.plan.facades import mismatches
from heat.plugin.nested import provider
from heat.plugin.registry import unknown_type
from heat.plugin.resource import Resource
from heat.template.codes import problem
from heat.template.environment import Environment
from heat.template.load import load
from heat.template.model import Template

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
    """Read a nested template; one that many resources are made from is read once."""
    return load(text, name=name)


def _provided(
    source: str,
    files: Mapping[str, str],
    environment: Environment,
    facade: type[Resource] | None,
) -> type[Resource] | Problem:
    if source not in files:
        detail = f"the template {source} was not sent"
        return problem("H305", ("type",), detail, "send its text in files")
    try:
        template = read_template(files[source], source)
    except Invalid as invalid:
        said = "; ".join(str(found) for found in invalid.problems) or invalid.message
        return problem("H213", ("type",), said, f"mend {source}")
    if unknown := _unknown_output_keys(template):
        return problem("H213", ("type",), f"{source}: {unknown}", f"mend {source}")
    provided = provider(source, template, environment.parameter_defaults)
    if facade is not None and (wrong := mismatches(facade, provided, template)):
        said = f"{source} can't stand for {facade.__facts__.name}: {'; '.join(wrong)}"
        return problem("H213", ("type",), said, f"mend {source}")
    return provided


def _unknown_output_keys(template: Template) -> str:
    """Find what a stack of one's own may hold, but not what is to be read as a type."""
    words = template.words
    known = (words.value, words.condition, words.description, "Export")
    outputs = template.raw.get(words.outputs) or {}
    return "; ".join(
        f"the output {name} has the unknown key {key!r}"
        for name, output in outputs.items()
        if isinstance(output, dict)  # a loop is none
        for key in output
        if key not in known
    )

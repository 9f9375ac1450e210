"""From what a request sends (template, files, environments, parameters) to a definition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import Struct

from heat.base.errors import Invalid
from heat.base.ids import ProjectId
from heat.base.json import Json
from heat.base.problems import Problem, did_you_mean
from heat.operations.remote import fetch_template, with_nested
from heat.operations.services import Services, exported
from heat.plan.definition import Compiled, compile_definition
from heat.store.rows import DefinitionRow
from heat.template.codes import problem
from heat.template.environment import Environment, read_environment, sound_environment
from heat.template.load import load, read
from heat.template.merging import merge
from heat.template.model import Template
from heat.template.parameters import ParameterSchema
from heat.template.render import to_json
from heat.template.source import Origin, Source, locate


class Content(Struct, frozen=True, kw_only=True):
    """The parts of a request that make a definition; template and environment: text or map."""

    template: Any = None
    template_url: str = ""
    files: dict[str, str] = {}
    files_container: str = ""
    environment: Any = None
    environment_files: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}


@dataclass(frozen=True)
class Texts:
    """The sound part of what a request says, and what is wrong with its environments."""

    template: Template
    environment: Environment
    problems: tuple[Problem, ...]
    origin: Origin


@dataclass(frozen=True)
class Draft:
    """A definition that nobody has accepted yet."""

    definition: DefinitionRow
    compiled: Compiled


def draft(
    services: Services,
    content: Content,
    *,
    stack_id: str,
    stack_name: str,
    project: str,
    stored: DefinitionRow | None = None,
    clear: Sequence[str] = (),
) -> Draft:
    """Read a request; raises Invalid when its template can't be read at all.

    What else is wrong stands in the problems of what was compiled. With ``stored`` the request
    changes that definition: what it leaves out stays, but for the parameters to ``clear`` and
    those that the new template lacks.
    """
    texts = read_texts(services, content, stored)
    template, environment = texts.template, texts.environment
    files: Mapping[str, str] = content.files
    if stored is not None:
        files = {**stored.files, **files}
        environment = _over(stored, environment, template, clear)
    files = with_nested(services.limits, template, environment, files)
    definition = DefinitionRow(
        id=services.new_id(),
        template=to_json(template),
        files=files,
        environment=environment.to_json()
        | {"encrypted_param_names": list(environment.encrypted_param_names)},
    )
    compiled = compile_definition(
        definition,
        services.types,
        stack_id=stack_id,
        stack_name=stack_name,
        project=project,
        template=template,
        found=texts.problems,
        exports=exported(services, ProjectId(project)),
    )
    return Draft(definition, replace(compiled, origin=texts.origin))


def read_texts(services: Services, content: Content, stored: DefinitionRow | None = None) -> Texts:
    """Read the template and the environments of a request, parameters included.

    Raises Invalid when the template can't be read at all.
    """
    template: Template | None = None
    refused: list[Problem] = []
    try:
        template = _template(services, content, stored)
    except Invalid as invalid:
        refused = invalid.problems or [_unread(invalid)]
    environment, problems, origin = _environment(content, template)
    if template is None:
        raise Invalid(problems=[*refused, *problems])
    return Texts(template, environment, tuple(problems), origin)


def _template(services: Services, content: Content, stored: DefinitionRow | None) -> Template:
    given = content.template
    if given in (None, "", {}) and content.template_url:
        given = fetch_template(services.limits, content.template_url)
    if given in (None, "", {}):
        if stored is not None:
            return read(stored.template)
        if given is None:
            said = "No template was sent: give one, with its version, in template."
            raise Invalid(said, kind="HTTPBadRequest")
    if not isinstance(given, str | Mapping):
        raise Invalid("The template must be a map or text.", kind="HTTPBadRequest")
    size = len(given.encode() if isinstance(given, str) else msgspec.json.encode(given))
    limit = services.limits.max_template_size
    if 0 <= limit < size:
        raise Invalid(
            f"The template has {size} bytes; {limit} are allowed.", kind="RequestLimitExceeded"
        )
    return read(given)


def _environment(
    content: Content, template: Template | None
) -> tuple[Environment, list[Problem], Origin]:
    given: Mapping[str, Json] = content.parameters
    if not content.environment_files:
        environment, problems = sound_environment(content.environment)
        text = content.environment if isinstance(content.environment, str) else None
        both = replace(environment, parameters={**environment.parameters, **given})
        return both, problems, Origin(frozenset(given), (Source("environment", text),))
    problems = []
    sources: dict[str, Source] = {}
    found: list[tuple[str, Environment]] = []
    for n, name in enumerate(content.environment_files):
        if name not in content.files:
            detail = f"environment_files names {name}, which is not among the files"
            cure = did_you_mean(name, content.files)
            at = ("environment_files", n)
            problems.append(problem("H608", at, detail, cure, where="request"))
            continue
        sources[name] = Source(name, content.files[name])
        environment, wrong = sound_environment(content.files[name], name)
        found.append((name, environment))
        problems += wrong
    asked = any(environment.strategies for _, environment in found)
    schemas = _schemas(content.files, template) if asked else {}
    try:
        merged = merge(found, schemas, given)
    except Invalid as invalid:
        problems += [p for q in invalid.problems for p in locate([q], sources[q.where])]
        merged = merge(found, {}, given)
    elsewhere = {name for _, environment in found for name in environment.parameters}
    return merged, problems, Origin(frozenset(given) - elsewhere, tuple(sources.values()))


def _schemas(files: Mapping[str, str], template: Template | None) -> dict[str, ParameterSchema]:
    """Collect the parameters that have a merge strategy: those of every template sent."""
    schemas: dict[str, ParameterSchema] = {}
    for name, text in files.items():
        try:
            schemas.update(load(text, name=name).parameters)
        except Invalid:
            continue  # a file of another sort, or whoever makes a type of it says what is wrong
    return schemas | dict(template.parameters if template else {})


def _over(
    stored: DefinitionRow, environment: Environment, template: Template, clear: Sequence[str]
) -> Environment:
    before = read_environment(stored.environment)
    kept = {
        name: value
        for name, value in before.parameters.items()
        if name in template.parameters and name not in clear
    }
    both = merge([("stored", replace(before, parameters=kept)), ("request", environment)], {})
    return replace(both, parameters={**kept, **environment.parameters})


def _unread(invalid: Invalid) -> Problem:
    return replace(problem("H902", detail=invalid.message, where="request"), kind=invalid.kind)

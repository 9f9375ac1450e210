"""From what a request sends (template, files, environments, parameters) to a definition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import Struct

from heat.base.errors import Invalid
from heat.base.json import Json
from heat.base.problems import Problem
from heat.operations.remote import fetch_template, with_nested
from heat.operations.services import Services
from heat.plan.definition import Compiled, compile_definition
from heat.store.rows import DefinitionRow
from heat.template.environment import Environment, read_environment
from heat.template.load import load
from heat.template.merging import merge
from heat.template.model import Template
from heat.template.render import to_json


class Content(Struct, frozen=True, kw_only=True):
    """The parts of a request that make a definition; template and environment: text or map."""

    template: Any = None
    template_url: str = ""
    files: dict[str, str] = {}
    environment: Any = None
    environment_files: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}


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
    """Read a request; raises Invalid with all that is wrong with its texts.

    With ``stored`` the request changes that definition: what it leaves out stays, but for
    the parameters to ``clear`` and those that the new template lacks.
    """
    template, environment = read_texts(services, content, stored)
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
    )
    return Draft(definition, compiled)


def read_texts(
    services: Services, content: Content, stored: DefinitionRow | None = None
) -> tuple[Template, Environment]:
    """Read the template and the environments of a request, parameters included."""
    template: Template | None = None
    problems: list[Problem] = []
    try:
        template = _template(services, content, stored)
    except Invalid as invalid:
        problems += invalid.problems or [_unread(invalid)]
    try:
        environment = _environment(content, template)
    except Invalid as invalid:
        problems += invalid.problems or [_unread(invalid)]
        environment = Environment()
    if template is None or problems:
        raise Invalid(problems=problems)
    return template, environment


def _template(services: Services, content: Content, stored: DefinitionRow | None) -> Template:
    given = content.template
    if given in (None, "", {}) and content.template_url:
        given = fetch_template(services.limits, content.template_url)
    if given in (None, "", {}):
        if stored is None:
            raise Invalid("No template was sent: give one in template.", kind="HTTPBadRequest")
        return load(stored.template)
    if not isinstance(given, str | Mapping):
        raise Invalid("The template must be a map or text.", kind="HTTPBadRequest")
    size = len(given.encode() if isinstance(given, str) else msgspec.json.encode(given))
    limit = services.limits.max_template_size
    if 0 <= limit < size:
        raise Invalid(
            f"The template has {size} bytes; {limit} are allowed.", kind="RequestLimitExceeded"
        )
    return load(given)


def _environment(content: Content, template: Template | None) -> Environment:
    given: Mapping[str, Json] = content.parameters
    if not content.environment_files:
        environment = read_environment(content.environment)
        return replace(environment, parameters={**environment.parameters, **given})
    read: list[tuple[str, Environment]] = []
    for name in content.environment_files:
        if name not in content.files:
            detail = f"environment_files names {name}, which is not among the files"
            cure = "send its text in files"
            raise Invalid(
                problems=[Problem("The file was not sent", ("environment_files",), detail, cure)]
            )
        read.append((name, read_environment(content.files[name], name)))
    return merge(read, template.parameters if template else {}, given)


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
    return Problem(invalid.message, kind=invalid.kind)

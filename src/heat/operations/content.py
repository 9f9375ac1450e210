"""From what a request sends (template, files, environments, parameters) to a definition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import Struct

from heat.base.errors import Invalid
from heat.base.ids import ProjectId
from heat.base.problems import Problem, did_you_mean
from heat.operations.remote import Fetching, compile_whole, fetch_template, with_nested
from heat.operations.services import Services, exported
from heat.plan.definition import Compiled, Unstored, compile_definition
from heat.store.rows import DefinitionRow
from heat.template.codes import problem
from heat.template.environment import Environment, read_environment
from heat.template.load import read
from heat.template.merging import merge
from heat.template.model import Template
from heat.template.render import to_json
from heat.template.sent import Sent, hooks_of, merge_sent, read_sent


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
    template, sent = read_texts(services, content, stored)
    environment = sent.environment
    files: Mapping[str, str] = content.files
    if stored is not None:
        files = {**stored.files, **files}
        environment = _over(stored, environment, template, clear)
    fetching = Fetching(services.limits)
    files = with_nested(fetching, template, environment, files)
    exports = exported(services, ProjectId(project))
    whole = environment.to_json()
    whole["encrypted_param_names"] = list(environment.encrypted_param_names)

    def compile_with(files: Mapping[str, str]) -> Compiled:
        return compile_definition(
            Unstored(to_json(template), files, whole),
            services.types,
            stack_id=stack_id,
            stack_name=stack_name,
            project=project,
            template=template,
            sent=sent,
            exports=exports,
        )

    compiled = compile_whole(fetching, services.types, files, compile_with)
    definition = DefinitionRow(
        id=services.new_id(),
        template=to_json(template),
        files=compiled.files,
        environment=whole,
    )
    return Draft(definition, compiled)


def read_texts(
    services: Services, content: Content, stored: DefinitionRow | None = None
) -> tuple[Template, Sent]:
    """Read the template and the environments of a request, parameters included.

    Raises Invalid when the template can't be read at all.
    """
    template: Template | None = None
    refused: list[Problem] = []
    try:
        template = _template(services, content, stored)
    except Invalid as invalid:
        refused = invalid.problems or [_unread(invalid)]
    sent = _sent(content, template)
    if template is None:
        raise Invalid(problems=[*refused, *sent.problems])
    return template, sent


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
    template = read(given)
    count, limit = len(template.resources), services.limits.max_resources_per_stack
    if 0 <= limit < count:
        # Before all else: to say what is wrong with each of too many takes long.
        raise Invalid(
            f"The template asks for {count} resources; {limit} per stack are allowed.",
            kind="RequestLimitExceeded",
        )
    return template


def _sent(content: Content, template: Template | None) -> Sent:
    if not content.environment_files:
        return read_sent(content.environment, content.parameters)
    missing: list[Problem] = []
    texts: list[tuple[str, str | Mapping[str, Any]]] = []
    for n, name in enumerate(content.environment_files):
        if name in content.files:
            texts.append((name, content.files[name]))
            continue
        detail = f"environment_files names {name}, which is not among the files"
        cure = did_you_mean(name, content.files)
        missing.append(problem("H608", ("environment_files", n), detail, cure, where="request"))
    if hooks := hooks_of(content.environment):
        # Clients merge the files into that, and put there alone the hooks that they are asked for.
        texts.append(("environment", hooks))
    sent = merge_sent(texts, content.parameters, content.files, template)
    return replace(sent, problems=(*missing, *sent.problems))


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

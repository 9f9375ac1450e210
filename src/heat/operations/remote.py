"""Gets the templates that a request names by address, and puts them among its files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from heat.base.errors import Invalid
from heat.base.problems import Problem
from heat.cloud.fetch import FetchSettings, fetch
from heat.operations.services import Limits
from heat.plan.definition import Compiled
from heat.plan.examine import WEB, examine
from heat.plan.providers import Types
from heat.template.codes import problem
from heat.template.environment import Environment
from heat.template.expressions import Literal, entries_of
from heat.template.load import load
from heat.template.model import Template
from heat.template.registry import Registry

MAX_FETCHED = 20
_STACK, _ADDRESS = "AWS::CloudFormation::Stack", "TemplateURL"


def fetch_template(limits: Limits, url: str) -> str:
    """Return the text behind a template's address; raises Invalid."""
    return fetch(
        url,
        FetchSettings(
            timeout=limits.template_fetch_timeout,
            largest=limits.max_template_size,
            allow_private=limits.template_url_allow_private,
            allowed_hosts=limits.allowed_template_hosts,
        ),
    )


class Fetching:
    """Fetches the templates of one request: so many in all, whatever names them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = MAX_FETCHED

    def get(self, url: str, unsent: Problem) -> str:
        """Return the text behind an address; raises Invalid at the place that names it."""
        if not self._left:
            said = f"it is one of more than {MAX_FETCHED} templates that were not sent"
            raise Invalid(problems=[replace(unsent, detail=said)])
        self._left -= 1
        try:
            return fetch_template(self.limits, url)
        except Invalid as invalid:
            raise Invalid(problems=[replace(unsent, detail=invalid.message)]) from None


def with_nested(
    fetching: Fetching, template: Template, environment: Environment, files: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the files, and with them the templates of nested stacks that are web addresses.

    What was sent is not fetched. So a definition holds all that it speaks of, and is the same
    whenever it is read again.
    """
    found = dict(files)
    left = [(template, environment.registry)]
    while left:
        holder, registry = left.pop()
        for resource, url in _addresses(holder, registry):
            if url in found:
                continue
            at = (holder.words.resources, resource, holder.words.type)
            cure = "send the text in files, under the name that the type has"
            unsent = problem("H305", at, f"the template {url} was not sent", cure)
            unsent = replace(unsent, place=holder.source.place(at))
            found[url] = fetching.get(url, unsent)
            nested = _readable(found[url], url)
            if nested is not None:
                left.append((nested, registry))
    return found


def compile_whole(
    fetching: Fetching,
    types: Types,
    files: Mapping[str, str],
    compile_with: Callable[[Mapping[str, str]], Compiled],
) -> Compiled:
    """Compile with the templates, too, whose web addresses are computed from parameters."""
    found = dict(files)
    while True:
        compiled = compile_with(found)
        if not _may_compute(compiled):
            return compiled
        unsent = examine(compiled, types, max_depth=fetching.limits.max_nested_stack_depth).unsent
        if not unsent:
            return compiled
        for url, wrong in unsent.items():
            found[url] = fetching.get(url, wrong)
            nested = _readable(found[url], url)
            if nested is not None:
                found |= with_nested(fetching, nested, compiled.environment, found)


def _may_compute(compiled: Compiled) -> bool:
    """Tell whether an address may be computed anywhere; looking for it costs a second look."""
    resolve = compiled.environment.registry.resolve
    return any(_ADDRESS in text for text in compiled.files.values()) or any(
        resolve(definition.type, name).target == _STACK
        for name, definition in compiled.template.resources.items()
    )


def _addresses(template: Template, registry: Registry) -> Iterator[tuple[str, str]]:
    for name, definition in template.resources.items():
        mapped = registry.resolve(definition.type, name)
        if mapped.is_template and mapped.target.startswith(WEB):
            yield name, mapped.target
        if mapped.target == _STACK and definition.properties is not None:
            match (entries_of(definition.properties) or {}).get(_ADDRESS):
                case Literal(str(url)) if url.startswith(WEB):
                    yield name, url
                case _:
                    pass


def _readable(text: str, name: str) -> Template | None:
    try:
        return load(text, name=name)
    except Invalid:
        return None  # whoever makes a type of it says what is wrong with it

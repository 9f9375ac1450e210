"""Gets the templates that a request names by address, and puts them among its files."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from heat.base.errors import Invalid
from heat.cloud.fetch import FetchSettings, fetch
from heat.operations.services import Limits
from heat.template.codes import problem
from heat.template.environment import Environment
from heat.template.expressions import Literal, entries_of
from heat.template.load import load
from heat.template.model import Template
from heat.template.registry import Registry

MAX_FETCHED = 20
_WEB = ("http://", "https://")


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


def with_nested(
    limits: Limits, template: Template, environment: Environment, files: Mapping[str, str]
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
            if len(found) - len(files) >= MAX_FETCHED:
                raise Invalid(f"More than {MAX_FETCHED} templates are web addresses; send them.")
            try:
                found[url] = fetch_template(limits, url)
            except Invalid as invalid:
                at = (holder.words.resources, resource, holder.words.type)
                cure = "send the text in files, under the name that the type has"
                place = holder.source.place(at)
                wrong = problem("H305", at, invalid.message, cure)
                raise Invalid(problems=[replace(wrong, place=place)]) from None
            nested = _readable(found[url], url)
            if nested is not None:
                left.append((nested, registry))
    return found


def _addresses(template: Template, registry: Registry) -> Iterator[tuple[str, str]]:
    for name, definition in template.resources.items():
        mapped = registry.resolve(definition.type, name)
        if mapped.is_template and mapped.target.startswith(_WEB):
            yield name, mapped.target
        if mapped.target == "AWS::CloudFormation::Stack" and definition.properties is not None:
            match (entries_of(definition.properties) or {}).get("TemplateURL"):
                case Literal(str(url)) if url.startswith(_WEB):
                    yield name, url
                case _:
                    pass


def _readable(text: str, name: str) -> Template | None:
    try:
        return load(text, name=name)
    except Invalid:
        return None  # whoever makes a type of it says what is wrong with it

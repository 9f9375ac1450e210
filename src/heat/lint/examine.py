"""Finds all that is wrong with a template and its environments, as far as it shows without a cloud.

Parameters need no values: one without is unknown, and so is what is computed from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.problems import Problem, in_order
from heat.base.unknown import Unknown
from heat.plan import examine as plan
from heat.plan.definition import OF_STACKS, Unstored, compile_definition
from heat.plan.desired import TypeOf
from heat.plan.providers import types_through, unsent
from heat.resources import OnDemand
from heat.template.environment import Environment
from heat.template.evaluate import Bound, bind
from heat.template.load import read
from heat.template.model import Template
from heat.template.sent import Sent, merge_sent, read_sent
from heat.template.validate import describe, describe_nested

COMMAND_LINE = "the command line"

_TYPES = OnDemand()
_UNKNOWN = (*OF_STACKS, "OS::project_id")


@dataclass(frozen=True)
class Content:
    """What a request would send; texts go by the names that problems shall have.

    ``names`` leads from a file's key to its name, where that is another. What can't be read is in
    ``unread``, by its key; as a file it is empty, as a template or an environment not there.
    """

    template: str
    name: str = "template"
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    environments: Mapping[str, str] = field(default_factory=dict[str, str])
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    unread: Mapping[str, Problem] = field(default_factory=dict[str, Problem])


@dataclass(frozen=True)
class Examination:
    """What was found; there is no template when its text can't be read at all."""

    template: Template | None
    environment: Environment
    type_of: TypeOf
    problems: tuple[Problem, ...]

    def described(self, files: Mapping[str, str]) -> dict[str, Any] | None:
        """Return what the template asks for, as the service answers a validation."""
        if self.template is None:
            return None
        nested: dict[str, Any] = {}
        if not self.problems:
            nested = describe_nested(self.template, self.environment, files)
        return describe(self.template, self.environment, nested=nested)


def examine(content: Content) -> Examination:
    """Read and check everything."""
    template: Template | None = None
    unread: list[Problem] = []
    try:
        template = read(content.template, name=content.name)
    except Invalid as invalid:
        unread += invalid.problems
    sent = _sent(content, template)
    if template is None:
        found = [*unread, *sent.problems]
        type_of = types_through(sent.environment, _TYPES, content.files)
    else:
        compiled = compile_definition(
            Unstored(template.raw, content.files, sent.environment.to_json()),
            _TYPES,
            stack_id="",
            stack_name="",
            project="",
            template=template,
            sent=sent,
            assuming=True,
        )
        examined = plan.examine(compiled, _TYPES)
        found = [*examined.problems, *examined.lacking, *examined.later]
        type_of = compiled.type_of
    found = [p for p in found if not _follows(p, content)]
    found += [p for p in content.unread.values() if p not in found]
    names = {**content.names, "template": content.name, "request": COMMAND_LINE}
    named = [_named(problem, names) for problem in found]
    # A nested template that is used many times has what is wrong with it once.
    once = {(p.code, p.place or p.at, p.where, p.detail): p for p in reversed(named)}
    problems = tuple(in_order(reversed(once.values())))
    return Examination(template, sent.environment, type_of, problems)


def unbound(template: Template) -> Bound:
    """Bind a template to nothing: only what is the same in every stack is known."""
    names = (*template.parameters, *_UNKNOWN)
    return bind(template, {name: _unknown(name) for name in names})


def _follows(found: Problem, content: Content) -> bool:
    """Tell whether a problem is only that a template can't be read, which is said by itself."""
    return found.code == "H305" and found.detail in {unsent(key) for key in content.unread}


def _sent(content: Content, template: Template | None) -> Sent:
    """Read the environments as the service does, when they come from the command line."""
    sent = _merged(content, template)
    unread = [content.unread[name] for name in content.environments if name in content.unread]
    return replace(sent, problems=(*unread, *sent.problems))


def _merged(content: Content, template: Template | None) -> Sent:
    if len(content.environments) == 1:
        ((name, text),) = content.environments.items()
        return read_sent(text, content.parameters, name)
    texts: list[tuple[str, Any]] = list(content.environments.items())
    if content.parameters:
        texts.append((COMMAND_LINE, {"parameters": content.parameters}))
    sent = merge_sent(texts, {}, content.files, template)
    return replace(sent, origin=replace(sent.origin, given=frozenset(content.parameters)))


def _named(problem: Problem, names: Mapping[str, str]) -> Problem:
    place = problem.place
    if place is not None:
        place = replace(place, file=names.get(place.file, place.file))
    return replace(problem, where=names.get(problem.where, problem.where), place=place)


def _unknown(name: str) -> Unknown:
    return Unknown(frozenset((f"parameter {name}",)))

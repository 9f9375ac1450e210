"""Problems that a template and its types show only together, and those that only follow."""

from collections.abc import Collection, Sequence

from heat.base.problems import Problem
from heat.plan.desired import TypeOf
from heat.template.codes import problem
from heat.template.environment import unread_sections
from heat.template.evaluate import Bound
from heat.template.model import Template
from heat.template.source import locate

_UNKNOWN_GIVEN, NO_VALUE = "H501", "H502"


class AttributeNames:
    """What is known of the attributes of a template's resources, for the check of get_attr."""

    def __init__(self, type_of: TypeOf) -> None:
        self._type_of = type_of

    def names(self) -> Collection[str]:
        """Return no names: types are judged with their properties."""
        return ()

    def known(self, type_name: str, resource: str) -> bool:
        """Let every type through: types are judged with their properties."""
        return True

    def attributes(self, type_name: str, resource: str) -> Collection[str] | None:
        """Return the attributes of a type; None for one that may have any, or is not known."""
        found = self._type_of(resource, type_name)
        if isinstance(found, Problem) or found.anything or found.tells_anything or found.nests:
            return None
        return frozenset((*found.__attributes__, "show"))


def of_parameters(
    found: Sequence[Problem], template: Template, environment_problems: Sequence[Problem]
) -> list[Problem]:
    """Leave out what only follows from texts that can't be made out, and was told with them."""
    unread = unread_sections(environment_problems)
    section = template.words.parameters
    values_unread = not unread.isdisjoint(("parameters", "parameter_defaults"))

    def follows(problem: Problem) -> bool:
        if problem.code == _UNKNOWN_GIVEN:
            return (section,) in template.unread
        if (section, problem.at[-1]) in template.unread:
            return True
        return problem.code == NO_VALUE and values_unread

    return [problem for problem in found if not follows(problem)]


def unable_to_snapshot(bound: Bound, type_of: TypeOf, *, stand_ins: bool = False) -> list[Problem]:
    """Find resources that shall be kept as snapshots though their types can't make any.

    ``stand_ins`` are types that take anything: a stack may have them so, all the same.
    """
    words = bound.template.words
    found: list[Problem] = []
    for name, definition in bound.resources.items():
        cls = type_of(name, definition.type)
        if (
            "Snapshot" in (definition.deletion_policy, definition.replace_policy)
            and not isinstance(cls, Problem)
            and not cls.snapshots_on_delete
            and cls.anything == stand_ins
        ):
            detail = f"{definition.type} can't make a snapshot, and {name} has the policy Snapshot"
            found.append(problem("H706", (words.resources, name, words.deletion_policy), detail))
    return locate(found, bound.template.source)

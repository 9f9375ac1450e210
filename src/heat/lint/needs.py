"""Which resources of a template need which, whatever values its parameters get."""

from collections.abc import Mapping

from heat.lint.examine import Examination, unbound
from heat.plan.desired import order


def needs(examination: Examination) -> Mapping[str, frozenset[str]]:
    """Return what each resource needs, the needed ones first; nothing of an unread template."""
    if examination.template is None:
        return {}
    return order(unbound(examination.template), examination.type_of)[0]

"""What a request may not take from other stacks, or give under a name that is in use."""

from heat.base.errors import Conflict
from heat.base.ids import ProjectId
from heat.base.problems import Problem
from heat.engine.exporting import KIND, in_use, taken
from heat.operations.services import Services
from heat.plan.definition import Compiled
from heat.store import exports
from heat.store.rows import StackRow
from heat.template.codes import problem
from heat.template.source import locate


def unfit(services: Services, compiled: Compiled, stack: StackRow | None) -> list[Problem]:
    """Find exports under names of other stacks, and those that are gone and still read."""
    words, given = compiled.template.words, compiled.bound.exports
    if stack is None and not given:
        return []
    there = exports.of_project(services.db, ProjectId(compiled.project))
    own = {name for name, row in there.items() if stack is not None and row.stack == stack.id}
    found = [
        problem(
            "H216",
            (words.outputs, output, "Export", "Name"),
            taken(name, there[name].stack),
        )
        for name, output in given.items()
        if name in there and name not in own
    ]
    if stack is not None:
        users = exports.importers(
            services.db, stack.project, own - given.keys(), besides=stack.id, root=stack.root
        )
        found += [
            problem("H216", (words.outputs,), in_use(name, who), "keep the output that exports it")
            for name, who in users.items()
        ]
    return locate(found, compiled.template.source)


def check_unused(services: Services, stack: StackRow) -> None:
    """Refuse to delete a stack while others read what it exports."""
    there = exports.of_project(services.db, stack.project)
    own = {name for name, row in there.items() if row.stack == stack.id}
    users = exports.importers(services.db, stack.project, own, besides=stack.id, root=stack.root)
    for name, who in users.items():
        raise Conflict(in_use(name, who), kind=KIND)

"""What is known of a stack's resources for those who ask for outputs: no more is read than used."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from heat.cloud.credentials import Credentials
from heat.engine.record import recorded
from heat.operations import views
from heat.operations.heard import listens, overheard
from heat.operations.looking import shown_by
from heat.operations.services import Services
from heat.plan.definition import Compiled
from heat.plan.desired import Known, Standing
from heat.plugin.resource import Resource
from heat.store import resources
from heat.store.rows import ResourceRow, StackRow


def facts_for(
    services: Services,
    stack: StackRow,
    compiled: Compiled,
    outputs: Iterable[str],
    who: Credentials,
) -> Standing:
    """Return what is known of what some outputs speak of; ``who`` asks."""
    bound = compiled.bound
    said = [bound.outputs[name] for name in outputs if name in bound.outputs]
    names = {use.resource for output in said for use in bound.references(output)}
    return Standing(_Seen(services, stack, names, who))


class _Seen(Mapping[str, Known]):
    """The resources of a stack: some are read at once, others when they are asked for."""

    def __init__(
        self, services: Services, stack: StackRow, names: Iterable[str], who: Credentials
    ) -> None:
        self._services, self._stack, self._who = services, stack, who
        self._rows: dict[str, ResourceRow | None] = {}
        self._known: dict[str, Known | None] = {}
        self._read(names)

    def __getitem__(self, name: str) -> Known:
        if name not in self._rows:
            self._read([name])
        if name not in self._known:
            row = self._rows[name]
            self._known[name] = None if row is None else self._know(row)
        known = self._known[name]
        if known is None:
            raise KeyError(name)
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(views.best(self._all))

    def __len__(self) -> int:
        return len(views.best(self._all))

    def _read(self, names: Iterable[str]) -> None:
        wanted = list(names)
        found = views.best(resources.named(self._services.db, self._stack.id, wanted))
        self._rows |= {name: found.get(name) for name in wanted}

    def _know(self, row: ResourceRow) -> Known | None:
        services, stack = self._services, self._stack
        told = overheard(services, stack, self._all) if listens(services, row) else {}
        there = row.physical_id or row.status == "COMPLETE" or row.id in told
        if row.action in ("INIT", "DELETE") or not there:
            return None
        seen = recorded(stack, row, services.types)
        attributes = {**shown_by(services, stack, row, self._who), **told.get(row.id, {})}
        return Known(seen.reference, attributes, seen.cls or Resource)

    @cached_property
    def _all(self) -> list[ResourceRow]:
        return resources.of_stack(self._services.db, self._stack.id)

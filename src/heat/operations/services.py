"""What operations work with, passed in."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from heat.base.clock import Clock
from heat.base.errors import NotFound
from heat.base.ids import ProjectId, StackId
from heat.cloud.client import Client
from heat.cloud.found import LASTING, Found
from heat.engine.compiling import MOST, weight
from heat.engine.kept import Kept
from heat.operations.policy import Policy, default_policy
from heat.plan.definition import Compiled, compile_definition
from heat.plan.exports import Exported
from heat.plugin.registry import TYPES
from heat.plugin.resource import Resource
from heat.store import definitions, exports
from heat.store.database import Database
from heat.store.rows import DefinitionRow, StackRow


@dataclass(frozen=True)
class Limits:
    """What may be asked for: how much of it, -1 meaning any number, and what is switched on.

    Times are seconds.
    """

    max_stacks_per_tenant: int = 512
    max_resources_per_stack: int = 1000
    max_nested_stack_depth: int = 5
    max_template_size: int = 524288
    max_files_size: int = 1048576
    stack_action_timeout: int = 3600
    max_snapshots_per_stack: int = 32
    max_software_configs_per_tenant: int = 4096
    max_software_deployments_per_tenant: int = 4096
    enable_stack_adopt: bool = False
    enable_stack_abandon: bool = False
    observe_on_update: bool = False
    template_fetch_timeout: float = 60
    template_url_allow_private: bool = False
    allowed_template_hosts: tuple[str, ...] = ()
    hidden_stack_tags: tuple[str, ...] = ()
    found_lasting: float = LASTING


class CompiledCache:
    """Definitions, compiled once."""

    def __init__(self, most: int = MOST) -> None:
        self._kept: Kept[tuple[str, str, str], Compiled] = Kept(most, weight)

    def get(self, services: "Services", stack: StackRow) -> Compiled:
        """Return the compiled definition of a stack."""
        return self._kept.get(
            (stack.definition, stack.id, stack.name),
            lambda: compile_stack(services, stack, definition_of(services, stack)),
        )


class Descriptions:
    """What templates say of their resources, read once; without those that say nothing."""

    def __init__(self, size: int = 256) -> None:
        self._kept: Kept[str, Mapping[str, str]] = Kept(size)

    def get(self, db: Database, stack: StackRow) -> Mapping[str, str]:
        """Return the descriptions in the template of a stack, which need not be compiled."""
        return self._kept.get(stack.definition, lambda: _described(db, stack.definition))


def _described(db: Database, definition: str) -> Mapping[str, str]:
    found = definitions.get(db, definition)
    if found is None or not isinstance(found.template, Mapping):
        return {}
    section = found.template.get("resources") or found.template.get("Resources") or {}
    said = {name: one.get("description") or one.get("Description") for name, one in section.items()}
    return {name: str(text) for name, text in said.items() if text}


@dataclass(frozen=True)
class Services:
    """The store, the cloud, the clock and the rest of the world.

    Without a ``client`` nothing is looked up in the cloud. ``wake`` tells the engine that a
    stack has work; it may be lost, for the engine looks by itself every few seconds.
    """

    db: Database
    client: Client | None
    clock: Clock
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    types: Mapping[str, type[Resource]] = field(default_factory=lambda: TYPES)
    wake: Callable[[StackId], None] = lambda _stack: None
    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=default_policy)
    revision: str = "unknown"
    compiled: CompiledCache = field(default_factory=CompiledCache)
    descriptions: Descriptions = field(default_factory=Descriptions)
    found: Found = field(default_factory=Found)


def definition_of(services: Services, stack: StackRow) -> DefinitionRow:
    """Return what a stack was asked to be."""
    found = definitions.get(services.db, stack.definition)
    if found is None:
        raise NotFound(f"The template of the stack {stack.name} is gone.")
    return found


def compile_stack(services: Services, stack: StackRow, definition: DefinitionRow) -> Compiled:
    """Compile a definition as one of a stack."""
    return compile_definition(
        definition,
        services.types,
        stack_id=stack.id,
        stack_name=stack.name,
        project=stack.project,
        exports=exported(services, stack.project),
    )


def exported(services: Services, project: ProjectId) -> Exported:
    """Return what the stacks of a project export, as it is whenever it is read."""
    return Exported(
        lambda: {name: row.value for name, row in exports.of_project(services.db, project).items()}
    )

"""Drives one stack through its current operation: plan, carry out, finish.

The driver goes by what is recorded. Whatever it holds in memory can be dropped at any moment;
another driver continues from the rows.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace as change
from typing import Any, NamedTuple

from msgspec.structs import replace

from heat.base.errors import Invalid
from heat.base.ids import ResourceId, StackId
from heat.base.problems import Problem
from heat.cloud.client import REQUEST_ID
from heat.cloud.finders import AsyncFinders
from heat.engine import exporting, reasons, saving
from heat.engine.board import Board
from heat.engine.changes import carry_out
from heat.engine.closing import Closing
from heat.engine.compiling import Compilations
from heat.engine.endings import Endings
from heat.engine.hearing import Hearing
from heat.engine.lease import Lease, Unkept
from heat.engine.limiting import check_room
from heat.engine.nursery import Asked, Nursery
from heat.engine.observing import observe, see_broken, see_gone
from heat.engine.patience import Stopped
from heat.engine.ports import Loaded, Settings, World
from heat.engine.reasons import VerbFailed
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS, Teller, fresh_row, recorded
from heat.engine.scene import Outcome, Scene
from heat.engine.stage import Stage
from heat.engine.trusting import Trusts
from heat.engine.users import Users
from heat.plan import actions
from heat.plan.build import build
from heat.plan.definition import Compiled
from heat.plan.diff import Recorded
from heat.plan.masking import Mask
from heat.plan.model import DESIRED, Kind, Node, Plan, decode
from heat.store.rows import (
    ChangeOperation,
    ChangeResource,
    DefinitionRow,
    PutResource,
    StackRow,
    Write,
)
from heat.template.environment import sound_environment
from heat.template.registry import Registry

_log = logging.getLogger(__name__)

GOES_ON = ("DELETE", "CHECK", "DELETE_SNAPSHOT")
"""Actions that do what they still can after a failure."""


class Shared(NamedTuple):
    """What the drives of one engine share."""

    hearing: Hearing
    endings: Endings
    wake: Callable[[StackId], None]
    compilations: Compilations


class Drive:
    """The way of one stack through one operation."""

    def __init__(
        self, world: World, settings: Settings, lease: Lease, loaded: Loaded, shared: Shared
    ) -> None:
        self._world, self._settings, self._lease = world, settings, lease
        self._shared = shared
        self._loaded = loaded
        self.operation = loaded.operation
        self._superseded = False
        self._late = self._gives_way = False
        self._notice = asyncio.Event()
        self._board: Board | None = None
        self._trusts = Trusts(
            world, settings, lease, loaded, lambda: self._is_stopping() or self.is_overdue
        )
        self._users = Users(world, settings, lease, loaded.stack, self._is_stopping)
        self._close = Closing(world, settings, lease, loaded, self._trusts, self._users)

    def supersede(self) -> None:
        """Take note that a newer operation has come."""
        self._superseded = True
        self._notice.set()

    @property
    def is_overdue(self) -> bool:
        """Whether the operation is past its deadline."""
        return self._world.clock.now() >= self.operation.deadline

    def _is_stopping(self) -> bool:
        return self._superseded or self._late or self._gives_way or self._lease.lost

    async def give_up(self) -> None:
        """End an operation that could not be carried out until its deadline, whatever is wrong."""
        await self._close.fail_early(
            VerbFailed(
                "Timed out; the engine's log tells what kept it from going on", kind="Timeout"
            ),
            self._loaded.resources,
        )

    async def run(self) -> None:
        """Go on from what is recorded to the end of the operation, or until it is superseded."""
        # What is asked of the cloud bears the id of the request that this is for.
        REQUEST_ID.set(self.operation.request_id)
        if self._loaded.stack.deleted_at is not None:
            await self._close.end_deleted()
            return
        try:
            scene = self._scene()
        except Invalid as invalid:
            await self._close.fail_early(invalid, self._loaded.resources)
            return
        try:
            await self._run(scene)
        except Stopped:
            # It looked at objects, to plan by them; whoever follows goes on from what is recorded.
            if not self._superseded:
                await self._finish(scene, Outcome.STOPPED)
        except (Unkept, VerbFailed) as fault:
            # Not even that a resource failed could be written, or nothing was begun.
            await self._close.fail_early(fault, list(scene.rows.values()))

    async def _run(self, scene: Scene) -> None:
        if scene.compiled is not None and (wrong := self._problems(scene.compiled)):
            invalid = Invalid(problems=wrong)
            await self._close.fail_early(invalid, self._loaded.resources)
            return
        halted = await self._halt(scene)
        if self.operation.options.get("cancel"):
            await self._cancel(scene, halted)
            return
        if self.operation.action in ("UPDATE", "DELETE", "RESTORE"):
            try:
                await exporting.check(scene)
            except VerbFailed as refused:
                await self._close.fail_early(refused, self._loaded.resources)
                return
        plan = self._left(scene) if self.operation.plan else await self._plan(scene)
        await self._trust(scene)
        turns = 0
        while True:
            outcome = await self._execute(scene, plan)
            turns += 1
            # No resource is the cause of more than two: it is taken over late, and it came out
            # otherwise than was foreseen.
            most = 2 * len(plan.nodes) + 1
            if outcome is not Outcome.REPLAN or self._superseded or turns > most:
                break
            plan = await self._plan(scene)
        if not self._superseded:
            await self._finish(scene, outcome)
        elif writes := saving.left(scene):
            await self._lease.commit(*writes)

    def _problems(self, compiled: Compiled) -> Sequence[Problem]:
        if self.operation.action in actions.ACTIONS:
            return compiled.problems
        return (*compiled.problems, *compiled.unusable)

    def _scene(self) -> Scene:
        loaded, compiled = self._loaded, self._compiled()
        rows = {row.id: row for row in loaded.resources}
        endings, wake = self._shared.endings, self._shared.wake
        stage = Stage(
            world=self._world,
            settings=self._settings,
            lease=self._lease,
            who=self._trusts.who,
            finders=AsyncFinders(self._world.cloud, self._trusts.who),
            hearing=self._shared.hearing,
            nursery=Nursery(
                self._world,
                loaded.stack,
                self.operation,
                compiled,
                endings,
                wake,
                self._compile,
                rows,
                self._settings.max_nested_depth,
            ),
            users=self._users,
            deadline=self.operation.deadline,
            stopping=self._is_stopping,
            made=self._made,
            kept=saving.words(loaded.snapshots),
        )
        journal: dict[ResourceId, list[Any]] = {}
        for entry in loaded.journal:
            journal.setdefault(entry.resource, []).append(entry)
        return Scene(
            stack=loaded.stack,
            operation=self.operation,
            compiled=compiled,
            rows=rows,
            journal=journal,
            teller=Teller(self._world, loaded.stack, self.operation, compiled),
            stage=stage,
            snapshots={row.id: row for row in loaded.snapshots},
            registry=compiled.environment.registry if compiled else _registry(loaded),
            exports=loaded.exports,
            imports=loaded.imports,
        )

    def _compiled(self) -> Compiled | None:
        definition, stack = self._loaded.definition, self._loaded.stack
        if definition is None:
            return None
        compiled = self._compile(stack, definition)
        hidden = self._loaded.hidden
        return change(compiled, above=Mask(hidden)) if hidden else compiled

    def _compile(self, stack: StackRow, definition: DefinitionRow) -> Compiled:
        return self._shared.compilations.of(stack, definition, self._loaded.exports)

    def _left(self, scene: Scene) -> Plan:
        """Return the stored plan; when something of it has failed, what is under way of it."""
        plan = decode(self.operation.plan or b"")
        scene.follow(plan)
        if self.operation.action in GOES_ON:
            return plan
        rows = [row for node in plan.nodes if (row := scene.rows.get(node.row)) is not None]
        for row in rows:
            if (row.operation, row.status) == (self.operation.id, FAILED):
                scene.failures[row.name] = row.reason
        if not scene.failures:
            return plan
        return self._ending(scene, plan, {row.id for row in rows if row.status == IN_PROGRESS})

    def _ending(self, scene: Scene, plan: Plan, begun: Collection[ResourceId]) -> Plan:
        """Return what is under way of a plan; what that may need to know is known from then on."""
        for node in plan.nodes:
            row = scene.rows.get(node.row)
            done = row is not None and row.operation == self.operation.id
            if row is not None and (node.kind is Kind.KEEP or (node.kind in DESIRED and done)):
                scene.learn(row)
        return actions.ending(plan, begun)

    async def _plan(self, scene: Scene) -> Plan:
        """Plan from what is recorded now; the plan is stored before anything is done."""
        stack = scene.stack
        if self.operation.options.get("converge"):
            await observe(scene)
        if scene.compiled is not None and self.operation.action not in actions.ACTIONS:
            await see_gone(scene)
        rows = sorted(scene.rows.values(), key=lambda row: (row.created_at, row.name))
        types, operation = self._world.types, self.operation.id
        known = [recorded(stack, row, types, n, operation) for n, row in enumerate(rows)]
        if scene.compiled is not None and self.operation.action not in actions.ACTIONS:
            known = await see_broken(scene, known)
            known = [replace(r, outgrown=scene.why_outgrown(r.id)) for r in known]
        plan = self._planned(scene, known)
        await check_room(scene, plan)
        now = self._world.clock.now()
        made: list[Any] = []
        writes: list[Write] = [
            ChangeOperation(self.operation.id, {"plan": plan.encode(), "state": "RUNNING"}),
            *exporting.importing(scene),
        ]
        for node in plan.nodes:
            if node.kind in (Kind.CREATE, Kind.ADOPT) and node.row not in scene.rows:
                row = fresh_row(stack, self.operation.id, node.row, node.name, node.type, now)
                made.append(replace(row, replaces=node.replaces))
                writes.append(PutResource(made[-1]))
            if node.replaces and node.replaces in scene.rows:
                old = replace(scene.rows[node.replaces], replaced_by=node.row)
                made.append(old)
                writes.append(ChangeResource(old.id, {"replaced_by": node.row}))
            elif node.kind in (Kind.KEEP, Kind.UPDATE) and scene.rows[node.row].replaced_by:
                back = scene.rows[node.row]
                fields = {
                    "replaced_by": None,
                    "action": "UPDATE" if back.status == COMPLETE else back.action,
                }
                made.append(replace(back, **fields))
                writes.append(ChangeResource(node.row, fields))
            elif node.kind is Kind.UPDATE and scene.rows[node.row].operation == operation:
                # An earlier plan of this operation has changed it, and this one does so again.
                made.append(replace(scene.rows[node.row], operation=None))
                writes.append(ChangeResource(node.row, {"operation": None}))
        await self._lease.commit(*writes, operation=self.operation.id)
        for row in made:
            scene.note(row)
        scene.follow(plan)
        return plan

    def _planned(self, scene: Scene, known: Sequence[Recorded]) -> Plan:
        action, revision = self.operation.action, scene.stack.revision
        if action == "DELETE_SNAPSHOT":
            return saving.with_drops(scene, Plan(action=action, revision=revision, nodes=()))
        if action in actions.ACTIONS:
            return actions.build(action, revision, known)
        target = scene.compiled.target if scene.compiled else None
        plan = build(action, revision, known, target, lambda: ResourceId(self._world.chance.id()))
        if action == "ADOPT":
            plan = actions.adopting(plan)
        if self.operation.options.get("abandon"):
            plan = actions.abandoning(plan)
        return saving.with_drops(scene, plan)

    async def _trust(self, scene: Scene) -> None:
        """Get a trust before the user's token can end, where the cloud will be called."""
        if self.operation.action == "DELETE":
            return
        wanted = self._settings.trusts and self._needs_cloud(scene)
        who = await self._trusts.arrange(wanted=wanted)
        scene.stage = replace(scene.stage, who=who, finders=AsyncFinders(self._world.cloud, who))

    def _needs_cloud(self, scene: Scene) -> bool:
        """Tell whether this stack or one nested in it, which shares its trust, calls the cloud."""
        found = [self._world.types.get(row.real_type or row.type) for row in scene.rows.values()]
        return any(
            cls is None
            or cls.__facts__.service
            or cls.nests
            or "signal_transport" in cls.__properties__  # what it is told may lie in the cloud
            for cls in found
        )

    async def _execute(self, scene: Scene, plan: Plan) -> Outcome:
        """Carry the plan out as far as it goes; returns how it ended."""
        self._board = board = Board(plan, scene, self.operation)
        outcome = Outcome.DONE
        running: dict[asyncio.Task[Outcome], Node] = {}
        broken: BaseException | None = None
        try:
            while True:
                self._late = self._late or self.is_overdue
                going = outcome in (Outcome.DONE, Outcome.FAILED) and not self._late and not broken
                careful = outcome is Outcome.FAILED and self.operation.action not in GOES_ON
                if going and not careful and not self._superseded and not self._lease.lost:
                    for node in board.take(self._settings.acts_at_once - len(running)):
                        running[asyncio.create_task(carry_out(scene, node))] = node
                if not running:
                    break
                for task in await self._next(running):
                    node = running.pop(task)
                    if not task.cancelled() and (error := task.exception()) is not None:
                        # The others come to their end: what they are just making is their duty.
                        broken = broken or error
                        continue
                    result = Outcome.STOPPED if task.cancelled() else task.result()
                    if result is Outcome.DONE:
                        board.done(node)
                        left = node.kind is Kind.ADOPT and self.operation.action != "ADOPT"
                        if (scene.moved(node.name) or left) and outcome is Outcome.DONE:
                            # Others began with what it was before, or an adoption had left it,
                            # and it is to be changed now.
                            outcome = Outcome.REPLAN
                    elif outcome is Outcome.DONE or result is Outcome.FAILED:
                        outcome = result
                        # The way back need not wait for what it takes away or changes again.
                        self._gives_way = result is Outcome.FAILED and self._close.goes_back
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.gather(*running, return_exceptions=True)
        if broken is not None:
            raise broken
        if self._late and outcome is not Outcome.FAILED and not board.finished:
            return Outcome.STOPPED
        if outcome in (Outcome.DONE, Outcome.REPLAN) and scene.failures:
            return Outcome.FAILED
        if outcome is Outcome.DONE and not board.finished:
            return Outcome.STOPPED
        return outcome

    def _made(self, row: ResourceId, item: str) -> None:
        """Let those begin who waited for no more than that an object exists."""
        if self._board is not None and self._board.made(row, item):
            self._notice.set()

    async def _next(self, running: Mapping[asyncio.Task[Outcome], Node]) -> Iterable[Any]:
        """Return the nodes that have ended; also comes back when there is something to notice."""
        self._notice.clear()
        left = (self.operation.deadline - self._world.clock.now()).total_seconds()
        if self._late and left < -self._settings.settle_time:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            return list(running)
        notice = asyncio.create_task(self._notice.wait())
        try:
            done, _ = await asyncio.wait(
                {*running, notice},
                timeout=max(left, 1.0),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            notice.cancel()
        return done - {notice}

    async def _finish(self, scene: Scene, outcome: Outcome) -> None:
        told: str | None = None
        if outcome is Outcome.DONE:
            try:
                await self._close.complete(scene)
            except VerbFailed as refused:
                told = f"{reasons.kind(refused)}: {refused}"
            else:
                return
        reason = told or ("Timed out" if self._late else _failure(scene))
        await self._close.fail(scene, reason, gives_way=self._gives_way and not self._late)

    async def _halt(self, scene: Scene) -> list[Asked]:
        """Cancel what former operations have nested stacks do; those of this one go on."""
        nursery = scene.stage.nursery
        left = [
            row
            for row in scene.rows.values()
            if row.status == IN_PROGRESS and row.operation != self.operation.id
        ]
        nested = [row for row in left if (cls := scene.type_of(row)) is not None and cls.nests]
        found = await asyncio.gather(*(nursery.halt(row) for row in nested))
        halted = [asked for asked in found if asked is not None]
        if writes := [write for asked in halted for write in asked.writes]:
            await self._lease.commit(*writes, operation=self.operation.id)
        for asked in halted:
            nursery.wake(asked.stack)
        return halted

    async def _cancel(self, scene: Scene, halted: Sequence[Asked]) -> None:
        """Begin nothing more, and say so; what is under way comes to its end after that."""
        action, reason = self.operation.action, f"Stack {self.operation.action} cancelled"
        if scene.stack.status == IN_PROGRESS:
            await self._lease.commit(
                *self._close.told(action, FAILED, reason), operation=self.operation.id
            )
        rows = scene.rows.values()
        known = [recorded(scene.stack, row, self._world.types) for row in rows]
        # A nested stack is left as it is: it has an operation of its own.
        begun = {
            row.id
            for row in rows
            if row.status == IN_PROGRESS and ((cls := scene.type_of(row)) is None or not cls.nests)
        }
        plan = self._planned(scene, known)
        scene.follow(plan)
        await self._execute(scene, self._ending(scene, plan, begun))
        for asked in halted:
            with suppress(VerbFailed):
                await scene.stage.nursery.ended(asked.operation, scene.stage.stopping)
        if not self._superseded:
            await self._close.cancel(rows, reason)


def _registry(loaded: Loaded) -> Registry | None:
    """Return what the environment of a stack that is deleted says of its resources."""
    if loaded.environment is None:
        return None
    return sound_environment(loaded.environment)[0].registry


def _failure(scene: Scene) -> str:
    said = next(iter(scene.failures.values()), "stopped before its end")
    if scene.operation.action == "CHECK" and scene.failures:
        said = "; ".join(f"{name}: {reason}" for name, reason in scene.failures.items())
    return f"Resource {scene.operation.action} failed: {said}"

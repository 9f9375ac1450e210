"""The users that resources of a stack have, and the project that they are in.

All stacks of a tree share one project. Its root says in its row that there may be one before it
is asked for (``""``), then which (its id). Whoever deletes the root removes it.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TypeAlias, TypeVar

from heat.base.errors import Fault, Temporary
from heat.base.ids import ProjectId, StackId
from heat.cloud.stack_users import Passes, StackUsers
from heat.engine.lease import Lease
from heat.engine.patience import Patience, Stopped
from heat.engine.ports import Settings, World
from heat.engine.searching import given_up
from heat.plugin.steps import ChangeUser, Enrol, GiveKey, Reply, TakeKey
from heat.store.rows import ChangeStack, StackRow
from heat.store.shapes import PRIVATE

R = TypeVar("R")
OfUser: TypeAlias = Enrol | ChangeUser | GiveKey | TakeKey
_log = logging.getLogger(__name__)

LONGEST_NAME = 64
"""So many characters does keystone take as the name of a project."""


class Users:
    """The users of one stack, while it is driven."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        lease: Lease,
        stack: StackRow,
        stopping: Callable[[], bool],
    ) -> None:
        self._world, self._settings, self._lease = world, settings, lease
        self._stack, self._stopping = stack, stopping
        self._asking = asyncio.Lock()
        self._project = ""

    def draw(self, step: OfUser) -> Reply:
        """Return what somebody is to get in with; it is written down before it is asked for.

        So whoever goes on after a crash gives the same once more, and no key that nobody knows
        opens anything.
        """
        chance = self._world.chance
        keys = {"access": chance.hex(16), "secret": chance.hex(16), PRIVATE: True}
        match step:
            case Enrol(keys=wanted, password=password):
                # What is made up has characters of each kind that rules of keystone may want.
                password = password or f"Hp_{chance.hex(16)}"
                return (keys if wanted else {PRIVATE: True}) | {"password": password}
            case GiveKey():
                return keys
            case ChangeUser() | TakeKey():
                return {}

    async def act(self, step: OfUser, drawn: Reply) -> Reply:
        """Do what a verb asks about users of the stack."""
        match step:
            case Enrol():
                return await self._enrol(step, drawn)
            case ChangeUser(name, user_id, enabled):
                await self._ask(lambda users: users.change(name, user_id, enabled=enabled))
                return {}
            case GiveKey(name):
                return await self._give_key(name, drawn)
            case TakeKey(access):
                project = await self._housed()
                await self._ask(lambda users: users.take_key(access, project))
                return {}

    async def end(self) -> None:
        """Remove the project of a root stack, if it has one; raises Temporary."""
        if self._stack.owner is not None or not self._world.cloud.has_users:
            return
        row = await self._world.store.stack(self._stack.id)
        if row is None or row.stack_user_project is None:
            return
        known = row.stack_user_project
        try:
            await self._outlast(lambda users: users.drop_project(self._name, known))
        except Temporary:
            raise
        except Stopped:
            raise Temporary("There was no time to remove the project of its users") from None
        except Fault as fault:
            _log.warning("The users' project of stack %s stays behind: %s", row.id, fault)

    async def _enrol(self, step: Enrol, drawn: Reply) -> Reply:
        project = await self._housed()
        passes = Passes(
            password=drawn["password"],
            access=drawn.get("access", ""),
            secret=drawn.get("secret", ""),
        )
        made = await self._ask(
            lambda users: users.enrol(project, step.name, passes, token=step.token)
        )
        return made | {PRIVATE: True}

    async def _give_key(self, name: str, drawn: Reply) -> Reply:
        project, access, secret = await self._housed(), drawn["access"], drawn["secret"]
        given = await self._ask(lambda users: users.give_key(name, project, access, secret))
        return drawn if given else {}

    async def _housed(self) -> str:
        """Return the project of the users of all stacks of the tree."""
        async with self._asking:
            if not self._project:
                self._project = await self._found()
            return self._project

    async def _found(self) -> str:
        row = await self._world.store.stack(self._root)
        known = row.stack_user_project if row is not None else ""
        if not known:
            if known is None:
                await self._note(self._root, "")
            known = await self._ask(lambda users: users.project(self._name, _says(self._root)))
            await self._note(self._root, known)
        if self._stack.id != self._root and self._stack.stack_user_project != known:
            await self._note(self._stack.id, known)
        return known

    async def _note(self, stack: StackId, project: str) -> None:
        await self._lease.commit(ChangeStack(stack, {"stack_user_project": project}))

    async def _ask(self, work: Callable[[StackUsers], R]) -> R:
        try:
            return await self._outlast(work)
        except Temporary as fault:
            raise given_up(fault) from fault

    async def _outlast(self, work: Callable[[StackUsers], R]) -> R:
        asked = partial(self._lease.ask, partial(self._world.cloud.of_users, work))
        return await Patience(self._world, self._settings, self._stopping).outlast(asked)

    @property
    def _root(self) -> StackId:
        return self._stack.root or self._stack.id

    @property
    def _name(self) -> str:
        return project_name(self._stack.project, self._root)


def project_name(project: ProjectId, root: StackId) -> str:
    """Return the name of the project of a tree's users: its root is in it whatever is cut."""
    return f"{project[: LONGEST_NAME - len(root) - 1]}-{root}"


def _says(stack: StackId) -> str:
    return f"Users of the stack {stack}"

"""The trusts of a stack: none is asked for or left behind without a note of it in the store.

The note is in the secret of the stack's credentials. ``asked`` says that a trust may be there
whose id is not known yet; ``former`` holds the secrets of users before the present one, whose
trusts go when nobody acts by them any more. Whoever drives the stack next can go by it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from msgspec.structs import replace

from heat.base.errors import Fault, Temporary
from heat.cloud.credentials import Credentials
from heat.engine.lease import Lease
from heat.engine.patience import Patience
from heat.engine.ports import Loaded, Settings, World
from heat.store.rows import CredentialsRow, DropCredentials, PutCredentials, Write

R = TypeVar("R")
_log = logging.getLogger(__name__)


def succeed(row: CredentialsRow, known: CredentialsRow | None) -> CredentialsRow:
    """Return new credentials of a stack with a note of what those before them leave."""
    if known is None:
        return row
    secret, former = dict(row.secret), list(known.secret.get("former", ()))
    if known.user_id == row.user_id:
        secret |= {name: known.secret[name] for name in ("asked",) if name in known.secret}
    elif _leaves(known.secret):
        former.append(_noted(known))
    if former:
        secret["former"] = former
    return replace(row, secret=secret)


class Trusts:
    """On whose behalf a stack is driven, and what is left of those before."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        lease: Lease,
        loaded: Loaded,
        stopping: Callable[[], bool],
    ) -> None:
        self._world, self._settings, self._lease = world, settings, lease
        self._cloud, self._stopping = world.cloud, stopping
        self._stack, self._operation = loaded.stack, loaded.operation.id
        self._row = row = loaded.credentials
        self.who = (
            _named(_noted(row)) if row else Credentials(user_id="", project=loaded.stack.project)
        )

    async def arrange(self, *, wanted: bool) -> Credentials:
        """Return on whose behalf to go on: by a trust from now on, if one is wanted.

        The trusts of former users go once there is one, or none is wanted. A nested stack goes
        by the credentials of its root, and leaves them alone.
        """
        row = self._row
        if row is None or self._stack.owner is not None:
            return self.who
        if wanted and self.who.token and not self.who.trust:
            row = await self._make(row)
        former = row.secret.get("former", ())
        if former and (self.who.trust or not wanted):
            left = [entry for entry in former if not await self._gone(entry)]
            await self._put(row, {"former": left})
        return self.who

    async def end(self) -> list[Write]:
        """Remove all trusts, and return the writes that forget the credentials.

        Raises Temporary when keystone is away: the credentials are still needed then.
        """
        row = self._row
        if row is None or self._stack.owner is not None:
            return []
        for entry in (*row.secret.get("former", ()), _noted(row)):
            if _leaves(entry):
                try:
                    await self._outlast(partial(self._drop, entry))
                except Temporary:
                    raise
                except Fault as fault:
                    _log.warning("A trust of stack %s stays behind: %s", self._stack.id, fault)
        return [DropCredentials(row.id)]

    async def _make(self, row: CredentialsRow) -> CredentialsRow:
        if not row.secret.get("asked"):
            row = await self._put(row, {"asked": True})
        mark = self._mark(row.user_id)
        try:
            trust = await self._outlast(lambda: self._cloud.make_trust(self.who, mark))
        except Fault as fault:
            _log.warning("Stack %s goes on with the user's token alone: %s", self._stack.id, fault)
            return row
        row = await self._put(row, {"trust": trust, "asked": None})
        self.who = replace(self.who, trust=trust)
        return row

    async def _gone(self, entry: Mapping[str, Any]) -> bool:
        """Remove the trust of a former user; the present one's, who has come again, stays."""
        trust = self.who.trust
        same = entry["user_id"] == self.who.user_id
        if trust and same and entry.get("trust") in (None, "", trust):
            return True
        try:
            await self._outlast(lambda: self._drop(entry))
        except Fault as fault:
            _log.warning("A trust of stack %s is left for later: %s", self._stack.id, fault)
            return False
        return True

    async def _drop(self, entry: Mapping[str, Any]) -> None:
        who = _named(entry)
        if not who.trust:
            # Asked for, and nobody knows whether it came: asking again gives that very one.
            trust = await self._cloud.make_trust(who, self._mark(who.user_id))
            who = replace(who, trust=trust)
        await self._cloud.drop_trust(who)

    async def _outlast(self, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask keystone until it answers, as long as the operation goes on."""
        patience = Patience(self._world, self._settings)
        while True:
            try:
                return await self._lease.ask(ask)
            except Temporary:
                if self._stopping() or not patience.is_left:
                    raise
                await patience.pause()

    async def _put(self, row: CredentialsRow, changes: Mapping[str, Any]) -> CredentialsRow:
        secret = {**row.secret, **changes}
        for note in ("asked", "former"):
            if not secret.get(note):
                secret.pop(note, None)
        row = replace(row, secret=secret)
        await self._lease.commit(PutCredentials(row, self._stack.id), operation=self._operation)
        self._row = row
        return row

    def _mark(self, user_id: str) -> str:
        return f"heat:{self._stack.id}:{user_id}"


def _leaves(secret: Mapping[str, Any]) -> bool:
    return bool(secret.get("trust") or secret.get("asked"))


def _noted(row: CredentialsRow) -> dict[str, Any]:
    own = {name: value for name, value in row.secret.items() if name != "former"}
    return own | {"user_id": row.user_id, "username": row.username, "project": row.project}


def _named(entry: Mapping[str, Any]) -> Credentials:
    return Credentials.from_secret(entry["user_id"], entry["username"], entry["project"], entry)

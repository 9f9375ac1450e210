"""Now and then one engine looks for what is no stack's any more, and deletes what is safe to."""

import asyncio
import logging
from collections import Counter
from datetime import timedelta

from heat.base.errors import Fault
from heat.engine.orphans import Orphans, State
from heat.engine.ports import Settings, World

_log = logging.getLogger(__name__)

CHORE = "sweep of orphans"
_LOOKS = 10
"""How often in an interval each engine sees whether it is its turn."""
_ENDS = {None: "is deleted", State.SUPERFLUOUS: "can't be deleted"}


async def sweep(world: World, settings: Settings) -> None:
    """Sweep when it is this engine's turn, until cancelled."""
    interval = settings.orphan_sweep_interval
    while True:
        await asyncio.sleep(world.chance.spread(interval / _LOOKS) if interval else 3600.0)
        try:
            if interval and await world.store.turn(CHORE, timedelta(seconds=interval)):
                await _sweep(world)
        except Fault as fault:
            _log.warning("Nobody looked for what is no stack's any more: %s", fault)
        except Exception:  # noqa: BLE001 - a chore must not take the engine down
            _log.exception("Looking for what is no stack's any more went wrong")


async def _sweep(world: World) -> None:
    orphans = Orphans(world.cloud, world.store, world.types)
    found = await orphans.find()
    doomed = [one for one in found if one.state is State.SUPERFLUOUS]
    left = {(one.type, one.id): one.state for one in await orphans.remove(doomed)}
    for one in doomed:
        end = _ENDS.get(left.get((one.type, one.id)), "stays: somebody has taken it meanwhile")
        _log.warning(
            "%s %s was made for %s after that was deleted; it %s", one.type, one.id, one.of, end
        )
    counts = Counter(one.state for one in found if one.state is not State.SUPERFLUOUS)
    if counts:
        said = ", ".join(f"{number} {state.value}" for state, number in counts.items())
        _log.info("There are also objects that are %s; see `heat-manage orphans`", said)

"""Actions on a volume that make it another."""

from collections.abc import Mapping
from typing import Any

from heat.base.errors import Permanent
from heat.base.json import Body
from heat.plugin.actions import act
from heat.plugin.resource import failed
from heat.plugin.steps import VOLUME, Call, Steps, pick
from heat.resources.cinder import plugging
from heat.resources.cinder.common import until_volume

ONLINE = "3.42"
"""The first version that lets a volume grow while it is in use."""

USABLE = ("available", "in-use")


def set_read_only(volume: str, read_only: bool) -> Call:
    """Return the request that lets a volume be written to, or not."""
    body = {"os-update_readonly_flag": {"readonly": read_only}}
    return VOLUME.post(f"/volumes/{volume}/action", body, repeatable=True)


def retype(volume: str, to: str) -> Steps[None]:
    """Give a volume another type, where that needs no move to another host."""
    reply = yield VOLUME.get(f"/types/{to}")
    name = pick(reply, "volume_type.name")
    body = {"os-retype": {"new_type": to, "migration_policy": "never"}}
    yield from act(
        VOLUME.post(f"/volumes/{volume}/action", body),
        VOLUME.get(f"/volumes/{volume}"),
        lambda live: (
            pick(live, "volume.status") == "retyping"
            or pick(live, "volume.volume_type") in (name, to)
        ),
    )
    live = yield until_volume(volume, *USABLE)
    if pick(live, "volume.volume_type") not in (name, to):
        yield from failed(f"Volume {volume} can't be given the type {name}: see its messages")


def extend(volume: str, size: int) -> Steps[None]:
    """Let a volume grow: while it is in use where that is possible, else unplugged meanwhile."""
    live = yield VOLUME.get(f"/volumes/{volume}")
    plugs: list[Mapping[str, Any]] = list(pick(live, "volume.attachments") or ())
    if not plugs:
        yield from _grow(volume, size, None)
        return
    try:
        yield from _grow(volume, size, ONLINE)
    except Permanent as refusal:
        if refusal.status not in (400, 404, 406):
            raise
        yield from plugging.unplugged(volume, plugs, _grow(volume, size, None))


def _grow(volume: str, size: int, microversion: str | None) -> Steps[None]:
    body: Body = {"os-extend": {"new_size": size}}
    yield from act(
        VOLUME.post(f"/volumes/{volume}/action", body, microversion=microversion),
        VOLUME.get(f"/volumes/{volume}"),
        lambda live: (
            pick(live, "volume.status") == "extending" or pick(live, "volume.size") == size
        ),
    )
    live = yield until_volume(volume, *USABLE)
    if pick(live, "volume.size") != size:
        yield from failed(f"Volume {volume} could not grow to {size} GB")

"""OS::Cinder::Volume."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from heat.base.json import Body, Json
from heat.base.problems import Problem
from heat.plugin.checks import at_least
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import conflict, failed
from heat.plugin.rest import Marks, RestResource
from heat.plugin.steps import VOLUME, Call, Reply, Search, Steps, pick
from heat.resources.cinder import backups
from heat.resources.cinder.changing import extend, retype, set_read_only
from heat.resources.cinder.common import (
    A_BACKUP,
    A_SNAPSHOT,
    A_VOLUME,
    A_VOLUME_TYPE,
    MARK,
    VOLUMES,
    until_volume,
)
from heat.resources.glance.common import AN_IMAGE, AN_IMAGE_OF_OLD

FROM_BACKUP = "3.47"
"""The first version in which a volume is made from a backup."""


@resource("OS::Cinder::Volume", service="volumev3")
class Volume(RestResource):
    """A block device that servers can plug in."""

    rest = VOLUMES
    snapshots_on_delete = True

    availability_zone: str | None = fixed("Availability zone to make it in.", shown=True)
    size: int | None = mutable("Size in GB; it can only grow.", check=at_least(1), shown=True)
    snapshot_id: str | None = fixed("Snapshot to make it from.", find=A_SNAPSHOT, shown=True)
    backup_id: str | None = mutable("Backup to make it from, or to bring back.", find=A_BACKUP)
    name: str | None = mutable("Name; one is made up when it is left out.")
    description: str | None = mutable("Text about it.")
    volume_type: str | None = mutable("Type of the volume.", find=A_VOLUME_TYPE, shown=True)
    metadata: dict[str, Any] = mutable(
        "Keys and values to put on it.",
        default={},
        sent=False,
        shown=attribute("Keys and values, as JSON."),
    )
    imageRef: str | None = fixed(  # noqa: N815 - the name that templates use
        "Older name of image.",
        find=AN_IMAGE_OF_OLD,
        sent=False,
        support={"status": "HIDDEN", "version": "5.0.0"},
    )
    image: str | None = fixed("Image to make it from.", find=AN_IMAGE, wire="imageRef")
    source_volid: str | None = fixed("Volume to copy.", find=A_VOLUME, shown=True)
    scheduler_hints: dict[str, Any] | None = fixed("Hints on where to make it.", sent=False)
    read_only: bool | None = mutable("Whether it can't be written to.", sent=False)
    multiattach: bool = fixed(
        "Whether several servers may plug it in; the volume's type says so nowadays.",
        default=False,
        sent=False,
        support={"status": "HIDDEN", "version": "13.0.0"},
        shown=attribute("", type="Boolean"),
    )

    display_name = attribute("Name of the volume.", wire="name")
    display_description = attribute("Text about it.", wire="description")
    status = attribute("State of the volume.", cached=False)
    created_at = attribute("When it was made.")
    bootable = attribute("Whether servers can boot from it.")
    metadata_values = attribute("Keys and values.", type="Map", wire="metadata")
    encrypted = attribute("Whether it is encrypted.")
    attachments = attribute("Where it is plugged in, as text.", cached=False)
    attachments_list = attribute(
        "Where it is plugged in.", type="List", cached=False, wire="attachments"
    )

    def problems(self) -> Iterator[Problem]:
        """Want one source, and a size where the source does not give it."""
        yield from super().problems()
        sources = {
            "image": self.image,
            "imageRef": self.imageRef,
            "snapshot_id": self.snapshot_id,
            "source_volid": self.source_volid,
        }
        given = [name for name, source in sources.items() if source is not None]
        if len(given) > 1:
            yield conflict(*given, at=given[0])
        if self.size is None:
            if self.backup_id is None and not given:
                yield Problem(
                    "Volume without a size",
                    ("size",),
                    'If neither "backup_id" nor "size" is provided, one and only one of '
                    '"source_volid", "snapshot_id" must be specified.',
                    cure="give a size",
                    code="H702",
                )
            elif self.image is not None or self.imageRef is not None:
                yield Problem(
                    "Volume without a size",
                    ("size",),
                    "a volume made from an image needs a size",
                    cure="give a size",
                    code="H702",
                )

    def body(self, names: Iterable[str]) -> Body:
        """Add our mark to the metadata."""
        wanted = set(names)
        body = super().body(wanted)
        if "metadata" in wanted:
            body["metadata"] = self._metadata
        if "imageRef" in wanted and self.imageRef is not None:
            body["imageRef"] = self.imageRef
        if "multiattach" in wanted and self.multiattach:
            body["multiattach"] = True
        return body

    def create(self) -> Steps[str | None]:
        """Make the volume and wait until it can be used."""
        wanted: Body = {"volume": self.body(self.__properties__)}
        if self.scheduler_hints:
            wanted["OS-SCH-HNT:scheduler_hints"] = self.scheduler_hints
        reply = yield VOLUME.post(
            self.rest.path,
            wanted,
            makes="volume.id",
            search=self._search,
            microversion=FROM_BACKUP if self.backup_id is not None else None,
        )
        item = str(reply["volume"]["id"])
        yield until_volume(item, "available")
        if self.backup_id is not None:
            yield self._put_metadata(item)
        if self.read_only is not None:
            yield set_read_only(item, self.read_only)
        return item

    def refused(self, before: Any) -> str | None:
        """Refuse to lose what the end of a volume holds."""
        wanted, there = self.size, before.size
        if isinstance(wanted, int) and isinstance(there, int) and wanted < there:
            return "Shrinking volume is not supported."
        return None

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Make each change through its own call."""
        where = self.rest.item(item)
        if why_not := self.refused(before):
            yield from failed(why_not, "NotSupported")
        if words := changed & {"name", "description"}:
            yield VOLUME.put(where, {"volume": self.changes(before, words)})
        if "metadata" in changed:
            yield self._put_metadata(item)
        if "volume_type" in changed and self.volume_type is not None:
            yield from retype(item, self.volume_type)
        if "read_only" in changed:
            yield set_read_only(item, bool(self.read_only))
        if "backup_id" in changed and self.backup_id is not None:
            yield from backups.restore(self.backup_id, item)
            yield self._put_metadata(item)
        if "size" in changed and self.size is not None:
            yield from extend(item, self.size)

    def delete(self, item: str) -> Steps[None]:
        """Delete the volume and wait until it is gone."""
        yield VOLUME.delete(self.rest.item(item))
        yield VOLUME.get(self.rest.item(item)).until_gone(
            "volume.status", failing=("error_deleting",), listed=self.rest.listed(item)
        )

    def check(self, item: str) -> Steps[None]:
        """See that the volume is usable."""
        live = yield from self.read(item)
        if live.get("status") not in ("available", "in-use"):
            yield from failed(f"Volume is in status: {live.get('status')}")

    def replace_failed(self, item: str) -> Steps[bool]:
        """Keep a volume that is there and not broken."""
        live = yield VOLUME.get(self.rest.item(item), missing_ok=True)
        return pick(live, "volume.status") in (None, "error", "deleting")

    def shown(self, name: str, live: Reply) -> Json:
        """Return one attribute; our mark is nobody's business, and most are texts."""
        if name in ("metadata", "metadata_values"):
            values = {k: v for k, v in (live.get("metadata") or {}).items() if k != MARK}
            return values if name == "metadata_values" else json.dumps(values)
        value = super().shown(name, live)
        kind = self.__attributes__[name].type if name in self.__attributes__ else None
        return str(value) if kind == "String" and value is not None else value

    def snapshot(self, item: str) -> Steps[dict[str, Json]]:
        """Make a backup of the volume; what is returned is kept with the snapshot."""
        return (yield from backups.make(item, self.__here__))

    def drop_snapshot(self, data: Mapping[str, Any]) -> Steps[None]:
        """Delete the backup of a snapshot."""
        yield from backups.drop(data)

    def restored(self, data: Mapping[str, Any]) -> "Volume":
        """Return the properties that bring a snapshot back."""
        backup = data.get("backup_id")
        return self.but(backup_id=backup) if backup else self

    @classmethod
    def marks(cls) -> Marks | None:
        """Return the list of all volumes, whose metadata bear the marks."""
        call = VOLUME.get("/volumes/detail", {"all_tenants": "1"})
        owner = "os-vol-tenant-attr:tenant_id"
        # A backup that is restored brings the metadata of the volume it was made of.
        return Marks(call, "volumes", f"metadata.{MARK}", owner, copied=True)

    def _put_metadata(self, item: str) -> Call:
        """Return the call that sets them; a backup brings those of the volume it was made of."""
        return VOLUME.put(f"{self.rest.item(item)}/metadata", {"metadata": self._metadata})

    @property
    def _metadata(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.metadata.items()} | {
            MARK: self.__here__.mark
        }

    @property
    def _search(self) -> Search:
        query = {"metadata": json.dumps({MARK: self.__here__.mark})}
        return Search(VOLUME.get("/volumes/detail", query), "volumes", "volume")

"""What is seen of a simulation as it goes on: each commit that took effect, each object made."""

from collections import defaultdict

import msgspec

from heat.plugin.registry import TYPES
from heat.store.rows import ChangeResource, DropResource, PutResource


class Watch:
    """Sees every commit that took effect and every object that was made, in order."""

    def __init__(self, retained=()):
        self.broken, self.retained = [], retained
        self.rows = {}
        self.ids = {}
        self.recorded = set()
        self.made_ids = defaultdict(list)
        self.creates = 0
        self.left = set()
        """What was retained when its resource went: it is the user's now."""

    def complain(self, text):
        if text not in self.broken:
            self.broken.append(text)

    def made(self, url, body, universe):
        """Take note of what a request made: an object with an id."""
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return
        path = url.split("?")[0]
        if not isinstance(answer, dict) or "/auth/" in path or "/action" in path:
            return
        one = next((v for v in answer.values() if isinstance(v, dict) and "id" in v), None)
        if one is None or "/security-group-rules" in path or "/os-volume_attachments" in path:
            return
        self.creates += 1
        self.made_ids[str(one["id"])].append(path)

    def learn(self, rows):
        """Take note of what is in the database: requests write rows, too."""
        for row in rows:
            self.rows[row.id] = _Seen(row)

    def committed(self, batch):
        for write in batch.writes:
            match write:
                case PutResource(row):
                    self.rows[row.id] = _Seen(row)
                case ChangeResource(key, fields) if key in self.rows:
                    self._changed(key, fields)
                case DropResource(key):
                    self._dropped(self.rows.pop(key, None))
                case _:
                    pass

    def _dropped(self, row):
        if row is not None and row.name in self.retained and row.physical_id:
            self.left.add(row.physical_id)

    def _changed(self, key, fields):
        row = self.rows[key]
        before = (row.action, row.status)
        for name in ("action", "status", "requires", "replaces", "physical_id"):
            if name in fields:
                setattr(row, name, fields[name])
        if fields.get("physical_id"):
            self.recorded.add(fields["physical_id"])
            row.made = True
        if (row.action, row.status) == before:
            return
        if (row.action, row.status) == ("CREATE", "IN_PROGRESS") and before[0] == "INIT":
            for needed in row.requires:
                other = self.rows.get(needed)
                there = other is not None and other.status == "COMPLETE"
                there = there and other.action not in ("INIT", "DELETE")
                if not there and not (other is not None and other.made and _is_patient(row)):
                    seen = other and f"{other.action}_{other.status}"
                    self.complain(
                        f"order: {row.name} begins before what it requires is there: "
                        f"{other.name if other else needed} is {seen}"
                    )
        if (row.action, row.status) == ("DELETE", "IN_PROGRESS") and not self._makes_room(key):
            for other in self.rows.values():
                begun = other.action != "INIT" and (other.action, other.status) != (
                    "DELETE",
                    "COMPLETE",
                )
                if key in other.requires and begun:
                    self.complain(
                        f"order: {row.name} is deleted while {other.name} "
                        f"({other.action}_{other.status}) rests on it"
                    )

    def _makes_room(self, key):
        """Tell whether something can't stand beside its replacement, or rests on what can't.

        It goes first, whatever stays and rests on it.
        """
        row = self.rows.get(key)
        if row is None or all(other.replaces != key for other in self.rows.values()):
            return False
        if row.type in TYPES and TYPES[row.type].replacement == "delete-first":
            return True
        return any(self._makes_room(needed) for needed in row.requires)


def _is_patient(row):
    """Tell whether it may be enough for a resource that what it names exists."""
    cls = TYPES.get(row.type)
    return cls is not None and any(prop.early for prop in cls.__properties__.values())


class _Seen:
    def __init__(self, row):
        self.name, self.type, self.replaces = row.name, row.type, row.replaces
        self.action, self.status, self.requires = row.action, row.status, row.requires
        self.physical_id = row.physical_id
        self.made = bool(row.physical_id)

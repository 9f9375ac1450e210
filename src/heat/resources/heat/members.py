"""What types share that keep members in a nested stack: their template and their attributes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heat.base.json import Json, walk
from heat.plugin.nested import MEMBER, Nested
from heat.plugin.steps import Inside, Nest, Reply, Steps

VERSION = "2015-04-30"
OWN = ("refs", "refs_map", "removed_rsrc_list")
EACH = "attributes"


class Members(Nested):
    """A nested stack of members; any other attribute is a list of each one's."""

    def nest(self, action: str, members: Mapping[str, Json]) -> Nest:
        """Return the step that gives the nested stack these members."""
        template = {"heat_template_version": VERSION, "resources": dict(members)}
        return Nest(action, template, facade=self.facade)

    def referred(self, item: str) -> Json:
        """Return the id of the nested stack."""
        return item

    @classmethod
    def asked(cls, attribute: str, first: str | None) -> str:
        """Name the attribute of each member that a map is asked of: ``attributes/NAME``."""
        if attribute == EACH:
            return f"{EACH}/{first}" if first else attribute
        return super().asked(attribute, first)

    @classmethod
    def of_each_member(cls, attribute: str, first: str | None) -> str | None:
        """Return the attribute of each member that a list or a map is made of."""
        asked = first if attribute == EACH else attribute
        return asked if asked is not None and asked not in OWN and "." not in asked else None

    @classmethod
    def look(cls, shown: Mapping[str, Any], attribute: str, path: Sequence[Json]) -> Any:
        """Take the path inside each member's attribute."""
        if attribute.startswith(MEMBER):
            return super().look(shown, attribute, path)
        if attribute in OWN:
            return walk(shown[attribute], path)
        if attribute == EACH:
            if not path:
                raise LookupError(attribute)
            each = shown[f"{EACH}/{path[0]}"]
            return {member: inside_of(value, path[1:]) for member, value in each.items()}
        return [inside_of(value, path) for value in shown[attribute]]

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return what is told of members; what one of them can't tell is left out."""
        plain = {name for name in names if not name.startswith((MEMBER, f"{EACH}/"))}
        each = {name.partition("/")[2] for name in names if name.startswith(f"{EACH}/")}
        wanted = each | {name for name in plain if name not in (*OWN, EACH)}
        inside = yield Inside(item, attributes=tuple(sorted(wanted)))
        order = self.in_order(inside)
        refs, found = inside["refs"], dict[str, Json]()
        if "refs" in plain:
            found["refs"] = [refs[name] for name in order]
        if "refs_map" in plain:
            found["refs_map"] = {name: refs[name] for name in order}
        if "removed_rsrc_list" in plain:
            found["removed_rsrc_list"] = self.__here__.data.get("removed", [])
        for attribute in wanted:
            values = inside["attributes"].get(attribute, {})
            if not all(name in values for name in order):
                continue
            if attribute in plain:
                found[attribute] = [values[name] for name in order]
            if attribute in each:
                found[f"{EACH}/{attribute}"] = {name: values[name] for name in order}
        if members := frozenset(name for name in names if name.startswith(MEMBER)):
            found |= yield from super().reveal(item, members)
        return found

    def in_order(self, inside: Reply) -> list[str]:
        """Return the names of the members, in the order in which lists have them."""
        return sorted(inside["refs"], key=by_number)


def by_number(name: str) -> tuple[int, str]:
    """Return what sorts names that are numbers by their value."""
    return (int(name), "") if name.isdigit() else (-1, name)


def without_null(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what has no value."""
    return {name: value for name, value in properties.items() if value is not None}


def inside_of(value: Any, path: Iterable[Json]) -> Any:
    """Follow a path, into texts by number too."""
    for step in path:
        if isinstance(value, str):
            number = step if isinstance(step, int) and not isinstance(step, bool) else len(value)
            value = value[number] if -len(value) <= number < len(value) else None
        else:
            value = walk(value, [step])
    return value

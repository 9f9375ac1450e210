"""Lists: which objects a query asks for, in which order, and the pages of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from devcloud.kernel import listing
from devcloud.kernel.store import Row
from devcloud.kernel.web import Request
from devcloud.neutron import checks, refusals
from devcloud.neutron.kinds import NETWORK, PORT, SUBNET, Field, Kind
from devcloud.neutron.tables import Caller, Tables, missing

Query = Mapping[str, list[str]]
Test = Callable[[Row], bool]

PAGING = {"fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse"}
INDEXED = (
    *("name", "device_id", "port_id", "router_id", "network_id", "floating_ip_address"),
    *("security_group_id", "floating_network_id", "security_groups"),
)
"""Fields of texts that are worth an index, the most telling first."""
NUMBERS = (checks.counted, checks.version, checks.integer)


def listed(tables: Tables, kind: Kind, caller: Caller, query: Query) -> list[Row]:
    """Return the objects that a caller sees and asks for."""
    tests = tests_of(tables, kind, query)
    rows = tables.visible(kind, caller, candidates(tables, kind, caller, query))
    return [row for row in rows if all(test(row) for test in tests)]


def paged(kind: Kind, rows: list[Row], request: Request, path: str) -> tuple[list[Row], list[Row]]:
    """Return the page of the objects that a request asks for, and links to those around it."""
    query = request.query
    keys, directions = query.get("sort_key", []), query.get("sort_dir", [])
    wrong = [key for key in keys if key not in kind.fields]
    if wrong:
        raise refusals.malformed(f"{wrong} is invalid attribute for sort_keys")
    if "id" not in keys:
        keys = [*keys, "id"]
        directions = [*directions, *["asc"] * (len(keys) - len(directions))]
    found = listing.ordered(rows, keys, directions)
    limit = limit_of(query)
    backwards = query.get("page_reverse", [""])[0].lower() == "true"
    marker = query.get("marker", [None])[0]
    if backwards:
        found.reverse()
    page, _ = listing.page(found, limit, marker, missing=missing(kind, marker))
    if backwards:
        page.reverse()
    return page, links(request, path, page, limit, backwards)


def links(
    request: Request, path: str, page: list[Row], limit: int | None, backwards: bool
) -> list[Row]:
    """Return the links to the next and the previous page."""
    if limit is None:
        return []
    rest = {
        name: values
        for name, values in request.query.items()
        if name not in {"marker", "page_reverse"}
    }
    found: list[Row] = []
    full = len(page) >= limit

    def link(relation: str, more: dict[str, list[str]]) -> None:
        href = f"{request.base}{path}?{urlencode(rest | more, doseq=True)}"
        found.append({"rel": relation, "href": href})

    if full or backwards:
        link("next", {"marker": [page[-1]["id"]]} if page else {})
    if full or not backwards:
        marker = {"marker": [page[0]["id"]]} if page else {}
        link("previous", marker | {"page_reverse": ["True"]})
    return found


def limit_of(query: Query) -> int | None:
    """Return how many objects a page has; None for all."""
    if "limit" not in query:
        return None
    text = query["limit"][0]
    if not text.isdigit():
        raise refusals.bad("limit", f"Limit must be an integer 0 or greater and not '{text}'")
    return int(text) or None


def candidates(tables: Tables, kind: Kind, caller: Caller, query: Query) -> Iterable[Row]:
    """Return the objects among which those asked for are, as few as indexes can tell."""
    table = tables.of(kind)
    if "id" in query:
        return [row for row in map(table.get, dict.fromkeys(query["id"])) if row is not None]
    for name in INDEXED:
        if name in query and name in kind.fields:
            return distinct(row for value in query[name] for row in table.find(name, value))
    if kind is PORT and all("=" in value for value in query.get("fixed_ips", [""])):
        found = with_address(tables, query["fixed_ips"])
        if found is not None:
            return found
    if caller.admin or kind.name in {"subnetpool", "address_scope", "policy"}:
        return table.all()
    own = table.find("project_id", caller.project_id)
    if kind is NETWORK:
        return distinct([*own, *table.find("public", True)])
    if kind is SUBNET:
        networks = candidates(tables, NETWORK, caller, {})
    elif kind is PORT:
        networks = tables.networks.find("project_id", caller.project_id)
    else:
        return own
    return distinct(
        [*own, *(row for one in networks for row in table.find("network_id", one["id"]))]
    )


def with_address(tables: Tables, values: list[str]) -> list[Row] | None:
    """Return the ports on some subnets or of some addresses; None when it asks otherwise."""
    for key, index in (("subnet_id=", "subnet"), ("ip_address=", "ip")):
        if any(value.startswith(key) for value in values):
            wanted = [value.removeprefix(key) for value in values if value.startswith(key)]
            return distinct(row for one in wanted for row in tables.ports.find(index, one))
    return None


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Return rows without those that come again."""
    return list({row["id"]: row for row in rows}.values())


def tests_of(tables: Tables, kind: Kind, query: Query) -> list[Test]:
    """Return what a query asks of every object."""
    wrong: list[str] = []
    tests: list[Test] = []
    for name, values in query.items():
        if name in PAGING:
            continue
        if name in TAG_TESTS and "tags" in kind.fields:
            wanted = {tag for value in values for tag in value.split(",")}
            tests.append(tag_test(name, wanted))
        elif name == "changed_since" and "updated_at" in kind.fields:
            tests.append(since(values[0]))
        elif name == "fixed_ips" and kind is PORT:
            tests.append(address_test(values))
        elif name in kind.fields and kind.fields[name].filter and name != "tags":
            tests.append(field_test(tables, kind, name, values))
        else:
            wrong.append(name)
    if wrong:
        raise refusals.malformed(f"{wrong} is invalid attribute for filtering")
    return tests


def field_test(tables: Tables, kind: Kind, name: str, values: list[str]) -> Test:
    """Return the test for one of some values."""
    if name == "tenant_id":
        name = "project_id"
    if kind is SUBNET and name in {"shared", "router:external"}:
        flags = {checks.boolean(value) for value in values}
        return lambda row: (tables.networks.get(row["network_id"]) or {}).get(name) in flags
    one: Field = kind.fields[name]
    wanted: set[Any] = {converted(one, value) for value in values}
    if name == "security_groups":
        return lambda row: not wanted.isdisjoint(row[name])
    if {type(value) for value in wanted} <= {bool, int}:
        return lambda row: bool(row.get(name) in wanted)

    def test(row: Row) -> bool:
        value = row.get(name)
        return value in wanted or (value is not None and str(value) in wanted)

    return test


def converted(one: Field, value: str) -> Any:
    """Return a query's value as rows have it."""
    if one.check is checks.boolean:
        return checks.boolean(value)
    return checks.integer(value) if one.check in NUMBERS else value


def address_test(values: list[str]) -> Test:
    """Return the test for addresses, as in fixed_ips=subnet_id=ID."""
    wanted: dict[str, set[str]] = {}
    for value in values:
        key, equals, rest = value.partition("=")
        if not equals:
            raise refusals.invalid(f"'{value}' is not of the form <key>=[value]")
        wanted.setdefault(key, set()).add(rest)
    parts = wanted.pop("ip_address_substr", set[str]())

    def test(row: Row) -> bool:
        ips = row["fixed_ips"]
        exact = all(any(ip.get(key) in some for ip in ips) for key, some in wanted.items())
        return exact and (
            not parts or any(part in ip["ip_address"] for ip in ips for part in parts)
        )

    return test


def since(moment: str) -> Test:
    """Return the test for what changed after a moment."""
    start = moment if moment.endswith("Z") else f"{moment}Z"
    return lambda row: bool(row["updated_at"] >= start)


def tag_test(name: str, wanted: set[str]) -> Test:
    """Return the test for tags."""
    decide = TAG_TESTS[name]
    return lambda row: decide(wanted, set(row["tags"]))


TAG_TESTS: Mapping[str, Callable[[set[str], set[str]], bool]] = {
    "tags": lambda wanted, tags: wanted <= tags,
    "tags-any": lambda wanted, tags: bool(wanted & tags),
    "not-tags": lambda wanted, tags: not wanted <= tags,
    "not-tags-any": lambda wanted, tags: not wanted & tags,
}

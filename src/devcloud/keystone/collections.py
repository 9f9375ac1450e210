"""The plain collections of the identity service, each declared once: list, show, create, change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devcloud.kernel.listing import matching
from devcloud.kernel.store import Row, Table
from devcloud.kernel.web import Call, Handler, Refused, Reply
from devcloud.keystone import rules, views
from devcloud.keystone.rules import Rule
from devcloud.keystone.state import Identity


@dataclass(frozen=True)
class Collection:
    """One kind of object: where it is kept, what it looks like and who may see it."""

    name: str
    plural: str
    table: Callable[[Identity], Table]
    defaults: dict[str, Any]
    filters: tuple[str, ...]
    required: tuple[str, ...] = ("name",)
    within_domain: bool = False
    show: tuple[Rule, ...] = ()
    list: tuple[Rule, ...] = ()
    prepare: Callable[[Call, Row, bool], None] = field(default=lambda _call, _row, _new: None)
    """Checks and completes a row before it is kept; the flag says that it is new."""
    drop: Callable[[Identity, Row], None] | None = None

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return the routes of the collection."""
        return {
            ("GET", f"/v3/{self.plural}"): self.on_list,
            ("POST", f"/v3/{self.plural}"): self.on_create,
            ("GET", f"/v3/{self.plural}/{{id}}"): self.on_show,
            ("PATCH", f"/v3/{self.plural}/{{id}}"): self.on_change,
            ("DELETE", f"/v3/{self.plural}/{{id}}"): self.on_delete,
        }

    def on_list(self, call: Call) -> dict[str, Any]:
        """List the objects, filtered by the query."""
        rules.require(call, f"list_{self.plural}", *self.list)
        identity = rules.identity_of(call)
        rows = matching(self.table(identity).all(), call.request.query, self.filters)
        return views.listed(call.request, self.plural, [self.shown(call, row) for row in rows])

    def on_show(self, call: Call) -> dict[str, Any]:
        """Show one object."""
        rules.require(call, f"get_{self.name}", *self.show)
        return {self.name: self.shown(call, self.row(call))}

    def on_create(self, call: Call) -> Reply:
        """Make an object."""
        rules.require(call, f"create_{self.name}")
        given = self.given(call)
        for name in self.required:
            if name not in given:
                raise Refused(
                    400,
                    f"Invalid input for field/attribute {self.name}. Value: {given}. "
                    f"'{name}' is a required property",
                )
        row = {"id": call.cloud.new_hex()} | self.defaults | given
        if self.within_domain and not row.get("domain_id"):
            row["domain_id"] = call.token.domain_id or call.token.project_domain_id or "default"
        self.keep(call, row, new=True)
        return Reply(201, {self.name: self.shown(call, row)})

    def on_change(self, call: Call) -> dict[str, Any]:
        """Change an object."""
        operation = f"update_{self.name}"
        rules.require(call, operation)
        row = self.row(call)
        changed = row | self.given(call)
        changed["id"] = row["id"]
        self.keep(call, changed, new=False)
        return {self.name: self.shown(call, changed)}

    def on_delete(self, call: Call) -> Reply:
        """Remove an object and what hangs on it."""
        rules.require(call, f"delete_{self.name}")
        row = self.row(call)
        identity = rules.identity_of(call)
        if row.get("options", {}).get("immutable"):
            raise Refused(
                403,
                f"Unable to delete immutable {self.name} resource: `{row['id']}. "
                'Set resource option "immutable" to false first.',
            )
        if self.drop is None:
            self.table(identity).pop(row["id"])
        else:
            self.drop(identity, row)
        return Reply(204)

    def keep(self, call: Call, row: Row, *, new: bool) -> None:
        """Check a row and put it into its table."""
        identity = rules.identity_of(call)
        if self.within_domain and row["domain_id"] not in identity.domains:
            raise Refused(404, f"Could not find domain: {row['domain_id']}.")
        self.prepare(call, row, new)
        if "name" in self.required:
            self.check_name(identity, row)
        self.table(identity).put(row)

    def check_name(self, identity: Identity, row: Row) -> None:
        """Refuse a name that is taken within the domain."""
        domain_id = row.get("domain_id")
        for other in self.table(identity).find("name", row["name"]):
            if other["id"] == row["id"] or other.get("domain_id") != domain_id:
                continue
            why = f"Duplicate entry found with name {row['name']}"
            if self.name == "project":
                why = (
                    "it is not permitted to have two projects with either the same name or "
                    f"same id in the same domain: name is {row['name']}, "
                    f"project id {other['id']}"
                )
            elif self.within_domain:
                why += f" at domain ID {domain_id}"
            raise Refused(409, f"Conflict occurred attempting to store {self.name} - {why}.")

    def given(self, call: Call) -> Row:
        """Return the object of the body without what a client may not say."""
        body: Any = call.body
        given = body.get(self.name) if isinstance(body, dict) else None
        if not isinstance(given, dict):
            raise Refused(400, f"Expecting to find {self.name} in request body. {views.MALFORMED}")
        return {
            name: value
            for name, value in given.items()
            if not name.startswith("_") and name not in {"id", "links"}
        }

    def row(self, call: Call) -> Row:
        """Return the row that the path names."""
        return rules.identity_of(call).need(
            self.table(rules.identity_of(call)), call.params["id"], self.name
        )

    def shown(self, call: Call, row: Row) -> Row:
        """Return a row as shown."""
        return views.item(call.request, row, self.plural)

"""A client of the API without sockets, and the hands that write what an engine would."""

import uuid
from datetime import UTC, datetime
from typing import Any

import falcon.testing
import promised
from sqlalchemy import select, update

from heat.api.app import application
from heat.api.settings import ApiSettings
from heat.base.clock import WallClock
from heat.operations.services import Limits, Services
from heat.rpc.local import Local
from heat.store import operations, stacks
from heat.store.database import Database
from heat.store.rows import ResourceRow
from heat.store.shapes import SNAPSHOT
from heat.store.tables import snapshot

HOT = """\
heat_template_version: 2016-10-14
description: a few texts
parameters:
  length: {type: number, default: 8}
  secret: {type: string, hidden: true, default: hush}
resources:
  a:
    type: OS::Heat::RandomString
    description: the first
    properties: {length: {get_param: length}}
  b:
    type: OS::Heat::Value
    properties: {value: {get_attr: [a, value]}}
outputs:
  text: {description: what was drawn, value: {get_attr: [a, value]}}
"""


class Wire:
    """Sends requests as one user or another."""

    def __init__(self, db: Database, **settings: Any) -> None:
        limits = Limits(**settings.pop("limits", {}))
        self.woken: list[str] = []
        self.db = db
        self.services = Services(
            db=db,
            client=settings.pop("client", None),
            clock=WallClock(),
            wake=self.woken.append,
            limits=limits,
            revision="r1",
            **({"policy": settings.pop("policy")} if "policy" in settings else {}),
        )
        app = application(Local(self.services).call, ApiSettings(revision="a1", **settings))
        self._client = falcon.testing.TestClient(app)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        project: str = "demo",
        roles: str = "member,reader",
        user: str = "alice",
        url_project: str | None = None,
        **more: Any,
    ) -> falcon.testing.Result:
        headers = {
            "X-Project-Id": project,
            "X-Roles": roles,
            "X-User-Id": f"id-{user}",
            "X-User-Name": user,
            "X-Auth-Token": f"token-{user}",
        } | more.pop("headers", {})
        if not path.startswith("/v1"):
            path = f"/v1/{url_project or project}{path}"
        if body is not None:
            more["json"] = body
        if "raw" in more:
            kind = more.pop("kind", "application/json")
            more |= {"body": more.pop("raw"), "content_type": kind}
        answer = self._client.simulate_request(method, path, headers=headers, **more)
        promised.check(method, path, answer)
        return answer

    def chunked(self, method: str, path: str, body: Any) -> falcon.testing.Result:
        """Send a body of unknown length, as servers hand chunks on."""
        extras = {"wsgi.input_terminated": True, "wsgi.input": body, "CONTENT_LENGTH": ""}
        return self.ask(method, path, extras=extras)

    def bare(self, method: str, path: str, **more: Any) -> falcon.testing.Result:
        answer = self._client.simulate_request(method, path, **more)
        promised.check(method, path, answer)
        return answer

    def create(self, name: str = "web", template: Any = HOT, **more: Any) -> str:
        who = {key: more.pop(key) for key in ("project", "roles", "user") if key in more}
        made = self.ask("POST", "/stacks", {"stack_name": name, "template": template} | more, **who)
        assert made.status_code == 201, made.text
        return made.json["stack"]["id"]

    def settle(self, stack_id: str, action: str = "CREATE", status: str = "COMPLETE") -> None:
        """Write that the operation has ended."""

        def work(connection) -> None:
            fields = {"action": action, "status": status, "reason": f"Stack {action} said so"}
            if action == "DELETE":
                fields["deleted_at"] = datetime.now(UTC)
            stacks.change(connection, self.db, stack_id, fields)
            operations.supersede(connection, [stack_id])

        self.db.write(work)

    def kept(self, key: str, **resources: Any) -> None:
        """Write that a snapshot was taken."""
        where = snapshot.c.id == key
        with self.db.engine.connect() as connection:
            found = connection.execute(select(*SNAPSHOT.columns).where(where)).one()
        row = SNAPSHOT.read(self.db, found)
        data = dict(row.data) | {"action": "CREATE", "status": "COMPLETE", "resources": resources}
        fields = SNAPSHOT.change(self.db, {"data": data, "status": "COMPLETE"})
        self.db.write(lambda c: c.execute(update(snapshot).where(where).values(fields)))

    def made(self, stack_id: str, name: str, kind: str, **fields: Any) -> ResourceRow:
        """Write that a resource was made."""
        known = {
            "id": str(uuid.uuid4()), "stack": stack_id, "name": name, "type": kind,
            "action": "CREATE", "status": "COMPLETE", "reason": "state changed",
            "physical_id": f"p-{name}", "created_at": datetime.now(UTC),
        }  # fmt: skip
        row = ResourceRow(**known | fields)
        self.db.write(lambda c: c.execute(_insert(self.db, row)))
        return row


def _insert(db: Database, row: ResourceRow):
    from sqlalchemy import insert

    from heat.store.shapes import RESOURCE
    from heat.store.tables import resource

    return insert(resource).values(RESOURCE.write(db, row))

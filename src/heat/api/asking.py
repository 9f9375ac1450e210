"""One request to the API: who asks, where it goes, what it says; and how it is passed on."""

from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import quote

import falcon

from heat.api import faults, json_body, reading
from heat.api.links import Links
from heat.api.origin import base_of
from heat.api.settings import ApiSettings
from heat.api.streams import Streams
from heat.base.errors import Denied
from heat.base.ids import ProjectId
from heat.operations.context import Context
from heat.operations.policy import Policy
from heat.operations.table import OPERATIONS

Call: TypeAlias = Callable[[str, Context, Any], Any]


class Asking:
    """A request, as the handlers of the routes see it."""

    def __init__(
        self,
        request: falcon.Request,
        parts: dict[str, str],
        *,
        call: Call,
        policy: Policy,
        settings: ApiSettings,
        streams: Streams,
    ) -> None:
        self.http, self.parts = request, parts
        self._call, self._policy, self._settings = call, policy, settings
        self.context = context_of(request)
        self.project = parts["tenant_id"]
        self.streams = streams
        self.query = reading.Query(request)
        self.base = base_of(request, settings)
        self.links = Links(f"{self.base}/v1")
        if self.project != self.context.project and not self.context.is_admin:
            raise Denied("The token is for another project than the URL.", kind="InvalidTenant")

    def ask(self, name: str, request: Any) -> Any:
        """Carry out an operation if the policy lets the caller."""
        self._policy.check(OPERATIONS[name].rule(request), self.context, self.project)
        return self._call(name, self.context, request)

    def may(self, rule: str) -> None:
        """Raise Denied unless a policy rule lets the caller."""
        self._policy.check(rule, self.context, self.project)

    def body(self, *, kinds: bool = True) -> dict[str, Any]:
        """Return the JSON object that was sent; without ``kinds``, whatever it is said to be."""
        return json_body.body(self.http, self._settings.max_json_body_size, kinds=kinds)

    @property
    def revision(self) -> str:
        """What this API was built from."""
        return self._settings.revision

    @property
    def stack(self) -> dict[str, str]:
        """The stack that the URL names, as requests have it."""
        return {"name": self.parts["stack_name"], "stack": self.parts["stack_id"]}

    @property
    def url(self) -> str:
        """The address that was asked, without its query."""
        return f"{self.base}{quote(self.http.path)}"


def context_of(request: falcon.Request) -> Context:
    """Return who asks, as the token middleware says."""
    project = request.get_header("X-Project-Id")
    if not project and request.get_header("X-User-Id"):
        raise Denied("The token is for no project; get one for the project of the URL.")
    if not project:
        raise falcon.HTTPUnauthorized(
            title="Unauthorized",
            description=faults.NOBODY,
            challenges=["Keystone"],
        )
    roles = tuple(
        role.strip() for role in (request.get_header("X-Roles") or "").split(",") if role.strip()
    )
    admin_project = (request.get_header("X-Is-Admin-Project") or "true").lower() == "true"
    return Context(
        request_id=request.context.request_id,
        user_id=request.get_header("X-User-Id") or "",
        username=request.get_header("X-User-Name") or "",
        user_domain=request.get_header("X-User-Domain-Id") or "",
        project=ProjectId(project),
        project_name=request.get_header("X-Project-Name") or "",
        project_domain=request.get_header("X-Project-Domain-Id") or "",
        roles=roles,
        is_admin="admin" in roles and admin_project,
        token=request.get_header("X-Auth-Token") or "",
        region=request.get_header("X-Region-Name") or "",
    )

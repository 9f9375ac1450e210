"""Users that resources have, in a domain of their own: made, let in or kept out, removed.

The administrator of that domain does all of it. Every name is there only once, so that whatever
was made without an answer is found again by its name.
"""

from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from heat.base.errors import CloudFault, Permanent
from heat.cloud.client import Client
from heat.cloud.credentials import STEWARD
from heat.plugin.steps import IDENTITY, Call, Reply, pick


class Passes(Struct, frozen=True, kw_only=True):
    """What a user proves itself with."""

    password: str
    access: str = ""
    secret: str = ""


class StackUsers:
    """The users of one cloud's stacks."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._role = ""

    def project(self, name: str, description: str) -> str:
        """Return the id of the project with this name, made unless it is there."""
        body = {"name": name, "domain_id": self._domain, "description": description}
        return str(self._made("projects", "project", body)[0]["id"])

    def drop_project(self, name: str, project: str = "") -> None:
        """Remove a project, by its name where the id is not known."""
        self._drop("projects", "project", name, project)

    def enrol(self, project: str, name: str, passes: Passes, *, token: bool) -> dict[str, Any]:
        """Return what a user is and has who may tell resources of this project something."""
        wanted = {"password": passes.password, "enabled": True}
        body = {"name": name, "domain_id": self._domain, "default_project_id": project, **wanted}
        user, is_new = self._made("users", "user", body)
        if user.get("default_project_id") != project:
            raise Permanent(
                f"The user {name} is there already, for another stack", service="identity"
            )
        user_id = str(user["id"])
        if not is_new:
            self._send(IDENTITY.patch(f"/users/{user_id}", {"user": wanted}))
        self._send(
            IDENTITY.put(f"/projects/{project}/users/{user_id}/roles/{self._role_id()}", None)
        )
        made = {"user_id": user_id, "name": name, "project": project, "domain": self._domain}
        made["password"] = passes.password
        if passes.access:
            self._give_key(user_id, project, passes.access, passes.secret)
            made |= {"access": passes.access, "secret": passes.secret}
        if token:
            made["token"] = self._client.sessions.sign_in(user_id, passes.password, project)
        return made

    def change(self, name: str, user_id: str, *, enabled: bool | None) -> None:
        """Let a user in or keep it out; None removes it."""
        if enabled is None:
            self._drop("users", "user", name, user_id)
            return
        found = user_id or (self._found("users", name) or {}).get("id")
        if found:
            body = {"user": {"enabled": enabled}}
            self._send(IDENTITY.patch(f"/users/{found}", body, missing_ok=True))

    def give_key(self, name: str, project: str, access: str, secret: str) -> bool:
        """Give a user of this project another pair of keys; says whether there is such a user."""
        user = self._found("users", name) or {}
        if user.get("default_project_id") != project:
            return False
        self._give_key(str(user["id"]), project, access, secret)
        return True

    def take_key(self, access: str, project: str) -> None:
        """Take a pair of keys away that is for this project."""
        # Keystone keeps them under a digest of the access key.
        path = f"/credentials/{sha256(access.encode()).hexdigest()}"
        if (
            pick(self._send(IDENTITY.get(path, missing_ok=True)), "credential.project_id")
            == project
        ):
            self._send(IDENTITY.delete(path))

    def _give_key(self, user_id: str, project: str, access: str, secret: str) -> None:
        blob = msgspec.json.encode({"access": access, "secret": secret}).decode()
        body = {"type": "ec2", "user_id": user_id, "project_id": project, "blob": blob}
        try:
            self._send(IDENTITY.post("/credentials", {"credential": body}))
        except CloudFault as fault:
            # The access key is random: what is there already is what was just asked for.
            if fault.status != 409:
                raise

    def _made(self, plural: str, key: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Return what has this name, made unless it is there, and whether it is new."""
        if found := self._found(plural, body["name"]):
            return found, False
        try:
            return self._send(IDENTITY.post(f"/{plural}", {key: body}))[key], True
        except CloudFault:
            # It may be there all the same: somebody else asked, or the answer was lost.
            if found := self._found(plural, body["name"]):
                return found, False
            raise

    def _found(self, plural: str, name: str) -> dict[str, Any] | None:
        query = {"domain_id": self._domain, "name": name}
        listed: list[dict[str, Any]] = self._send(IDENTITY.get(f"/{plural}", query))[plural]
        return next((one for one in listed if one["name"] == name), None)

    def _drop(self, plural: str, key: str, name: str, known: str) -> None:
        found = known or (self._found(plural, name) or {}).get("id")
        if found:
            self._send(IDENTITY.delete(f"/{plural}/{found}"))

    def _role_id(self) -> str:
        if not self._role:
            name = self._client.settings.stack_user_role
            listed = self._send(IDENTITY.get("/roles", {"name": name}))["roles"]
            if not listed:
                raise Permanent(
                    f"There is no role {name}, which users of stacks have; make it, or name "
                    "another one in heat_stack_user_role",
                    service="identity",
                )
            self._role = str(listed[0]["id"])
        return self._role

    @property
    def _domain(self) -> str:
        return self._client.sessions.stack_domain_id()

    def _send(self, call: Call) -> Reply:
        return self._client.send(call, STEWARD)

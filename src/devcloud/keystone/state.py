"""The objects of the identity service and the rules between them."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row, Table
from devcloud.kernel.web import Refused, Token


@dataclass(frozen=True)
class Scope:
    """What a token is good for; nothing set is an unscoped token."""

    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    trust_id: str | None = None


class Identity:
    """The tables of the identity service."""

    def __init__(self, cloud: DevCloud) -> None:
        self.cloud = cloud
        table = cloud.store.table
        self.domains = table("identity.domain")
        self.projects = table("identity.project")
        self.users = table("identity.user")
        self.groups = table("identity.group")
        self.memberships = table("identity.membership")
        self.roles = table("identity.role")
        self.implied = table("identity.implied")
        self.assignments = table("identity.assignment")
        self.tokens = table("identity.token")
        self.trusts = table("identity.trust")
        self.application_credentials = table("identity.application_credential")
        self.credentials = table("identity.credential")
        self.services = table("identity.service")
        self.endpoints = table("identity.endpoint")
        self.regions = table("identity.region")
        self._decisive = (
            self.domains,
            self.projects,
            self.users,
            self.groups,
            self.memberships,
            self.roles,
            self.implied,
            self.assignments,
            self.trusts,
            self.application_credentials,
        )
        self._known: dict[str, Token] = {}
        self._known_at = -1

    def token(self, token_id: str, *, allow_expired: bool = False) -> Token | None:
        """Return what a token says, or None when it is good for nothing (any more)."""
        at = sum(table.version for table in self._decisive)
        if at != self._known_at:
            self._known.clear()
            self._known_at = at
        row = self.tokens.get(token_id)
        if row is None:
            return None
        token = self._known.get(token_id)
        if token is None:
            token = self._read(row)
            if token is None:
                return None
            self._known[token_id] = token
        if not allow_expired and token.expires_at <= self.cloud.now():
            return None
        return token

    def roles_on(self, user_id: str, scope: Scope) -> set[str]:
        """Return the ids of the roles that a user has there, implied ones with them."""
        actors = [f"user:{user_id}"]
        actors += [f"group:{m['group_id']}" for m in self.memberships.find("user_id", user_id)]
        targets = set(self.targets(scope))
        direct = {
            assignment["role_id"]
            for actor in actors
            for assignment in self.assignments.find("actor", actor)
            if (assignment["target"], assignment["inherited"]) in targets
        }
        return self.with_implied(direct)

    def targets(self, scope: Scope) -> Iterable[tuple[str, bool]]:
        """Return the (target, inherited) pairs whose assignments count in this scope."""
        if scope.system:
            yield "system:all", False
        if scope.domain_id is not None:
            yield f"domain:{scope.domain_id}", False
        project = self.projects.get(scope.project_id)
        if project is not None:
            yield f"project:{project['id']}", False
            yield f"domain:{project['domain_id']}", True
            seen: set[str] = set()
            parent = self.projects.get(project["parent_id"])
            while parent is not None and parent["id"] not in seen:
                seen.add(parent["id"])
                yield f"project:{parent['id']}", True
                parent = self.projects.get(parent["parent_id"])

    def with_implied(self, role_ids: Iterable[str]) -> set[str]:
        """Return these roles and all that they imply."""
        found: set[str] = set()
        waiting = list(role_ids)
        while waiting:
            role_id = waiting.pop()
            if role_id not in found and role_id in self.roles:
                found.add(role_id)
                waiting += [row["implied_id"] for row in self.implied.find("prior_id", role_id)]
        return found

    def assign(self, role_id: str, actor: str, target: str, *, inherited: bool = False) -> None:
        """Give a role to "user:ID" or "group:ID" on "project:ID", "domain:ID" or "system:all"."""
        self.assignments.put(
            {
                "id": assignment_id(role_id, actor, target, inherited=inherited),
                "role_id": role_id,
                "actor": actor,
                "target": target,
                "inherited": inherited,
            }
        )

    def projects_of(self, user_id: str) -> list[Row]:
        """Return the enabled projects in which a user has a role."""
        return [
            project
            for project in self.projects.all()
            if project["enabled"] and self.roles_on(user_id, Scope(project_id=project["id"]))
        ]

    def named(self, table: Table, name: str, domain_id: str | None) -> Row | None:
        """Find a row by name within a domain."""
        for row in table.find("name", name):
            if row.get("domain_id") == domain_id:
                return row
        return None

    def need(self, table: Table, row_id: str, what: str) -> Row:
        """Return a row, or refuse with 404."""
        row = table.get(row_id)
        if row is None:
            raise Refused(404, f"Could not find {what}: {row_id}.")
        return row

    def set_password(self, user: Row, password: str | None) -> None:
        """Keep a password, hashed; every token of the user ends."""
        if password is None:
            user.pop("_password", None)
        else:
            salt = self.cloud.new_hex()
            user["_password"] = f"{salt}:{digest(salt, password)}"
        self.revoke("user_id", user["id"])

    def has_password(self, user: Row, password: Any) -> bool:
        """Say whether this is the user's password."""
        salt, _, wanted = str(user.get("_password", "")).partition(":")
        return bool(wanted) and hmac.compare_digest(digest(salt, str(password)), wanted)

    def revoke(self, field: str, value: str) -> None:
        """End the tokens whose field has this value."""
        for row in self.tokens.find(field, value):
            self.tokens.pop(row["id"])

    def drop_user(self, user_id: str) -> None:
        """Remove a user with everything that hangs on it; trusts die with either side."""
        self.users.pop(user_id)
        self.revoke("user_id", user_id)
        drop(self.memberships, "user_id", user_id)
        drop(self.assignments, "actor", f"user:{user_id}")
        drop(self.trusts, "trustor_user_id", user_id)
        drop(self.trusts, "trustee_user_id", user_id)
        drop(self.application_credentials, "user_id", user_id)
        drop(self.credentials, "user_id", user_id)

    def drop_project(self, project_id: str) -> None:
        """Remove a project with everything that hangs on it."""
        self.projects.pop(project_id)
        self.revoke("project_id", project_id)
        drop(self.assignments, "target", f"project:{project_id}")
        drop(self.trusts, "project_id", project_id)
        drop(self.application_credentials, "project_id", project_id)
        drop(self.credentials, "project_id", project_id)

    def drop_group(self, group_id: str) -> None:
        """Remove a group."""
        self.groups.pop(group_id)
        drop(self.memberships, "group_id", group_id)
        drop(self.assignments, "actor", f"group:{group_id}")

    def drop_domain(self, domain_id: str) -> None:
        """Remove a domain with all it holds."""
        self.domains.pop(domain_id)
        for user in self.users.find("domain_id", domain_id):
            self.drop_user(user["id"])
        for group in self.groups.find("domain_id", domain_id):
            self.drop_group(group["id"])
        for project in self.projects.find("domain_id", domain_id):
            self.drop_project(project["id"])
        drop(self.assignments, "target", f"domain:{domain_id}")

    def drop_role(self, role_id: str) -> None:
        """Remove a role and every assignment of it."""
        self.roles.pop(role_id)
        drop(self.assignments, "role_id", role_id)
        drop(self.implied, "prior_id", role_id)
        drop(self.implied, "implied_id", role_id)

    def live_trust(self, trust_id: str | None) -> Row | None:
        """Return a trust that can still be used."""
        trust = self.trusts.get(trust_id)
        if trust is None or (trust["expires_at"] and trust["_expires"] <= self.epoch()):
            return None
        return trust

    def epoch(self) -> float:
        """Return the present moment as a number."""
        return self.cloud.now().timestamp()

    def granted(self, row: Row) -> set[str] | None:
        """Return the role ids behind a token's row; None when its ground is gone."""
        scope = Scope(row["project_id"], row["domain_id"], row["system"], row["trust_id"])
        if scope.trust_id is not None:
            trust = self.trusts.get(scope.trust_id)
            if trust is None:
                # A trust with limited uses is gone after its last one; its tokens are not.
                return set(row["_roles"]) if row.get("_roles") else None
            held = self.roles_on(trust["trustor_user_id"], scope)
            given = self.with_implied(trust["_roles"])
            return given if given <= held else None
        held = self.roles_on(row["user_id"], scope)
        if row["application_credential_id"] is not None:
            credential = self.application_credentials.get(row["application_credential_id"])
            return None if credential is None else held & set(credential["_roles"])
        if not held and scope != Scope():
            return None
        return held

    def _read(self, row: Row) -> Token | None:
        user = self.users.get(row["user_id"])
        if user is None or not user["enabled"]:
            return None
        user_domain = self.domains.get(user["domain_id"])
        if user_domain is None or not user_domain["enabled"]:
            return None
        roles = self.granted(row)
        if roles is None:
            return None
        project = self.projects.get(row["project_id"])
        if row["project_id"] is not None and (project is None or not project["enabled"]):
            return None
        project_domain = self.domains.get(project["domain_id"]) if project else None
        domain = self.domains.get(row["domain_id"])
        return Token(
            id=row["id"],
            user_id=user["id"],
            user_name=user["name"],
            user_domain_id=user_domain["id"],
            user_domain_name=user_domain["name"],
            roles=frozenset(self.roles_named(roles)),
            expires_at=self.cloud.moment(row["_expires"]),
            methods=tuple(row["methods"]),
            project_id=project["id"] if project else None,
            project_name=project["name"] if project else None,
            project_domain_id=project_domain["id"] if project_domain else None,
            project_domain_name=project_domain["name"] if project_domain else None,
            domain_id=domain["id"] if domain else None,
            domain_name=domain["name"] if domain else None,
            system=row["system"],
            trust_id=row["trust_id"],
        )

    def roles_named(self, role_ids: Iterable[str]) -> list[str]:
        """Return the names of roles."""
        return [row["name"] for role_id in role_ids if (row := self.roles.get(role_id))]


def assignment_id(role_id: str, actor: str, target: str, *, inherited: bool) -> str:
    """Return the id of an assignment: everything that makes it the same one."""
    return f"{role_id}|{actor}|{target}|{'inherited' if inherited else 'direct'}"


def drop(table: Table, field: str, value: str) -> None:
    """Remove the rows whose field has this value."""
    for row in table.find(field, value):
        table.pop(row["id"])


def digest(salt: str, password: str) -> str:
    """Hash a password; fast, because this cloud guards nothing."""
    return hashlib.sha256(f"{salt}{password}".encode()).hexdigest()

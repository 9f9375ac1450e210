"""The first content of a cloud: who there is, and what everybody finds in it."""

from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Request
from devcloud.keystone.state import Identity

PROJECTS = ("admin", "demo", "alt_demo", "service")
ROLES = (
    "admin",
    "manager",
    "member",
    "reader",
    "service",
    "heat_stack_owner",
    "heat_stack_user",
    "creator",
    "load-balancer_member",
    "swiftoperator",
)
IMPLIED = {"admin": "manager", "manager": "member", "member": "reader"}
BUILT_IN = ("admin", "manager", "member", "reader", "service")
USER_ROLES = ("member", "heat_stack_owner", "creator", "load-balancer_member", "swiftoperator")
INTERFACES = ("public", "internal", "admin")


def fill(cloud: DevCloud) -> None:
    """Put the first content into an empty cloud."""
    people(cloud)
    catalogue(cloud)
    contents(cloud)


def people(cloud: DevCloud) -> None:
    """Make domains, projects, users and roles."""
    identity: Identity = cloud.state("identity")
    roles = {name: role(identity, name) for name in ROLES}
    for prior, implied in IMPLIED.items():
        pair = {"prior_id": roles[prior], "implied_id": roles[implied]}
        identity.implied.put({"id": f"{roles[prior]}|{roles[implied]}", **pair})
    domain(identity, "default", "Default", "The default domain")
    stack_users = domain(identity, cloud.new_hex(), "heat", "Owns the users that stacks create")
    projects = {name: project(identity, name) for name in PROJECTS}
    for name in ("admin", "demo", "alt_demo"):
        user_id = user(identity, name, default_project_id=projects[name])
        for given in USER_ROLES:
            identity.assign(roles[given], f"user:{user_id}", f"project:{projects[name]}")
        if name == "admin":
            identity.assign(roles["admin"], f"user:{user_id}", "system:all")
            identity.assign(roles["admin"], f"user:{user_id}", f"project:{projects['admin']}")
            identity.assign(roles["admin"], f"user:{user_id}", f"project:{projects['demo']}")
    heat = user(identity, "heat")
    for given in ("admin", "service"):
        identity.assign(roles[given], f"user:{heat}", f"project:{projects['service']}")
    steward = user(identity, "heat_domain_admin", domain_id=stack_users)
    identity.assign(roles["admin"], f"user:{steward}", f"domain:{stack_users}")


def role(identity: Identity, name: str) -> str:
    """Make a role and return its id."""
    options = {"immutable": True} if name in BUILT_IN else {}
    row = {"id": identity.cloud.new_hex(), "name": name, "domain_id": None, "description": None}
    role_id: str = identity.roles.put(row | {"options": options})["id"]
    return role_id


def domain(identity: Identity, domain_id: str, name: str, description: str) -> str:
    """Make a domain and return its id."""
    rest: Row = {"description": description, "enabled": True, "tags": [], "options": {}}
    identity.domains.put({"id": domain_id, "name": name, **rest})
    return domain_id


def project(identity: Identity, name: str) -> str:
    """Make a project of the default domain and return its id."""
    row: Row = {
        "id": identity.cloud.new_hex(),
        "name": name,
        "domain_id": "default",
        "description": "",
        "enabled": True,
        "parent_id": "default",
        "is_domain": False,
        "tags": [],
        "options": {},
    }
    identity.projects.put(row)
    return str(row["id"])


def user(
    identity: Identity,
    name: str,
    *,
    domain_id: str = "default",
    default_project_id: str | None = None,
) -> str:
    """Make a user and return its id."""
    row: Row = {
        "id": identity.cloud.new_hex(),
        "name": name,
        "domain_id": domain_id,
        "enabled": True,
        "password_expires_at": None,
        "options": {},
    }
    if default_project_id is not None:
        row["default_project_id"] = default_project_id
    identity.set_password(row, identity.cloud.settings.password)
    identity.users.put(row)
    return str(row["id"])


def catalogue(cloud: DevCloud) -> None:
    """Say where every service is."""
    identity: Identity = cloud.state("identity")
    settings = cloud.settings
    identity.regions.put({"id": settings.region, "description": "", "parent_region_id": None})
    for service in cloud.services.values():
        for kind, path in service.catalogue.items():
            endpoints(cloud, service.title, kind, f"$(base)s{service.prefix}{path}")
    endpoints(cloud, "heat", "orchestration", settings.heat_url)
    endpoints(cloud, "heat-cfn", "cloudformation", settings.heat_cfn_url)


def endpoints(cloud: DevCloud, name: str, kind: str, url: str) -> None:
    """Make a service of the catalogue with one endpoint an interface."""
    identity: Identity = cloud.state("identity")
    service_id = cloud.new_hex()
    identity.services.put({"id": service_id, "name": name, "type": kind, "enabled": True})
    for interface in INTERFACES:
        identity.endpoints.put(
            {
                "id": cloud.new_hex(),
                "interface": interface,
                "region_id": cloud.settings.region,
                "region": cloud.settings.region,
                "service_id": service_id,
                "url": url,
                "enabled": True,
            }
        )


def contents(cloud: DevCloud) -> None:
    """Make images, flavors, networks and volume types, the way a client would."""
    for wanted in ("admin", "demo"):
        Client(cloud, wanted)


class Client:
    """Asks the cloud as one of its users would."""

    def __init__(self, cloud: DevCloud, user_name: str) -> None:
        self._cloud = cloud
        self._headers: dict[str, str] = {}
        domain_ref = {"id": "default"}
        proof = {
            "name": user_name,
            "domain": domain_ref,
            "password": cloud.settings.password,
        }
        auth = {
            "identity": {"methods": ["password"], "password": {"user": proof}},
            "scope": {"project": {"name": user_name, "domain": domain_ref}},
        }
        self.ask("POST", "/identity/v3/auth/tokens", {"auth": auth})

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask, and return the decoded answer."""
        request = Request.of(method, path, headers=self._headers | headers, body=body)
        reply = self._cloud.dispatch(request)
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {reply.raw!r}")
        if "X-Subject-Token" in reply.headers:
            self._headers = {"X-Auth-Token": reply.headers["X-Subject-Token"]}
        return reply.json()

"""The first content of a cloud: who there is, and what everybody finds in it."""

from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Reply, Request
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
IMAGES = {
    "cirros": ("qcow2", 65536),
    "fedora": ("qcow2", 65536),
    "ubuntu-24.04": ("qcow2", 65536),
}
"""Disk format and size; nothing boots, so the bytes are zeros."""
FLAVORS = {
    "m1.nano": (64, 1, 1),
    "m1.tiny": (512, 1, 1),
    "m1.small": (2048, 20, 1),
    "m1.medium": (4096, 40, 2),
    "m1.large": (8192, 80, 4),
    "m1.heat_int": (512, 4, 1),
    "m1.heat_micro": (128, 1, 1),
}
"""Memory in MB, disk in GB, processors."""
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
    admin, demo = Client(cloud, "admin"), Client(cloud, "demo")
    images(admin)
    flavors(admin)
    volume_types(admin)
    networks(admin, demo)
    cloud.forget_requests()


def images(admin: "Client") -> None:
    """Make images that anyone may boot from."""
    for name, (disk_format, size) in IMAGES.items():
        body = {
            "name": name,
            "disk_format": disk_format,
            "container_format": "bare",
            "visibility": "public",
        }
        image_id = admin.ask("POST", "/image/v2/images", body)["id"]
        admin.send(f"/image/v2/images/{image_id}/file", bytes(size))


def flavors(admin: "Client") -> None:
    """Make the flavors."""
    for name, (ram, disk, vcpus) in FLAVORS.items():
        body = {"name": name, "ram": ram, "disk": disk, "vcpus": vcpus, "id": "auto"}
        admin.ask("POST", "/compute/v2.1/flavors", {"flavor": body})


def volume_types(admin: "Client") -> None:
    """Make the volume type."""
    path = f"/volume/v3/{admin.project_id}/types"
    known = {row["name"] for row in admin.ask("GET", path)["volume_types"]}
    if "lab" not in known:
        extra = {"volume_backend_name": "lab"}
        admin.ask("POST", path, {"volume_type": {"name": "lab", "extra_specs": extra}})


def networks(admin: "Client", demo: "Client") -> None:
    """Make an outer network, a private one, and the router between them."""
    root = "/network/v2.0"
    outer = {"name": "public", "router:external": True, "is_default": True}
    outer_id = admin.ask("POST", f"{root}/networks", {"network": outer})["network"]["id"]
    subnet = {
        "name": "public-subnet",
        "network_id": outer_id,
        "ip_version": 4,
        "cidr": "172.24.4.0/22",
        "gateway_ip": "172.24.4.1",
        "enable_dhcp": False,
    }
    admin.ask("POST", f"{root}/subnets", {"subnet": subnet})
    inner = demo.ask("POST", f"{root}/networks", {"network": {"name": "private"}})["network"]
    subnet = {
        "name": "private-subnet",
        "network_id": inner["id"],
        "ip_version": 4,
        "cidr": "10.0.0.0/20",
        "gateway_ip": "10.0.0.1",
    }
    inner_id = demo.ask("POST", f"{root}/subnets", {"subnet": subnet})["subnet"]["id"]
    router = {"name": "router1", "external_gateway_info": {"network_id": outer_id}}
    router_id = demo.ask("POST", f"{root}/routers", {"router": router})["router"]["id"]
    path = f"{root}/routers/{router_id}/add_router_interface"
    demo.ask("PUT", path, {"subnet_id": inner_id})


class Client:
    """Asks the cloud as one of its users would."""

    def __init__(self, cloud: DevCloud, user_name: str) -> None:
        self._cloud = cloud
        self._headers: dict[str, str] = {}
        self.project_id = ""
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
        token = self.ask("POST", "/identity/v3/auth/tokens", {"auth": auth})["token"]
        self.project_id = token["project"]["id"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask, and return the decoded answer."""
        return self._do(Request.of(method, path, headers=self._headers, body=body)).json()

    def send(self, path: str, content: bytes) -> None:
        """Put bytes somewhere."""
        headers = self._headers | {"Content-Type": "application/octet-stream"}
        self._do(Request.of("PUT", path, headers=headers, raw=content))

    def _do(self, request: Request) -> Reply:
        method, path = request.method, request.path
        reply = self._cloud.dispatch(request)
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {reply.raw!r}")
        if "X-Subject-Token" in reply.headers:
            self._headers = {"X-Auth-Token": reply.headers["X-Subject-Token"]}
        return reply

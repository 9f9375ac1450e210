"""Agents in servers, which have users of their own, and what these are given to get in."""

from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from heat.base.ids import ProjectId
from heat.operations import members
from heat.operations.context import Context
from heat.operations.members import OfResource
from heat.operations.signals import SignalResource, signal_resource

from .asking import Asking
from .conftest import BASE

HANDLE = """
heat_template_version: 2018-08-31
resources:
  h: {type: OS::Heat::WaitConditionHandle, properties: {signal_transport: TRANSPORT}}
  other: {type: OS::Heat::WaitConditionHandle}
  w: {type: OS::Heat::WaitCondition, properties: {handle: {get_resource: h}, timeout: 600}}
"""
SERVED = """
heat_template_version: 2018-08-31
resources:
  vm:
    type: OS::Nova::Server
    properties:
      {image: cirros, flavor: m1.tiny, networks: [{network: private}],
       user_data_format: SOFTWARE_CONFIG, software_config_transport: TRANSPORT}
  c: {type: OS::Heat::SoftwareConfig, properties: {config: echo}}
  d:
    type: OS::Heat::SoftwareDeployment
    properties: {config: {get_resource: c}, server: {get_resource: vm}, signal_transport: SIGNAL}
"""
ATTRIBUTES = ("token", "endpoint", "curl_cli", "signal")
OURS = {"admin", "demo", "alt_demo", "heat", "heat_domain_admin", "service"}


def handle(transport="TOKEN_SIGNAL"):
    return HANDLE.replace("TRANSPORT", transport)


def serving(transport, signal="CFN_SIGNAL"):
    return SERVED.replace("TRANSPORT", transport).replace("SIGNAL", signal)


def people(place):
    """Return the users, projects and key pairs that the first content of the cloud lacks."""
    store = place.cloud.store
    tables = [store.table(f"identity.{name}") for name in ("user", "project", "credential")]
    return [row for table in tables for row in table.all() if row.get("name") not in OURS]


def user_of(place, stack, name="h"):
    return place.rows(stack)[name].data["user"]


def shown(place, stack, name="h"):
    ask = Asking(place)
    services = replace(ask.services, client=place.port.client)
    asked = members.ShowResource(stack=stack, resource=name, with_attr=ATTRIBUTES)
    return members.show_resource(services, ask.context, asked)["resource"]["attributes"]


class Agent:
    """Somebody in a server, who has nothing but what the server was given."""

    def __init__(self, place):
        self.place = place
        self.services = Asking(place).services

    def with_token(self, token):
        """Be whom a token stands for."""
        seen = self.place._dispatch(
            "GET",
            f"{BASE}/identity/v3/auth/tokens",
            {"x-auth-token": token, "x-subject-token": token},
            b"",
        )
        return self._be(seen)

    def _be(self, seen):
        assert seen.status in (200, 201), seen.body
        said = msgspec.json.decode(seen.body)["token"]
        self.context = Context(
            user_id=said["user"]["id"],
            project=ProjectId(said["project"]["id"]),
            roles=tuple(role["name"] for role in said["roles"]),
        )
        return self

    def with_password(self, user, password, project):
        means = {
            "methods": ["password"],
            "password": {"user": {"id": user, "password": password}},
        }
        body = {"auth": {"identity": means, "scope": {"project": {"id": project}}}}
        return self._be(self._post("/auth/tokens", body, {}))

    def with_signature(self, verb, address):
        """Be whom keystone takes the signature of an address for."""
        parts = urlsplit(address)
        params = dict(parse_qsl(parts.query))
        credentials = {
            "access": params["AWSAccessKeyId"],
            "signature": params.pop("Signature"),
            "host": parts.netloc,
            "verb": verb,
            "path": unquote(parts.path),
            "params": params,
        }
        service = self.place._login("heat", "service").token
        return self._be(
            self._post("/ec2tokens", {"ec2Credentials": credentials}, {"x-auth-token": service})
        )

    def _post(self, path, body, headers):
        headers = {"content-type": "application/json", **headers}
        url = f"{BASE}/identity/v3{path}"
        return self.place._dispatch("POST", url, headers, msgspec.json.encode(body))

    @staticmethod
    def reading(place, stack, name="h"):
        """Return the metadata of a resource, as a user of the project reads it."""
        return Asking(place).metadata(stack, name)

    def say(self, stack, body=None, name="h"):
        request = SignalResource(stack=stack, resource=name, body=body)
        signal_resource(self.services, self.context, request)

    def read(self, stack, name="h"):
        request = OfResource(stack=stack, resource=name)
        return members.show_metadata(self.services, self.context, request)["metadata"]

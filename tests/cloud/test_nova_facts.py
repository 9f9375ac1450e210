"""Flavors, key pairs, server groups, and what compute says of itself."""

import contextlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

NOBODY = "11111111-1111-1111-1111-111111111111"


def message(reply, name):
    body = reply.json()
    assert list(body) == [name], body
    assert body[name]["code"] == reply.status_code
    return body[name]["message"]


@contextlib.contextmanager
def made_flavor(cloud, **more):
    flavor = {"name": cloud.unique("flavor"), "ram": 128, "vcpus": 1, "disk": 1, **more}
    reply = cloud.post("compute", "/flavors", json={"flavor": flavor}, admin=True)
    assert reply.status_code == 200, reply.text
    found = reply.json()["flavor"]
    try:
        yield found
    finally:
        reply = cloud.delete("compute", f"/flavors/{found['id']}", admin=True)
        assert reply.status_code == 202


def test_versions(cloud):
    document = cloud.get("compute", "/").json()["version"]
    assert document["id"] == "v2.1"
    assert document["min_version"] == "2.1"
    assert document["links"][0]["href"].endswith("/v2.1/")


def test_flavors_are_listed(cloud):
    short = cloud.get("compute", "/flavors").json()["flavors"]
    assert {"m1.nano", "m1.tiny", "m1.small", "m1.medium", "m1.heat_int", "m1.heat_micro"} <= {
        one["name"] for one in short
    }
    nano = next(one for one in short if one["name"] == "m1.nano")
    assert set(nano) == {"id", "name", "links"}
    shown = cloud.get("compute", f"/flavors/{nano['id']}").json()["flavor"]
    assert shown | {"links": [], "id": ""} == {
        "id": "",
        "name": "m1.nano",
        "ram": 64,
        "disk": 1,
        "swap": "",
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "OS-FLV-DISABLED:disabled": False,
        "vcpus": 1,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
        "links": [],
    }
    newer = cloud.get("compute", f"/flavors/{nano['id']}", microversion="2.61").json()["flavor"]
    assert set(newer) - set(shown) == {"description", "extra_specs"}
    reply = cloud.get("compute", "/flavors/nope")
    assert message(reply, "itemNotFound") == "Flavor nope could not be found."


def test_flavors_are_made_by_admins(cloud):
    body = {"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1}}
    reply = cloud.post("compute", "/flavors", json=body)
    assert message(reply, "forbidden") == (
        "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed."
    )
    with made_flavor(cloud) as flavor:
        again = {"flavor": {"name": flavor["name"], "ram": 1, "vcpus": 1, "disk": 1}}
        reply = cloud.post("compute", "/flavors", json=again, admin=True)
        assert message(reply, "conflictingRequest") == (
            f"Flavor with name {flavor['name']} already exists."
        )
    for wrong, said in (
        ({"ram": 0}, "ram. Value: 0. 0 is less than the minimum of 1"),
        ({"ram": "a"}, "ram. Value: a. 'a' does not match '^[0-9]+$'"),
    ):
        wanted = {"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1, **wrong}}
        reply = cloud.post("compute", "/flavors", json=wanted, admin=True)
        assert message(reply, "badRequest") == f"Invalid input for field/attribute {said}"


def test_private_flavors_are_for_those_who_are_let_in(cloud):
    with made_flavor(cloud, **{"os-flavor-access:is_public": False}) as flavor:
        path = f"/flavors/{flavor['id']}"
        assert cloud.get("compute", path).status_code == 404
        add = {"addTenantAccess": {"tenant": cloud.project_id}}
        reply = cloud.post("compute", f"{path}/action", json=add, admin=True)
        entry = {"flavor_id": flavor["id"], "tenant_id": cloud.project_id}
        assert reply.json() == {"flavor_access": [entry]}
        assert cloud.get("compute", path).status_code == 200
        again = cloud.post("compute", f"{path}/action", json=add, admin=True)
        assert again.status_code == 409
        remove = {"removeTenantAccess": {"tenant": cloud.project_id}}
        reply = cloud.post("compute", f"{path}/action", json=remove, admin=True)
        assert reply.json() == {"flavor_access": []}


def test_extra_specs(cloud):
    with made_flavor(cloud) as flavor:
        path = f"/flavors/{flavor['id']}/os-extra_specs"
        body = {"extra_specs": {"a:b": "c"}}
        assert cloud.post("compute", path, json=body, admin=True).json() == body
        assert cloud.get("compute", path).json() == body
        reply = cloud.put("compute", f"{path}/a:b", json={"a:b": "e"}, admin=True)
        assert reply.json() == {"a:b": "e"}
        reply = cloud.delete("compute", f"{path}/zz", admin=True)
        assert message(reply, "itemNotFound") == (
            f"Flavor {flavor['id']} has no extra specs with key zz."
        )
        assert cloud.delete("compute", f"{path}/a:b", admin=True).status_code == 200
        assert cloud.get("compute", path).json() == {"extra_specs": {}}


def public_key():
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()


def test_a_key_pair_is_made_and_its_private_key_told_once(cloud):
    name = cloud.unique("key")
    reply = cloud.post("compute", "/os-keypairs", json={"keypair": {"name": name}})
    assert reply.status_code == 200
    made = reply.json()["keypair"]
    path = f"/os-keypairs/{name}"
    try:
        assert set(made) == {"name", "public_key", "private_key", "user_id", "fingerprint"}
        assert made["private_key"].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
        private = serialization.load_pem_private_key(made["private_key"].encode(), None)
        public = private.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        assert made["public_key"].split()[:2] == public.decode().split()
        shown = cloud.get("compute", path).json()["keypair"]
        assert "private_key" not in shown
        assert shown["fingerprint"] == made["fingerprint"]
        reply = cloud.post("compute", "/os-keypairs", json={"keypair": {"name": name}})
        assert message(reply, "conflictingRequest") == f"Key pair '{name}' already exists."
    finally:
        assert cloud.delete("compute", path).status_code == 202
    assert cloud.delete("compute", path).status_code == 404


def test_a_key_pair_is_brought(cloud):
    name = cloud.unique("key")
    body = {"keypair": {"name": name, "public_key": public_key(), "type": "ssh"}}
    reply = cloud.post("compute", "/os-keypairs", json=body, microversion="2.2")
    assert reply.status_code == 201
    found = cloud.get("compute", "/os-keypairs", microversion="2.35").json()["keypairs"]
    assert name in [one["keypair"]["name"] for one in found]
    reply = cloud.delete("compute", f"/os-keypairs/{name}", microversion="2.2")
    assert reply.status_code == 204


@pytest.mark.parametrize(
    ("wanted", "microversion", "said"),
    [
        (
            {"name": "k", "public_key": "bogus"},
            "2.1",
            "Keypair data is invalid: failed to generate fingerprint",
        ),
        (
            {"name": "", "public_key": "bogus"},
            "2.1",
            "Invalid input for field/attribute name. Value: . '' should be non-empty",
        ),
        (
            {"name": "k"},
            "2.92",
            (
                "Invalid input for field/attribute keypair. Value: {'name': 'k'}. 'public_key' is "
                "a required property"
            ),
        ),
    ],
)
def test_a_bad_key_pair_is_refused(cloud, wanted, microversion, said):
    body = {"keypair": wanted}
    reply = cloud.post("compute", "/os-keypairs", json=body, microversion=microversion)
    assert message(reply, "badRequest") == said


@pytest.mark.parametrize(
    ("microversion", "wanted", "more"),
    [
        ("2.1", {"policies": ["affinity"]}, {"policies": ["affinity"], "metadata": {}}),
        (
            "2.64",
            {"policy": "anti-affinity", "rules": {"max_server_per_host": 2}},
            {"policy": "anti-affinity", "rules": {"max_server_per_host": 2}},
        ),
    ],
)
def test_server_groups(cloud, microversion, wanted, more):
    body = {"server_group": {"name": "g", **wanted}}
    reply = cloud.post("compute", "/os-server-groups", json=body, microversion=microversion)
    assert reply.status_code == 200
    group = reply.json()["server_group"]
    path = f"/os-server-groups/{group['id']}"
    shown = cloud.get("compute", path, microversion=microversion).json()["server_group"]
    assert shown == group
    assert shown.items() >= ({"name": "g", "members": []} | more).items()
    assert cloud.delete("compute", path).status_code == 204
    reply = cloud.get("compute", path)
    assert message(reply, "itemNotFound") == f"Instance group {group['id']} could not be found."


def test_unknown_policies_are_refused(cloud):
    body = {"server_group": {"name": "g", "policies": ["bogus"]}}
    reply = cloud.post("compute", "/os-server-groups", json=body)
    assert message(reply, "badRequest") == (
        "Invalid input for field/attribute 0. Value: bogus. 'bogus' is not one of "
        "['anti-affinity', 'affinity']"
    )


@pytest.mark.parametrize("microversion", ["2.1", "2.36", "2.57"])
def test_limits_and_quotas(cloud, microversion):
    newer = {"microversion": microversion}
    absolute = cloud.get("compute", "/limits", **newer).json()["limits"]["absolute"]
    assert absolute["maxTotalInstances"] >= 100
    quotas = cloud.get("compute", f"/os-quota-sets/{cloud.project_id}", **newer).json()
    quotas = quotas["quota_set"]
    assert quotas["id"] == cloud.project_id
    assert ("fixed_ips" in quotas) == (microversion == "2.1")
    assert ("injected_files" in quotas) == (microversion != "2.57")
    body = {"quota_set": {"instances": 1}}
    reply = cloud.put("compute", f"/os-quota-sets/{cloud.project_id}", json=body)
    assert reply.status_code == 403


def test_zones_hosts_and_services(cloud):
    zones = cloud.get("compute", "/os-availability-zone").json()["availabilityZoneInfo"]
    assert zones == [{"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}]
    assert cloud.get("compute", "/os-hypervisors").status_code == 403
    hosts = cloud.get("compute", "/os-hypervisors", admin=True).json()["hypervisors"]
    assert [one["state"] for one in hosts] == ["up"]
    services = cloud.get("compute", "/os-services", admin=True).json()["services"]
    assert "nova-compute" in [one["binary"] for one in services]
    reply = cloud.get("compute", "/extensions/os-server-groups")
    assert reply.json()["extension"]["alias"] == "os-server-groups"

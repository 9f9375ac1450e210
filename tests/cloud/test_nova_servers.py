"""Servers: made, shown, listed, changed, acted on, deleted."""

import contextlib
from collections.abc import Iterator

import pytest

NOBODY = "11111111-1111-1111-1111-111111111111"


def image_id(cloud):
    return cloud.get("image", "/v2/images?name=cirros").json()["images"][0]["id"]


def flavor_id(cloud, name="m1.nano"):
    flavors = cloud.get("compute", "/flavors").json()["flavors"]
    return next(one["id"] for one in flavors if one["name"] == name)


def network_id(cloud, name="private"):
    return cloud.get("network", f"/v2.0/networks?name={name}").json()["networks"][0]["id"]


def wish(cloud, **more):
    return {
        "name": cloud.unique("server"),
        "imageRef": image_id(cloud),
        "flavorRef": flavor_id(cloud),
        "networks": [{"uuid": network_id(cloud)}],
        **more,
    }


def gone(cloud, server_id):
    cloud.delete("compute", f"/servers/{server_id}")
    cloud.until("compute", f"/servers/{server_id}", lambda reply: reply.status_code == 404)


def settled(cloud, server_id, status, seconds=90):
    def there(reply):
        server = reply.json()["server"]
        return server["status"] == status and server["OS-EXT-STS:task_state"] is None

    path = f"/servers/{server_id}"
    return cloud.until("compute", path, there, seconds=seconds, microversion="2.79").json()[
        "server"
    ]


@contextlib.contextmanager
def made(cloud, status="ACTIVE", microversion=None, **more) -> Iterator[dict]:
    body = {"server": wish(cloud, **more)}
    hints = more.pop("hints", None)
    if hints:
        body["server"].pop("hints")
        body["os:scheduler_hints"] = hints
    reply = cloud.post("compute", "/servers", json=body, microversion=microversion)
    assert reply.status_code == 202, reply.text
    server_id = reply.json()["server"]["id"]
    try:
        yield settled(cloud, server_id, status)
    finally:
        gone(cloud, server_id)


@pytest.fixture(scope="module")
def server(cloud):
    with made(cloud, metadata={"a": "b"}) as found:
        yield found


def act(cloud, server, action, **rest):
    return cloud.post("compute", f"/servers/{server['id']}/action", json=action, **rest)


def message(reply, name):
    body = reply.json()
    assert list(body) == [name], body
    assert body[name]["code"] == reply.status_code
    return body[name]["message"]


def test_the_answer_to_a_creation_names_the_server_and_its_password(cloud):
    body = {"server": wish(cloud)}
    reply = cloud.post("compute", "/servers", json=body)
    assert reply.status_code == 202
    server = reply.json()["server"]
    try:
        assert set(server) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
        assert server["security_groups"] == [{"name": "default"}]
        assert reply.headers["Location"] == server["links"][0]["href"]
    finally:
        gone(cloud, server["id"])


def test_a_server_shows_what_it_was_made_of(cloud, server):
    shown = cloud.get("compute", f"/servers/{server['id']}").json()["server"]
    assert set(shown) == {
        "accessIPv4", "accessIPv6", "addresses", "created", "flavor", "hostId", "id", "image",
        "links", "metadata", "name", "status", "tenant_id", "user_id", "updated",
        "OS-DCF:diskConfig", "progress", "OS-EXT-AZ:availability_zone", "config_drive", "key_name",
        "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups",
        "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state",
        "os-extended-volumes:volumes_attached",
    }  # fmt: skip
    assert shown["status"] == "ACTIVE"
    assert shown["tenant_id"] == cloud.project_id
    assert shown["image"]["id"] == image_id(cloud)
    assert shown["flavor"]["id"] == flavor_id(cloud)
    assert shown["metadata"] == {"a": "b"}
    assert shown["security_groups"] == [{"name": "default"}]
    assert [sorted(one) for one in shown["addresses"]["private"]] == [
        ["OS-EXT-IPS-MAC:mac_addr", "OS-EXT-IPS:type", "addr", "version"]
    ]


@pytest.mark.parametrize(
    ("microversion", "more"),
    [
        ("2.3", set()),
        ("2.9", {"locked"}),
        ("2.19", {"locked", "description"}),
        ("2.26", {"locked", "description", "tags"}),
        ("2.63", {"locked", "description", "tags", "trusted_image_certificates"}),
        (
            "2.96",
            {
                "locked", "description", "tags", "trusted_image_certificates", "server_groups",
                "locked_reason", "OS-EXT-SRV-ATTR:hostname", "pinned_availability_zone",
            },
        ),
    ],
)  # fmt: skip
def test_later_microversions_show_more(cloud, server, microversion, more):
    path = f"/servers/{server['id']}"
    plain = cloud.get("compute", path).json()["server"]
    reply = cloud.get("compute", path, microversion=microversion)
    assert reply.headers["OpenStack-API-Version"] == f"compute {microversion}"
    assert reply.headers["X-OpenStack-Nova-API-Version"] == microversion
    assert set(reply.json()["server"]) - set(plain) == more


def test_the_flavor_is_embedded_from_2_47_on(cloud, server):
    shown = cloud.get("compute", f"/servers/{server['id']}", microversion="2.47").json()["server"]
    assert shown["flavor"] == {
        "vcpus": 1, "ram": 64, "disk": 1, "ephemeral": 0, "swap": 0,
        "original_name": "m1.nano", "extra_specs": {},
    }  # fmt: skip


def test_admins_see_the_host(cloud, server):
    reply = cloud.get("compute", f"/servers/{server['id']}", admin=True, microversion="2.96")
    shown = reply.json()["server"]
    assert shown["OS-EXT-SRV-ATTR:host"]
    assert shown["OS-EXT-SRV-ATTR:instance_name"].startswith("instance-0")
    assert shown["host_status"] == "UP"


def test_versions_out_of_range_are_refused(cloud):
    reply = cloud.get("compute", "/servers", microversion="2.999")
    assert reply.status_code == 406
    assert message(reply, "computeFault").startswith("Version 2.999 is not supported by the API.")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"flavorRef": "99"}, 400, "Flavor 99 could not be found."),
        ({"imageRef": NOBODY}, 400, "Can not find requested image"),
        ({"imageRef": ""}, 400, "Missing imageRef attribute"),
        (
            {"imageRef": "notuuid"},
            400,
            (
                "Invalid input for field/attribute imageRef. Value: notuuid. 'notuuid' is not "
                "valid under any of the given schemas"
            ),
        ),
        ({"networks": [{"uuid": NOBODY}]}, 400, f"Network {NOBODY} could not be found."),
        ({"networks": [{"port": NOBODY}]}, 400, f"Port id {NOBODY} could not be found."),
        ({"key_name": "nokey"}, 400, "Invalid key_name provided."),
        (
            {"security_groups": [{"name": "nosg"}]},
            400,
            "Unable to find security_group with name or id 'nosg'",
        ),
        (
            {"availability_zone": "nozone"},
            400,
            "The requested availability zone is not available",
        ),
        ({"min_count": 3, "max_count": 2}, 400, "min_count must be <= max_count"),
        (
            {"name": ""},
            400,
            "Invalid input for field/attribute name. Value: . '' should be non-empty",
        ),
    ],
)
def test_a_bad_wish_is_refused(cloud, change, status, said):
    reply = cloud.post("compute", "/servers", json={"server": wish(cloud, **change)})
    assert reply.status_code == status
    assert message(reply, "badRequest") == said


def test_a_wish_without_flavor_or_with_unknown_words_is_refused(cloud):
    reply = cloud.post("compute", "/servers", json={"server": {"name": "x"}})
    assert message(reply, "badRequest") == (
        "Invalid input for field/attribute server. Value: {'name': 'x'}. 'flavorRef' is a "
        "required property"
    )
    reply = cloud.post("compute", "/servers", json={"serve": {}})
    assert message(reply, "badRequest") == "'server' is a required property"
    reply = cloud.post("compute", "/servers", json={"server": wish(cloud, bogus=1)})
    assert message(reply, "badRequest").endswith(
        "Additional properties are not allowed ('bogus' was unexpected)"
    )


def test_from_2_37_on_networks_must_be_said(cloud):
    body = wish(cloud)
    del body["networks"]
    reply = cloud.post("compute", "/servers", json={"server": body}, microversion="2.37")
    assert message(reply, "badRequest").endswith("'networks' is a required property")
    with made(cloud, networks="none", microversion="2.37") as server:
        assert server["addresses"] == {}


def test_a_server_takes_the_port_it_is_given_and_leaves_it_behind(cloud):
    body = {"port": {"network_id": network_id(cloud), "name": cloud.unique("port")}}
    port = cloud.post("network", "/v2.0/ports", json=body).json()["port"]
    path = f"/v2.0/ports/{port['id']}"
    try:
        with made(cloud, networks=[{"port": port["id"]}]) as server:
            address = server["addresses"]["private"][0]
            assert address["addr"] == port["fixed_ips"][0]["ip_address"]
            assert address["OS-EXT-IPS-MAC:mac_addr"] == port["mac_address"]
            bound = cloud.get("network", path).json()["port"]
            assert bound["device_id"] == server["id"]
            assert bound["device_owner"] == "compute:nova"
            assert bound["status"] == "ACTIVE"
            again = cloud.post(
                "compute",
                "/servers",
                json={"server": wish(cloud, networks=[{"port": port["id"]}])},
            )
            assert again.status_code == 409
            assert message(again, "conflictingRequest") == f"Port {port['id']} is still in use."
        free = cloud.get("network", path).json()["port"]
        assert (free["device_id"], free["device_owner"], free["status"]) == ("", "", "DOWN")
    finally:
        cloud.delete("network", path)


def test_ports_that_nova_made_go_with_the_server(cloud):
    with made(cloud) as server:
        path = f"/v2.0/ports?device_id={server['id']}"
        (port,) = cloud.get("network", path).json()["ports"]
        address = server["addresses"]["private"][0]["addr"]
        assert port["fixed_ips"][0]["ip_address"] == address
    assert cloud.get("network", f"/v2.0/ports/{port['id']}").status_code == 404


def test_an_address_out_of_range_makes_the_server_fail(cloud):
    networks = [{"uuid": network_id(cloud), "fixed_ip": "9.9.9.9"}]
    with made(cloud, "ERROR", networks=networks) as server:
        assert server["fault"]["code"] == 500
        assert server["fault"]["message"].startswith(f"Build of instance {server['id']} aborted: ")
        assert server["OS-EXT-STS:vm_state"] == "error"


def test_an_outer_network_makes_the_server_fail(cloud):
    with made(cloud, "ERROR", networks=[{"uuid": network_id(cloud, "public")}]) as server:
        assert server["fault"]["message"] == (
            f"Build of instance {server['id']} aborted: "
            "Failed to allocate the network(s), not rescheduling."
        )


def test_lists_page_with_markers_and_links(cloud, server):
    with made(cloud) as other:
        first = cloud.get("compute", "/servers?limit=1").json()
        assert [one["id"] for one in first["servers"]] == [other["id"]]
        assert set(first["servers"][0]) == {"id", "name", "links"}
        (link,) = first["servers_links"]
        assert link["rel"] == "next"
        assert link["href"].endswith(f"/servers?limit=1&marker={other['id']}")
        second = cloud.get("compute", f"/servers?limit=1&marker={other['id']}").json()
        assert [one["id"] for one in second["servers"]] != [other["id"]]
        names = cloud.get("compute", f"/servers/detail?name=^{other['name']}$").json()["servers"]
        assert [one["id"] for one in names] == [other["id"]]
    reply = cloud.get("compute", f"/servers?marker={NOBODY}")
    assert message(reply, "badRequest") == f"marker [{NOBODY}] not found"
    assert cloud.get("compute", "/servers?status=BOGUS").json() == {"servers": []}
    found = cloud.get("compute", "/servers?status=ACTIVE").json()["servers"]
    assert server["id"] in [one["id"] for one in found]


def test_only_admins_list_all_projects(cloud, server):
    reply = cloud.get("compute", "/servers?all_tenants=1")
    assert reply.status_code == 403
    assert message(reply, "forbidden") == (
        "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed."
    )
    found = cloud.get("compute", "/servers?all_tenants=1", admin=True).json()["servers"]
    assert server["id"] in [one["id"] for one in found]
    own = cloud.get("compute", "/servers", user="alt_demo").json()["servers"]
    assert server["id"] not in [one["id"] for one in own]
    assert cloud.get("compute", f"/servers/{server['id']}", user="alt_demo").status_code == 404


def test_what_is_not_there_is_not_found(cloud):
    reply = cloud.get("compute", f"/servers/{NOBODY}")
    assert message(reply, "itemNotFound") == f"Instance {NOBODY} could not be found."
    assert cloud.delete("compute", f"/servers/{NOBODY}").status_code == 404


def test_a_server_is_renamed(cloud, server):
    path = f"/servers/{server['id']}"
    reply = cloud.put("compute", path, json={"server": {"name": "renamed"}})
    assert reply.status_code == 200
    assert reply.json()["server"]["name"] == "renamed"
    body = {"server": {"description": "dd"}}
    reply = cloud.put("compute", path, json=body, microversion="2.19")
    assert reply.json()["server"]["description"] == "dd"
    reply = cloud.put("compute", path, json={"server": {"bogus": 1}})
    assert reply.status_code == 400


def test_metadata_of_a_server(cloud, server):
    path = f"/servers/{server['id']}/metadata"
    assert cloud.get("compute", path).json() == {"metadata": {"a": "b"}}
    assert cloud.get("compute", f"{path}/a").json() == {"meta": {"a": "b"}}
    reply = cloud.get("compute", f"{path}/zz")
    assert message(reply, "itemNotFound") == "Metadata item was not found"
    reply = cloud.put("compute", f"{path}/k", json={"meta": {"j": "v"}})
    assert message(reply, "badRequest") == "Request body and URI mismatch"
    assert cloud.put("compute", f"{path}/k", json={"meta": {"k": "v"}}).status_code == 200
    added = cloud.post("compute", path, json={"metadata": {"c": "d"}})
    assert added.json() == {"metadata": {"a": "b", "k": "v", "c": "d"}}
    assert cloud.delete("compute", f"{path}/c").status_code == 204
    assert cloud.delete("compute", f"{path}/c").status_code == 404
    replaced = cloud.put("compute", path, json={"metadata": {"a": "b"}})
    assert replaced.json() == {"metadata": {"a": "b"}}


def test_tags_of_a_server(cloud, server):
    path = f"/servers/{server['id']}/tags"
    newer = {"microversion": "2.26"}
    assert cloud.get("compute", path).status_code == 404
    assert cloud.put("compute", f"{path}/aa", **newer).status_code == 201
    assert cloud.put("compute", f"{path}/aa", **newer).status_code == 204
    assert cloud.get("compute", f"{path}/aa", **newer).status_code == 204
    reply = cloud.put("compute", path, json={"tags": ["x", "y"]}, **newer)
    assert reply.json() == {"tags": ["x", "y"]}
    found = cloud.get("compute", "/servers?tags=x,y", **newer).json()["servers"]
    assert [one["id"] for one in found] == [server["id"]]
    reply = cloud.get("compute", f"{path}/zz", **newer)
    assert message(reply, "itemNotFound") == f"Server {server['id']} has no tag 'zz'"
    assert cloud.delete("compute", f"{path}/x", **newer).status_code == 204
    assert cloud.delete("compute", path, **newer).status_code == 204


def test_a_server_is_stopped_and_started(cloud, server):
    reply = act(cloud, server, {"os-start": None})
    assert message(reply, "conflictingRequest") == (
        f"Cannot 'start' instance {server['id']} while it is in vm_state active"
    )
    assert act(cloud, server, {"os-stop": None}).status_code == 202
    assert settled(cloud, server["id"], "SHUTOFF")["OS-EXT-STS:vm_state"] == "stopped"
    assert message(act(cloud, server, {"pause": None}), "conflictingRequest") == (
        f"Cannot 'pause' instance {server['id']} while it is in vm_state stopped"
    )
    assert act(cloud, server, {"os-start": None}).status_code == 202
    settled(cloud, server["id"], "ACTIVE")


@pytest.mark.parametrize(
    ("there", "status", "back"),
    [("suspend", "SUSPENDED", "resume"), ("pause", "PAUSED", "unpause")],
)
def test_a_server_rests_and_goes_on(cloud, server, there, status, back):
    assert act(cloud, server, {there: None}).status_code == 202
    settled(cloud, server["id"], status)
    reply = act(cloud, server, {"reboot": {"type": "SOFT"}})
    assert message(reply, "conflictingRequest") == (
        f"Cannot 'reboot' instance {server['id']} while it is in vm_state {status.lower()}"
    )
    assert act(cloud, server, {back: None}).status_code == 202
    settled(cloud, server["id"], "ACTIVE")


def test_a_resize_is_reverted_or_confirmed(cloud):
    nano, micro = flavor_id(cloud), flavor_id(cloud, "m1.heat_micro")

    def flavor_now(server):
        path = f"/servers/{server['id']}"
        return cloud.get("compute", path).json()["server"]["flavor"]["id"]

    with made(cloud) as server:
        reply = act(cloud, server, {"resize": {"flavorRef": nano}})
        assert message(reply, "badRequest") == ("When resizing, instances must change flavor!")
        reply = act(cloud, server, {"confirmResize": None})
        assert message(reply, "conflictingRequest") == (
            f"Cannot 'confirmResize' instance {server['id']} while it is in vm_state active"
        )
        for answer, flavor in (("revertResize", nano), ("confirmResize", micro)):
            assert act(cloud, server, {"resize": {"flavorRef": micro}}).status_code == 202
            settled(cloud, server["id"], "VERIFY_RESIZE")
            assert flavor_now(server) == micro
            expected = 204 if answer == "confirmResize" else 202
            assert act(cloud, server, {answer: None}).status_code == expected
            settled(cloud, server["id"], "ACTIVE")
            assert flavor_now(server) == flavor


def test_a_rebuild_keeps_the_addresses(cloud):
    with made(cloud) as server:
        before = server["addresses"]
        reply = act(cloud, server, {"rebuild": {"imageRef": image_id(cloud), "name": "anew"}})
        assert reply.status_code == 202
        assert reply.json()["server"]["status"] == "REBUILD"
        assert "adminPass" in reply.json()["server"]
        after = settled(cloud, server["id"], "ACTIVE")
        assert after["addresses"] == before
        assert after["name"] == "anew"
        reply = act(cloud, server, {"rebuild": {"imageRef": NOBODY}})
        assert message(reply, "badRequest") == "Cannot find image for rebuild"


def test_a_snapshot_becomes_an_image(cloud, server):
    name = cloud.unique("snapshot")
    reply = act(cloud, server, {"createImage": {"name": name}}, microversion="2.45")
    assert reply.status_code == 202
    image = reply.json()["image_id"]
    path = f"/v2/images/{image}"
    try:
        shown = cloud.until("image", path, lambda reply: reply.json()["status"] == "active").json()
        assert shown["name"] == name
        assert shown["image_type"] == "snapshot"
        assert shown["instance_uuid"] == server["id"]
    finally:
        cloud.delete("image", path)
    settled(cloud, server["id"], "ACTIVE")


def test_a_locked_server_is_for_admins_only(cloud, server):
    assert act(cloud, server, {"lock": None}, admin=True).status_code == 202
    try:
        reply = act(cloud, server, {"reboot": {"type": "HARD"}})
        assert message(reply, "conflictingRequest") == f"Instance {server['id']} is locked"
        assert cloud.delete("compute", f"/servers/{server['id']}").status_code == 409
        reply = act(cloud, server, {"unlock": None})
        assert message(reply, "forbidden") == (
            "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be "
            "performed."
        )
    finally:
        assert act(cloud, server, {"unlock": None}, admin=True).status_code == 202


def test_only_admins_reset_states(cloud, server):
    assert act(cloud, server, {"os-resetState": {"state": "error"}}).status_code == 403
    for state, status in (("error", "ERROR"), ("active", "ACTIVE")):
        reply = act(cloud, server, {"os-resetState": {"state": state}}, admin=True)
        assert reply.status_code == 202
        settled(cloud, server["id"], status)


def test_actions_nobody_knows_are_refused(cloud, server):
    reply = act(cloud, server, {"bogus": None})
    assert message(reply, "badRequest") == "There is no such action: bogus"
    reply = act(cloud, server, {"reboot": {}})
    assert message(reply, "badRequest") == (
        "Invalid input for field/attribute reboot. Value: {}. 'type' is a required property"
    )


def test_interfaces_come_and_go(cloud, server):
    path = f"/servers/{server['id']}/os-interface"
    (first,) = cloud.get("compute", path).json()["interfaceAttachments"]
    assert set(first) == {"net_id", "port_id", "mac_addr", "port_state", "fixed_ips"}
    body = {"interfaceAttachment": {"net_id": network_id(cloud)}}
    reply = cloud.post("compute", path, json=body)
    assert reply.status_code == 200
    port_id = reply.json()["interfaceAttachment"]["port_id"]
    assert cloud.get("compute", f"{path}/{port_id}").status_code == 200
    again = cloud.post("compute", path, json={"interfaceAttachment": {"port_id": port_id}})
    assert message(again, "conflictingRequest") == f"Port {port_id} is still in use."
    none = cloud.post("compute", path, json={"interfaceAttachment": {"port_id": NOBODY}})
    assert message(none, "itemNotFound") == f"Port id {NOBODY} could not be found."
    assert cloud.delete("compute", f"{path}/{port_id}").status_code == 202
    cloud.until("compute", f"{path}/{port_id}", lambda reply: reply.status_code == 404)
    port = cloud.until("network", f"/v2.0/ports/{port_id}", lambda reply: reply.status_code == 404)
    assert port.status_code == 404


def test_security_groups_of_a_server(cloud, server):
    name = cloud.unique("group")
    body = {"security_group": {"name": name}}
    group = cloud.post("network", "/v2.0/security-groups", json=body).json()["security_group"]
    try:
        assert act(cloud, server, {"addSecurityGroup": {"name": name}}).status_code == 202

        def has(reply):
            return {"name": name} in reply.json()["server"]["security_groups"]

        cloud.until("compute", f"/servers/{server['id']}", has)
        path = f"/servers/{server['id']}/os-security-groups"
        found = cloud.get("compute", path).json()["security_groups"]
        assert name in [one["name"] for one in found]
        assert act(cloud, server, {"removeSecurityGroup": {"name": name}}).status_code == 202
        cloud.until("compute", f"/servers/{server['id']}", lambda reply: not has(reply))
    finally:
        cloud.delete("network", f"/v2.0/security-groups/{group['id']}")
    reply = act(cloud, server, {"addSecurityGroup": {"name": "nosg"}})
    assert message(reply, "itemNotFound") == (
        f"Security group nosg is not found for project {cloud.project_id}"
    )


def test_addresses_by_network(cloud, server):
    path = f"/servers/{server['id']}/ips"
    found = cloud.get("compute", path).json()["addresses"]
    assert [set(one) for one in found["private"]] == [{"version", "addr"}]
    assert cloud.get("compute", f"{path}/private").json() == found
    reply = cloud.get("compute", f"{path}/foo")
    assert message(reply, "itemNotFound") == "Instance is not a member of specified network"


def test_a_floating_ip_shows_among_the_addresses(cloud):
    with made(cloud) as server:
        ports = cloud.get("network", f"/v2.0/ports?device_id={server['id']}").json()["ports"]
        body = {
            "floatingip": {
                "floating_network_id": network_id(cloud, "public"),
                "port_id": ports[0]["id"],
            }
        }
        reply = cloud.post("network", "/v2.0/floatingips", json=body)
        assert reply.status_code == 201, reply.text
        floating = reply.json()["floatingip"]

        def shown(reply):
            found = reply.json()["server"]["addresses"]["private"]
            return [one["OS-EXT-IPS:type"] for one in found] == ["fixed", "floating"]

        try:
            reply = cloud.until("compute", f"/servers/{server['id']}", shown)
            address = reply.json()["server"]["addresses"]["private"][1]["addr"]
            assert address == floating["floating_ip_address"]
        finally:
            cloud.delete("network", f"/v2.0/floatingips/{floating['id']}")


def test_quota_is_kept(cloud):
    path = f"/os-quota-sets/{cloud.project_id}"
    used = len(cloud.get("compute", "/servers").json()["servers"])
    before = cloud.get("compute", path).json()["quota_set"]["instances"]
    cloud.put("compute", path, json={"quota_set": {"instances": used, "force": True}}, admin=True)
    try:
        reply = cloud.post("compute", "/servers", json={"server": wish(cloud)})
        assert reply.status_code == 403
        assert message(reply, "forbidden") == (
            f"Quota exceeded for instances: Requested 1, but already used {used} of {used} "
            "instances"
        )
    finally:
        body = {"quota_set": {"instances": before}}
        assert cloud.put("compute", path, json=body, admin=True).status_code == 200


def test_several_servers_at_once(cloud):
    name = cloud.unique("many")
    body = {"server": wish(cloud, name=name, min_count=2, max_count=2)}
    reply = cloud.post("compute", "/servers", json=body)
    assert reply.status_code == 202
    found = cloud.get("compute", f"/servers?name={name}").json()["servers"]
    try:
        assert sorted(one["name"] for one in found) == [f"{name}-1", f"{name}-2"]
    finally:
        for one in found:
            gone(cloud, one["id"])

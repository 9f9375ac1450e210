"""Servers and volumes together: attached, detached, booted from."""

import contextlib

import pytest

NOBODY = "11111111-1111-1111-1111-111111111111"


def image_id(cloud):
    return cloud.get("image", "/v2/images?name=cirros").json()["images"][0]["id"]


def wish(cloud, **more):
    flavors = cloud.get("compute", "/flavors").json()["flavors"]
    flavor = next(one["id"] for one in flavors if one["name"] == "m1.nano")
    networks = cloud.get("network", "/v2.0/networks?name=private").json()["networks"]
    return {
        "name": cloud.unique("server"),
        "flavorRef": flavor,
        "networks": [{"uuid": networks[0]["id"]}],
        **more,
    }


def gone(cloud, service, path):
    cloud.delete(service, path)
    cloud.until(service, path, lambda reply: reply.status_code == 404)


@contextlib.contextmanager
def made_server(cloud, **more):
    reply = cloud.post("compute", "/servers", json={"server": wish(cloud, **more)})
    assert reply.status_code == 202, reply.text
    path = f"/servers/{reply.json()['server']['id']}"

    def there(reply):
        return reply.json()["server"]["status"] in {"ACTIVE", "ERROR"}

    try:
        server = cloud.until("compute", path, there).json()["server"]
        assert server["status"] == "ACTIVE", server
        yield server
    finally:
        gone(cloud, "compute", path)


@contextlib.contextmanager
def made_volume(cloud, **more):
    reply = cloud.post("block-storage", "/volumes", json={"volume": {"size": 1, **more}})
    assert reply.status_code == 202, reply.text
    path = f"/volumes/{reply.json()['volume']['id']}"
    try:
        yield status(cloud, path, "available")
    finally:
        gone(cloud, "block-storage", path)


def status(cloud, path, wanted):
    def there(reply):
        return reply.json()["volume"]["status"] == wanted

    return cloud.until("block-storage", path, there).json()["volume"]


@pytest.fixture(scope="module")
def server(cloud):
    with made_server(cloud, imageRef=image_id(cloud)) as found:
        yield found


def message(reply, name="badRequest"):
    body = reply.json()
    assert list(body) == [name], body
    return body[name]["message"]


def test_a_volume_is_attached_and_detached(cloud, server):
    path = f"/servers/{server['id']}/os-volume_attachments"
    assert cloud.get("compute", path).json() == {"volumeAttachments": []}
    with made_volume(cloud) as volume:
        one = f"{path}/{volume['id']}"
        volume_path = f"/volumes/{volume['id']}"
        reply = cloud.get("compute", one)
        assert message(reply, "itemNotFound") == (
            f"Instance {server['id']} is not attached to volume {volume['id']}"
        )
        body = {"volumeAttachment": {"volumeId": volume["id"], "device": "/dev/vdq"}}
        reply = cloud.post("compute", path, json=body)
        assert reply.status_code == 200
        attachment = reply.json()["volumeAttachment"]
        assert set(attachment) == {"id", "serverId", "volumeId", "device"}
        assert attachment["id"] == volume["id"]
        (used,) = status(cloud, volume_path, "in-use")["attachments"]
        assert used["server_id"] == server["id"]
        assert used["device"] == attachment["device"]
        assert cloud.get("compute", one).json() == {"volumeAttachment": attachment}
        newest = cloud.get("compute", path, microversion="2.89").json()["volumeAttachments"]
        assert [set(entry) for entry in newest] == [
            {
                "volumeId", "serverId", "device", "tag", "delete_on_termination",
                "attachment_id", "bdm_uuid",
            }
        ]  # fmt: skip
        shown = cloud.get("compute", f"/servers/{server['id']}", microversion="2.3").json()
        assert shown["server"]["os-extended-volumes:volumes_attached"] == [
            {"id": volume["id"], "delete_on_termination": False}
        ]
        again = cloud.post("compute", path, json={"volumeAttachment": {"volumeId": volume["id"]}})
        assert message(again) == (
            f"Invalid volume: volume {volume['id']} is already attached to instances: "
            f"{server['id']}"
        )
        assert cloud.delete("block-storage", volume_path).status_code == 400
        grow = {"os-extend": {"new_size": 2}}
        reply = cloud.post("block-storage", f"{volume_path}/action", json=grow)
        assert message(reply) == (
            f"Invalid volume: Volume {volume['id']} status must be '{{'status': 'available'}}' to "
            "extend, currently in-use."
        )
        reply = cloud.post("block-storage", f"{volume_path}/action", json=grow, microversion="3.42")
        assert reply.status_code == 202
        cloud.until("block-storage", volume_path, lambda reply: reply.json()["volume"]["size"] == 2)
        status(cloud, volume_path, "in-use")
        snapshot = {"snapshot": {"volume_id": volume["id"]}}
        reply = cloud.post("block-storage", "/snapshots", json=snapshot)
        assert message(reply) == (
            f"Invalid volume: Volume {volume['id']} status must be available, but current status "
            "is: in-use."
        )
        assert cloud.delete("compute", one).status_code == 202
        assert status(cloud, volume_path, "available")["attachments"] == []
        cloud.until("compute", one, lambda reply: reply.status_code == 404)
    assert cloud.get("compute", path).json() == {"volumeAttachments": []}


def test_a_bad_wish_for_a_volume_is_refused(cloud, server):
    path = f"/servers/{server['id']}/os-volume_attachments"
    reply = cloud.post("compute", path, json={"volumeAttachment": {"volumeId": NOBODY}})
    assert message(reply, "itemNotFound") == f"Volume {NOBODY} could not be found."
    reply = cloud.post("compute", path, json={"volumeAttachment": {"volumeId": "nope"}})
    assert message(reply) == (
        "Invalid input for field/attribute volumeId. Value: nope. 'nope' is not a 'uuid'"
    )
    reply = cloud.post("compute", path, json={"volumeAttachment": {}})
    assert message(reply) == (
        "Invalid input for field/attribute volumeAttachment. Value: {}. 'volumeId' is a required "
        "property"
    )
    reply = cloud.delete("compute", f"{path}/{NOBODY}")
    assert message(reply, "itemNotFound") == f"Volume {NOBODY} could not be found."


def test_deleting_a_server_frees_its_volumes(cloud):
    with made_volume(cloud) as volume:
        with made_server(cloud, imageRef=image_id(cloud)) as server:
            path = f"/servers/{server['id']}/os-volume_attachments"
            body = {"volumeAttachment": {"volumeId": volume["id"]}}
            assert cloud.post("compute", path, json=body).status_code == 200
            status(cloud, f"/volumes/{volume['id']}", "in-use")
        assert status(cloud, f"/volumes/{volume['id']}", "available")["attachments"] == []


def test_a_server_boots_from_volumes_made_for_it(cloud):
    mapping = [
        {
            "boot_index": 0,
            "source_type": "image",
            "uuid": image_id(cloud),
            "destination_type": "volume",
            "volume_size": 1,
            "delete_on_termination": True,
        },
        {
            "boot_index": -1,
            "source_type": "blank",
            "destination_type": "volume",
            "volume_size": 1,
            "delete_on_termination": False,
        },
    ]
    with made_server(cloud, block_device_mapping_v2=mapping) as server:
        assert server["image"] == ""
        root, blank = [one["id"] for one in server["os-extended-volumes:volumes_attached"]]
        shown = cloud.get("block-storage", f"/volumes/{root}").json()["volume"]
        assert (shown["status"], shown["name"], shown["bootable"]) == ("in-use", "", "true")
        shown = cloud.get("block-storage", f"/volumes/{blank}").json()["volume"]
        assert shown["name"] == f"{server['id']}-blank-vol"
    reply = cloud.until("block-storage", f"/volumes/{root}", lambda reply: reply.status_code == 404)
    assert reply.status_code == 404
    status(cloud, f"/volumes/{blank}", "available")
    gone(cloud, "block-storage", f"/volumes/{blank}")


def test_a_server_boots_from_a_volume_that_exists(cloud):
    with made_volume(cloud, imageRef=image_id(cloud)) as volume:
        mapping = [
            {
                "boot_index": 0,
                "source_type": "volume",
                "uuid": volume["id"],
                "destination_type": "volume",
            }
        ]
        with made_server(cloud, block_device_mapping_v2=mapping) as server:
            assert server["os-extended-volumes:volumes_attached"] == [{"id": volume["id"]}]
        status(cloud, f"/volumes/{volume['id']}", "available")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (
            {"boot_index": 0, "source_type": "volume", "uuid": NOBODY},
            f"Block Device Mapping is Invalid: failed to get volume {NOBODY}.",
        ),
        (
            {"boot_index": 0, "source_type": "image", "uuid": "image"},
            "Images with destination_type 'volume' need to have a non-zero size specified",
        ),
        (
            {"boot_index": 1, "source_type": "image", "uuid": "image", "volume_size": 1},
            (
                "Block Device Mapping is Invalid: Boot sequence for the instance and image/block "
                "device mapping combination is not valid."
            ),
        ),
    ],
)
def test_a_bad_mapping_is_refused(cloud, mapping, said):
    if mapping["uuid"] == "image":
        mapping = mapping | {"uuid": image_id(cloud)}
    mapping = mapping | {"destination_type": "volume"}
    body = {"server": wish(cloud, block_device_mapping_v2=[mapping])}
    reply = cloud.post("compute", "/servers", json=body)
    assert message(reply) == said


def test_a_blank_volume_does_not_boot(cloud):
    with made_volume(cloud) as volume:
        mapping = {
            "boot_index": 0,
            "source_type": "volume",
            "uuid": volume["id"],
            "destination_type": "volume",
        }
        body = {"server": wish(cloud, block_device_mapping_v2=[mapping])}
        reply = cloud.post("compute", "/servers", json=body)
        assert message(reply) == f"Block Device {volume['id']} is not bootable."

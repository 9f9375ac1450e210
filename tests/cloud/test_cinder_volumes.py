"""Volumes and their copies: made, shown, listed, changed, deleted."""

import contextlib

import pytest

NOBODY = "11111111-1111-1111-1111-111111111111"
NOT_DELETABLE = (
    "Invalid volume: Volume status must be available or error or error_restoring or "
    "error_extending or error_managing and must not be migrating, attached, belong to a group, "
    "have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer."
)


def image_id(cloud):
    return cloud.get("image", "/v2/images?name=cirros").json()["images"][0]["id"]


def message(reply, name="badRequest"):
    body = reply.json()
    assert list(body) == [name], body
    assert body[name]["code"] == reply.status_code
    return body[name]["message"]


def settled(cloud, path, status, kind="volume"):
    def there(reply):
        return reply.json()[kind]["status"] in {status, "error"}

    found = cloud.until("block-storage", path, there).json()[kind]
    assert found["status"] == status
    return found


def gone(cloud, path):
    cloud.delete("block-storage", path)
    cloud.until("block-storage", path, lambda reply: reply.status_code == 404)


@contextlib.contextmanager
def made(cloud, kind="volume", **wanted):
    reply = cloud.post("block-storage", f"/{kind}s", json={kind: wanted})
    assert reply.status_code == 202, reply.text
    path = f"/{kind}s/{reply.json()[kind]['id']}"
    try:
        yield settled(cloud, path, "available", kind)
    finally:
        gone(cloud, path)


@pytest.fixture(scope="module")
def volume(cloud):
    with made(cloud, size=1, name=cloud.unique("volume"), metadata={"a": "b"}) as found:
        yield found


def act(cloud, volume, action, **rest):
    return cloud.post("block-storage", f"/volumes/{volume['id']}/action", json=action, **rest)


def test_a_volume_shows_what_it_is(cloud, volume):
    reply = cloud.get("block-storage", f"/volumes/{volume['id']}")
    assert reply.headers["OpenStack-API-Version"] == "volume 3.0"
    shown = reply.json()["volume"]
    assert set(shown) == {
        "id", "status", "size", "availability_zone", "created_at", "updated_at", "name",
        "description", "volume_type", "snapshot_id", "source_volid", "metadata", "links",
        "user_id", "bootable", "encrypted", "replication_status", "consistencygroup_id",
        "multiattach", "attachments", "os-vol-tenant-attr:tenant_id",
    }  # fmt: skip
    assert shown["status"] == "available"
    assert shown["bootable"] == "false"
    assert shown["volume_type"] == "lab"
    assert shown["os-vol-tenant-attr:tenant_id"] == cloud.project_id


def test_later_microversions_and_admins_see_more(cloud, volume):
    path = f"/volumes/{volume['id']}"
    plain = set(cloud.get("block-storage", path).json()["volume"])
    latest = cloud.get("block-storage", path, microversion="3.71").json()["volume"]
    assert set(latest) - plain == {
        "group_id", "shared_targets", "service_uuid", "volume_type_id", "consumes_quota",
    }  # fmt: skip


def test_versions_out_of_range_are_refused(cloud):
    reply = cloud.get("block-storage", "/volumes", microversion="3.999")
    assert reply.status_code == 406
    assert message(reply, "computeFault").startswith("Version 3.999 is not supported by the API.")


@pytest.mark.parametrize(
    ("wanted", "status", "name", "said"),
    [
        ({}, 400, "badRequest", None),
        (
            {"size": 0},
            400,
            "badRequest",
            "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1",
        ),
        (
            {"size": "abc"},
            400,
            "badRequest",
            "Invalid input for field/attribute size. Value: abc. 'abc' does not match '^[0-9]+$'",
        ),
        (
            {"size": 1, "imageRef": NOBODY},
            400,
            "badRequest",
            "Invalid image identifier or unable to access requested image.",
        ),
        (
            {"snapshot_id": NOBODY},
            404,
            "itemNotFound",
            f"Snapshot {NOBODY} could not be found.",
        ),
        (
            {"source_volid": NOBODY},
            404,
            "itemNotFound",
            f"Volume {NOBODY} could not be found.",
        ),
        (
            {"size": 1, "volume_type": "nope"},
            404,
            "itemNotFound",
            "Volume type with name nope could not be found.",
        ),
        (
            {"size": 1, "availability_zone": "nope"},
            400,
            "badRequest",
            "Availability zone 'nope' is invalid.",
        ),
    ],
)
def test_a_bad_wish_is_refused(cloud, wanted, status, name, said):
    reply = cloud.post("block-storage", "/volumes", json={"volume": wanted})
    assert reply.status_code == status
    if said is not None:
        assert message(reply, name) == said


def test_what_is_not_there_is_not_found(cloud):
    reply = cloud.get("block-storage", f"/volumes/{NOBODY}")
    assert message(reply, "itemNotFound") == f"Volume {NOBODY} could not be found."


def test_other_projects_do_not_see_a_volume(cloud, volume):
    path = f"/volumes/{volume['id']}"
    assert cloud.get("block-storage", path, user="alt_demo").status_code == 404
    found = cloud.get("block-storage", "/volumes", user="alt_demo").json()["volumes"]
    assert volume["id"] not in [one["id"] for one in found]


def test_lists_page_and_filter(cloud, volume):
    with made(cloud, size=1, name=cloud.unique("other")) as other:
        page = cloud.get("block-storage", "/volumes?limit=1").json()
        assert [one["id"] for one in page["volumes"]] == [other["id"]]
        assert set(page["volumes"][0]) == {"id", "name", "links"}
        assert f"limit=1&marker={other['id']}" in page["volumes_links"][0]["href"]
        path = f"/volumes/detail?name={volume['name']}"
        found = cloud.get("block-storage", path).json()["volumes"]
        assert [one["id"] for one in found] == [volume["id"]]
    reply = cloud.get("block-storage", "/volumes?limit=x")
    assert message(reply) == "limit param must be an integer"


def test_a_volume_is_renamed(cloud, volume):
    path = f"/volumes/{volume['id']}"
    body = {"volume": {"name": volume["name"], "description": "dd"}}
    reply = cloud.put("block-storage", path, json=body)
    assert reply.status_code == 200
    assert reply.json()["volume"]["description"] == "dd"


def test_metadata_of_a_volume(cloud, volume):
    path = f"/volumes/{volume['id']}/metadata"
    assert cloud.get("block-storage", path).json() == {"metadata": {"a": "b"}}
    added = cloud.post("block-storage", path, json={"metadata": {"c": "d"}})
    assert added.json() == {"metadata": {"a": "b", "c": "d"}}
    assert cloud.delete("block-storage", f"{path}/c").status_code == 200
    reply = cloud.delete("block-storage", f"{path}/c")
    assert message(reply, "itemNotFound") == (f"Volume {volume['id']} has no metadata with key c.")
    reply = cloud.put("block-storage", path, json={"metadata": {"a": "b"}})
    assert reply.json() == {"metadata": {"a": "b"}}


def test_a_volume_grows_but_never_shrinks(cloud):
    with made(cloud, size=2) as volume:
        reply = act(cloud, volume, {"os-extend": {"new_size": 1}})
        assert message(reply) == (
            "Invalid input received: New size for extend must be greater than current size. "
            "(current: 2, extended: 1)."
        )
        assert act(cloud, volume, {"os-extend": {"new_size": 3}}).status_code == 202
        path = f"/volumes/{volume['id']}"
        cloud.until("block-storage", path, lambda reply: reply.json()["volume"]["size"] == 3)
        settled(cloud, path, "available")


def test_flags_of_a_volume(cloud):
    with made(cloud, size=1) as volume:
        path = f"/volumes/{volume['id']}"
        reply = act(cloud, volume, {"os-set_bootable": {"bootable": True}})
        assert reply.status_code == 200
        reply = act(cloud, volume, {"os-update_readonly_flag": {"readonly": True}})
        assert reply.status_code == 202
        shown = cloud.get("block-storage", path).json()["volume"]
        assert shown["bootable"] == "true"
        assert shown["metadata"] == {"readonly": "True"}
        reply = act(cloud, volume, {"os-reset_status": {"status": "error"}})
        assert reply.status_code == 403
        reply = act(cloud, volume, {"os-bogus": {}})
        assert message(reply) == (
            "There is no such action: os-bogus. Verify the request body and Content-Type header "
            "and try again."
        )


def test_a_volume_is_reserved_once(cloud):
    with made(cloud, size=1) as volume:
        assert act(cloud, volume, {"os-reserve": {}}).status_code == 202
        reply = act(cloud, volume, {"os-reserve": {}})
        assert message(reply) == (
            "Invalid volume: Volume status must be available to reserve, but the status is "
            "attaching."
        )
        reply = cloud.delete("block-storage", f"/volumes/{volume['id']}")
        assert message(reply) == NOT_DELETABLE
        assert act(cloud, volume, {"os-unreserve": {}}).status_code == 202


def test_a_volume_from_an_image_is_bootable(cloud):
    with made(cloud, size=1, imageRef=image_id(cloud)) as volume:
        assert volume["bootable"] == "true"
        metadata = volume["volume_image_metadata"]
        assert metadata["image_id"] == image_id(cloud)
        assert metadata["image_name"] == "cirros"


def test_snapshots_hold_their_volume(cloud):
    with (
        made(cloud, size=2) as volume,
        made(cloud, "snapshot", volume_id=volume["id"], name="s") as snapshot,
    ):
        assert snapshot["size"] == 2
        assert snapshot["os-extended-snapshot-attributes:progress"] == "100%"
        reply = cloud.delete("block-storage", f"/volumes/{volume['id']}")
        assert message(reply) == NOT_DELETABLE
        wanted = {"volume": {"snapshot_id": snapshot["id"], "size": 1}}
        reply = cloud.post("block-storage", "/volumes", json=wanted)
        assert message(reply) == (
            "Invalid input received: Volume size '1'GB cannot be smaller than the snapshot size "
            "2GB. They must be >= original snapshot size."
        )
        with made(cloud, snapshot_id=snapshot["id"]) as copy:
            assert (copy["size"], copy["snapshot_id"]) == (2, snapshot["id"])
        path = f"/snapshots/{snapshot['id']}"
        reply = cloud.put("block-storage", path, json={"snapshot": {"name": "ss"}})
        assert reply.json()["snapshot"]["name"] == "ss"
        found = cloud.get("block-storage", f"/snapshots?volume_id={volume['id']}").json()
        assert [one["id"] for one in found["snapshots"]] == [snapshot["id"]]


def test_a_volume_is_cloned(cloud):
    with made(cloud, size=2) as volume:
        wanted = {"volume": {"source_volid": volume["id"], "size": 1}}
        reply = cloud.post("block-storage", "/volumes", json=wanted)
        assert message(reply) == (
            "Invalid input received: Volume size '1'GB cannot be smaller than original volume "
            "size  2GB. They must be >= original volume size."
        )
        with made(cloud, source_volid=volume["id"]) as copy:
            assert (copy["size"], copy["source_volid"]) == (2, volume["id"])


def test_a_backup_is_restored(cloud):
    with (
        made(cloud, size=1, metadata={"of": "the first"}) as volume,
        made(cloud, "backup", volume_id=volume["id"], name="b") as backup,
    ):
        assert backup["volume_id"] == volume["id"]
        path = f"/backups/{backup['id']}"
        reply = cloud.post("block-storage", f"{path}/restore", json={"restore": {}})
        assert reply.status_code == 202
        restored = reply.json()["restore"]
        assert restored["backup_id"] == backup["id"]
        settled(cloud, path, "available", "backup")
        volume_path = f"/volumes/{restored['volume_id']}"
        copy = settled(cloud, volume_path, "available")
        assert copy["metadata"] == {"of": "the first"}
        gone(cloud, volume_path)


def test_types(cloud):
    found = cloud.get("block-storage", "/types").json()["volume_types"]
    lab = next(one for one in found if one["name"] == "lab")
    assert lab["extra_specs"] == {}
    default = cloud.get("block-storage", "/types/default").json()["volume_type"]
    assert default["name"] == "lab"
    assert cloud.get("block-storage", f"/types/{NOBODY}").status_code == 404
    name = cloud.unique("type")
    body = {"volume_type": {"name": name, "extra_specs": {"volume_backend_name": "lab"}}}
    assert cloud.post("block-storage", "/types", json=body).status_code == 403
    made_type = cloud.post("block-storage", "/types", json=body, admin=True).json()["volume_type"]
    path = f"/types/{made_type['id']}"
    try:
        again = cloud.post("block-storage", "/types", json=body, admin=True)
        assert message(again, "conflictingRequest") == f"Volume Type {name} already exists."
        more = {"extra_specs": {"c": "d"}}
        reply = cloud.post("block-storage", f"{path}/extra_specs", json=more, admin=True)
        assert reply.json() == more
        reply = cloud.get("block-storage", f"{path}/extra_specs", admin=True)
        assert reply.json() == {"extra_specs": {"volume_backend_name": "lab", "c": "d"}}
        reply = cloud.delete("block-storage", f"{path}/extra_specs/c", admin=True)
        assert reply.status_code == 202
        with made(cloud, size=1, volume_type=name) as volume:
            assert volume["volume_type"] == name
    finally:
        assert cloud.delete("block-storage", path, admin=True).status_code == 202


def test_quotas_are_kept(cloud):
    path = f"/os-quota-sets/{cloud.project_id}"
    before = cloud.get("block-storage", path).json()["quota_set"]
    try:
        body = {"quota_set": {"volumes": 0}}
        assert cloud.put("block-storage", path, json=body, admin=True).status_code == 200
        reply = cloud.post("block-storage", "/volumes", json={"volume": {"size": 1}})
        assert reply.status_code == 413
        assert message(reply, "overLimit") == (
            "VolumeLimitExceeded: Maximum number of volumes allowed (0) exceeded for quota "
            "'volumes'."
        )
        body = {"quota_set": {"volumes": 1000, "gigabytes": 0}}
        assert cloud.put("block-storage", path, json=body, admin=True).status_code == 200
        reply = cloud.post("block-storage", "/volumes", json={"volume": {"size": 1}})
        assert reply.status_code == 413
        assert message(reply, "overLimit").startswith("VolumeSizeExceedsAvailableQuota: ")
    finally:
        assert cloud.delete("block-storage", path, admin=True).status_code == 200
    assert cloud.get("block-storage", path).json()["quota_set"] == before


def test_limits_and_zones(cloud, volume):
    absolute = cloud.get("block-storage", "/limits").json()["limits"]["absolute"]
    assert absolute["totalVolumesUsed"] >= 1
    assert absolute["maxTotalVolumes"] >= 100
    zones = cloud.get("block-storage", "/os-availability-zone").json()["availabilityZoneInfo"]
    assert zones == [{"zoneName": "nova", "zoneState": {"available": True}}]

"""What orchestration needs of the image service."""

import hashlib
import uuid

import pytest

JSON_PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def image(cloud):
    """Make images; they go with the test."""
    made = []

    def make(**changes):
        body = {"name": cloud.unique("image"), "disk_format": "raw", "container_format": "bare"}
        reply = cloud.post("image", "/v2/images", json=body | changes)
        assert reply.status_code == 201, reply.text
        made.append(reply.json()["id"])
        return reply.json()

    yield make
    for image_id in made:
        unprotect = [{"op": "replace", "path": "/protected", "value": False}]
        change(cloud, image_id, unprotect)
        cloud.delete("image", f"/v2/images/{image_id}")


def change(cloud, image_id, operations, **rest):
    path = f"/v2/images/{image_id}"
    return cloud.patch("image", path, json=operations, headers=JSON_PATCH, **rest)


def upload(cloud, image_id, content=b"hello"):
    return cloud.put("image", f"/v2/images/{image_id}/file", data=content, headers=BYTES)


def names(reply):
    return [image["name"] for image in reply.json()["images"]]


def test_the_root_offers_version_2(cloud):
    reply = cloud.get("image", "/", authenticated=False)

    assert reply.status_code == 300
    versions = reply.json()["versions"]
    assert [v["id"] for v in versions if v["status"] == "CURRENT"] == ["v2.17"]
    assert all(v["links"][0]["href"].endswith("/v2/") for v in versions)


def test_nothing_is_shown_without_a_token(cloud):
    reply = cloud.get("image", "/v2/images", authenticated=False)

    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"].startswith("Keystone uri=")


def test_everybody_sees_the_public_image(cloud):
    found = cloud.get("image", "/v2/images?name=cirros").json()["images"]

    assert len(found) == 1
    assert found[0]["status"] == "active"
    assert found[0]["visibility"] == "public"
    assert (found[0]["min_disk"], found[0]["min_ram"]) == (0, 0)
    assert found[0]["size"] > 0


def test_an_image_is_queued_until_it_has_bytes(cloud, image):
    made = image(tags=["a"], foo="bar", min_disk=1)

    assert made["status"] == "queued"
    assert made["visibility"] == "shared"
    assert made["owner"] == cloud.project_id
    assert made["foo"] == "bar"
    assert made["tags"] == ["a"]
    assert made["size"] is None
    assert made["self"] == f"/v2/images/{made['id']}"
    assert made["file"] == f"/v2/images/{made['id']}/file"
    path = f"/v2/images/{made['id']}/file"
    assert cloud.get("image", path).status_code == 204
    assert upload(cloud, made["id"]).status_code == 204
    shown = cloud.get("image", f"/v2/images/{made['id']}").json()
    assert shown["status"] == "active"
    assert shown["size"] == 5
    assert shown["checksum"] == hashlib.md5(b"hello").hexdigest()
    assert shown["os_hash_value"] == hashlib.sha512(b"hello").hexdigest()
    reply = cloud.get("image", path)
    assert reply.content == b"hello"
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert upload(cloud, made["id"]).status_code == 409


def test_bytes_must_be_declared_as_bytes(cloud, image):
    path = f"/v2/images/{image()['id']}/file"

    assert cloud.put("image", path, json={"a": 1}).status_code == 415


def test_a_client_may_choose_the_id_once_and_for_all(cloud, image):
    chosen = str(uuid.uuid4())

    assert image(id=chosen)["id"] == chosen
    taken = cloud.post("image", "/v2/images", json={"id": chosen})
    assert taken.status_code == 409
    assert f"Image ID {chosen} already exists!" in taken.text
    cloud.delete("image", f"/v2/images/{chosen}")
    assert cloud.post("image", "/v2/images", json={"id": chosen}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "no-uuid"}, 400),
        ({"disk_format": "floppy"}, 400),
        ({"container_format": "bag"}, 400),
        ({"name": 5}, 400),
        ({"min_ram": -1}, 400),
        ({"visibility": "nobody"}, 400),
        ({"property": 5}, 400),
        ({"visibility": "public"}, 403),
        ({"status": "active"}, 403),
    ],
)
def test_images_that_are_not_to_be(cloud, body, status):
    reply = cloud.post("image", "/v2/images", json=body)

    assert reply.status_code == status
    assert reply.headers["Content-Type"].startswith("text/html")
    assert f"<h1>{status} " in reply.text


def test_an_image_is_changed_by_operations(cloud, image):
    made = image(foo="bar")
    operations = [
        {"op": "replace", "path": "/name", "value": "another"},
        {"op": "add", "path": "/os~1type", "value": "linux"},
        {"op": "remove", "path": "/foo"},
        {"op": "replace", "path": "/tags", "value": ["b"]},
        {"op": "replace", "path": "/min_ram", "value": 64},
    ]

    reply = change(cloud, made["id"], operations)

    assert reply.status_code == 200, reply.text
    shown = cloud.get("image", f"/v2/images/{made['id']}").json()
    assert (shown["name"], shown["tags"], shown["min_ram"]) == ("another", ["b"], 64)
    assert shown["os/type"] == "linux"
    assert "foo" not in shown


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "replace", "path": "/status", "value": "active"}, 403),
        ({"op": "replace", "path": "/id", "value": "x"}, 403),
        ({"op": "remove", "path": "/name"}, 403),
        ({"op": "remove", "path": "/nothing"}, 409),
        ({"op": "replace", "path": "/nothing", "value": "x"}, 409),
        ({"op": "replace", "path": "/visibility", "value": "public"}, 403),
        ({"op": "replace", "path": "/visibility", "value": "nobody"}, 400),
        ({"op": "shuffle", "path": "/name", "value": "x"}, 400),
        ({"op": "add", "path": "/x"}, 400),
    ],
)
def test_changes_that_are_not_to_be(cloud, image, operation, status):
    assert change(cloud, image()["id"], [operation]).status_code == status


def test_a_patch_must_be_declared_as_one(cloud, image):
    reply = cloud.patch("image", f"/v2/images/{image()['id']}", json=[])

    assert reply.status_code == 415
    assert "application/openstack-images-v2.1-json-patch" in reply.headers["Accept-Patch"]


def test_a_protected_image_stays(cloud, image):
    made = image(protected=True)

    reply = cloud.delete("image", f"/v2/images/{made['id']}")

    assert reply.status_code == 403
    assert f"Image {made['id']} is protected and cannot be deleted." in reply.text


def test_a_removed_image_is_gone(cloud, image):
    path = f"/v2/images/{image()['id']}"

    assert cloud.delete("image", path).status_code == 204
    assert cloud.get("image", path).status_code == 404
    assert cloud.delete("image", path).status_code == 404


def test_tags_come_and_go(cloud, image):
    made = image(tags=["a"])
    path = f"/v2/images/{made['id']}"

    assert cloud.put("image", f"{path}/tags/b").status_code == 204
    assert set(cloud.get("image", path).json()["tags"]) == {"a", "b"}
    assert cloud.delete("image", f"{path}/tags/a").status_code == 204
    assert cloud.delete("image", f"{path}/tags/a").status_code == 404
    assert cloud.get("image", path).json()["tags"] == ["b"]


def test_lists_are_filtered(cloud, image):
    tag = cloud.unique("tag")
    first = image(tags=[tag])
    second = image(tags=[tag, "more"], colour="blue")
    image()
    everything = f"/v2/images?tag={tag}"

    def ask(query):
        return set(names(cloud.get("image", f"{everything}{query}")))

    both = {first["name"], second["name"]}
    assert ask("") == both
    assert ask("&tag=more") == {second["name"]}
    assert ask(f"&id=in:{first['id']},{uuid.uuid4()}") == {first["name"]}
    assert ask(f"&name=in:{first['name']},{second['name']}") == both
    assert ask("&status=queued") == both
    assert ask("&status=active") == set()
    assert ask(f"&owner={cloud.project_id}") == both
    assert ask("&visibility=shared") == both
    assert ask("&visibility=private") == set()
    assert ask("&colour=blue") == {second["name"]}
    assert ask("&protected=true") == set()


def test_lists_are_sorted_and_paged(cloud, image):
    tag = cloud.unique("tag")
    for letter in "bac":
        image(name=letter, tags=[tag])
    path = f"/v2/images?tag={tag}&sort=name:asc&limit=2"

    first = cloud.get("image", path)

    assert names(first) == ["a", "b"]
    assert "next" in first.json()
    last = cloud.get("image", first.json()["next"])
    assert names(last) == ["c"]
    assert "next" not in last.json()
    assert names(cloud.get("image", f"/v2/images?tag={tag}&sort_key=name&sort_dir=desc")) == [
        "c",
        "b",
        "a",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=few",
        "marker=2cfb87c4-8d60-41a9-b006-a1ca2bb9ec2d",
        "sort_key=colour",
        "size_min=x",
    ],
)
def test_questions_that_make_no_sense(cloud, query):
    assert cloud.get("image", f"/v2/images?{query}").status_code == 400


def test_others_do_not_see_a_project_s_image_until_it_is_shared(cloud, image):
    made = image()
    path = f"/v2/images/{made['id']}"
    other = cloud.session("alt_demo").get_project_id()
    assert cloud.get("image", path, user="alt_demo").status_code == 404

    shared = cloud.post("image", f"{path}/members", json={"member": other})

    assert shared.json()["status"] == "pending"
    assert cloud.post("image", f"{path}/members", json={"member": other}).status_code == 409
    assert cloud.get("image", path, user="alt_demo").status_code == 200
    accept = {"status": "accepted"}
    assert cloud.put("image", f"{path}/members/{other}", json=accept).status_code == 403
    accepted = cloud.put("image", f"{path}/members/{other}", json=accept, user="alt_demo")
    assert accepted.json()["status"] == "accepted"
    operations = [{"op": "replace", "path": "/name", "value": "mine"}]
    assert change(cloud, made["id"], operations, user="alt_demo").status_code == 403
    listed = cloud.get("image", f"{path}/members").json()["members"]
    assert [member["member_id"] for member in listed] == [other]
    assert cloud.delete("image", f"{path}/members/{other}").status_code == 204
    assert cloud.get("image", path, user="alt_demo").status_code == 404


def test_an_import_from_the_web_ends_active(cloud, image):
    made = image()
    path = f"/v2/images/{made['id']}"
    body = {"method": {"name": "web-download", "uri": cloud.auth_url}}

    reply = cloud.post("image", f"{path}/import", json=body)

    assert reply.status_code == 202
    shown = cloud.until("image", path, lambda r: r.json()["status"] == "active").json()
    assert shown["size"] > 0
    assert shown["os_glance_failed_import"] == ""
    assert cloud.post("image", f"{path}/import", json=body).status_code == 409


def test_an_import_that_fails_leaves_the_image_queued(cloud, image):
    made = image()
    path = f"/v2/images/{made['id']}"
    body = {"method": {"name": "web-download", "uri": "http://127.0.0.1:1/image"}}

    assert cloud.post("image", f"{path}/import", json=body).status_code == 202

    failed = cloud.until("image", path, lambda r: r.json().get("os_glance_failed_import"))
    assert failed.json()["status"] == "queued"


def test_an_import_from_a_host_without_a_name_is_refused(cloud, image):
    path = f"/v2/images/{image()['id']}/import"
    method = {"name": "web-download", "uri": "http://nowhere.invalid/image"}

    reply = cloud.post("image", path, json={"method": method})

    assert reply.status_code == 400
    assert "nowhere.invalid" in reply.text


def test_staged_bytes_are_imported(cloud, image):
    path = f"/v2/images/{image()['id']}"
    body = {"method": {"name": "glance-direct"}}
    assert cloud.post("image", f"{path}/import", json=body).status_code == 409

    assert cloud.put("image", f"{path}/stage", data=b"abc", headers=BYTES).status_code == 204
    assert cloud.get("image", path).json()["status"] == "uploading"
    assert cloud.post("image", f"{path}/import", json=body).status_code == 202

    cloud.until("image", path, lambda r: r.json()["status"] == "active")
    assert cloud.get("image", f"{path}/file").content == b"abc"


def test_an_unknown_import_method_is_refused(cloud, image):
    path = f"/v2/images/{image()['id']}/import"

    assert cloud.post("image", path, json={"method": {"name": "magic"}}).status_code == 400


def test_a_deactivated_image_is_not_downloaded(cloud, image):
    made = image()
    path = f"/v2/images/{made['id']}"
    upload(cloud, made["id"])

    assert cloud.post("image", f"{path}/actions/deactivate", admin=True).status_code == 204
    assert cloud.get("image", path).json()["status"] == "deactivated"
    assert cloud.get("image", f"{path}/file").status_code == 403
    assert cloud.post("image", f"{path}/actions/reactivate", admin=True).status_code == 204
    assert cloud.get("image", f"{path}/file").content == b"hello"


def test_clients_learn_the_schema(cloud):
    schema = cloud.get("image", "/v2/schemas/image").json()

    assert schema["name"] == "image"
    assert {"id", "name", "disk_format", "visibility"} <= set(schema["properties"])
    listed = cloud.get("image", "/v2/schemas/images").json()
    assert listed["properties"]["images"]["items"]["name"] == "image"
    methods = cloud.get("image", "/v2/info/import").json()["import-methods"]["value"]
    assert {"glance-direct", "web-download"} <= set(methods)

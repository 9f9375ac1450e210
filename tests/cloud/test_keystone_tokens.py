"""What orchestration needs of the identity service: tokens, and what is told with them."""

from datetime import UTC, datetime

import pytest
import requests

from .identity import issue, password


def test_the_root_offers_version_3(cloud):
    root = cloud.auth_url.removesuffix("/v3")

    reply = requests.get(root + "/", timeout=60)

    assert reply.status_code == 300
    assert [v["id"] for v in reply.json()["versions"]["values"]] == ["v3.14"]
    version = requests.get(cloud.auth_url, timeout=60).json()["version"]
    assert version["status"] == "stable"
    assert version["links"][0]["href"] == cloud.auth_url + "/"


def test_a_password_gives_a_token_with_catalogue_and_implied_roles(cloud):
    scope = {"project": {"name": "demo", "domain": {"name": "Default"}}}

    reply = issue(
        cloud, password(None, cloud.password, scope, name="demo", domain={"id": "default"})
    )

    assert reply.status_code == 201
    assert reply.headers["X-Subject-Token"]
    token = reply.json()["token"]
    assert token["methods"] == ["password"]
    assert token["project"]["name"] == "demo"
    assert token["project"]["domain"] == {"id": "default", "name": "Default"}
    assert token["user"]["name"] == "demo"
    assert token["is_domain"] is False
    names = {role["name"] for role in token["roles"]}
    assert {"member", "reader", "heat_stack_owner"} <= names
    assert "admin" not in names
    types = {entry["type"] for entry in token["catalog"]}
    assert {"identity", "compute", "network", "image", "volumev3", "orchestration"} <= types
    interfaces = {e["interface"] for s in token["catalog"] for e in s["endpoints"]}
    assert interfaces == {"public", "internal", "admin"}
    heat = next(s for s in token["catalog"] if s["type"] == "orchestration")
    assert heat["endpoints"][0]["url"].endswith(token["project"]["id"])
    expires = datetime.fromisoformat(token["expires_at"])
    assert (expires - datetime.now(UTC)).total_seconds() > 3000


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"name": "demo", "domain": {"id": "default"}, "password": "wrong"}, 401),
        ({"name": "nobody", "domain": {"id": "default"}, "password": "wrong"}, 401),
        ({"name": "demo", "domain": {"id": "nowhere"}, "password": "wrong"}, 401),
    ],
)
def test_a_wrong_proof_is_401_and_says_where_to_authenticate(cloud, given, status):
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": given}}}}

    reply = issue(cloud, body)

    assert reply.status_code == status
    assert reply.json()["error"]["title"] == "Unauthorized"
    assert reply.headers["WWW-Authenticate"] == f'Keystone uri="{cloud.auth_url}"'


def test_a_body_without_auth_is_400(cloud):
    reply = issue(cloud, {})

    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith("Expecting to find auth in request body.")


def test_malformed_json_is_400(cloud):
    reply = requests.post(
        f"{cloud.auth_url}/auth/tokens",
        data=b"{no",
        headers={"Content-Type": "application/json"},
        timeout=60,
    )

    assert reply.status_code == 400
    message = reply.json()["error"]["message"]
    assert message.startswith("Expecting to find valid JSON in request body.")


def test_nobody_gets_a_token_for_a_project_without_a_role(cloud, demo_id):
    scope = {"project": {"name": "service", "domain": {"id": "default"}}}

    assert issue(cloud, password(demo_id, cloud.password, scope)).status_code == 401
    assert (
        issue(cloud, password(demo_id, cloud.password, {"system": {"all": True}})).status_code
        == 401
    )


def test_without_scope_the_default_project_is_taken_and_unscoped_is_unscoped(cloud, demo_id):
    assert "project" in issue(cloud, password(demo_id, cloud.password)).json()["token"]
    token = issue(cloud, password(demo_id, cloud.password, "unscoped")).json()["token"]
    assert {"project", "catalog", "roles"}.isdisjoint(token)


def test_an_admin_of_the_system_gets_a_system_token(cloud):
    scope = {"system": {"all": True}}

    reply = issue(
        cloud, password(None, cloud.password, scope, name="admin", domain={"id": "default"})
    )

    token = reply.json()["token"]
    assert token["system"] == {"all": True}
    assert {"admin", "manager", "member", "reader"} <= {r["name"] for r in token["roles"]}


def test_the_stack_domain_has_an_admin(cloud):
    body = password(None, cloud.password, None, name="heat_domain_admin", domain={"name": "heat"})
    body["auth"]["scope"] = {"domain": {"name": "heat"}}

    token = issue(cloud, body).json()["token"]

    assert token["domain"]["name"] == "heat"
    assert "admin" in {role["name"] for role in token["roles"]}


def test_an_unscoped_token_can_be_traded_for_a_scoped_one(cloud, demo_id):
    unscoped = issue(cloud, password(demo_id, cloud.password, "unscoped"))
    identity = {"methods": ["token"], "token": {"id": unscoped.headers["X-Subject-Token"]}}
    scope = {"project": {"id": cloud.project_id}}

    reply = issue(cloud, {"auth": {"identity": identity, "scope": scope}})

    assert reply.status_code == 201
    token = reply.json()["token"]
    assert set(token["methods"]) == {"password", "token"}
    assert token["expires_at"] == unscoped.json()["token"]["expires_at"]


def test_services_validate_tokens_and_users_only_their_own(cloud):
    mine = cloud.session("demo").get_token()
    other = cloud.session("admin").get_token()

    reply = cloud.get("identity", "/auth/tokens", headers={"X-Subject-Token": mine}, admin=True)

    assert reply.status_code == 200
    assert reply.headers["X-Subject-Token"] == mine
    assert reply.json()["token"]["user"]["name"] == "demo"
    assert reply.json()["token"]["catalog"]
    path = "/auth/tokens"
    assert cloud.get("identity", path, headers={"X-Subject-Token": mine}).status_code == 200
    assert cloud.get("identity", path, headers={"X-Subject-Token": other}).status_code == 403
    unknown = cloud.get("identity", path, headers={"X-Subject-Token": "zz"}, admin=True)
    assert unknown.status_code == 404
    head = cloud.head("identity", path, headers={"X-Subject-Token": mine}, admin=True)
    assert (head.status_code, head.content) == (200, b"")


def test_nocatalog_leaves_the_catalogue_out(cloud):
    mine = cloud.session("demo").get_token()

    reply = cloud.get("identity", "/auth/tokens?nocatalog", headers={"X-Subject-Token": mine})

    assert "catalog" not in reply.json()["token"]


def test_a_revoked_token_is_good_for_nothing(cloud, demo_id):
    token = issue(cloud, password(demo_id, cloud.password)).headers["X-Subject-Token"]
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    url = f"{cloud.auth_url}/auth/tokens"

    assert requests.delete(url, headers=headers, timeout=60).status_code == 204

    assert requests.get(url, headers=headers, timeout=60).status_code in {401, 404}
    images = cloud.session().get_endpoint(service_type="image") + "/v2/images"
    assert requests.get(images, headers=headers, timeout=60).status_code == 401


def test_unknown_paths_are_404(cloud):
    assert cloud.get("identity", "/nowhere", admin=True).status_code == 404

"""What orchestration needs of the identity service."""

import json
import time
from datetime import UTC, datetime

import pytest
import requests
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from keystoneclient.contrib.ec2.utils import Ec2Signer


@pytest.fixture
def demo_id(cloud):
    return cloud.session("demo").get_user_id()


@pytest.fixture
def heat_id(cloud):
    return cloud.session("heat", "service").get_user_id()


@pytest.fixture
def trust(cloud, demo_id, heat_id):
    """Make trusts of demo for heat; they end with the test."""
    made = []

    def make(**changes):
        body = {
            "trustor_user_id": demo_id,
            "trustee_user_id": heat_id,
            "project_id": cloud.project_id,
            "impersonation": True,
            "roles": [{"name": "heat_stack_owner"}],
        } | changes
        reply = cloud.post("identity", "/OS-TRUST/trusts", json={"trust": body})
        if reply.status_code == 201:
            made.append(reply.json()["trust"]["id"])
        return reply

    yield make
    for trust_id in made:
        cloud.delete("identity", f"/OS-TRUST/trusts/{trust_id}")


@pytest.fixture
def newcomer(cloud):
    """A user of its own in a project of its own."""
    name = cloud.unique("newcomer")
    project = cloud.post("identity", "/projects", json={"project": {"name": name}}, admin=True)
    project_id = project.json()["project"]["id"]
    body = {"name": name, "password": "first", "default_project_id": project_id}
    user = cloud.post("identity", "/users", json={"user": body}, admin=True)
    user_id = user.json()["user"]["id"]
    grant = f"/projects/{project_id}/users/{user_id}/roles/{role_id(cloud, 'member')}"
    assert cloud.put("identity", grant, admin=True).status_code == 204
    yield {"id": user_id, "name": name, "project_id": project_id, "grant": grant}
    cloud.delete("identity", f"/users/{user_id}", admin=True)
    cloud.delete("identity", f"/projects/{project_id}", admin=True)


def role_id(cloud, name):
    reply = cloud.get("identity", f"/roles?name={name}", admin=True)
    return reply.json()["roles"][0]["id"]


def password(user, secret, scope=None, **by):
    identity = {"methods": ["password"], "password": {"user": {**by, "password": secret}}}
    if user is not None:
        identity["password"]["user"]["id"] = user
    return {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}


def issue(cloud, body):
    return requests.post(f"{cloud.auth_url}/auth/tokens", json=body, timeout=60)


def as_heat(cloud, trust_id):
    body = password(
        None,
        cloud.password,
        {"OS-TRUST:trust": {"id": trust_id}},
        name="heat",
        domain={"id": "default"},
    )
    return issue(cloud, body)


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


def test_users_see_themselves_and_admins_see_all(cloud, demo_id):
    assert cloud.get("identity", f"/users/{demo_id}").json()["user"]["name"] == "demo"
    admin = cloud.session("admin").get_user_id()
    refused = cloud.get("identity", f"/users/{admin}")
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == (
        "You are not authorized to perform the requested action: identity:get_user."
    )
    assert cloud.get("identity", "/users").status_code == 403
    names = {u["name"] for u in cloud.get("identity", "/users", admin=True).json()["users"]}
    assert {"admin", "demo", "alt_demo", "heat"} <= names
    assert cloud.get("identity", "/users/nope", admin=True).status_code == 404


def test_projects_are_found_by_name_and_listed_for_their_users(cloud):
    listed = cloud.get("identity", "/projects?name=demo", admin=True).json()
    assert [p["id"] for p in listed["projects"]] == [cloud.project_id]
    assert listed["links"]["next"] is None
    own = cloud.get("identity", "/auth/projects").json()["projects"]
    assert [p["name"] for p in own] == ["demo"]
    assert cloud.get("identity", f"/projects/{cloud.project_id}").status_code == 200
    assert cloud.get("identity", "/projects").status_code == 403


def test_names_are_unique_within_a_domain(cloud, newcomer):
    body = {"project": {"name": newcomer["name"]}}
    taken = cloud.post("identity", "/projects", json=body, admin=True)
    assert taken.status_code == 409
    body = {"user": {"name": newcomer["name"]}}
    taken = cloud.post("identity", "/users", json=body, admin=True)
    assert taken.status_code == 409
    assert taken.json()["error"]["message"] == (
        "Conflict occurred attempting to store user - "
        f"Duplicate entry found with name {newcomer['name']} at domain ID default."
    )


def test_a_project_needs_a_name(cloud):
    reply = cloud.post("identity", "/projects", json={"project": {}}, admin=True)

    assert reply.status_code == 400
    assert "'name' is a required property" in reply.json()["error"]["message"]


def test_taking_a_role_away_takes_the_project_away(cloud, newcomer):
    scope = {"project": {"id": newcomer["project_id"]}}
    token = issue(cloud, password(newcomer["id"], "first", scope)).headers["X-Subject-Token"]

    assert cloud.head("identity", newcomer["grant"], admin=True).status_code == 204
    assert cloud.delete("identity", newcomer["grant"], admin=True).status_code == 204

    assert cloud.delete("identity", newcomer["grant"], admin=True).status_code == 404
    assert cloud.head("identity", newcomer["grant"], admin=True).status_code == 404
    headers = {"X-Auth-Token": token}
    reply = requests.get(f"{cloud.auth_url}/auth/projects", headers=headers, timeout=60)
    assert reply.status_code in {401, 404}
    assert issue(cloud, password(newcomer["id"], "first", scope)).status_code == 401


def test_effective_assignments_name_the_implied_roles(cloud, newcomer):
    path = f"/role_assignments?user.id={newcomer['id']}&include_names=1"

    plain = cloud.get("identity", path, admin=True).json()["role_assignments"]
    effective = cloud.get("identity", path + "&effective", admin=True).json()["role_assignments"]

    assert [a["role"]["name"] for a in plain] == ["member"]
    assert plain[0]["user"]["name"] == newcomer["name"]
    assert plain[0]["scope"]["project"]["domain"] == {"id": "default", "name": "Default"}
    assert {a["role"]["name"] for a in effective} == {"member", "reader"}


def test_a_changed_password_ends_the_old_tokens(cloud, newcomer):
    reply = issue(cloud, password(newcomer["id"], "first"))
    headers = {"X-Auth-Token": reply.headers["X-Subject-Token"]}
    url = f"{cloud.auth_url}/users/{newcomer['id']}/password"
    wrong = {"user": {"original_password": "nonsense", "password": "second"}}
    right = {"user": {"original_password": "first", "password": "second"}}

    assert requests.post(url, json=wrong, headers=headers, timeout=60).status_code == 401
    assert requests.post(url, json=right, headers=headers, timeout=60).status_code == 204

    # The real service may believe its cache for a moment.
    deadline = time.monotonic() + 10
    projects = f"{cloud.auth_url}/auth/projects"
    while requests.get(projects, headers=headers, timeout=60).status_code != 401:
        assert cloud.name == "lab"
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert issue(cloud, password(newcomer["id"], "first")).status_code == 401
    assert issue(cloud, password(newcomer["id"], "second")).status_code == 201


def test_a_disabled_user_gets_no_token(cloud, newcomer):
    path = f"/users/{newcomer['id']}"
    reply = cloud.patch("identity", path, json={"user": {"enabled": False}}, admin=True)

    assert reply.json()["user"]["enabled"] is False
    assert issue(cloud, password(newcomer["id"], "first")).status_code == 401


def test_groups_give_their_members_roles(cloud, newcomer):
    name = cloud.unique("group")
    group = cloud.post("identity", "/groups", json={"group": {"name": name}}, admin=True)
    group_id = group.json()["group"]["id"]
    member = f"/groups/{group_id}/users/{newcomer['id']}"
    role = role_id(cloud, "creator")
    try:
        assert cloud.put("identity", member, admin=True).status_code == 204
        grant = f"/projects/{newcomer['project_id']}/groups/{group_id}/roles/{role}"
        assert cloud.put("identity", grant, admin=True).status_code == 204
        scope = {"project": {"id": newcomer["project_id"]}}
        token = issue(cloud, password(newcomer["id"], "first", scope)).json()["token"]
        assert {r["name"] for r in token["roles"]} == {"member", "reader", "creator"}
        assert cloud.delete("identity", member, admin=True).status_code == 204
        assert cloud.head("identity", member, admin=True).status_code == 404
    finally:
        cloud.delete("identity", f"/groups/{group_id}", admin=True)


def test_only_a_disabled_domain_can_be_removed(cloud):
    body = {"domain": {"name": cloud.unique("domain")}}
    made = cloud.post("identity", "/domains", json=body, admin=True)
    path = f"/domains/{made.json()['domain']['id']}"

    assert cloud.delete("identity", path, admin=True).status_code == 403
    cloud.patch("identity", path, json={"domain": {"enabled": False}}, admin=True)
    assert cloud.delete("identity", path, admin=True).status_code == 204
    assert cloud.get("identity", path, admin=True).status_code == 404


def test_a_trust_lets_the_trustee_act_as_the_trustor(cloud, trust, demo_id, heat_id):
    made = trust().json()["trust"]

    assert made["trustor_user_id"] == demo_id
    assert made["expires_at"] is None
    assert made["remaining_uses"] is None
    assert made["redelegation_count"] == 0
    assert [role["name"] for role in made["roles"]] == ["heat_stack_owner"]
    token = as_heat(cloud, made["id"]).json()["token"]
    assert token["user"]["name"] == "demo"
    assert token["project"]["name"] == "demo"
    assert [role["name"] for role in token["roles"]] == ["heat_stack_owner"]
    assert token["OS-TRUST:trust"] == {
        "id": made["id"],
        "impersonation": True,
        "trustor_user": {"id": demo_id},
        "trustee_user": {"id": heat_id},
    }
    assert token["catalog"]


def test_without_impersonation_the_trustee_stays_itself(cloud, trust, heat_id):
    made = trust(impersonation=False, roles=[{"name": "member"}]).json()["trust"]

    token = as_heat(cloud, made["id"]).json()["token"]

    assert token["user"]["id"] == heat_id
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}


def test_a_trust_with_one_use_is_used_up(cloud, trust):
    made = trust(remaining_uses=1).json()["trust"]

    assert made["remaining_uses"] == 1
    assert as_heat(cloud, made["id"]).status_code == 201
    assert as_heat(cloud, made["id"]).status_code == 401


def test_a_trust_token_makes_no_other_tokens_trusts_or_credentials(cloud, trust, demo_id, heat_id):
    token = as_heat(cloud, trust().json()["trust"]["id"]).headers["X-Subject-Token"]
    headers = {"X-Auth-Token": token}
    identity = {"methods": ["token"], "token": {"id": token}}
    scope = {"project": {"id": cloud.project_id}}
    assert issue(cloud, {"auth": {"identity": identity, "scope": scope}}).status_code == 403
    body = {
        "trustor_user_id": demo_id,
        "trustee_user_id": heat_id,
        "project_id": cloud.project_id,
        "impersonation": True,
        "roles": [{"name": "heat_stack_owner"}],
    }
    url = f"{cloud.auth_url}/OS-TRUST/trusts"
    again = requests.post(url, json={"trust": body}, headers=headers, timeout=60)
    assert again.status_code == 403
    url = f"{cloud.auth_url}/users/{demo_id}/application_credentials"
    body = {"application_credential": {"name": cloud.unique()}}
    assert requests.post(url, json=body, headers=headers, timeout=60).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"roles": [{"name": "admin"}]}, 404),
        ({"roles": []}, 403),
        ({"trustee_user_id": "nope"}, 404),
        ({"trustor_user_id": "somebody"}, 403),
        ({"expires_at": "2020-01-01T00:00:00.000000Z"}, 400),
        ({"remaining_uses": 0}, 400),
    ],
)
def test_trusts_that_are_not_to_be(trust, changes, status):
    assert trust(**changes).status_code == status


def test_trusts_are_listed_for_those_whose_they_are(cloud, trust, demo_id, heat_id):
    made = trust().json()["trust"]
    path = "/OS-TRUST/trusts"

    mine = cloud.get("identity", f"{path}?trustor_user_id={demo_id}").json()["trusts"]
    assert made["id"] in [t["id"] for t in mine]
    assert "roles" not in mine[0]
    theirs = cloud.get("identity", f"{path}?trustee_user_id={heat_id}", admin=True)
    assert made["id"] in [t["id"] for t in theirs.json()["trusts"]]
    assert cloud.get("identity", path).status_code == 403
    assert cloud.get("identity", f"{path}?trustor_user_id={heat_id}").status_code == 403
    roles = cloud.get("identity", f"{path}/{made['id']}/roles").json()["roles"]
    assert [role["name"] for role in roles] == ["heat_stack_owner"]
    other = cloud.get("identity", f"{path}/{made['id']}", user="alt_demo")
    assert other.status_code == 403


def test_a_removed_trust_ends_its_tokens(cloud, trust):
    made = trust().json()["trust"]
    headers = {"X-Auth-Token": as_heat(cloud, made["id"]).headers["X-Subject-Token"]}
    path = f"/OS-TRUST/trusts/{made['id']}"

    assert cloud.delete("identity", path).status_code == 204

    assert cloud.delete("identity", path).status_code == 404
    assert as_heat(cloud, made["id"]).status_code == 401
    reply = requests.get(f"{cloud.auth_url}/auth/projects", headers=headers, timeout=60)
    assert reply.status_code in {401, 404}


def test_a_trust_dies_with_its_trustor(cloud, newcomer, heat_id):
    auth = v3.Password(
        auth_url=cloud.auth_url,
        user_id=newcomer["id"],
        password="first",
        project_id=newcomer["project_id"],
    )
    session = Session(auth=auth)
    body = {
        "trustor_user_id": newcomer["id"],
        "trustee_user_id": heat_id,
        "project_id": newcomer["project_id"],
        "impersonation": True,
        "roles": [{"name": "member"}],
    }
    url = f"{cloud.auth_url}/OS-TRUST/trusts"
    trust_id = session.post(url, json={"trust": body}).json()["trust"]["id"]
    session.session.close()
    assert as_heat(cloud, trust_id).status_code == 201

    cloud.delete("identity", f"/users/{newcomer['id']}", admin=True)

    assert as_heat(cloud, trust_id).status_code == 401
    gone = cloud.get("identity", f"/OS-TRUST/trusts/{trust_id}", admin=True)
    assert gone.status_code == 404


def test_an_application_credential_stands_for_its_user_in_one_project(cloud, demo_id):
    name = cloud.unique("credential")
    path = f"/users/{demo_id}/application_credentials"
    body = {"application_credential": {"name": name, "roles": [{"name": "heat_stack_owner"}]}}
    made = cloud.post("identity", path, json=body).json()["application_credential"]
    try:
        auth = v3.ApplicationCredential(
            auth_url=cloud.auth_url,
            application_credential_id=made["id"],
            application_credential_secret=made["secret"],
        )
        session = Session(auth=auth)
        assert session.get_project_id() == cloud.project_id
        assert auth.get_access(session).role_names == ["heat_stack_owner"]
        second = {"application_credential": {"name": cloud.unique()}}
        with pytest.raises(exceptions.Forbidden):
            session.post(cloud.auth_url + path, json=second)
        session.session.close()
        assert cloud.post("identity", path, json=body).status_code == 409
        shown = cloud.get("identity", f"{path}/{made['id']}").json()["application_credential"]
        assert "secret" not in shown
        identity = {
            "methods": ["application_credential"],
            "application_credential": {"id": made["id"], "secret": "wrong"},
        }
        assert issue(cloud, {"auth": {"identity": identity}}).status_code == 401
        identity["application_credential"] = {
            "name": name,
            "user": {"name": "demo", "domain": {"id": "default"}},
            "secret": made["secret"],
        }
        assert issue(cloud, {"auth": {"identity": identity}}).status_code == 201
    finally:
        assert cloud.delete("identity", f"{path}/{made['id']}").status_code == 204
    assert issue(cloud, {"auth": {"identity": identity}}).status_code == 401


def test_an_application_credential_gets_no_more_than_its_user_has(cloud, demo_id):
    path = f"/users/{demo_id}/application_credentials"
    body = {"application_credential": {"name": cloud.unique(), "roles": [{"name": "admin"}]}}

    assert cloud.post("identity", path, json=body).status_code == 400


@pytest.fixture
def pair(cloud, demo_id):
    """An EC2 key pair of demo."""
    path = f"/users/{demo_id}/credentials/OS-EC2"
    body = {"tenant_id": cloud.project_id}
    made = cloud.post("identity", path, json=body).json()["credential"]
    yield made
    cloud.delete("identity", f"{path}/{made['access']}")


def signed(pair, version, host="heat.example:8000"):
    now = datetime.now(UTC)
    params = {"Action": "DescribeStackResource", "StackName": "a b/c", "AWSAccessKeyId": "x"}
    given = {"access": pair["access"], "host": host, "verb": "GET", "path": "/v1/"}
    if version == 2:
        params |= {
            "SignatureVersion": "2",
            "SignatureMethod": "HmacSHA256",
            "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        given |= {"params": params}
    else:
        date = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{date[:8]}/RegionOne/cloudformation/aws4_request"
        given |= {
            "params": params,
            "body_hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "headers": {
                "X-Amz-Date": date,
                "Host": host,
                "Authorization": f"AWS4-HMAC-SHA256 Credential={pair['access']}/{scope}, "
                "SignedHeaders=host;x-amz-date, Signature=unused",
            },
        }
    return given | {"signature": Ec2Signer(pair["secret"]).generate(given)}


@pytest.mark.parametrize("version", [2, 4])
def test_a_signed_request_is_worth_a_token(cloud, pair, version):
    body = {"ec2Credentials": signed(pair, version)}

    reply = cloud.post("identity", "/ec2tokens", json=body, admin=True)

    assert reply.status_code == 200, reply.text
    token = reply.json()["token"]
    assert token["methods"] == ["ec2credential"]
    assert token["user"]["name"] == "demo"
    assert token["project"]["id"] == cloud.project_id
    assert reply.headers["X-Subject-Token"]


@pytest.mark.parametrize("version", [2, 4])
def test_a_request_signed_with_another_secret_is_refused(cloud, pair, version):
    body = {"ec2Credentials": signed(pair | {"secret": "another"}, version)}

    assert cloud.post("identity", "/ec2tokens", json=body, admin=True).status_code == 401


def test_only_services_may_exchange_signatures(cloud, pair):
    body = {"ec2Credentials": signed(pair, 2)}

    assert cloud.post("identity", "/ec2tokens", json=body).status_code == 403
    unknown = {"ec2Credentials": signed(pair | {"access": "nope"}, 2)}
    assert cloud.post("identity", "/ec2tokens", json=unknown, admin=True).status_code == 404


def test_ec2_pairs_are_credentials_too(cloud, demo_id, pair):
    listed = cloud.get("identity", f"/credentials?type=ec2&user_id={demo_id}").json()
    blobs = [json.loads(c["blob"]) for c in listed["credentials"]]
    assert pair["access"] in [blob["access"] for blob in blobs]
    blob = json.dumps({"access": cloud.unique("access"), "secret": "s"})
    body = {"type": "ec2", "user_id": demo_id, "project_id": cloud.project_id, "blob": blob}
    made = cloud.post("identity", "/credentials", json={"credential": body})
    assert made.status_code == 201
    path = f"/credentials/{made.json()['credential']['id']}"
    pairs = cloud.get("identity", f"/users/{demo_id}/credentials/OS-EC2").json()["credentials"]
    assert json.loads(blob)["access"] in [one["access"] for one in pairs]
    assert cloud.delete("identity", path).status_code == 204
    assert cloud.get("identity", path).status_code == 403
    broken = {"credential": body | {"blob": "zz"}}
    assert cloud.post("identity", "/credentials", json=broken).status_code == 400


def test_services_endpoints_and_regions_make_the_catalogue(cloud):
    kind = cloud.unique("kind")
    service = cloud.post(
        "identity", "/services", json={"service": {"type": kind, "name": "x"}}, admin=True
    )
    service_id = service.json()["service"]["id"]
    body = {
        "service_id": service_id,
        "interface": "public",
        "region_id": "RegionOne",
        "url": "http://198.51.100.1/v1/$(project_id)s",
    }
    endpoint = cloud.post("identity", "/endpoints", json={"endpoint": body}, admin=True)
    try:
        assert endpoint.status_code == 201
        catalog = cloud.get("identity", "/auth/catalog").json()["catalog"]
        found = next(entry for entry in catalog if entry["type"] == kind)
        assert found["endpoints"][0]["url"] == f"http://198.51.100.1/v1/{cloud.project_id}"
        listed = cloud.get("identity", f"/endpoints?service_id={service_id}", admin=True).json()
        assert [e["url"] for e in listed["endpoints"]] == [body["url"]]
    finally:
        cloud.delete("identity", f"/services/{service_id}", admin=True)
    listed = cloud.get("identity", f"/endpoints?service_id={service_id}", admin=True).json()
    assert listed["endpoints"] == []


def test_everybody_may_see_regions_and_inferences(cloud):
    regions = cloud.get("identity", "/regions").json()["regions"]
    assert "RegionOne" in [region["id"] for region in regions]
    inferences = cloud.get("identity", "/role_inferences", admin=True).json()["role_inferences"]
    pairs = {(i["prior_role"]["name"], r["name"]) for i in inferences for r in i["implies"]}
    assert {("admin", "manager"), ("manager", "member"), ("member", "reader")} <= pairs


def test_a_built_in_role_stays(cloud):
    reply = cloud.delete("identity", f"/roles/{role_id(cloud, 'member')}", admin=True)

    assert reply.status_code == 403


def test_unknown_paths_are_404(cloud):
    assert cloud.get("identity", "/nowhere", admin=True).status_code == 404

"""What orchestration needs of the identity service: trusts, by which it acts for users later."""

import pytest
import requests
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from .identity import as_heat, issue


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

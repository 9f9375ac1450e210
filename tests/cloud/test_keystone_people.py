"""What orchestration needs of the identity service: users, groups, projects, and their roles."""

import time

import requests

from .identity import issue, password, role_id


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


def test_a_built_in_role_stays(cloud):
    reply = cloud.delete("identity", f"/roles/{role_id(cloud, 'member')}", admin=True)

    assert reply.status_code == 403

"""Software configs and deployments, as users and servers reach them."""

import pytest

from wire import Wire

CONFIG = {
    "name": "setup",
    "group": "script",
    "config": "#!/bin/sh\necho $x",
    "inputs": [{"name": "x", "default": "1"}],
    "outputs": [{"name": "y", "type": "String"}],
    "options": {"shell": "sh"},
}


def made(wire, body=CONFIG, **who):
    answer = wire.ask("POST", "/software_configs", body, **who)
    assert answer.status_code == 200, answer.text
    return answer.json["software_config"]


def deployed(wire, config, server="s1", **more):
    body = {"config_id": config, "server_id": server, "status": "IN_PROGRESS", **more}
    answer = wire.ask("POST", "/software_deployments", body)
    assert answer.status_code == 200, answer.text
    return answer.json["software_deployment"]


def test_a_config_is_kept_as_it_was_sent(wire):
    config = made(wire)
    shown = wire.ask("GET", f"/software_configs/{config['id']}").json["software_config"]
    assert shown == config
    assert {key: shown[key] for key in ("name", "group", "config", "options")} == {
        key: CONFIG[key] for key in ("name", "group", "config", "options")
    }
    assert shown["inputs"] == [{"name": "x", "type": "String", "default": "1"}]
    assert shown["outputs"] == [{"name": "y", "type": "String"}]
    assert shown["creation_time"].endswith("Z")
    assert wire.ask("DELETE", f"/software_configs/{config['id']}").status_code == 204
    gone = wire.ask("GET", f"/software_configs/{config['id']}")
    assert gone.status_code == 404
    assert gone.json["error"]["message"] == f"Software config with id {config['id']} not found"


def test_configs_are_listed_in_pages_newest_first(wire):
    ids = [made(wire, {"name": str(n)})["id"] for n in range(3)]
    listed = wire.ask("GET", "/software_configs", query_string="limit=2").json["software_configs"]
    assert [one["id"] for one in listed] == [ids[2], ids[1]]
    assert set(listed[0]) == {"id", "name", "group", "creation_time"}
    rest = wire.ask("GET", "/software_configs", query_string=f"marker={ids[1]}")
    assert [one["id"] for one in rest.json["software_configs"]] == [ids[0]]


def test_a_config_is_its_projects_own(wire):
    config = made(wire)["id"]
    other = {"project": "other", "user": "eve"}
    assert wire.ask("GET", f"/software_configs/{config}", **other).status_code == 404
    assert wire.ask("DELETE", f"/software_configs/{config}", **other).status_code == 404
    assert wire.ask("GET", "/software_configs", **other).json == {"software_configs": []}
    body = {"config_id": config, "server_id": "s"}
    assert wire.ask("POST", "/software_deployments", body, **other).status_code == 404
    everywhere = {"query_string": "global_tenant=true"}
    assert wire.ask("GET", "/software_configs", **everywhere).status_code == 403


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"inputs": [{"type": "String"}]}, "inputs[0] has no name"),
        ({"outputs": [{"name": "y", "type": "Text"}]}, "'Text' is not one of: String, Number"),
        ({"inputs": "x"}, "inputs"),
    ],
)
def test_what_is_wrong_with_a_config_is_said(wire, change, says):
    answer = wire.ask("POST", "/software_configs", CONFIG | change)
    assert answer.status_code == 400
    assert says in answer.json["error"]["message"]


def test_a_project_has_no_more_than_it_may(db):
    wire = Wire(
        db,
        limits={"max_software_configs_per_tenant": 1, "max_software_deployments_per_tenant": 1},
    )
    config = made(wire)["id"]
    answer = wire.ask("POST", "/software_configs", CONFIG)
    assert (answer.status_code, answer.json["error"]["type"]) == (400, "RequestLimitExceeded")
    deployed(wire, config)
    body = {"config_id": config, "server_id": "s2"}
    answer = wire.ask("POST", "/software_deployments", body)
    assert (answer.status_code, answer.json["error"]["type"]) == (400, "RequestLimitExceeded")
    assert wire.ask("POST", "/software_configs", CONFIG, roles="admin").status_code == 200


def test_a_deployment_changes_only_in_what_is_sent(wire):
    config = made(wire)["id"]
    before = deployed(wire, config, input_values={"x": "2"}, action="CREATE")
    path = f"/software_deployments/{before['id']}"
    body = {"status": "COMPLETE", "output_values": {"deploy_stdout": "2"}, "action": None}
    after = wire.ask("PUT", path, body).json["software_deployment"]
    assert after.pop("updated_time")
    assert after == before | {"status": "COMPLETE", "output_values": {"deploy_stdout": "2"}}
    assert wire.ask("PUT", path, {"status": "DONE"}).status_code == 400
    of_server = wire.ask("GET", "/software_deployments", query_string="server_id=s2")
    assert of_server.json == {"software_deployments": []}
    listed = wire.ask("GET", "/software_deployments").json["software_deployments"]
    assert [one["id"] for one in listed] == [before["id"]]
    refused = wire.ask("DELETE", f"/software_configs/{config}")
    assert (refused.status_code, refused.json["error"]["type"]) == (400, "InvalidRestrictedAction")
    assert wire.ask("DELETE", path).status_code == 204
    assert wire.ask("GET", path).status_code == 404
    assert wire.ask("DELETE", f"/software_configs/{config}").status_code == 204


def test_a_server_reads_its_configs_by_name(wire):
    for name in ("b", "a"):
        deployed(wire, made(wire, CONFIG | {"name": name})["id"])
    deployed(wire, made(wire)["id"], server="s2")
    path = "/software_deployments/metadata/s1"
    found = wire.ask("GET", path, roles="heat_stack_user").json["metadata"]
    assert [one["name"] for one in found] == ["a", "b"]
    assert found[0]["config"] == CONFIG["config"]
    assert wire.ask("GET", path, project="other").json == {"metadata": []}


def test_a_stack_user_may_not_touch_configs(wire):
    config = made(wire)["id"]
    for method, path in (("GET", f"/software_configs/{config}"), ("GET", "/software_configs")):
        assert wire.ask(method, path, roles="heat_stack_user").status_code == 403


@pytest.mark.parametrize("users", ["other", "project-of-users"])
def test_nobody_has_a_config_carried_out_on_the_servers_of_others(wire, users):
    body = {"config_id": made(wire)["id"], "server_id": "s1", "stack_user_project_id": users}
    assert wire.ask("POST", "/software_deployments", body).status_code == 400
    found = wire.ask("GET", "/software_deployments/metadata/s1", project=users)
    assert found.json == {"metadata": []}
    body["stack_user_project_id"] = "demo"
    assert wire.ask("POST", "/software_deployments", body).status_code == 200

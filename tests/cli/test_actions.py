import json

import pytest
from cli_service import ID, Step, fault

SNAP = "22222222-2222-3333-4444-555555555555"


@pytest.fixture
def shop(service):
    service.has_stack("shop", "CREATE_COMPLETE")
    return service


def ends(service, action):
    """Let the stack be at the end of an action at the next look."""
    event = service.event
    service.steps = [
        Step(
            f"{action}_COMPLETE",
            [event("shop", f"{action}_IN_PROGRESS", "", ID), event("shop", f"{action}_COMPLETE")],
        )
    ]


@pytest.mark.parametrize("action", ["suspend", "resume", "check"])
def test_an_action_is_asked_for_by_its_name(heat, shop, action):
    shop.answers["POST", f"{shop.home}/actions"] = (200, None)
    ran = heat("stack", action, "shop")
    assert (ran.code, ran.out) == (0, f"shop: {action} started ({ID})\n")
    [asked] = shop.said("POST", f"{shop.home}/actions")
    assert asked.body == {action: None}


def test_waiting_watches_an_action_to_its_end(heat, shop):
    shop.answers["POST", f"{shop.home}/actions"] = (200, None)
    ends(shop, "SUSPEND")
    ran = heat("stack", "suspend", "shop", "--wait")
    assert ran.code == 0
    assert "SUSPEND_COMPLETE" in ran.out


def test_an_update_is_cancelled_with_or_without_going_back(heat, shop):
    shop.answers["POST", f"{shop.home}/actions"] = (200, None)
    ran = heat("stack", "cancel", "shop")
    assert (ran.out, ran.err) == ("shop: cancel started\n", "  heat stack watch shop\n")
    heat("stack", "cancel", "shop", "--no-rollback")
    asked = [one.body for one in shop.said("POST", f"{shop.home}/actions")]
    assert asked == [{"cancel_update": None}, {"cancel_without_rollback": None}]


def test_snapshots_are_taken_listed_restored_and_deleted(heat, shop):
    kept = {
        "id": SNAP,
        "name": "before",
        "status": "COMPLETE",
        "status_reason": "",
        "creation_time": "2026-01-01T00:00:00Z",
    }
    path = f"{shop.home}/snapshots"
    shop.answers |= {
        ("POST", path): (200, kept),
        ("GET", path): (200, {"snapshots": [kept]}),
        ("GET", f"{path}/{SNAP}"): (200, {"snapshot": kept | {"data": {"name": "shop"}}}),
        ("POST", f"{path}/{SNAP}/restore"): (202, None),
        ("DELETE", f"{path}/{SNAP}"): (204, None),
    }
    assert heat("stack", "snapshot", "create", "shop", "--name", "before").code == 0
    assert shop.said("POST", path)[0].body == {"name": "before"}
    assert SNAP in heat("stack", "snapshot", "list", "shop").out
    shown = heat("stack", "snapshot", "show", "shop", SNAP, "-f", "json")
    assert json.loads(shown.out)["data"] == {"name": "shop"}
    assert "restore started" in heat("stack", "snapshot", "restore", "shop", SNAP).out
    assert heat("stack", "snapshot", "delete", "shop", SNAP).code == 0
    assert "restore started" in heat("stack", "snapshot", "restore", "shop", "before").out
    unknown = heat("stack", "snapshot", "restore", "shop", "after")
    assert (unknown.code, "heat stack snapshot list shop" in unknown.err) == (3, True)
    shop.answers["GET", path] = (200, {"snapshots": [kept, kept | {"id": ID}]})
    several = heat("stack", "snapshot", "restore", "shop", "before")
    assert several.code == 1
    assert f"{SNAP}, {ID}" in several.err


def test_what_a_suspended_stack_refuses_is_told_with_the_way_on(heat, shop):
    said = "Updating a stack when it is SUSPEND_COMPLETE is not supported."
    fault = {"error": {"type": "NotSupported", "message": said}}
    shop.answers["PATCH", shop.home] = (400, fault)
    ran = heat("stack", "update", "shop", "--existing")
    assert ran.code == 1
    assert "heat stack resume" in ran.err


def test_an_abandoned_stack_goes_into_a_file_and_comes_back_from_it(heat, shop, tmp_path):
    export = {"name": "shop", "template": {}, "resources": {}}
    shop.answers["DELETE", f"{shop.home}/abandon"] = (200, export)
    shop.answers["POST", "/stacks"] = (201, {"stack": {"id": ID, "links": []}})
    ran = heat("stack", "abandon", "shop", "-y", "--output-file", "shop.json")
    assert (ran.code, ran.out) == (0, "")
    assert json.loads((tmp_path / "shop.json").read_text()) == export
    assert heat("stack", "adopt", "shop", "--adopt-file", "shop.json").code == 0
    [asked] = shop.said("POST", "/stacks")
    assert json.loads(asked.body["adopt_stack_data"]) == export


def test_an_export_that_can_not_be_written_is_printed(heat, shop):
    shop.answers["DELETE", f"{shop.home}/abandon"] = (200, {"name": "shop"})
    ran = heat("stack", "abandon", "shop", "-y", "--output-file", "no/such/folder.json")
    assert ran.code == 1
    assert json.loads(ran.out) == {"name": "shop"}
    assert "can't be written" in ran.err


def test_a_resource_is_marked_with_a_reason(heat, shop):
    path = f"{shop.home}/resources/web"
    shop.answers["PATCH", path] = (200, None)
    ran = heat("stack", "resource", "mark", "unhealthy", "shop", "web", "it smokes")
    assert (ran.code, ran.out) == (0, "web: marked unhealthy\n")
    heat("stack", "resource", "mark", "unhealthy", "shop", "web", "--reset")
    first, second = (one.body for one in shop.said("PATCH", path))
    assert first == {"mark_unhealthy": True, "resource_status_reason": "it smokes"}
    assert second == {"mark_unhealthy": False, "resource_status_reason": ""}


def test_what_can_not_be_cancelled_has_a_way_on(heat, shop):
    words = "Cancelling update when stack is UPDATE_COMPLETE is not supported."
    shop.answers["POST", f"{shop.home}/actions"] = (400, fault(400, "NotSupported", words))
    ran = heat("stack", "cancel", "shop")
    assert ran.code == 1
    assert ran.err.endswith("how it stands: heat stack show shop\n")


def test_what_the_service_refuses_is_told(heat, shop):
    words = "Stack shop already has an action (UPDATE) in progress; wait for its end."
    shop.answers["POST", f"{shop.home}/actions"] = (409, fault(409, "ActionInProgress", words))
    ran = heat("stack", "check", "shop")
    assert ran.code == 1
    assert words in ran.err

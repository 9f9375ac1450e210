"""Watching what goes on, and what comes next, no longer than wanted."""

import pytest
from cli_service import ID, Step


def test_what_is_under_way_is_shown_from_its_beginning(heat, service):
    service.has_stack("shop", "UPDATE_IN_PROGRESS")
    event = service.event
    service.events = [
        event("shop", "CREATE_IN_PROGRESS", "old", ID),
        event("shop", "CREATE_COMPLETE", "old", ID),
        event("shop", "UPDATE_IN_PROGRESS", "Stack UPDATE started", ID),
        event("web", "UPDATE_IN_PROGRESS"),
    ]
    service.steps = [
        Step("UPDATE_IN_PROGRESS"),
        Step("UPDATE_COMPLETE", [event("shop", "UPDATE_COMPLETE", "done", ID)]),
    ]
    ran = heat("stack", "watch", "shop")
    assert ran.code == 0
    assert "old" not in ran.out
    assert "Stack UPDATE started" in ran.out.splitlines()[0]
    assert "Stack shop: UPDATE_COMPLETE" in ran.out


def test_at_rest_what_comes_next_is_waited_for(heat, service):
    service.has_stack("shop", "CREATE_COMPLETE")
    event = service.event
    service.events = [event("shop", "CREATE_COMPLETE", "old", ID)]
    begun = event("shop", "SUSPEND_IN_PROGRESS", "Stack SUSPEND started", ID)
    done = event("shop", "SUSPEND_FAILED", "no", ID)
    # The first look is the command's own.
    service.steps = [
        Step("CREATE_COMPLETE"),
        Step("CREATE_COMPLETE"),
        Step("SUSPEND_IN_PROGRESS", [begun]),
        Step("SUSPEND_FAILED", [done]),
    ]
    ran = heat("stack", "watch", "shop")
    assert ran.code == 1
    assert "shop is CREATE_COMPLETE; waiting for what comes next" in ran.err
    assert "old" not in ran.out
    assert "heat stack why shop" in ran.err


@pytest.mark.parametrize("words", [("watch", "shop"), ("suspend", "shop")])
def test_watching_ends_when_it_takes_too_long(heat, service, words):
    service.has_stack("shop", "SUSPEND_IN_PROGRESS")
    service.answers["POST", f"{service.home}/actions"] = (200, None)
    ran = heat("stack", *words, "--max-wait", "0.2")
    assert ran.code == 5
    assert ran.err.splitlines()[-1].endswith("heat stack watch shop")
    assert not [asked for asked in service.asked if asked.method == "DELETE"]


def test_outputs_made_of_hidden_parameters_are_not_printed_by_the_way(heat, service):
    service.has_stack("shop", "RESUME_IN_PROGRESS")
    service.stack["outputs"] = [
        {"output_key": "login", "output_value": "root/s3cret"},
        {"output_key": "url", "output_value": "http://10.0.0.1/"},
    ]
    login = {"list_join": ["/", ["root", {"get_param": "password"}]]}
    template = {
        "parameters": {"password": {"type": "string", "hidden": True}, "x": {"type": "string"}},
        "outputs": {"login": {"value": login}, "url": {"value": {"get_param": "x"}}},
    }
    service.answers |= {
        ("POST", f"{service.home}/actions"): (200, None),
        ("GET", f"{service.home}/template"): (200, template),
        ("GET", f"{service.home}/outputs/login"): (200, {"output": service.stack["outputs"][0]}),
    }
    begun = service.event("shop", "RESUME_IN_PROGRESS", "Stack RESUME started", ID)
    service.steps = [Step("RESUME_COMPLETE", [begun])]
    ran = heat("stack", "resume", "shop", "--wait")
    assert "s3cret" not in ran.out
    assert "  login  (hidden; heat stack output shop login)" in ran.out
    assert "  url    http://10.0.0.1/" in ran.out
    assert heat("stack", "output", "shop", "login").out == "root/s3cret\n"

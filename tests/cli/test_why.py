"""What failed is told by its cause: the leaf, the cloud's words, the place, the cure, what next."""

import json

import pytest
from cli_service import ID, NESTED, fault

from heat.cli.said import parse

QUOTA = (
    "OverLimit: resources.disk: Quota exceeded for gigabytes: 5 of 4 (HTTP 413) "
    "(Request-ID: req-7) [block-storage: POST /volumes]"
)


@pytest.fixture
def failed(service):
    """A stack whose nested stack could not get its volume."""
    service.has_stack("shop", "CREATE_FAILED")
    inside = ("shop-db-x", NESTED)
    service.resources = [
        service.resource("db", "CREATE_FAILED", "db.yaml", nested=f"shop-db-x/{NESTED}"),
        service.resource("web", "CREATE_COMPLETE"),
        service.resource("disk", "CREATE_FAILED", "OS::Cinder::Volume", of=inside),
        service.resource("ip", "CREATE_FAILED", "OS::Neutron::FloatingIP", of=inside),
    ]
    event = service.event
    service.events = [
        event("shop", "CHECK_IN_PROGRESS", "Stack CHECK started", ID),
        event("web", "CHECK_FAILED", "of long ago"),
        event("shop", "CREATE_IN_PROGRESS", "Stack CREATE started", ID),
        event("disk", "CREATE_FAILED", QUOTA, of=inside),
        event("ip", "CREATE_FAILED", "cancelled", of=inside),
        event("db", "CREATE_FAILED", f"OverLimit: resources.db.{QUOTA}"),
        event("shop", "CREATE_FAILED", "Resource CREATE failed: ...", ID),
    ]
    service.answers |= {
        ("GET", f"{service.home}/template"): (200, {"resources": {"db": {"type": "db.yaml"}}}),
        ("GET", f"{service.home}/files"): (200, {"db.yaml": "resources:\n  disk: {size: 5}\n"}),
    }
    return service


def test_the_cause_is_the_leaf_that_failed_first_with_all_that_helps(heat, failed):
    ran = heat("stack", "why", "shop")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "shop: CREATE_FAILED",
        "",
        "shop.db.disk  OS::Cinder::Volume CREATE_FAILED 2026-01-01T00:00:04Z",
        "  Quota exceeded for gigabytes: 5 of 4",
        "  block-storage: POST /volumes, HTTP 413, request req-7",
        "",
        "db.yaml:2:3",
        "  2 |   disk: {size: 5}",
        "",
        "cure: delete what is not needed, ask for a higher quota, or ask for less in the template",
        "",
        "Next:",
        "  heat stack update shop --existing --wait  try again, with nothing changed",
    ]


def test_machines_get_the_same(heat, failed):
    found = json.loads(heat("stack", "why", "shop", "-f", "json").out)
    assert found["cause"]["path"] == "shop.db.disk"
    assert found["cause"]["request_id"] == "req-7"
    assert found["place"] == "db.yaml:2:3"
    assert found["more_failures"] == 0


def test_the_place_is_in_the_users_own_file_when_it_is_named(heat, failed, tmp_path):
    (tmp_path / "t.yaml").write_text("# mine\nresources:\n  web: {}\n")
    failed.events = [
        failed.event("shop", "UPDATE_IN_PROGRESS", "Stack UPDATE started", ID),
        failed.event("web", "UPDATE_FAILED", "NotFound: resources.web: no such image (HTTP 404)"),
    ]
    failed.stack["stack_status"] = "UPDATE_FAILED"
    failed.resources = [failed.resource("web", "UPDATE_FAILED")]
    out = heat("stack", "why", "shop", "-t", "t.yaml").out
    assert "t.yaml:3:3\n  3 |   web: {}\n" in out
    assert "cure: name something that is there" in out
    assert "heat stack update shop --existing -t t.yaml --wait" in out


def test_after_a_rollback_the_cause_is_that_of_what_was_rolled_back(heat, failed):
    failed.stack["stack_status"] = "ROLLBACK_COMPLETE"
    failed.events += [
        failed.event("shop", "ROLLBACK_IN_PROGRESS", "Stack ROLLBACK started", ID),
        failed.event("shop", "ROLLBACK_COMPLETE", "Stack ROLLBACK completed", ID),
    ]
    failed.resources = []
    out = heat("stack", "why", "shop").out
    assert out.startswith("shop: ROLLBACK_COMPLETE")
    assert "Quota exceeded for gigabytes: 5 of 4" in out
    assert "heat stack delete shop" in out


def test_after_a_rollback_the_path_leads_through_stacks_that_are_gone(heat, failed):
    failed.stack["stack_status"] = "ROLLBACK_COMPLETE"
    for event in failed.events:
        if event["resource_name"] == "db":
            event["physical_resource_id"] = NESTED
    failed.resources = []
    found = json.loads(heat("stack", "why", "shop", "-f", "json").out)
    assert found["cause"]["path"] == "shop.db.disk"
    assert found["more_failures"] == 0


def test_a_stack_that_failed_by_itself_tells_its_own_reason(heat, service):
    service.has_stack("shop", "CREATE_FAILED", stack_status_reason="Create timed out")
    service.events = [service.event("shop", "CREATE_IN_PROGRESS", "Stack CREATE started", ID)]
    out = heat("stack", "why", "shop").out
    assert "  Create timed out\n" in out
    assert "--timeout MINUTES" in out


def test_a_wait_without_signals_is_not_cured_by_a_longer_operation(heat, failed):
    words = "WaitConditionTimeout: resources.volume: 0 of 1 received"
    failed.events = [
        failed.event("shop", "CREATE_IN_PROGRESS", "Stack CREATE started", ID),
        failed.event("volume", "CREATE_FAILED", words),
        failed.event("shop", "CREATE_FAILED", f"Resource CREATE failed: {words}", ID),
    ]
    out = heat("stack", "why", "shop").out
    assert "0 of 1 received" in out
    assert "--timeout" not in out
    assert "property timeout" in out


def test_where_nothing_failed_it_says_so(heat, service):
    service.has_stack("shop")
    ran = heat("stack", "why", "shop")
    assert ran.code == 0
    assert ran.out.startswith("shop: CREATE_COMPLETE; nothing failed\n")
    assert "  heat stack check shop --wait  " in ran.out
    assert heat("stack", "failures", "list", "shop").err == "nothing failed in shop\n"


def test_failures_are_listed_without_those_that_only_followed(heat, failed):
    found = json.loads(heat("stack", "failures", "list", "shop", "-f", "json").out)
    assert [row["path"] for row in found] == ["shop.db.disk"]
    assert found[0]["reason"] == "Quota exceeded for gigabytes: 5 of 4"


def ended(service, status, *words, action="UPDATE", kind="OS::Nova::Server", **stack):
    """Let one resource fail with these words in an action that ended so."""
    service.has_stack("shop", status, **stack)
    service.resources = [service.resource("web", f"{action}_FAILED", kind)]
    service.answers["GET", f"{service.home}/template"] = (200, {"resources": {"web": {}}})
    service.events = [
        service.event("shop", f"{action}_IN_PROGRESS", f"Stack {action} started", ID),
        *(service.event("web", f"{action}_FAILED", said, "id-of-web") for said in words),
        service.event("shop", f"{action}_FAILED", "Resource failed: ...", ID),
    ]


def following(heat):
    """Return the commands that are told as the next."""
    found = json.loads(heat("stack", "why", "shop", "-f", "json").out)
    return found["next"]


EXISTING = "heat stack update shop --existing"


@pytest.mark.parametrize(
    ("status", "action", "words", "commands"),
    [
        ("CREATE_FAILED", "CREATE", "a (HTTP 503)", [f"{EXISTING} --wait"]),
        ("CREATE_FAILED", "CREATE", "a (HTTP 401)", [f"{EXISTING} --wait"]),
        ("DELETE_FAILED", "DELETE", "a (HTTP 409)", ["heat stack delete shop --wait"]),
        ("CHECK_FAILED", "CHECK", "a (HTTP 404)", [f"{EXISTING} --converge --wait"]),
        ("SUSPEND_FAILED", "SUSPEND", "a", ["heat stack suspend shop --wait"]),
        ("SNAPSHOT_FAILED", "SNAPSHOT", "a", ["heat stack snapshot create shop --wait"]),
        ("RESTORE_FAILED", "RESTORE", "a", ["heat stack snapshot list shop"]),
        ("ROLLBACK_COMPLETE", "CREATE", "a", ["heat stack delete shop --wait"]),
        ("ROLLBACK_COMPLETE", "UPDATE", "a", [f"{EXISTING} -t FILE --wait"]),
        (
            "UPDATE_FAILED",
            "UPDATE",
            "UPDATE aborted: Timed out",
            [f"{EXISTING} --timeout 20 --wait"],
        ),
        (
            "UPDATE_FAILED",
            "UPDATE",
            "a (HTTP 400)",
            ["heat stack template show shop > shop.yaml", f"{EXISTING} -t shop.yaml --wait"],
        ),
    ],
)
def test_the_next_command_can_be_typed(heat, service, status, action, words, commands):
    ended(service, status, words, action=action, timeout_mins=10)
    assert following(heat) == commands


def test_the_next_command_writes_over_no_file(heat, service, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text("mine")
    ended(service, "UPDATE_FAILED", "a (HTTP 400)")
    assert following(heat) == [
        "heat stack template show shop > shop-2.yaml",
        f"{EXISTING} -t shop-2.yaml --wait",
    ]


def test_what_uses_a_network_can_be_looked_at(heat, service):
    port = "53df5368-0af5-4e30-9b1a-aced55a402da"
    words = f"Conflict: resources.web: one or more ports, id for these ports is: {port}. (HTTP 409)"
    ended(service, "DELETE_FAILED", words, action="DELETE", kind="OS::Neutron::Net")
    assert following(heat)[0] == f"openstack port show {port}"
    assert "cure: something that stays still uses it" in heat("stack", "why", "shop").out


def test_what_a_deployment_gave_back_can_be_looked_at(heat, service):
    ended(service, "UPDATE_FAILED", "exited with 1", kind="OS::Heat::SoftwareDeployment")
    assert following(heat)[0] == "heat software-deployment output id-of-web"


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("The Image (nope) could not be found. (HTTP 404)", "openstack image list"),
        ("Volume 1 could not be found. (HTTP 404)", "openstack volume list"),
        ("The Frobnicator (nope) could not be found. (HTTP 404)", "name something that is there"),
        ("IP address 10.0.0.9 already allocated (HTTP 409)", "choose another address"),
        ('Went to status error due to "Unknown"', "the cloud gave it up"),
    ],
)
def test_the_cure_is_near_the_cause(heat, service, words, cure):
    ended(service, "UPDATE_FAILED", words)
    assert cure in json.loads(heat("stack", "why", "shop", "-f", "json").out)["cause"]["cure"]


def test_why_it_could_not_go_back_is_told_too(heat, service):
    ended(service, "ROLLBACK_FAILED", "too big (HTTP 413)")
    service.events += [
        service.event("shop", "ROLLBACK_IN_PROGRESS", "Stack ROLLBACK started", ID),
        service.event("disk", "UPDATE_FAILED", "NotSupported: resources.disk: no way back"),
        service.event("shop", "ROLLBACK_FAILED", "Resource ROLLBACK failed: ...", ID),
    ]
    first, _, second = heat("stack", "why", "shop").out.partition("could not be brought back")
    assert "shop.web" in first
    assert "too big" in first
    assert "shop.disk" in second
    assert "no way back" in second
    assert "cure: delete what is not needed" in second
    assert "cure: this can't be done" in second
    assert "more failed" not in second


def test_of_what_type_something_was_that_is_gone_is_asked_for(heat, service):
    ended(service, "ROLLBACK_COMPLETE", "too big", action="CREATE")
    service.resources = []
    address = f"{service.home}/resources/web/events/e2"
    told = {"resource_name": "web", "resource_type": "OS::Nova::Server"}
    service.answers["GET", address] = (200, {"event": told})
    service.events[1]["links"].append({"rel": "self", "href": f"{service.url}/v1/p1{address}"})
    assert "shop.web  OS::Nova::Server CREATE_FAILED" in heat("stack", "why", "shop").out


def test_a_cancelled_update_is_no_failure_of_the_cloud(heat, service):
    service.has_stack("shop", "ROLLBACK_COMPLETE", stack_status_reason="Stack ROLLBACK completed")
    service.events = [
        service.event("shop", "UPDATE_IN_PROGRESS", "Stack UPDATE started", ID),
        service.event("shop", "ROLLBACK_IN_PROGRESS", "Stack ROLLBACK started", ID),
        service.event("shop", "ROLLBACK_COMPLETE", "Stack ROLLBACK completed", ID),
    ]
    out = heat("stack", "why", "shop").out
    assert "  the update was cancelled\n" in out
    assert "cure: somebody cancelled it; the stack is as it was before" in out


def test_what_was_never_suspended_is_not_resumed_once_more(heat, service):
    words = "Error: resources.web: State ('CREATE', 'COMPLETE') invalid for resume"
    service.has_stack(
        "shop", "RESUME_FAILED", stack_status_reason=f"Resource RESUME failed: {words}"
    )
    service.events = [
        service.event("shop", "RESUME_IN_PROGRESS", "Stack RESUME started", ID),
        service.event("shop", "RESUME_FAILED", f"Resource RESUME failed: {words}", ID),
    ]
    out = heat("stack", "why", "shop").out
    assert "cure: only what is suspended can be resumed" in out
    assert "heat stack update shop --existing --wait" in out
    assert "heat stack resume" not in out


def test_what_a_stack_waits_for_is_told_while_it_goes_on(heat, service):
    service.has_stack("shop", "CREATE_IN_PROGRESS")
    inside = ("shop-db-x", NESTED)
    service.resources = [
        service.resource("db", "CREATE_IN_PROGRESS", "db.yaml", nested=f"shop-db-x/{NESTED}"),
        service.resource("disk", "INIT_COMPLETE", "OS::Cinder::Volume", of=inside),
        service.resource("wait", "CREATE_IN_PROGRESS", "OS::Heat::WaitCondition"),
    ]
    pause = service.event("disk", "INIT_COMPLETE", "CREATE paused until Hook pre-create is cleared")
    home = f"{service.url}/v1/p1/stacks/shop-db-x/{NESTED}"
    links = {"stack": home, "resource": f"{home}/resources/disk"}
    pause["links"] = [{"rel": rel, "href": href} for rel, href in links.items()]
    service.events = [
        service.event("shop", "CREATE_IN_PROGRESS", "Stack CREATE started", ID),
        service.event("wait", "CREATE_IN_PROGRESS"),
        pause,
    ]
    ran = heat("stack", "why", "shop")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "shop: CREATE_IN_PROGRESS since 2026-01-01T00:00:02Z; nothing failed",
        "",
        "shop.db.disk  OS::Cinder::Volume paused at the hook pre-create since 2026-01-01T00:00:01Z",
        "shop.wait  OS::Heat::WaitCondition waits for signals since 2026-01-01T00:00:03Z",
        "",
        "Next:",
        "  heat hook clear shop db/disk --hook pre-create  let it go on",
        "  heat stack watch shop                           see it go on",
    ]


def test_a_suspended_stack_can_go_on(heat, service):
    service.has_stack("shop", "SUSPEND_COMPLETE")
    assert following(heat) == ["heat stack resume shop --wait"]


def test_what_is_marked_as_unhealthy_can_be_replaced(heat, service):
    service.has_stack("shop")
    service.resources = [service.resource("web", "CHECK_FAILED")]
    assert following(heat) == [f"{EXISTING} --wait"]


def test_a_member_that_nobody_wrote_is_shown_where_its_group_is_written(heat, failed):
    failed.answers["GET", f"{failed.home}/files"] = (200, {})
    out = heat("stack", "why", "shop").out
    assert "(heat stack template shop):2:3\n  2 |   db:\n" in out


def test_who_may_not_read_the_template_is_told_the_cause_all_the_same(heat, failed):
    for part in ("template", "files"):
        failed.answers["GET", f"{failed.home}/{part}"] = (403, fault(403, "Forbidden", "no"))
    ran = heat("stack", "why", "shop")
    assert ran.code == 0
    assert "Quota exceeded for gigabytes" in ran.out


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        ("ValueError: resources.web: it is wrong", "ValueError", "it is wrong"),
        ("resources.a[0].b: it is wrong", "", "resources.a[0].b: it is wrong"),
        ("Quota exceeded: 5 of 4", "", "Quota exceeded: 5 of 4"),
        ("Resource CREATE failed: Bad: resources.a.resources[1].w: no", "Bad", "no"),
        ("", "", ""),
    ],
)
def test_words_are_taken_apart(words, kind, told):
    said = parse(words)
    assert (said.kind, said.words) == (kind, told)

"""What failed is told by its cause: the leaf, the cloud's words, the place, the cure, what next."""

import json

import pytest
from cli_service import ID, NESTED

from heat.cli.causes import parse

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
        "  heat stack update shop --existing --wait  try again; -t FILE if changed",
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
    assert "heat stack update shop -t FILE --wait" in out


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
    assert (ran.code, ran.out) == (0, "shop: CREATE_COMPLETE; nothing failed\n")
    assert heat("stack", "failures", "list", "shop").err == "nothing failed in shop\n"


def test_failures_are_listed_without_those_that_only_followed(heat, failed):
    found = json.loads(heat("stack", "failures", "list", "shop", "-f", "json").out)
    assert [row["path"] for row in found] == ["shop.db.disk"]
    assert found[0]["reason"] == "Quota exceeded for gigabytes: 5 of 4"


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

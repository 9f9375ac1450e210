"""Requests, their replies, what is tried again and what never is."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from heat.base.errors import CloudFault, Permanent, Temporary
from heat.cloud.client import REQUEST_ID
from heat.plugin.steps import COMPUTE, IDENTITY, IMAGE, JSON_PATCH, NETWORK, VOLUME, Call

NETS = NETWORK.get("/v2.0/networks")
MAKE = NETWORK.post("/v2.0/networks", {"network": {"name": "n"}})


def test_a_reply_is_decoded(tiny, user, answer):
    tiny.answers = lambda _: answer(200, {"networks": [{"id": "n1"}]})
    assert tiny.client().send(NETS, user) == {"networks": [{"id": "n1"}]}
    assert tiny.asked[0].path == "/network/v2.0/networks"
    assert tiny.asked[0].headers["x-auth-token"] == "user-token"


@pytest.mark.parametrize(
    ("call", "given", "reply"),
    [
        (NETS, {"status": 204}, {}),
        (MAKE, {"status": 202, "headers": {"Location": "http://x/1"}}, {"location": "http://x/1"}),
        (NETWORK.delete("/v2.0/networks/x"), {"status": 404, "body": {"NeutronError": {}}}, {}),
        (NETS, {"body": ["a", "b"]}, {"items": ["a", "b"]}),
        (NETS, {"body": "just text"}, {"text": "just text"}),
        (MAKE, {"status": 202}, {}),
    ],
)
def test_replies_without_an_object_have_a_form_too(tiny, user, answer, call, given, reply):
    tiny.answers = lambda _: answer(**given)
    assert tiny.client().send(call, user) == reply


def test_head_returns_headers(tiny, user, answer):
    tiny.answers = lambda _: answer(200, headers={"X-Count": "7"})
    call = Call("network", "HEAD", "/v2.0/things")
    assert tiny.client().send(call, user)["headers"]["x-count"] == "7"


def test_a_body_its_type_the_query_and_the_version_are_sent(tiny, user):
    client = tiny.client(microversion_caps={"compute": "2.9"})
    client.send(IMAGE.patch("/v2/images/i", [{"op": "add"}], content_type=JSON_PATCH), user)
    client.send(COMPUTE.get("/servers", {"name": "a b"}, microversion="2.67"), user)
    client.send(VOLUME.get("/volumes", microversion="3.50"), user)
    patched, servers, volumes = tiny.asked
    assert patched.headers["content-type"] == JSON_PATCH
    assert patched.json == [{"op": "add"}]
    assert servers.path == "/compute/v2.1/servers?name=a+b"
    assert servers.headers["openstack-api-version"] == "compute 2.9"
    assert volumes.path == "/volume/v3/volumes"
    assert volumes.headers["openstack-api-version"] == "volume 3.50"


def test_the_request_id_travels_along(tiny, user):
    known = REQUEST_ID.set("req-12345678-1234-1234-1234-123456789abc")
    try:
        tiny.client().send(NETS, user)
    finally:
        REQUEST_ID.reset(known)
    assert tiny.asked[0].headers["x-openstack-request-id"].startswith("req-1234")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_reading_is_tried_again_with_growing_pauses(tiny, user, answer, status):
    bad = answer(status, {"message": "later"})
    tiny.answer_in_turn(bad, bad, bad, answer(200, {"networks": []}))
    assert tiny.client().send(NETS, user) == {"networks": []}
    assert len(tiny.asked) == 4
    assert tiny.pauses == sorted(tiny.pauses)
    assert len(tiny.pauses) == 3


def test_the_tries_end(tiny, user, answer):
    tiny.answers = lambda _: answer(503, {"message": "down"})
    with pytest.raises(Temporary, match="down"):
        tiny.client(retries=2).send(NETS, user)
    assert len(tiny.asked) == 3


def test_retry_after_is_waited_for(tiny, user, answer):
    tiny.answer_in_turn(answer(429, "slow down", {"Retry-After": "7"}), answer(200, {}))
    tiny.client().send(NETS, user)
    assert tiny.pauses == [7.0]


def test_a_pause_past_the_deadline_or_too_long_is_not_begun(tiny, user, answer):
    tiny.answers = lambda _: answer(429, "slow down", {"Retry-After": "40"})
    soon = datetime.now(UTC) + timedelta(seconds=30)
    client = tiny.client()
    with pytest.raises(Temporary) as told:
        client.send(NETS, user, deadline=soon)
    assert told.value.retry_after == 40.0
    with pytest.raises(Temporary):
        tiny.client(read_timeout=30.0).send(NETS, user)
    assert len(tiny.asked) == 2


@pytest.mark.parametrize(
    "given", [{"status": 503}, {"status": 429}, {"lost": True}, {"status": 500}]
)
def test_what_is_not_repeatable_is_sent_once(tiny, user, answer, given):
    tiny.answers = lambda _: answer(**given)
    with pytest.raises(CloudFault) as told:
        tiny.client().send(MAKE, user)
    assert len(tiny.asked) == 1
    assert told.value.ambiguous == (given != {"status": 429})


def test_a_lost_reply_to_a_repeatable_call_is_made_good(tiny, user, answer):
    tiny.answer_in_turn(answer(lost=True), answer(200, {"ok": True}))
    assert tiny.client().send(NETWORK.put("/v2.0/x", {}), user) == {"ok": True}


def test_a_busy_status_passes(tiny, user, answer):
    tiny.answer_in_turn(answer(409, {"NeutronError": {"message": "in use"}}), answer(204))
    call = NETWORK.delete("/v2.0/ports/p", busy=(409,))
    assert tiny.client().send(call, user) == {}
    tiny.answers = lambda _: answer(409, {"NeutronError": {"message": "in use"}})
    with pytest.raises(Permanent):
        tiny.client().send(NETWORK.delete("/v2.0/ports/p"), user)


def test_an_answer_that_never_comes_is_ambiguous(tiny, user, answer):
    held = threading.Event()
    tiny.answers = lambda _: answer(200, {}, held=held)
    try:
        with pytest.raises(Temporary, match="did not answer") as told:
            tiny.client(read_timeout=0.2).send(MAKE, user)
    finally:
        held.set()
    assert told.value.ambiguous
    assert told.value.status == 0


def test_a_connection_refused_is_not_ambiguous(tiny, user):
    client = tiny.client(endpoint_overrides={"network": "http://127.0.0.1:1"})
    with pytest.raises(Temporary, match="cannot be reached") as told:
        client.send(MAKE, user)
    assert not told.value.ambiguous
    assert told.value.request == "POST /v2.0/networks"


def test_a_refusal_says_what_the_service_said(tiny, user, answer):
    body = {"NeutronError": {"type": "X", "message": "No more of these.", "detail": ""}}
    tiny.answers = lambda _: answer(409, body, {"x-openstack-request-id": "req-7"})
    with pytest.raises(Permanent) as told:
        tiny.client().send(MAKE, user)
    assert str(told.value) == "No more of these. (HTTP 409) (Request-ID: req-7)"
    assert (told.value.service, told.value.request) == ("network", "POST /v2.0/networks")


def test_an_expired_token_gives_way_to_the_trust(tiny, user, answer):
    client, both = tiny.client(), structs.replace(user, trust="trust-1")
    client.send(NETS, both)
    tiny.keystone.tokens.discard("user-token")
    client.send(MAKE, both)
    used = [asked.headers["x-auth-token"] for asked in tiny.asked]
    assert used == ["user-token", "user-token", "trust-1-token-1"]


def test_a_token_about_to_end_is_not_used_where_there_is_a_trust(tiny, user):
    tiny.keystone.expires_at = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    tiny.client().send(NETS, structs.replace(user, trust="trust-1"))
    assert tiny.asked[0].headers["x-auth-token"] == "trust-1-token-1"


def test_a_refused_token_without_a_trust_is_final(tiny, user):
    client = tiny.client()
    client.send(NETS, user)
    tiny.keystone.tokens.clear()
    with pytest.raises(Permanent) as told:
        client.send(NETS, user)
    assert told.value.service == "identity"
    with pytest.raises(Permanent, match="no trust to act by") as told:
        tiny.client().send(NETS, structs.replace(user, token=""))
    assert told.value.status == 401


def test_a_service_that_refuses_a_good_token_is_asked_twice_at_most(tiny, user, answer):
    tiny.answers = lambda _: answer(401, {"error": {"message": "not here"}})
    with pytest.raises(Permanent, match="not here"):
        tiny.client().send(MAKE, user)
    assert len(tiny.asked) == 2


def test_one_login_serves_many_calls(tiny, user):
    client = tiny.client()
    for _ in range(5):
        client.send(NETS, user)
    assert len(tiny.logins) == 1


def test_keystone_away_is_temporary(tiny, user):
    client = tiny.client(auth_url="http://127.0.0.1:1", retries=1)
    with pytest.raises(Temporary) as told:
        client.send(MAKE, user)
    assert told.value.service == "identity"
    assert not told.value.ambiguous


def test_a_service_that_is_not_in_the_catalogue(tiny, user):
    with pytest.raises(Permanent, match="has no dns service") as told:
        tiny.client().send(Call("dns", "GET", "/v2/zones"), user)
    assert told.value.kind == "ServiceNotFound"


def test_identity_is_where_we_log_in_when_no_catalogue_says(tiny, user):
    tiny.client().send(IDENTITY.get("/users/u"), user)
    assert tiny.asked[0].path == "/v3/users/u"


def test_secrets_stay_out_of_logs_and_messages(tiny, user, answer, caplog):
    caplog.set_level(logging.DEBUG)
    tiny.answers = lambda _: answer(400, {"badRequest": {"message": "no"}})
    call = COMPUTE.post("/servers", {"server": {"adminPass": "s3cret"}})
    with pytest.raises(Permanent) as told:
        tiny.client().send(call, structs.replace(user, token="", trust="trust-1"))
    text = caplog.text + repr(told.value) + repr(user) + repr(tiny.client().settings)
    for secret in ("s3cret", "user-token", "trust-1-token", "pa55"):
        assert secret not in text


def test_a_write_is_never_sent_on_elsewhere(tiny, user, answer):
    tiny.answers = lambda _: answer(302, headers={"Location": f"{tiny.url}/elsewhere"})
    with pytest.raises(Permanent) as told:
        tiny.client().send(MAKE, user)
    assert told.value.status == 302
    assert len(tiny.asked) == 1

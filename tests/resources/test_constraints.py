"""Custom constraints: texts of a form, what the cloud must have, and names that nobody knows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from devcloud.assembly import build
from devcloud.kernel.settings import Settings as LocalSettings
from devcloud.kernel.web import Request
from heat import resources
from heat.base.errors import Invalid
from heat.cloud.client import Client
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings
from heat.operations.changes import CreateStack
from heat.operations.context import Context
from heat.operations.previews import Validate, preview_stack, validate
from heat.operations.services import Services
from heat.plugin.formats import FORMATS, wrong_format
from heat.resources.finders import FINDERS, TAKEN_AS_GIVEN
from heat.store.database import Database
from heat.store.migrations import create
from heat.testing.cloud import Answer, DispatchAdapter

resources.load()

BASE = "http://devcloud"
TYPES = Path(__file__).parent.parent / "data" / "resource-types.json"


class Now:
    def now(self):
        return datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def services():
    local = LocalSettings()
    cloud = build(settings=local)

    def dispatch(method, url, headers, body):
        reply = cloud.dispatch(Request.of(method, url, headers=headers, raw=body))
        return Answer(reply.status, reply.headers, reply.raw or b"")

    db = Database("sqlite://")
    create(db)
    settings = CloudSettings(f"{BASE}/identity/v3", retries=0)
    client = Client(Sessions(settings, DispatchAdapter(dispatch)))
    made = Services(db=db, client=client, clock=Now())
    yield made, signed_in(dispatch, local.password)
    client.sessions.close()
    db.close()


def signed_in(dispatch, password):
    domain = {"name": "Default"}
    user = {"name": "demo", "domain": domain, "password": password}
    auth = {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "demo", "domain": domain}},
    }
    headers = {"content-type": "application/json"}
    body = msgspec.json.encode({"auth": auth})
    reply = dispatch("POST", f"{BASE}/identity/v3/auth/tokens", headers, body)
    token = msgspec.json.decode(reply.body)["token"]
    (secret,) = (v for k, v in reply.headers.items() if k.lower() == "x-subject-token")
    return Context(
        user_id=token["user"]["id"],
        username="demo",
        project=token["project"]["id"],
        roles=("member",),
        token=secret,
    )


def template(**constraints):
    """Return a template with a parameter for each constraint."""
    return {
        "heat_template_version": "2021-04-16",
        "parameters": {
            name: {"type": kind, "constraints": [{"custom_constraint": constraint}]}
            for name, (kind, constraint) in constraints.items()
        },
    }


def told(services, body, **parameters):
    request = CreateStack(stack_name="s", template=body, parameters=parameters)
    try:
        preview_stack(*services, request)
    except Invalid as invalid:
        return {problem.at[-1]: problem.detail for problem in invalid.problems}
    return {}


GOOD = {
    "cron_expression": "|*/5 0 * * 1|0 0 31 2 *"
    "|1,2-4/2 * l jan mon-fri|* * * * * 59|@daily|* * * * 1#2",
    "dns_domain": "|org.|a-1.example.org.",
    "dns_name": "|a|a.1|example.org|example.org.",
    "expiration": "|2099-01-01|2099-01-01T00:00:00Z",
    "ip_addr": "10.0.0.1|::1|2001:db8::1",
    "ip_or_cidr": "10.0.0.1|10.0.0.0/8|2001:db8::/32",
    "iso_8601": "2020-01-02|20200102T030405|2020-01-02 03:04:05|2020-01-02T03:04:05+01:00|2020-01",
    "json_string": '|{"a": "50%"}|[1]|"s"|null',
    "mac_addr": "52:54:00:12:34:56|52-54-00-12-34-56|0:1:2:3:4:5|001122334455|0011.2233.4455",
    "net_cidr": "10.0.0.0/24|10.0.0.1/24|2001:db8::/32",
    "rel_dns_name": "|www.sub",
    "timezone": "|Etc/GMT+1|Asia/Taipei|UTC",
}
BAD = {
    "cron_expression": "x|* * * *|* * * * * * *|60 * * * *|* 24 * * *|* * 0 * *|* * * 13 *"
    "|* * * foo *|* * * * 8|*/0 * * * *|1- * * * *|-1 * * * *|, * * * *",
    "dns_domain": ".|org|a..b.",
    "dns_name": "a..b|ex ample|EXAMPLE.org|-a.org|a-.org|é.org|.",
    "expiration": "x|2099-13-01",
    "ip_addr": "|1|10.0.0|010.0.0.1|10.0.0.1/24|10.0.0.1,x|2001:db8::g|fe80::1%eth0",
    "ip_or_cidr": "|x|10.0.0.0/33",
    "iso_8601": "|x|2020-13-01|20:00",
    "json_string": "x|{a: 1}",
    "mac_addr": "|x|52:54:00:12:34|52:54:00:12:34:5g|52:54-00:12-34:56",
    "net_cidr": "|x| 10.0.0.0/24|10.0.0.0/33|10.0/16",
    "rel_dns_name": "www.|" + 64 * "x",
    "timezone": "x|Europe|../etc/passwd",
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in GOOD for value in GOOD[name].split("|")]
)
def test_a_text_of_the_form_passes(name, value):
    assert wrong_format(name, value) is None


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in BAD for value in BAD[name].split("|")]
)
def test_a_text_of_another_form_is_refused_and_shown(name, value):
    assert repr(value) in wrong_format(name, value)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"timezone"}))
@pytest.mark.parametrize("value", [1, ["10.0.0.1"], True])
def test_what_is_no_text_has_no_form(name, value):
    assert repr(value) in wrong_format(name, value)


def test_every_constraint_of_the_reference_is_known():
    schemas = json.dumps(json.loads(TYPES.read_text()))
    named = set(schemas.split('"custom_constraint": "')[1:])
    asked = {part.split('"', 1)[0] for part in named}
    assert len(asked) > 50
    assert asked <= {*FORMATS, *FINDERS, *TAKEN_AS_GIVEN}


def test_what_the_cloud_has_passes_by_name_and_by_id(services):
    body = template(
        i=("string", "glance.image"),
        f=("string", "nova.flavor"),
        n=("string", "neutron.network"),
        v=("string", "cinder.vtype"),
        many=("comma_delimited_list", "neutron.network"),
        z=("string", "zaqar.queue"),
    )
    given = {"i": "cirros", "f": "m1.tiny", "n": "private", "v": "lab"}
    assert told(services, body, **given, many="private,public", z="any") == {}


def test_all_that_the_cloud_lacks_is_told_at_once(services):
    body = template(
        i=("string", "glance.image"),
        n=("comma_delimited_list", "neutron.network"),
        a=("string", "ip_addr"),
        none=("string", "neutron.router"),
    )
    said = told(services, body, i="nope", n="private,gone", a="1", none="")
    assert set(said) == {"i", "n", "a"}
    assert "'nope': The Image (nope) could not be found." in said["i"]
    assert "The Network (gone) could not be found." in said["n"]
    assert "'1' is not an IP address" in said["a"]


def test_a_description_stands_for_the_words_and_a_hidden_value_does_not_show(services):
    body = template(i=("string", "glance.image"), h=("string", "nova.flavor"))
    body["parameters"]["i"]["constraints"][0]["description"] = "an image of ours"
    body["parameters"]["h"]["hidden"] = True
    said = told(services, body, i="nope", h="hushed")
    assert said["i"] == "an image of ours"
    assert "hushed" not in said["h"]


def test_a_service_that_the_cloud_lacks_is_named(services):
    said = told(services, template(s=("string", "manila.share_type")), s="gold")
    assert "no shared-file-system service" in said["s"]


def test_an_unknown_constraint_is_refused_with_what_was_meant(services):
    said = told(services, template(i=("string", "glance.imag")), i="cirros")
    assert said["i"] == "there is no constraint 'glance.imag'; did you mean 'glance.image'?"


def test_an_expiration_lies_ahead(services):
    body = template(e=("string", "expiration"))
    assert told(services, body, e="2029-12-31T23:59:59Z") == {"e": "'2029-12-31T23:59:59Z' is past"}
    assert told(services, body, e="2030-01-02") == {}


def test_a_check_of_the_template_alone_looks_at_no_value(services):
    body = template(a=("string", "ip_addr"))
    shown = validate(*services, Validate(template=body, parameters={"a": "x"}))
    assert shown["Parameters"]["a"]["CustomConstraint"] == "ip_addr"


def test_each_name_of_a_list_is_told_once(services):
    body = template(groups=("comma_delimited_list", "neutron.security_group")) | {
        "resources": {
            "web": {
                "type": "OS::Nova::Server",
                "properties": {
                    "image": "cirros",
                    "flavor": "m1.tiny",
                    "security_groups": {"get_param": "groups"},
                },
            }
        }
    }
    request = CreateStack(stack_name="s", template=body, parameters={"groups": ["nope", "gone"]})
    with pytest.raises(Invalid) as caught:
        preview_stack(*services, request)
    details = [p.detail for p in caught.value.problems if p.code in ("H504", "H802")]
    assert len([said for said in details if "nope" in said or "gone" in said]) == 1
    assert "nope" in details[0]
    assert "gone" in details[0]

"""The operator's rules: policy.yaml over the defaults, under the names that operators know."""

import json
import os
from pathlib import Path

import pytest
from oslo_config import cfg

from heat.base.errors import Denied, Invalid
from heat.operations.context import Context
from heat.operations.policy import Policy, defaults
from wire import HOT, Wire

KNOWN = Path(__file__).parents[1] / "data/inventory.json"
WHO = Context(project="demo", user_id="u", roles=("member",))


def ruled(folder: Path, rules: str, more: str = "") -> Policy:
    (folder / "policy.yaml").write_text(rules)
    (folder / "heat.conf").write_text(f"[oslo_policy]\npolicy_file = policy.yaml\n{more}")
    return Policy(of(folder))


def of(folder: Path) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    files = [str(folder / "heat.conf")]
    conf([], project="heat", default_config_files=files, default_config_dirs=[])
    return conf


def test_every_rule_that_operators_know_is_there():
    known = {rule["name"] for rule in json.loads(KNOWN.read_text())["policies"]}
    own = {"project_member", "project_reader"}
    assert {rule.name for rule in defaults()} - own >= known


def test_the_operators_rule_counts(tmp_path: Path):
    policy = ruled(tmp_path, '"stacks:global_index": "role:auditor"\n"stacks:show": "!"\n')
    auditor = Context(project="demo", user_id="u", roles=("auditor",))
    policy.check("stacks:global_index", auditor, "demo")
    with pytest.raises(Exception, match="stacks:show"):
        policy.check("stacks:show", WHO, "demo")
    policy.check("stacks:index", WHO, "demo")


def test_domains_count_where_the_operator_says_so(tmp_path: Path, db):
    """Users and projects may have the same names in two domains."""
    ruled(tmp_path, '"stacks:show": "user_domain_id:north and project_domain_id:north"')
    wire = Wire(db, conf=of(tmp_path))
    known = {domain: wire.create(project=f"id-{domain}") for domain in ("north", "south")}
    for domain, other, status in (("north", "south", 200), ("south", "north", 403)):
        headers = {
            "X-Project-Name": "web", "X-User-Domain-Id": domain, "X-Project-Domain-Id": domain,
        }  # fmt: skip
        more = {"project": f"id-{domain}", "headers": headers}
        assert wire.ask("GET", f"/stacks/web/{known[domain]}", **more).status_code == status
        assert wire.ask("GET", f"/stacks/web/{known[other]}/template", **more).status_code == 404


def test_an_administrator_of_another_project_is_one_there_only(wire: Wire):
    path = f"/stacks/web/{wire.create(project='demo')}"
    for admin_project, status in (("True", 200), ("False", 403)):
        headers = {"X-Is-Admin-Project": admin_project}
        who = {"project": "ops", "roles": "admin,member,reader", "headers": headers}
        assert wire.ask("GET", path, url_project="demo", **who).status_code == status
        assert wire.ask("GET", "/services", **who).status_code == 200
        assert wire.ask("GET", "/stacks?global_tenant=true", **who).status_code == 403


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ('"stacks:index": "role:zz', "quoted scalar"),
        ("- a", "must be a map"),
        ('"stacks:index": "rule:stacks:index"', "stacks:index"),
        ('"stacks:index": "rule:nowhere"', "stacks:index"),
    ],
)
def test_rules_that_can_not_be_used_are_refused_at_start(tmp_path: Path, rules: str, said: str):
    with pytest.raises(Invalid, match=said) as caught:
        ruled(tmp_path, rules)
    assert "policy.yaml can't be used" in str(caught.value)


def test_rules_are_read_again_and_those_that_can_not_be_change_nothing(tmp_path: Path, caplog):
    policy = ruled(tmp_path, '"stacks:index": "!"')
    with pytest.raises(Denied):
        policy.check("stacks:index", WHO, "demo")
    file = tmp_path / "policy.yaml"
    for turn, rules in enumerate(('"stacks:index": ""', '"stacks')):
        file.write_text(rules)
        later = 4 * 10**9 + turn
        os.utime(file, (later, later))
        for _ in range(2):
            policy._until = 0.0
            policy.check("stacks:index", WHO, "demo")
    assert "the rules stay as they were" in caplog.text


def test_older_defaults_hold_where_the_operator_keeps_them(tmp_path: Path):
    anyone = Context(project="demo", user_id="u", roles=("swiftoperator",))
    with pytest.raises(Exception, match="stacks:index"):
        Policy().check("stacks:index", anyone, "demo")
    older = ruled(tmp_path, "{}", "enforce_new_defaults = false\n")
    older.check("stacks:index", anyone, "demo")
    device = Context(project="demo", user_id="u", roles=("heat_stack_user",))
    with pytest.raises(Exception, match="stacks:index"):
        older.check("stacks:index", device, "demo")


@pytest.mark.parametrize(
    ("rules", "name", "roles", "allowed"),
    [
        ("{}", "OS::Nova::Flavor", ("member",), False),
        ("{}", "OS::Nova::Flavor", ("admin",), True),
        ("{}", "OS::Nova::Server", ("member",), True),
        ("{}", "OS::Keystone::User", ("member",), False),
        ('"resource_types:OS::Nova::Flavor": ""', "OS::Nova::Flavor", ("member",), True),
        ('"resource_types:OS::Nova::Server": "!"', "OS::Nova::Server", ("admin",), False),
        ('"resource_types:OS::Heat::*": "!"', "OS::Heat::Value", ("admin",), False),
        ('"resource_types:OS::Keystone::User": ""', "OS::Keystone::User", ("member",), True),
    ],
)
def test_types_have_rules(tmp_path: Path, rules: str, name: str, roles: tuple, allowed: bool):
    policy = ruled(tmp_path, rules)
    context = Context(project="demo", user_id="u", roles=roles)
    assert policy.allows_type(name, context) is allowed


def test_a_type_that_is_shut_is_neither_listed_nor_used(tmp_path: Path, db):
    policy = ruled(tmp_path, '"resource_types:OS::Heat::Value": "role:admin"')
    wire = Wire(db, policy=policy)
    assert "OS::Heat::Value" not in wire.ask("GET", "/resource_types").json["resource_types"]
    refused = wire.ask("POST", "/stacks", {"stack_name": "web", "template": HOT})
    assert refused.status_code == 403
    assert "OS::Heat::Value (b)" in refused.json["error"]["message"]
    wire.create(roles="admin,member")


def test_hidden_tags_keep_stacks_out_of_lists(db):
    wire = Wire(db, limits={"hidden_stack_tags": ("internal",)})
    wire.create("seen", tags="x")
    wire.create("unseen", tags="internal,x")
    for query, names in (
        ("", ["seen"]),
        ("?tags=x", ["seen"]),
        ("?with_count=true", ["seen"]),
        ("?show_hidden=true", ["unseen", "seen"]),
    ):
        found = wire.ask("GET", f"/stacks{query}").json
        assert [stack["stack_name"] for stack in found["stacks"]] == names
        assert found.get("count", len(names)) == len(names)

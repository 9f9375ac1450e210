"""The operator's rules: policy.yaml over the defaults, under the names that operators know."""

import json
from pathlib import Path

import pytest
from oslo_config import cfg

from heat.operations.context import Context
from heat.operations.policy import Policy, defaults
from wire import HOT, Wire

KNOWN = Path(__file__).parents[1] / "data/inventory.json"
WHO = Context(project="demo", user_id="u", roles=("member",))


def ruled(folder: Path, rules: str, more: str = "") -> Policy:
    (folder / "policy.yaml").write_text(rules)
    (folder / "heat.conf").write_text(f"[oslo_policy]\npolicy_file = policy.yaml\n{more}")
    conf = cfg.ConfigOpts()
    files = [str(folder / "heat.conf")]
    conf([], project="heat", default_config_files=files, default_config_dirs=[])
    return Policy(conf)


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

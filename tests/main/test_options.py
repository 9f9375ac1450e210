"""Every option that operators know is heeded, or they are told that it changes nothing."""

import json
import tomllib
from collections import defaultdict
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from oslo_config import cfg

from heat.base.errors import Invalid
from heat.cloud.settings import Way
from heat.main import settings, unheeded

INVENTORY = Path(__file__).parents[1] / "data/inventory.json"
KNOWN = json.loads(INVENTORY.read_text())["config_options"]
VALUES = {"Int": "7", "Bool": "true", "Float": "7"}


def written() -> str:
    """Write all of them into one heat.conf."""
    groups = defaultdict(list)
    for option in KNOWN:
        value = VALUES.get(option["type"]) or str(option["default"] or "x")
        groups[option["group"]].append(f"{option['name']} = {value}")
    return "\n".join(f"[{group}]\n" + "\n".join(lines) for group, lines in groups.items())


def _place(conf: cfg.ConfigOpts, group: str) -> Any:
    if group == "DEFAULT":
        return conf
    return conf[group] if group in conf else ()  # noqa: SIM401 - it is no map


def test_every_known_option_is_heeded_or_told_of(tmp_path: Path, caplog) -> None:
    (tmp_path / "heat.conf").write_text(written())
    conf = cfg.ConfigOpts()
    settings.parse(conf, ["--config-file", str(tmp_path / "heat.conf")], "heat-test")
    unheeded.tell(conf)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == len(set(told))
    for option in KNOWN:
        group, name = option["group"], option["name"]
        place = _place(conf, group)
        if group == "ec2authtoken":
            continue  # of the CloudFormation API, which reads it when it is there
        line = f"{name} in section [{group}] of heat.conf changes nothing here."
        assert (name in place) != (line in told), f"[{group}] {name}"


def test_services_may_be_reached_each_in_its_own_way(tmp_path: Path) -> None:
    text = """
[DEFAULT]
max_nova_api_microversion = 2.79
[trustee]
auth_url = http://keystone/v3
[clients]
endpoint_type = internalURL
ca_file = /ca.pem
[clients_nova]
endpoint_type = adminURL
[clients_cinder]
insecure = true
"""
    (tmp_path / "heat.conf").write_text(text)
    conf = cfg.ConfigOpts()
    settings.parse(conf, ["--config-file", str(tmp_path / "heat.conf")], "heat-test")
    cloud = settings.cloud_settings(conf)
    assert cloud.way("network") == Way("internal", "/ca.pem")
    assert cloud.way("compute") == Way("admin", "/ca.pem")
    assert cloud.way("block-storage").verify is False
    assert cloud.way("network").verify == "/ca.pem"
    assert cloud.microversion_caps == {"compute": "2.79"}


def test_the_service_user_has_a_password(tmp_path: Path) -> None:
    text = "[trustee]\nauth_url = http://k/v3\nusername = heat\nauth_type = v3totp\n"
    (tmp_path / "heat.conf").write_text(text)
    conf = cfg.ConfigOpts()
    settings.parse(conf, ["--config-file", str(tmp_path / "heat.conf")], "heat-test")
    with pytest.raises(Invalid, match="auth_type = password"):
        settings.cloud_settings(conf)


def test_samples_of_options_and_rules_can_be_generated() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    points = pyproject["project"]["entry-points"]
    listed = resolve_name(points["oslo.config.opts"]["heat"])()
    names = {(group, option.name) for group, options in listed for option in options}
    assert {("DEFAULT", "auth_encryption_key"), ("trustee", "username")} <= names
    assert {("clients_nova", "insecure"), ("paste_deploy", "flavor")} <= names
    rules = resolve_name(points["oslo.policy.policies"]["heat"])()
    assert "stacks:index" in {rule.name for rule in rules}

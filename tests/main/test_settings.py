"""heat.conf becomes plain values; what is missing is named with its cure."""

import base64
from pathlib import Path

import pytest
from oslo_config import cfg

from heat.base.errors import Invalid
from heat.main import manage, settings, unheeded
from heat.store import migrations
from heat.store.sealing import Seal

CONF = """
[DEFAULT]
auth_encryption_key = 0123456789abcdef0123456789abcdef
max_stacks_per_tenant = 7
stack_domain_admin = steward
stack_domain_admin_password = hush
stack_user_domain_name = heat
region_name_for_services = RegionTwo
[database]
connection = {connection}
[trustee]
auth_url = http://keystone/v3
username = heat
password = secret
user_domain_name = Default
[clients]
endpoint_type = internalURL
"""


def conf(tmp_path: Path, text: str = CONF) -> cfg.ConfigOpts:
    path = tmp_path / "heat.conf"
    path.write_text(text.format(connection=f"sqlite:///{tmp_path}/heat.sqlite"))
    found = cfg.ConfigOpts()
    settings.parse(found, ["--config-file", str(path)], "heat-test")
    return found


def test_the_names_that_operators_know_are_read(tmp_path: Path) -> None:
    read = conf(tmp_path)
    cloud = settings.cloud_settings(read)
    assert (cloud.auth_url, cloud.interface, cloud.region) == (
        "http://keystone/v3",
        "internal",
        "RegionTwo",
    )
    assert cloud.trustee is not None
    assert (cloud.trustee.username, cloud.trustee.user_domain_name) == ("heat", "Default")
    assert cloud.stack_domain is not None
    assert (cloud.stack_domain.admin, cloud.stack_domain.domain_name) == ("steward", "heat")
    assert settings.limits(read).max_stacks_per_tenant == 7


def test_users_of_stacks_want_their_domain_and_its_administrator(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    half = CONF.replace("stack_user_domain_name = heat\n", "")
    with pytest.raises(Invalid, match="stack_user_domain_id"):
        settings.cloud_settings(conf(tmp_path, half))
    lines = [line for line in half.splitlines() if not line.startswith("stack_domain_")]
    assert settings.cloud_settings(conf(tmp_path, "\n".join(lines))).stack_domain is None
    assert "Resources get no users of their own" in caplog.text


def test_the_service_user_may_stand_with_the_middleware(tmp_path: Path) -> None:
    cloud = settings.cloud_settings(
        conf(tmp_path, CONF.replace("[trustee]", "[keystone_authtoken]"))
    )
    assert cloud.trustee is not None
    assert cloud.trustee.username == "heat"


def test_a_key_of_32_characters_is_a_key(tmp_path: Path) -> None:
    keys = settings.encryption_keys(conf(tmp_path))
    assert [len(base64.urlsafe_b64decode(key)) for key in keys] == [32]
    assert Seal(keys).open(Seal(keys).close(b"word")) == b"word"


def test_a_key_of_another_length_is_refused_by_the_name_of_its_option(tmp_path: Path) -> None:
    text = CONF.replace("0123456789abcdef0123456789abcdef", "too short")
    with pytest.raises(Invalid, match="auth_encryption_key"):
        settings.encryption_keys(conf(tmp_path, text))


@pytest.mark.parametrize(
    ("without", "read", "named"),
    [
        ("connection", settings.database_url, r"connection in section \[database\]"),
        ("auth_encryption_key", settings.encryption_keys, "auth_encryption_key"),
        ("auth_url", settings.cloud_settings, "auth_url"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, monkeypatch, without, read, named) -> None:
    monkeypatch.delenv("OS_AUTH_URL", raising=False)
    text = "\n".join(line for line in CONF.splitlines() if not line.startswith(without))
    with pytest.raises(Invalid, match=named):
        read(conf(tmp_path, text))


VERSIONS = Path(migrations.__file__).parent / "versions"


@pytest.mark.parametrize("words", [["db", "sync"], ["db_sync"]])
def test_a_database_is_made_and_its_version_told(tmp_path: Path, capsys, words) -> None:
    conf(tmp_path)
    options = ["--config-file", str(tmp_path / "heat.conf")]
    assert manage.main([*options, "db", "version"]) == 0
    newest = max(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))
    assert capsys.readouterr().out == f"None (newest {newest})\n"
    assert manage.main([*options, *words]) == 0
    assert manage.main(["db_version", *options]) == 0
    assert capsys.readouterr().out == f"{newest} (newest {newest})\n" * 2


def test_an_unknown_word_shows_the_usage(capsys) -> None:
    assert manage.main(["db", "drop"]) == 2
    assert "db sync" in capsys.readouterr().err


def test_how_soon_an_engine_is_taken_for_dead_can_be_set(tmp_path: Path) -> None:
    usual = settings.engine_settings(conf(tmp_path))
    assert usual.lease_term + usual.scan_interval <= 10
    given = "[DEFAULT]\nengine_lease_term = 30\nperiodic_interval = 9\naction_retry_limit = 0\n"
    read = settings.engine_settings(conf(tmp_path, CONF.replace("[DEFAULT]\n", given)))
    assert (read.lease_term, read.scan_interval, read.action_retry_limit) == (30.0, 9.0, 0)


def test_options_that_change_nothing_are_told_once(tmp_path: Path, caplog) -> None:
    given = "[DEFAULT]\nplugin_dirs = /x\nmax_stacks_per_tenant = 9\n"
    text = CONF.replace("[DEFAULT]\n", given) + "\n[clients_nova]\ncert_file = x\n"
    unheeded.tell(conf(tmp_path, text))
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "plugin_dirs in section [DEFAULT] of heat.conf changes nothing here.",
        "cert_file in section [clients_nova] of heat.conf changes nothing here.",
    ]


def test_limits_are_the_operators(tmp_path: Path) -> None:
    given = "[DEFAULT]\nhidden_stack_tags = a,b\nenable_stack_adopt = true\n"
    given += "max_snapshots_per_stack = 3\nobserve_on_update = true\nenable_stack_abandon = true\n"
    limits = settings.limits(conf(tmp_path, CONF.replace("[DEFAULT]\n", given)))
    assert limits.hidden_stack_tags == ("a", "b")
    assert limits.max_snapshots_per_stack == 3
    assert limits.enable_stack_adopt
    assert limits.enable_stack_abandon
    assert limits.observe_on_update


def test_deleted_stacks_are_forgotten_on_demand(tmp_path: Path, capsys) -> None:
    conf(tmp_path)
    options = ["--config-file", str(tmp_path / "heat.conf")]
    assert manage.main([*options, "db", "sync"]) == 0
    capsys.readouterr()
    assert manage.main([*options, "purge_deleted", "30", "minutes", "demo"]) == 0
    assert capsys.readouterr().out == "0 stacks are forgotten.\n"
    assert manage.main([*options, "purge_deleted", "30", "minutes", "demo", "more"]) == 2


@pytest.mark.parametrize(
    ("said", "seconds"), [("expiration_time = 5", 5), ("caching = false", 0), ("", 60)]
)
def test_names_are_remembered_as_long_as_the_operator_says(
    tmp_path: Path, said: str, seconds: int
) -> None:
    text = f"{CONF}\n[constraint_validation_cache]\n{said}\n"
    assert settings.limits(conf(tmp_path, text)).found_lasting == seconds

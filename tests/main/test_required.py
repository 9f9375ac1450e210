"""Processes that could not do their work don't start, and say all that is missing."""

from pathlib import Path

import pytest

from heat.main import api, engine

ENGINE = ("connection in section [database]", "auth_encryption_key", "auth_url", "transport_url")
API = ("auth_url", "transport_url")


@pytest.mark.parametrize(("main", "missing"), [(api.main, API), (engine.main, ENGINE)])
def test_an_empty_configuration_is_refused_with_all_that_is_missing(
    tmp_path: Path, monkeypatch, capsys, main, missing
) -> None:
    monkeypatch.delenv("OS_AUTH_URL", raising=False)
    empty = tmp_path / "heat.conf"
    empty.touch()
    assert main(["--config-file", str(empty)]) == 1
    told = capsys.readouterr().err
    for option in missing:
        assert option in told
    assert len(told.strip().splitlines()) == len(missing)


def test_rules_that_can_not_be_used_are_refused_too(tmp_path: Path, capsys) -> None:
    (tmp_path / "policy.yaml").write_text('"stacks:index": "rule:nowhere"')
    (tmp_path / "heat.conf").write_text("[oslo_policy]\npolicy_file = policy.yaml\n")
    assert api.main(["--config-file", str(tmp_path / "heat.conf")]) == 1
    assert "policy.yaml can't be used" in capsys.readouterr().err

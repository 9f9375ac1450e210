import json

import pytest

from heat.cli.failures import Failure
from heat.cli.identity import with_project
from heat.cli.settings import read_settings

CLOUDS = """\
clouds:
  one:
    auth: {auth_url: URL, username: demo, password: PASSWORD, project_name: demo}
    region_name: R1
  two:
    auth: {auth_url: URL}
"""


def clouds(tmp_path, url, password="secret"):
    text = CLOUDS.replace("URL", url).replace("PASSWORD", password)
    (tmp_path / "clouds.yaml").write_text(text)


@pytest.fixture
def bare(environ, monkeypatch):
    """No OS_* variable but HOME."""
    for name in environ:
        if name != "HOME":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def listed(service):
    service.answers["GET", "/stacks"] = (200, {"stacks": []})


def test_a_cloud_is_chosen_before_or_after_the_command(bare, heat, service, tmp_path):
    clouds(tmp_path, service.url)
    assert heat("--os-cloud", "one", "stack", "list").code == 0
    assert heat("stack", "list", "--os-cloud", "one").code == 0


def test_the_password_may_stand_in_secure_yaml(bare, heat, service, tmp_path):
    clouds(tmp_path, service.url, "null")
    (tmp_path / "secure.yaml").write_text("clouds: {one: {auth: {password: secret}}}")
    assert heat("stack", "list", "--os-cloud", "one").code == 0


def test_a_misspelt_cloud_gets_a_hint(bare, heat, service, tmp_path):
    clouds(tmp_path, service.url)
    ran = heat("stack", "list", "--os-cloud", "onee")
    assert ran.code == 4
    assert "no cloud 'onee'" in ran.err
    assert "did you mean 'one'?" in ran.err


def test_without_a_cloud_the_user_is_told_how_to_name_one(bare, heat):
    ran = heat("stack", "list")
    assert ran.code == 4
    assert "--os-cloud NAME" in ran.err


def test_a_refused_login_says_so_without_the_password(heat, monkeypatch):
    monkeypatch.setenv("OS_PASSWORD", "wr0ng-word")
    ran = heat("stack", "list")
    assert ran.code == 4
    assert "keystone refused the login" in ran.err
    assert "wr0ng-word" not in ran.err


def test_application_credentials_ask_for_no_scope(heat, service, monkeypatch):
    for name in ("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_ID", "a")
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_SECRET", "s")
    assert heat("stack", "list").code == 0
    assert service.asked[0].body == {
        "auth": {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": "a", "secret": "s"},
            }
        }
    }


def test_a_region_without_the_service_is_named(heat, monkeypatch):
    monkeypatch.setenv("OS_REGION_NAME", "R2")
    ran = heat("stack", "list")
    assert ran.code == 4
    assert "in the region R2" in ran.err


def test_the_address_may_be_given(heat, service):
    assert heat("stack", "list", "--heat-url", service.url).code == 0
    ran = heat("stack", "list", "--heat-url", "http://127.0.0.1:1")
    assert ran.code == 4
    assert "no answer from http://127.0.0.1:1" in ran.err


def test_any_other_login_is_keystoneauths(bare, heat, service, tmp_path):
    auth = {"auth_url": f"{service.url}/v3", "user_id": "u", "passcode": "123", "project_id": "p1"}
    cloud = {"auth_type": "v3totp", "auth": auth}
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"one": cloud}}))
    assert heat("stack", "list", "--os-cloud", "one").code == 0
    assert service.asked[0].body["auth"]["identity"]["methods"] == ["totp"]


@pytest.mark.parametrize(
    ("given", "complete"),
    [
        ("http://h:8004", "http://h:8004/v1/p"),
        ("http://h:8004/v1", "http://h:8004/v1/p"),
        ("http://h:8004/v1/%(tenant_id)s", "http://h:8004/v1/p"),
        ("https://h/orchestration/v1/other/", "https://h/orchestration/v1/other"),
    ],
)
def test_an_address_is_completed(given, complete):
    assert with_project(given, "p") == complete


def test_settings_never_show_their_secrets():
    environ = {"OS_AUTH_URL": "http://k", "OS_PASSWORD": "hush"}
    assert "hush" not in repr(read_settings(environ))


def test_a_broken_clouds_yaml_is_named_with_the_line(tmp_path):
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds:\n  one: [\n")
    with pytest.raises(Failure, match=r"clouds.yaml:\d+:\d+ can't be read"):
        read_settings({"OS_CLIENT_CONFIG_FILE": str(path), "OS_CLOUD": "one"})

import pytest

from heat.cli.failures import Misnamed
from heat.cli.older import apply


@pytest.mark.parametrize(
    ("line", "left", "variables"),
    [
        ("--os-username u --os-password=p stack-list", "stack-list", "OS_USERNAME=u OS_PASSWORD=p"),
        ("--os_tenant_name t stack list", "stack list", "OS_PROJECT_NAME=t"),
        ("--os-tenant-id t stack list", "stack list", "OS_PROJECT_ID=t"),
        ("-k -d --api-timeout 5 stack list -d", "stack list -d", "OS_INSECURE=true"),
        (
            "--heat-url http://h --os-token t stack list",
            "--heat-url http://h stack list",
            "OS_TOKEN=t",
        ),
        ("stack show --os-username", "stack show --os-username", ""),
        ("--os-nonsense x stack list", "--os-nonsense x stack list", ""),
    ],
)
def test_what_stood_before_the_command_is_a_variable(line, left, variables):
    environ: dict[str, str] = {}
    assert apply(line.split(), environ) == left.split()
    assert environ == dict(word.split("=") for word in variables.split())


def test_a_name_takes_the_place_of_an_id():
    environ = {"OS_PROJECT_ID": "1", "OS_USER_ID": "2", "OS_REGION_NAME": "r"}
    apply(["--os-project-name", "a", "--os-username", "b", "stack", "list"], environ)
    assert environ == {"OS_PROJECT_NAME": "a", "OS_USERNAME": "b", "OS_REGION_NAME": "r"}


def test_a_project_takes_the_place_of_a_tenant():
    """The id of the tenant that an older file of variables has won, in silence."""
    environ = {"OS_TENANT_ID": "1", "OS_TENANT_NAME": "one", "OS_USERNAME": "b"}
    apply(["--os-tenant-name", "two", "--os-user-id", "3", "stack", "list"], environ)
    assert environ == {"OS_PROJECT_NAME": "two", "OS_USER_ID": "3"}


def test_who_asks_of_a_cloud_stands_in_its_settings():
    with pytest.raises(Misnamed, match="--os-username says nothing"):
        apply(["--os-username", "a", "stack", "list"], {"OS_CLOUD": "one"})
    with pytest.raises(Misnamed, match="says nothing"):
        apply(["--os-auth-url", "u", "--os-cloud", "one", "stack", "list"], {})
    environ = {"OS_CLOUD": "one"}
    apply(["--os-auth-url", "u", "stack", "list"], environ)
    assert environ == {"OS_AUTH_URL": "u"}


def test_the_options_count(heat, service, monkeypatch):
    service.answers["GET", "/stacks"] = (200, {"stacks": []})
    for name in ("OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME"):
        monkeypatch.setenv(name, "wrong")
    who = ("--os-username", "demo", "--os-password", "secret", "--os-tenant-name", "demo")
    assert heat("--os-auth-url", service.url, *who, "stack-list").code == 0
    ran = heat("--os-auth-url")
    assert (ran.code, "wants a value" in ran.err) == (2, True)

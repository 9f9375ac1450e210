"""A service behind keystonemiddleware accepts devcloud's tokens, and only those."""

import warnings
from datetime import UTC, datetime

import pytest

with warnings.catch_warnings():
    # WebOb, below the middleware, imports a module that Python is about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    from keystonemiddleware.auth_token import AuthProtocol


@pytest.fixture
def clock(clock):
    """The middleware looks at the machine's clock, so this one starts there."""
    clock.moment = datetime.now(UTC)
    return clock


@pytest.fixture
def served(running):
    """Ask a service of ours through the middleware; return the status and what it was told."""
    told = {}

    def app(environ, start_response):
        told.update({k: v for k, v in environ.items() if k.startswith("HTTP_X_")})
        start_response("200 OK", [])
        return [b""]

    settings = {
        "auth_type": "password",
        "auth_url": f"{running.url}/identity",
        "username": "heat",
        "password": "devcloud",
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
        "service_token_roles_required": "true",
        "www_authenticate_uri": f"{running.url}/identity",
    }
    protected = AuthProtocol(app, settings)

    def ask(**headers):
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "x",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        found = []
        told.clear()
        list(protected(environ, lambda status, *_: found.append(int(status[:3]))))
        return found[0], dict(told)

    return ask


@pytest.mark.filterwarnings("default")
def test_a_token_tells_the_service_who_asks(served, demo):
    status, told = served(x_auth_token=demo.token)

    assert status == 200
    assert told["HTTP_X_IDENTITY_STATUS"] == "Confirmed"
    assert told["HTTP_X_USER_NAME"] == "demo"
    assert told["HTTP_X_PROJECT_ID"] == demo.project_id
    assert "heat_stack_owner" in told["HTTP_X_ROLES"].split(",")


@pytest.mark.filterwarnings("default")
def test_without_a_valid_token_the_service_is_not_asked(served):
    assert served() == (401, {})
    assert served(x_auth_token="nonsense") == (401, {})


@pytest.mark.filterwarnings("default")
def test_an_expired_token_needs_a_service_that_vouches(served, clock, client):
    clock.forward(-5 * 3600)
    expired = client().token
    clock.forward(5 * 3600)
    service = client("heat", "service")

    assert served(x_auth_token=expired)[0] == 401
    status, told = served(x_auth_token=expired, x_service_token=service.token)

    assert status == 200
    assert told["HTTP_X_USER_NAME"] == "demo"
    assert told["HTTP_X_SERVICE_USER_NAME"] == "heat"

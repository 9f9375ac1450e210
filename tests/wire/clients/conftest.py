"""The service in processes of its own, and a process that runs `openstack` commands at it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import servers
from tests.wire.test_apart import Apart, apart, installed

from .shell import OpenStack

APPLICATION = Path(__file__).with_name("application")
POLICY = '{"stacks:global_index": "role:admin", "software_configs:global_index": "role:admin"}'
OPTIONS = """
[DEFAULT]
enable_stack_abandon = true
enable_stack_adopt = true
hidden_stack_tags = unlisted
stack_user_domain_name = heat
stack_domain_admin = heat_domain_admin
stack_domain_admin_password = devcloud
[oslo_policy]
policy_file = {policy}
"""


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    folder = tmp_path_factory.mktemp("service")
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    with (
        installed(servers.rabbitmq) as bus,
        installed(servers.postgresql) as database,
        apart(folder, database, bus, workers=1, options=OPTIONS.format(policy=policy)) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def variables(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the environment of clients; a running service may be given, to try tests quickly."""
    if given := os.environ.get("HEAT_TEST_CLIENT"):
        return dict(json.loads(given))
    service: Apart = request.getfixturevalue("service")
    return service.variables


@pytest.fixture(scope="session")
def openstack(variables: dict[str, str]) -> Iterator[OpenStack]:
    shell = OpenStack(variables)
    yield shell
    shell.end()


@pytest.fixture(autouse=True)
def _left_clean(openstack: OpenStack) -> Iterator[None]:
    """Leave no stack to the next test, however this one ended."""
    yield
    left = [row["ID"] for row in openstack.ask("stack list", "--hidden")]
    if left:
        openstack.gone(*left)


@pytest.fixture(scope="session")
def admin(variables: dict[str, str]) -> Iterator[OpenStack]:
    shell = OpenStack({**variables, "OS_CLOUD": "devcloud-admin"})
    yield shell
    shell.end()


@pytest.fixture
def application() -> Path:
    return APPLICATION

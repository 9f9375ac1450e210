"""`heat-manage orphans` against a cloud over HTTP."""

import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from heat.cloud.client import Client
from heat.cloud.credentials import SERVICE
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings, Trustee
from heat.main import manage
from heat.plugin.steps import NETWORK
from heat.store import events
from heat.store.database import Database
from heat.store.rows import EventRow

BIN = Path(sys.executable).parent
CONF = """
[DEFAULT]
auth_encryption_key = 0123456789abcdef0123456789abcdef
[database]
connection = sqlite:///{folder}/heat.db
[trustee]
auth_type = password
auth_url = {cloud}/identity/v3
username = {user}
password = devcloud
user_domain_name = Default
project_name = {project}
project_domain_name = Default
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cloud")
    ready = folder / "ready"
    command = [BIN / "devcloud", "up", "--port", "0", "--ready-file", ready]
    with subprocess.Popen(
        [*map(str, command), "--clouds-yaml", str(folder / "clouds.yaml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        while not ready.exists():
            assert running.poll() is None
            time.sleep(0.05)
        yield ready.read_text().strip()
        running.send_signal(signal.SIGTERM)


@pytest.fixture
def conf(tmp_path, cloud, capsys):
    file = tmp_path / "heat.conf"
    text = CONF.format(folder=tmp_path, cloud=cloud, user="heat", project="service")
    file.write_text(text)
    assert manage.main(["--config-file", str(file), "db", "sync"]) == 0
    capsys.readouterr()
    return file


def port(cloud, mark):
    """Make a marked port; returns its id and its project's."""
    settings = CloudSettings(
        f"{cloud}/identity/v3", trustee=Trustee("heat", "devcloud", user_domain_name="Default")
    )
    client = Client(Sessions(settings))
    net = client.send(NETWORK.post("/v2.0/networks", {"network": {}}), SERVICE)["network"]["id"]
    body = {"network_id": net, "description": mark}
    made = client.send(NETWORK.post("/v2.0/ports", {"port": body}), SERVICE)["port"]
    client.sessions.close()
    return made["id"], made["project_id"]


def deleted(folder):
    """Write down the life of a port that is deleted; returns the resource's id."""
    db = Database(f"sqlite:///{folder}/heat.db")
    resource, stack = str(uuid.uuid4()), str(uuid.uuid4())
    for action, status in (("CREATE", "IN_PROGRESS"), ("DELETE", "COMPLETE")):
        events.tell(
            db,
            EventRow(
                id=str(uuid.uuid4()),
                stack=stack,
                resource=resource,
                resource_name="door",
                resource_type="OS::Neutron::Port",
                physical_id=None,
                action=action,
                status=status,
                reason="state changed",
                request_id="",
                created_at=db.now(),
            ),
        )
    db.close()
    return resource


def run(conf, *words):
    return manage.main(["--config-file", str(conf), "orphans", *words])


def test_they_are_listed_and_the_superfluous_ones_deleted(conf, cloud, tmp_path, capsys):
    resource = deleted(tmp_path)
    late, project = port(cloud, f"heat:{resource}")
    other, _ = port(cloud, f"heat:{uuid.uuid4()}")
    assert run(conf) == 0
    lines = {line.split()[2]: line.split() for line in capsys.readouterr().out.splitlines()[1:]}
    assert lines[late] == ["superfluous", "OS::Neutron::Port", late, project, resource]
    assert lines[other][0] == "unknown"
    assert run(conf, "--delete", "--project", "another") == 0
    assert capsys.readouterr().out.endswith("0 deleted, 0 not.\n")
    assert run(conf, "--delete") == 0
    assert capsys.readouterr().out.endswith("1 deleted, 0 not.\n")
    assert run(conf) == 0
    told = capsys.readouterr().out
    assert late not in told
    assert other in told


def test_a_word_that_is_not_known_is_refused_by_name(conf, capsys):
    assert run(conf, "--force") == 1
    assert "--force is not known to orphans" in capsys.readouterr().err


def test_a_service_user_that_sees_too_little_is_told_so(conf, cloud, tmp_path, capsys):
    conf.write_text(CONF.format(folder=tmp_path, cloud=cloud, user="demo", project="demo"))
    assert run(conf) == 1
    assert "give it the role admin" in capsys.readouterr().err

"""Engine and API as processes of their own, joined by a database server and a message bus."""

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from tests import servers

from .conftest import BIN, EXAMPLES, Dev, without_cloud

CONF = """
[DEFAULT]
auth_encryption_key = 0123456789abcdef0123456789abcdef
num_engine_workers = {workers}
periodic_interval = 1
transport_url = {bus}
[database]
connection = {database}
[trustee]
{user}
[keystone_authtoken]
{user}
www_authenticate_uri = {cloud}/identity/v3
project_name = service
project_domain_name = Default
[heat_api]
bind_host = 127.0.0.1
bind_port = {port}
workers = 1
"""
USER = """
auth_type = password
auth_url = {cloud}/identity/v3
username = heat
password = devcloud
user_domain_name = Default
"""
PASSING = {"compute.deleted", "identity.token", "image.gone"}
"""What a cloud keeps of requests and of objects that are gone."""


class Apart(Dev):
    """The processes, and the clients beside them."""

    def __init__(self, folder: Path, cloud: str, engine: subprocess.Popen[bytes]) -> None:
        self.folder, self.cloud, self.engine = folder, cloud, engine
        where = str(folder / "clouds.yaml")
        self.variables = {"OS_CLIENT_CONFIG_FILE": where, "OS_CLOUD": "devcloud"}

    def objects(self) -> dict[str, int]:
        """Count what is in the cloud, by kind."""
        found: dict[str, int] = self.peek("state")["objects"]
        return {kind: count for kind, count in found.items() if kind not in PASSING}

    def ids(self, kind: str) -> set[str]:
        return {row["id"] for row in self.peek(f"state/{kind}")["objects"]}

    def peek(self, path: str) -> Any:
        with urlopen(f"{self.cloud}/_devcloud/{path}", timeout=30) as reply:
            return json.load(reply)


@contextlib.contextmanager
def apart(
    folder: Path,
    database: str,
    bus: str,
    *,
    workers: int,
    latencies: tuple[str, ...] = (),
    options: str = "",
) -> Iterator[Apart]:
    """Run everything, and see that each process ends well when told to."""
    port = servers.free_port()
    slow = [f"--latency={latency}" for latency in latencies]
    heat = f"--heat-url=http://127.0.0.1:{port}/v1/$(project_id)s"
    ready, clouds = folder / "ready", folder / "clouds.yaml"
    up = ("up", "--port", "0", heat, "--ready-file", ready, "--clouds-yaml", clouds)
    conf = folder / "heat.conf"
    with contextlib.ExitStack() as running:
        cloud = running.enter_context(process(folder, "devcloud", *up, *slow))
        await_true(cloud, ready.exists)
        url = ready.read_text().strip()
        user = USER.format(cloud=url)
        named = {"workers": workers, "bus": bus, "database": database, "port": port}
        conf.write_text(CONF.format(**named, user=user, cloud=url) + options)
        synced = [BIN / "heat-manage", "--config-file", conf, "db", "sync"]
        subprocess.run(synced, check=True, env=without_cloud(), timeout=60)
        engine = running.enter_context(process(folder, "heat-engine", "--config-file", conf))
        api = running.enter_context(process(folder, "heat-api", "--config-file", conf))
        await_true(api, lambda: answers(f"http://127.0.0.1:{port}/healthcheck"))
        yield Apart(folder, url, engine)


@contextlib.contextmanager
def process(
    folder: Path, name: str, *arguments: object, log: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of ours, and see that it ends well when told to."""
    log_file = folder / f"{log or name}.log"
    with (
        log_file.open("wb") as output,
        subprocess.Popen(
            [BIN / name, *map(str, arguments)], stdout=output, stderr=output, env=without_cloud()
        ) as running,
    ):
        try:
            yield running
        except BaseException:
            print(f"{name} said:", log_file.read_text(errors="replace")[-8000:], sep="\n")
            raise
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                code = running.wait(70)
            except subprocess.TimeoutExpired:
                running.kill()
                raise
        assert code == 0, (name, log_file.read_text(errors="replace")[-2000:])


def await_true(running: subprocess.Popen[bytes], true: Any) -> None:
    deadline = time.monotonic() + 180  # a busy machine takes long to start a process
    while not true():
        assert running.poll() is None, f"{running.args} ended"
        assert time.monotonic() < deadline, f"{running.args} is not ready"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def installed(server: Any) -> Iterator[str]:
    """Run a server of the machine; skip the test when there is none."""
    with contextlib.ExitStack() as running:
        try:
            url = running.enter_context(server())
        except servers.Missing as missing:
            pytest.skip(str(missing))
        yield url


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    with installed(servers.rabbitmq) as url:
        yield url


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", [servers.postgresql, servers.mariadb])
def test_a_stack_lives_and_goes_through_separate_processes(
    tmp_path: Path, bus: str, database: Any
) -> None:
    template = EXAMPLES / "wordpress.yaml"
    with installed(database) as url, apart(tmp_path, url, bus, workers=2) as heat:
        # The cloud makes a project's default security group at the first request for any.
        heat.run("openstack", "security", "group", "list")
        before = heat.objects()

        printed = heat.run("heat", "stack", "create", "blog", "-t", template, "--wait")
        assert "[blog]: CREATE_COMPLETE" in printed
        servers_made = heat.ids("compute.server")
        assert len(servers_made) == 2

        change = ["-P", "web_name=renamed", "-P", "web_source=10.0.0.0/8"]
        heat.run("heat", "stack", "update", "blog", "-t", template, *change, "--wait")
        assert heat.ask("heat", "stack", "show", "blog")["stack_status"] == "UPDATE_COMPLETE"
        rows = heat.peek("state/compute.server")["objects"]
        assert "renamed" in [row["name"] for row in rows]
        assert {row["id"] for row in rows} == servers_made

        heat.run("heat", "stack", "delete", "blog", "-y", "--wait")
        assert heat.ask("heat", "stack", "list") == []
        assert heat.objects() == before

"""Processes of their own: a cloud, a database, a broker, an API, and several engines."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from tests.wire.conftest import BIN, without_cloud
from tests.wire.test_apart import (
    CONF,
    USER,
    Apart,
    answers,
    await_true,
    process,
    servers,
)
from tests.wire.test_kill import allow_any_number, children

DATABASES = {"postgresql": servers.postgresql, "mariadb": servers.mariadb}
LATENCIES = (
    *("server.create=2", "server.delete=1", "server.resize=1"),
    *("volume.create=1", "volume.attach=0.5", "volume.detach=0.5"),
)


@dataclass
class Site:
    """What runs, and where."""

    folder: Path
    heat: Apart
    url: str
    database_url: str
    supervisors: list[subprocess.Popen[bytes]] = field(default_factory=list)
    database: servers.Running | None = None
    broker: servers.Running | None = None

    def workers(self) -> list[int]:
        """Return the engine processes that run, whoever supervises them."""
        return sorted(pid for one in self.supervisors for pid in children(one.pid))

    def session(self) -> Session:
        """Log in as the user demo."""
        login = v3.Password(
            f"{self.heat.cloud}/identity/v3",
            username="demo",
            password="devcloud",
            project_name="demo",
            user_domain_name="Default",
            project_domain_name="Default",
        )
        return Session(login)

    def logs(self) -> str:
        """Return what the engines have said."""
        return "\n".join(
            log.read_text(errors="replace") for log in sorted(self.folder.glob("engine-*.log"))
        )


@contextlib.contextmanager
def site(
    folder: Path, database: str, *, supervisors: int = 2, workers: int = 2, settings: str = ""
) -> Iterator[Site]:
    """Run it; what has been stopped goes on before all is ended."""
    port = servers.free_port()
    ready, clouds, conf = folder / "ready", folder / "clouds.yaml", folder / "heat.conf"
    held: dict[str, servers.Running] = {}
    with contextlib.ExitStack() as running:
        kept = running.enter_context(DATABASES[database](lambda one: held.update(database=one)))
        bus = running.enter_context(servers.rabbitmq(lambda one: held.update(broker=one)))
        where = f"--heat-url=http://127.0.0.1:{port}/v1/$(project_id)s"
        up = ("up", "--port", "0", where, "--ready-file", ready, "--clouds-yaml", clouds)
        slow = [f"--latency={latency}" for latency in LATENCIES]
        cloud = running.enter_context(process(folder, "devcloud", *up, *slow))
        await_true(cloud, ready.exists)
        url = ready.read_text().strip()
        user = USER.format(cloud=url)
        named = {"workers": workers, "bus": bus, "database": kept, "port": port}
        conf.write_text(settings + CONF.format(**named, user=user, cloud=url))
        synced = [BIN / "heat-manage", "--config-file", conf, "db", "sync"]
        subprocess.run(synced, check=True, env=without_cloud(), timeout=60)
        heat = Apart(folder, url, cloud)
        made = Site(folder, heat, f"http://127.0.0.1:{port}/v1", kept)
        made.database, made.broker = held["database"], held["broker"]
        for number in range(supervisors):
            one = process(folder, "heat-engine", "--config-file", conf, log=f"engine-{number}")
            made.supervisors.append(running.enter_context(one))
        api = running.enter_context(process(folder, "heat-api", "--config-file", conf))
        await_true(api, lambda: answers(f"http://127.0.0.1:{port}/healthcheck"))
        allow_any_number(heat)
        heat.run("openstack", "security", "group", "list")
        try:
            yield made
        finally:
            for pid in made.workers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

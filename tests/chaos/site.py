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
from tests.chaos.programs import Program
from tests.chaos.proxy import Proxy, proxies
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
from tests.wire.test_kill import allow_any_number

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
    database: servers.Running
    broker: servers.Running
    api: Program
    to_database: Proxy
    to_broker: Proxy
    """The ways of the first engine; all others have ways of their own."""
    supervisors: list[Program] = field(default_factory=list)

    def workers(self) -> list[int]:
        """Return the engine processes that run, whoever supervises them."""
        return sorted(pid for one in self.supervisors for pid in one.workers())

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
    folder: Path,
    database: str,
    *,
    supervisors: int = 2,
    workers: int = 2,
    apis: int = 1,
    settings: str = "",
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
        to_database, to_broker = proxies(running, kept, bus)
        named = {"workers": workers, "port": port, "user": USER.format(cloud=url), "cloud": url}
        for name, way, place in (
            ("heat.conf", bus, kept),
            ("apart.conf", to_broker.url, to_database.url),
        ):
            text = settings + CONF.format(**named, bus=way, database=place)
            # The number of API processes is the last setting.
            (folder / name).write_text(text.replace("\nworkers = 1\n", f"\nworkers = {apis}\n"))
        synced = [BIN / "heat-manage", "--config-file", conf, "db", "sync"]
        subprocess.run(synced, check=True, env=without_cloud(), timeout=180)
        heat = Apart(folder, url, cloud)
        made = Site(
            folder,
            heat,
            f"http://127.0.0.1:{port}/v1",
            kept,
            database=held["database"],
            broker=held["broker"],
            to_database=to_database,
            to_broker=to_broker,
            api=Program(folder / "heat-api.log", "heat-api", "--config-file", conf),
        )
        for number in range(supervisors):
            log, settled = (
                folder / f"engine-{number}.log",
                conf if number else folder / "apart.conf",
            )
            made.supervisors.append(Program(log, "heat-engine", "--config-file", settled))
        running.callback(end, made)
        for program in (*made.supervisors, made.api):
            program.start()
        await_true(cloud, lambda: answers(f"http://127.0.0.1:{port}/healthcheck"))
        allow_any_number(heat)
        heat.run("openstack", "security", "group", "list")
        yield made
    codes = [code for one in (*made.supervisors, made.api) for code in one.codes]
    assert not any(codes), f"programs ended with {codes}"


def end(made: Site) -> None:
    """End our programs; a process that stands still is woken, or its end would take long."""
    for program in (*made.supervisors, made.api):
        for pid in program.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    for program in (*made.supervisors, made.api):
        program.end()

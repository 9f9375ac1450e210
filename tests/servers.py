"""Throw-away servers for the tests that want them.

    python tests/servers.py pytest ...

starts PostgreSQL, MariaDB and RabbitMQ, as far as this machine has them, on free ports of
127.0.0.1, names them in the environment of the command, and ends them with it.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PLACES = os.pathsep.join(
    (
        os.environ.get("PATH", os.defpath),
        "/usr/sbin",
        *(str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
    )
)


class Missing(Exception):
    """A server is not installed; the message names what to install."""


class Running:
    """A server in a process group of its own, which can go away and come back as it was."""

    def __init__(self, command: list[str], log: Path, stop: int, **options: Any) -> None:
        self._command, self._log, self._stop, self._options = command, log, stop, options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                **self._options,
            )

    def kill(self) -> None:
        """End it at once, without a chance to do anything more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(self._stop)

    def _end(self, number: int) -> None:
        server, self._process = self._process, None
        if server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def ignore(_running: Running) -> None:
    """Leave a server to the one who started it."""


@contextlib.contextmanager
def postgresql(held: Callable[[Running], None] = ignore) -> Iterator[str]:
    """Run a PostgreSQL; its URL."""
    initdb, postgres = program("initdb", "postgresql"), program("postgres", "postgresql")
    # PostgreSQL refuses to run as root.
    user = lesser_user() if os.getuid() == 0 else None
    with directory(user) as home:
        options = ["-A", "trust", "-U", "heat", "-E", "UTF8", "--locale=C", "--no-sync"]
        run([initdb, "-D", str(home / "data"), *options], user)
        port = free_port()
        where = ["-p", str(port), "-k", str(home), "-c", "listen_addresses=127.0.0.1"]
        hasty = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]
        command = [postgres, "-D", str(home / "data"), *where, *hasty]
        with process(command, home, user, stop=signal.SIGINT) as running:
            import psycopg

            url = f"postgresql://heat@127.0.0.1:{port}/postgres"
            await_server("PostgreSQL", home, lambda: psycopg.connect(url).close())
            held(running)
            yield url


@contextlib.contextmanager
def mariadb(held: Callable[[Running], None] = ignore) -> Iterator[str]:
    """Run a MariaDB; its URL."""
    install = program("mariadb-install-db", "mariadb-server-core")
    server = program("mariadbd", "mariadb-server-core")
    with directory() as home:
        data = ["--no-defaults", f"--datadir={home / 'data'}"]
        if os.getuid() == 0:
            data.append("--user=root")
        run([install, *data, "--skip-test-db", "--auth-root-authentication-method=normal"])
        first = home / "first.sql"
        first.write_text(
            "CREATE DATABASE IF NOT EXISTS heat;\n"
            "CREATE USER IF NOT EXISTS heat@'127.0.0.1' IDENTIFIED BY 'heat';\n"
            "GRANT ALL ON *.* TO heat@'127.0.0.1';\n"
        )
        port = free_port()
        where = [f"--port={port}", f"--socket={home / 'socket'}", "--bind-address=127.0.0.1"]
        # With 2 a machine may lose commits that crashes, a server that is killed may not.
        hasty = ["--skip-log-bin", "--innodb-flush-log-at-trx-commit=2", "--skip-name-resolve"]
        command = [server, *data, *where, *hasty, f"--init-file={first}"]
        with process(command, home) as running:
            import pymysql

            def connect() -> None:
                pymysql.connect(host="127.0.0.1", port=port, user="heat", password="heat").close()

            await_server("MariaDB", home, connect)
            held(running)
            yield f"mariadb://heat:heat@127.0.0.1:{port}/heat"


@contextlib.contextmanager
def rabbitmq(held: Callable[[Running], None] = ignore) -> Iterator[str]:
    """Run a RabbitMQ; its transport URL."""
    # Not the wrapper in sbin, which wants to become a user of its own.
    server = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if not server.exists():
        raise Missing("rabbitmq-server is not installed (package rabbitmq-server)")
    epmd = program("epmd", "erlang-base")
    with directory() as home:
        port, names = free_port(), free_port()
        (home / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.console = true\nlog.file = false\n"
        )
        (home / "plugins").write_text("[].\n")
        environment = os.environ | {
            "HOME": str(home),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"heat-{port}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "logs"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

        def connect() -> None:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()

        # Erlang would start its name server by itself, and leave it running.
        with (
            process([epmd, "-address", "127.0.0.1", "-port", str(names)], home, log="epmd.log"),
            process([str(server)], home, environment=environment) as running,
        ):
            await_server("RabbitMQ", home, connect, seconds=90)
            held(running)
            yield f"rabbit://guest:guest@127.0.0.1:{port}//"


VARIABLES: dict[str, Callable[[], contextlib.AbstractContextManager[str]]] = {
    "HEAT_TEST_POSTGRESQL_URL": postgresql,
    "HEAT_TEST_MARIADB_URL": mariadb,
    "HEAT_TEST_RABBITMQ_URL": rabbitmq,
}


def main(command: list[str]) -> int:
    """Run a command with the servers that there are."""
    with contextlib.ExitStack() as servers:
        environment = dict(os.environ)
        for name, server in VARIABLES.items():
            if name in environment:
                continue
            try:
                environment[name] = servers.enter_context(server())
            except Missing as missing:
                print(f"without {name}: {missing}", file=sys.stderr)
        return subprocess.run(command, env=environment, check=False).returncode


def program(name: str, package: str) -> str:
    if found := shutil.which(name, path=PLACES):
        return found
    raise Missing(f"{name} is not installed (package {package})")


def lesser_user() -> str:
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def directory(owner: str | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="heat-", ignore_cleanup_errors=True) as name:
        if owner is not None:
            shutil.chown(name, owner)
        yield Path(name)


def run(command: list[str], user: str | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, user=user, cwd="/", check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def process(
    command: list[str],
    home: Path,
    user: str | None = None,
    *,
    stop: int = signal.SIGTERM,
    environment: dict[str, str] | None = None,
    log: str = "log",
) -> Iterator[Running]:
    """Run a server as long as the context lasts."""
    running = Running(command, home / log, stop, user=user, env=environment)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def await_server(name: str, home: Path, connect: Callable[[], None], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            connect()
        except Exception as error:
            if time.monotonic() > end:
                said = (home / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{name} does not answer:\n{said}") from error
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

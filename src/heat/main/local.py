"""A local cloud and all of Heat in one process, with everything kept in one folder."""

import argparse
import fcntl
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from devcloud import assembly as devcloud
from devcloud import server as devcloud_server
from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.settings import Settings as DevCloudSettings
from devcloud.kernel.store import Store as DevCloudStore
from devcloud.main import write_whole
from heat.cloud.login import password_login
from heat.cloud.settings import CloudSettings, Polling, StackDomain, Trustee
from heat.main import access, front
from heat.main.dev import USUAL_PORT
from heat.main.logs import bear_request_ids
from heat.main.node import Node, Wants
from heat.main.served import Served, listen
from heat.operations.services import Limits
from heat.rpc.local import Local
from heat.store import migrations
from heat.store.database import Database

HOST = "127.0.0.1"
PASSWORD = DevCloudSettings.password
QUICK = Polling(delays=(0.05, 0.1, 0.2, 0.5, 1.0))
"""A cloud on this machine is asked sooner than one far away."""
ALLOWED = Limits(enable_stack_adopt=True, enable_stack_abandon=True)
"""What operators switch on with care may be tried out here."""


class Refused(Exception):
    """It can't be started so; the message says why, and what to do."""


def start(options: argparse.Namespace, closing: ExitStack) -> Mapping[str, str]:
    """Start everything; return the variables that a client needs."""
    folder: Path = options.state_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    closing.enter_context(alone(folder))
    logging.basicConfig(
        filename=folder / "heat.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
    )
    # What a login needs is given as values, which the middleware warns of before it knows them.
    logging.getLogger("keystonemiddleware._common.config").setLevel(logging.ERROR)
    bear_request_ids()
    listening, wanted = ports(options.port_base)
    url = f"http://{HOST}:{listening.getsockname()[1]}"
    closing.callback(listening.close)
    fresh = "" if (folder / "heat.sqlite").exists() else "yes"
    store = DevCloudStore(str(folder / "devcloud.sqlite"))
    closing.callback(store.close)
    settings = DevCloudSettings(heat_url=f"{url}/v1/$(project_id)s", latency=options.latency)
    cloud = devcloud.build(store, settings=settings)
    point(cloud, settings)
    try:
        running = devcloud_server.serve(cloud, HOST, wanted)
    except OSError as problem:
        raise Refused(taken(wanted)) from problem
    closing.callback(running.close)
    auth_url = f"{running.url}/identity/v3"
    db = database(folder / "heat.sqlite")
    closing.callback(db.close)
    node = Node(db, Wants(cloud=cloud_settings(auth_url), limits=ALLOWED))
    node.start()
    closing.callback(node.close)
    login = password_login(cloud_settings(auth_url))
    api = front.guarded(Local(node.services).call, middleware(auth_url), login=login)
    served = Served(api, listening)
    closing.callback(served.close)
    found = access.environment(auth_url, PASSWORD)
    write_whole(folder / "clouds.yaml", access.clouds(auth_url, PASSWORD))
    variables = {
        **found,
        "OS_CLIENT_CONFIG_FILE": str((folder / "clouds.yaml").resolve()),
        "DEVCLOUD_URL": running.url,
        "HEAT_URL": url,
    }
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    write_whole(folder / "env", lines)
    access.answers(f"{url}/healthcheck")
    if options.ready_file:
        write_whole(options.ready_file, f"{url}\n")
    return {**variables, "STATE_DIR": str(folder), "FRESH": fresh}


def alone(folder: Path) -> TextIO:
    """Make sure that no other process works in the folder; closed, it is free again."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Refused(
            f"another `heat dev` runs in {folder}; end it, or give this one a folder of its own "
            "with --state-dir."
        ) from None
    return lock


def ports(base: int | None) -> tuple[Any, int]:
    """Return the API's listening socket and the port for the cloud."""
    first = USUAL_PORT if base is None else base
    if first == 0:
        return listen(HOST, 0), 0
    try:
        # The cloud binds its own; that it can is seen here, before anything is written.
        listen(HOST, first).close()
        return listen(HOST, first + 1), first
    except (OSError, OverflowError) as problem:
        if base is None:
            return listen(HOST, 0), 0
        raise Refused(taken(first)) from problem


def taken(port: int) -> str:
    """Say that ports can't be had."""
    return (
        f"port {port} or {port + 1} can't be had on {HOST}; choose others with --port-base, or "
        "free ones with --port-base 0."
    )


def point(cloud: DevCloud, settings: DevCloudSettings) -> None:
    """Let the catalogue of a cloud that was kept name the ports of this run."""
    identity: Any = cloud.state("identity")
    urls = {"orchestration": settings.heat_url, "cloudformation": settings.heat_cfn_url}
    with cloud.lock:
        for service in identity.services.all():
            if service["type"] in urls:
                for row in identity.endpoints.find("service_id", service["id"]):
                    identity.endpoints.put({**row, "url": urls[service["type"]]})
        cloud.store.commit()


def database(path: Path) -> Database:
    """Open the database, with the newest schema."""
    db = Database(f"sqlite:///{path}")
    migrations.create(db)
    if migrations.version(db) != migrations.newest():
        migrations.migrate(db)
    return db


def cloud_settings(auth_url: str) -> CloudSettings:
    """Return how the engine reaches the local cloud."""
    trustee = Trustee(
        username="heat",
        password=PASSWORD,
        user_domain_name="Default",
        project_domain_name="Default",
    )
    domain = StackDomain(domain_name="heat", admin="heat_domain_admin", password=PASSWORD)
    return CloudSettings(auth_url=auth_url, trustee=trustee, stack_domain=domain, polling=QUICK)


def middleware(auth_url: str) -> dict[str, str]:
    """Return the settings of keystonemiddleware."""
    return {
        "auth_type": "password",
        "auth_url": auth_url,
        "www_authenticate_uri": auth_url,
        "username": "heat",
        "password": PASSWORD,
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "service_token_roles_required": "true",
    }

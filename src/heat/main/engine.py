"""The `heat-engine` command: engine processes, each serving requests and driving stacks."""

import sys
from collections.abc import Sequence

from oslo_config import cfg

from heat.base.errors import Fault
from heat.main import bus, settings
from heat.main.memory import Leftovers
from heat.main.node import Node, Wants
from heat.main.processes import supervise, until_ended
from heat.main.pulse import Pulse, Stalled
from heat.main.required import check_engine
from heat.operations.policy import Policy
from heat.store import migrations
from heat.store.database import Database


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM."""
    try:
        conf = settings.read(sys.argv[1:] if arguments is None else arguments, "heat-engine")
        check_engine(conf)
        wants = Wants(
            cloud=settings.cloud_settings(conf),
            engine=settings.engine_settings(conf),
            limits=settings.limits(conf),
            policy=Policy(conf),
            revision=conf.revision.heat_revision,
        )
        check_schema(conf)
    except (Fault, cfg.Error) as fault:
        sys.stderr.write(f"heat-engine: {fault}\n")
        return 1
    supervise(settings.workers(conf.num_engine_workers), lambda: work(conf, wants))
    return 0


def work(conf: cfg.ConfigOpts, wants: Wants) -> None:
    """Be one engine until told to end."""
    leftovers = Leftovers()
    db = open_database(conf)
    node = Node(db, wants, bus.notifier(conf))
    node.start()
    answering = bus.Answering(conf, node)
    pulse = Pulse(Database(settings.database_url(conf), pool_size=1))

    def is_well() -> bool:
        leftovers.give_back()
        return node.is_alive and not pulse.is_stalled()

    until_ended(is_well)
    if pulse.is_stalled():
        raise Stalled  # whatever is to be ended in good order would stall, too
    pulse.close()
    answering.close(node.stop())
    node.close()
    db.close()


def open_database(conf: cfg.ConfigOpts) -> Database:
    """Open the database as the settings say."""
    return Database(
        settings.database_url(conf),
        keys=settings.encryption_keys(conf),
        pool_size=conf.database.max_pool_size,
        pool_timeout=conf.database.pool_timeout,
        seal_properties=conf.encrypt_parameters_and_properties,
    )


def check_schema(conf: cfg.ConfigOpts) -> None:
    """Refuse a database of another version."""
    db = open_database(conf)
    try:
        found, wanted = migrations.version(db), migrations.newest()
    finally:
        db.close()
    if found != wanted:
        raise settings.not_migrated(found, wanted)


if __name__ == "__main__":
    sys.exit(main())

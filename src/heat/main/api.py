"""The `heat-api` command: the native REST API behind waitress, in several processes."""

import sys
from collections.abc import Sequence
from socket import socket

from oslo_config import cfg

from heat.base.errors import Fault
from heat.main import front, settings
from heat.main.processes import supervise, until_ended
from heat.main.required import check_api
from heat.main.served import Served, listen


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM."""
    try:
        conf = settings.read(sys.argv[1:] if arguments is None else arguments, "heat-api")
        check_api(conf)
    except (Fault, cfg.Error) as fault:
        sys.stderr.write(f"heat-api: {fault}\n")
        return 1
    place = conf.heat_api
    try:
        listening = listen(place.bind_host, place.bind_port)
    except OSError as problem:
        sys.stderr.write(f"heat-api: can't serve {place.bind_host}:{place.bind_port}: {problem}\n")
        return 1
    supervise(settings.workers(place.workers), lambda: work(conf, listening))
    return 0


def work(conf: cfg.ConfigOpts, listening: socket) -> None:
    """Be one process of the API until told to end."""
    served = Served(
        front.configured(conf),
        listening,
        conf.heat_api.threads,
        largest=conf.max_json_body_size,
        behind_proxy=conf.oslo_middleware.enable_proxy_headers_parsing,
    )
    try:
        until_ended()
    finally:
        served.close()


if __name__ == "__main__":
    sys.exit(main())

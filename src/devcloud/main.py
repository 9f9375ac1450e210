"""The `devcloud` command: starts a local cloud, and talks to a running one."""

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click
import yaml

URL = "http://127.0.0.1:5500"
USERS = {"admin": "admin", "demo": "demo", "alt_demo": "alt_demo", "heat": "service"}
"""User to project, as in the clouds.yaml that is written."""


@click.group()
def main() -> None:
    """Run a local OpenStack: the APIs and their states, without hypervisors."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5500, show_default=True, help="0 takes a free one.")
@click.option("--state", type=click.Path(dir_okay=False), help="Keep everything in this file.")
@click.option("--latency", multiple=True, metavar="NAME=SECONDS", help="server.create=2, ...")
@click.option("--threads", default=16, show_default=True)
@click.option("--token-lifetime", default=14400, show_default=True, metavar="SECONDS")
@click.option("--heat-url", help="The endpoint of orchestration in the catalogue.")
@click.option("--heat-cfn-url", help="The endpoint of cloudformation in the catalogue.")
@click.option("--ready-file", type=click.Path(dir_okay=False), help="Gets the URL when all is up.")
@click.option("--clouds-yaml", type=click.Path(dir_okay=False), help="Write a clouds.yaml here.")
@click.option("--print-env", is_flag=True, help="Print shell variables of the user demo.")
def up(
    host: str,
    port: int,
    state: str | None,
    latency: tuple[str, ...],
    threads: int,
    token_lifetime: int,
    heat_url: str | None,
    heat_cfn_url: str | None,
    ready_file: str | None,
    clouds_yaml: str | None,
    print_env: bool,
) -> None:
    """Start a cloud and serve it until interrupted."""
    # The rest of the commands only talk to a running cloud, and start faster without these.
    from devcloud.assembly import build
    from devcloud.kernel.settings import Settings
    from devcloud.kernel.store import Store
    from devcloud.server import serve

    usual = Settings()
    settings = Settings(
        password=usual.password,
        token_lifetime=timedelta(seconds=token_lifetime),
        heat_url=heat_url or usual.heat_url,
        heat_cfn_url=heat_cfn_url or usual.heat_cfn_url,
        latency=read_latencies(latency),
    )
    store = Store(state)
    running = serve(build(store, settings=settings), host, port, threads)
    if clouds_yaml is not None:
        write_whole(Path(clouds_yaml), clouds(running.url, settings.password))
    click.echo(f"devcloud serves {running.url}")
    if print_env:
        for name, value in environment(running.url, settings.password).items():
            click.echo(f"export {name}={value}")
    if ready_file is not None:
        write_whole(Path(ready_file), running.url + "\n")
    sys.stdout.flush()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    running.close()
    store.close()


url_option = click.option(
    "--url", default=URL, envvar="DEVCLOUD_URL", show_default=True, help="Of the running cloud."
)


@main.command()
@url_option
def reset(url: str) -> None:
    """Drop everything and start with the first content again."""
    ask(url, "POST", "reset")


@main.command()
@url_option
@click.argument("action", type=click.Choice(["list", "add", "clear"]), default="list")
@click.argument("rule", required=False)
def faults(url: str, action: str, rule: str | None) -> None:
    """List, add or clear rules that make requests fail.

    A rule is JSON: {"service": "compute", "method": "POST", "path": "/servers$", "nth": 2,
    "action": "error", "status": 503}. Actions: refuse, error, slow, hang, lose_reply,
    goto_error, stay_build.
    """
    if action == "clear":
        ask(url, "DELETE", "faults")
        return
    if action == "list":
        show(ask(url, "GET", "faults"))
        return
    if rule is None:
        raise click.UsageError("add needs a rule as JSON.")
    try:
        decoded = json.loads(rule)
    except ValueError as problem:
        raise click.UsageError(f"The rule is no JSON: {problem}") from problem
    show(ask(url, "POST", "faults", decoded))


@main.command()
@url_option
@click.option("--reset", "forget", is_flag=True, help="Count from zero afterwards.")
def requests(url: str, forget: bool) -> None:
    """Show how often each operation was asked for."""
    show(ask(url, "GET", "requests"))
    if forget:
        ask(url, "DELETE", "requests")


@main.command()
@url_option
@click.argument("pairs", nargs=-1, metavar="[NAME=SECONDS]...")
def latency(url: str, pairs: tuple[str, ...]) -> None:
    """Show or set how long actions take."""
    if pairs:
        show(ask(url, "PUT", "latency", read_latencies(pairs)))
    else:
        show(ask(url, "GET", "latency"))


def read_latencies(pairs: tuple[str, ...]) -> dict[str, float]:
    """Read NAME=SECONDS pairs."""
    found: dict[str, float] = {}
    for pair in pairs:
        name, _, seconds = pair.partition("=")
        try:
            found[name] = float(seconds)
        except ValueError:
            raise click.UsageError(
                f"{pair!r} is no latency; write for example server.create=2.5"
            ) from None
    return found


def clouds(url: str, password: str) -> str:
    """Return a clouds.yaml with a cloud for each user."""
    entries = {
        f"devcloud-{user}": {
            "auth": {
                "auth_url": f"{url}/identity/v3",
                "username": user,
                "password": password,
                "project_name": project,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": "RegionOne",
            "identity_api_version": 3,
        }
        for user, project in USERS.items()
    }
    entries["devcloud"] = entries["devcloud-demo"]
    return yaml.dump({"clouds": entries}, sort_keys=True, Dumper=Plain)


class Plain(yaml.SafeDumper):
    """Writes a mapping out each time, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is shared."""
        del data
        return True


def environment(url: str, password: str) -> dict[str, str]:
    """Return the variables that OpenStack's clients read."""
    return {
        "OS_AUTH_URL": f"{url}/identity/v3",
        "OS_USERNAME": "demo",
        "OS_PASSWORD": password,
        "OS_PROJECT_NAME": "demo",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": "RegionOne",
        "OS_IDENTITY_API_VERSION": "3",
        "DEVCLOUD_URL": url,
    }


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody reads half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


def ask(url: str, method: str, path: str, body: Any = None) -> Any:
    """Ask a running devcloud."""
    data = None if body is None else json.dumps(body).encode()
    headers: Mapping[str, str] = {"Content-Type": "application/json"}
    request = Request(  # noqa: S310 - the address is the user's own
        f"{url.rstrip('/')}/_devcloud/{path}", data=data, headers=dict(headers), method=method
    )
    try:
        with urlopen(request, timeout=30) as reply:  # noqa: S310 - as above
            text = reply.read()
    except HTTPError as problem:
        raise click.ClickException(refusal(problem)) from problem
    except URLError as problem:
        raise click.ClickException(
            f"No devcloud answers at {url} ({problem.reason}). Start one with `devcloud up`, "
            "or say with --url where it is."
        ) from problem
    return json.loads(text) if text else None


def refusal(problem: HTTPError) -> str:
    """Return why devcloud refused."""
    with problem:
        text = problem.read().decode()
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{problem.code} {text}"


def show(answer: Any) -> None:
    """Print an answer."""
    click.echo(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()

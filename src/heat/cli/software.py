"""The commands on software configurations and their deployments to servers."""

import json
from typing import Any
from urllib.parse import quote

import click

from heat.cli.asking import asking
from heat.cli.client import Client
from heat.cli.contents import read_parameters
from heat.cli.failures import Failure
from heat.cli.groups import Lazy
from heat.cli.pages import pages
from heat.cli.shown import Form, formed
from heat.cli.texts import read_text

CONFIGS, DEPLOYMENTS = "/software_configs", "/software_deployments"
SERVER_INPUT = "deploy_server_id"
"""The input that a configuration has which was made for one deployment."""
CONFIG_COLUMNS = ("id", "name", "group", "creation_time")
CONFIG_SHEET = (*CONFIG_COLUMNS, "inputs", "outputs", "options", "config")
DEPLOYMENT_COLUMNS = ("id", "config_id", "server_id", "action", "status")
DEPLOYMENT_SHEET = (
    *DEPLOYMENT_COLUMNS,
    "status_reason",
    "input_values",
    "output_values",
    "creation_time",
    "updated_time",
)


@click.group(cls=Lazy)
def config() -> None:
    """Software configurations: scripts and settings for servers."""


@config.command("list")
@click.option("--limit", type=click.IntRange(1), help="No more than so many.")
@click.option("--marker", metavar="ID", help="Only those that come after this one.")
@formed
@asking
def list_configs(client: Client, form: Form, limit: int | None, marker: str | None) -> None:
    """List the configurations."""
    rows = list(pages(client, CONFIGS, "software_configs", {"marker": marker}, limit))
    form.rows(rows, CONFIG_COLUMNS, "there are no software configurations")


@config.command("show")
@click.argument("config_id", metavar="CONFIG")
@click.option("--config-only", is_flag=True, help="Only the script itself.")
@formed
@asking
def show_config(client: Client, form: Form, config_id: str, config_only: bool) -> None:
    """Show a configuration."""
    found = client.get(_one(CONFIGS, config_id))["software_config"]
    if config_only:
        click.echo(found["config"])
    else:
        form.one(found, CONFIG_SHEET)


@config.command("create")
@click.argument("name")
@click.option("--config-file", type=click.Path(dir_okay=False), help="The script.")
@click.option(
    "--definition-file",
    type=click.Path(dir_okay=False),
    help="YAML with the inputs, outputs and options.",
)
@click.option("--group", default="Heat::Ungrouped", show_default=True, help="What it is run by.")
@formed
@asking
def create_config(client: Client, form: Form, name: str, **options: Any) -> None:
    """Make a configuration."""
    body: dict[str, Any] = {"name": name, "group": options["group"], "config": ""}
    if options["definition_file"]:
        body |= _definition(options["definition_file"])
    if options["config_file"]:
        body["config"] = read_text(options["config_file"])
    form.one(client.send("POST", CONFIGS, body)["software_config"], CONFIG_SHEET)


@config.command("delete")
@click.argument("ids", nargs=-1, required=True, metavar="CONFIG...")
@asking
def delete_configs(client: Client, ids: tuple[str, ...]) -> None:
    """Delete configurations."""
    _delete(client, CONFIGS, ids)


@click.group(cls=Lazy)
def deployment() -> None:
    """Software deployments: configurations that servers shall carry out."""


@deployment.command("list")
@click.option("--server", metavar="ID", help="Only those of this server.")
@formed
@asking
def list_deployments(client: Client, form: Form, server: str | None) -> None:
    """List the deployments."""
    rows = client.get(DEPLOYMENTS, {"server_id": server})["software_deployments"]
    form.rows(rows, DEPLOYMENT_COLUMNS, "there are no software deployments")


@deployment.command("show")
@click.argument("deployment_id", metavar="DEPLOYMENT")
@formed
@asking
def show_deployment(client: Client, form: Form, deployment_id: str) -> None:
    """Show a deployment."""
    found = client.get(_one(DEPLOYMENTS, deployment_id))["software_deployment"]
    form.one(found, DEPLOYMENT_SHEET)


@deployment.command("create")
@click.argument("name", required=False)
@click.option("--config", required=True, metavar="ID", help="The configuration.")
@click.option("--server", required=True, metavar="ID", help="The server.")
@click.option("--action", default="CREATE", show_default=True, help="What it is done on.")
@click.option(
    "--input-value",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of an input; repeatable.",
)
@formed
@asking
def create_deployment(
    client: Client,
    form: Form,
    name: str | None,
    config: str,
    server: str,
    action: str,
    inputs: tuple[str, ...],
) -> None:
    """Let a server carry out a configuration, with values for its inputs.

    The server carries out what it is given in the order of the names.
    """
    wanted = client.get(_one(CONFIGS, config))["software_config"]
    if name is not None:
        wanted["name"] = name
    values = read_parameters(inputs, "--input-value")
    known = [str(one["name"]) for one in wanted.get("inputs") or ()]
    for key in values:
        if key not in known:
            cure = f"its inputs: {', '.join(known) or 'none'}"
            raise Failure(f"the configuration has no input {key}", cure)
    own = _derived(wanted, values, server, action)
    body = {
        "config_id": client.send("POST", CONFIGS, own)["software_config"]["id"],
        "server_id": server,
        "action": action,
        "input_values": values,
        "status": "IN_PROGRESS",
        "status_reason": "Deploy data available",
    }
    found = client.send("POST", DEPLOYMENTS, body)["software_deployment"]
    form.one(found, DEPLOYMENT_SHEET)


def _derived(
    config: dict[str, Any], values: dict[str, str], server: str, action: str
) -> dict[str, Any]:
    """Return a configuration of this server's own: its agent finds the values in the inputs."""
    inputs: list[dict[str, Any]] = [
        {**one, "value": values.get(one["name"], one.get("default"))}
        for one in config.get("inputs") or ()
    ]
    inputs += [
        {"name": SERVER_INPUT, "type": "String", "value": server},
        {"name": "deploy_action", "type": "String", "value": action},
    ]
    kept = {key: config.get(key) for key in ("name", "group", "config", "outputs", "options")}
    return {**kept, "inputs": inputs}


@deployment.command("delete")
@click.argument("ids", nargs=-1, required=True, metavar="DEPLOYMENT...")
@asking
def delete_deployments(client: Client, ids: tuple[str, ...]) -> None:
    """Delete deployments, with the configurations that were made for them alone."""
    for identity in ids:
        found = client.get(_one(DEPLOYMENTS, identity))["software_deployment"]
        _delete(client, DEPLOYMENTS, (identity,))
        path = _one(CONFIGS, str(found["config_id"]))
        inputs = client.get(path)["software_config"].get("inputs") or ()
        if any(one.get("name") == SERVER_INPUT for one in inputs):
            client.send("DELETE", path)


@deployment.command("metadata")
@click.argument("server", metavar="SERVER")
@formed
@asking
def show_metadata(client: Client, form: Form, server: str) -> None:
    """Show what a server is told to carry out."""
    form.value(client.get(_one(f"{DEPLOYMENTS}/metadata", server))["metadata"])


@deployment.command("output")
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="All of them, as without a name.")
@formed
@asking
def show_output(
    client: Client, form: Form, deployment_id: str, name: str | None, every: bool
) -> None:
    """Show what a deployment gave back: one value, or all."""
    from heat.cli.shown import cell

    found = client.get(_one(DEPLOYMENTS, deployment_id))["software_deployment"]
    values: dict[str, Any] = found.get("output_values") or {}
    if name is None or every:
        form.one(values)
        return
    if name not in values:
        known = ", ".join(values) or "none yet"
        raise Failure(f"the deployment has no output {name}", f"its outputs: {known}")
    click.echo(cell(values[name]))


def _one(path: str, identity: str) -> str:
    return f"{path}/{quote(identity, safe='')}"


def _delete(client: Client, path: str, ids: tuple[str, ...]) -> None:
    for identity in ids:
        client.send("DELETE", _one(path, identity))
        click.echo(f"{identity}: deleted")


def _definition(file: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise Failure(f"{file} can't be read: {error}") from None
    if not isinstance(found, dict):
        raise Failure(f"{file} must be a map with inputs, outputs or options")
    # Values of any kind may be defaults; a date is none of JSON's.
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return plain

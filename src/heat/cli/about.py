"""The commands that ask the service about itself."""

import click

from heat.cli.asking import asking
from heat.cli.client import Client
from heat.cli.groups import Lazy
from heat.cli.shown import Form, formed

SERVICE_COLUMNS = ("hostname", "binary", "engine_id", "host", "topic", "updated_at", "status")


@click.command("build-info")
@formed
@asking
def build_info(client: Client, form: Form) -> None:
    """Show what the service was built from."""
    form.one(client.get("/build_info"))


@click.group(cls=Lazy)
def service() -> None:
    """Look at the engines of the service."""


@service.command("list")
@formed
@asking
def list_services(client: Client, form: Form) -> None:
    """List the engines, and whether each is up; for operators."""
    form.rows(client.get("/services")["services"], SERVICE_COLUMNS, "no engine ever reported")

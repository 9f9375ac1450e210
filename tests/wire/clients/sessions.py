"""Logged in as the libraries' users are."""

import ast
import warnings
from typing import Any


def session_of(variables: dict[str, str]) -> tuple[Any, dict[str, Any]]:
    """Return a keystoneauth session of the cloud that the variables name, and its settings."""
    connection = connection_of(variables)
    return connection.session, connection.config.get_auth_args()


def connection_of(variables: dict[str, str]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import openstack

        files = [variables["OS_CLIENT_CONFIG_FILE"]]
        config = openstack.config.OpenStackConfig(config_files=files, load_envvars=False)
        return openstack.connection.Connection(config=config.get_one(variables["OS_CLOUD"]))


def used_names(source: str) -> set[str]:
    """Return the names of the methods that a test speaks of."""
    return {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}

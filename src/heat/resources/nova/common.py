"""What Nova's items share: the version spoken, and how they are found by name or id."""

import json
from typing import Any

from heat.plugin.steps import Finder, Service

COMPUTE = Service("compute", "2.79")
"""Nova of Train and later speaks it; it has tags at creation, policies with rules, volume types."""

WITH_FILES = "2.56"
"""The last version that puts files into servers."""

WITH_FLAVOR_ID = "2.46"
"""The last version in which a server names its flavor by id."""

A_SERVER = Finder("compute", "/servers", "server", "nova.server")
A_FLAVOR = Finder("compute", "/flavors", "flavor", "nova.flavor", name_filter=False)
A_KEY_PAIR = Finder(
    "compute", "/os-keypairs", "keypair", "nova.keypair", by_name_only=True, name_filter=False
)
A_USER = Finder("identity", "/users", "user", "keystone.user")
A_PROJECT = Finder("identity", "/projects", "project", "keystone.project")


def text(value: Any) -> str:
    """Write a value as Nova's metadata takes it: a text, or JSON."""
    return value if isinstance(value, str) else json.dumps(value)

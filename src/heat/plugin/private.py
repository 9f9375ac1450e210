"""What resources keep that opens something, and that no stack gives away or takes over.

No export and no snapshot shows it, and whoever adopts a stack can't say what it is.
"""

from collections.abc import Mapping
from typing import Any

from heat.plugin.users import USER

ADDRESS = "url"
"""A signed address that is told something."""
AGENT = "os-collect-config"
"""What the agent in a server is told, in its metadata too: as whom it asks, and where."""
ANSWER = "answer"
"""What a server answers with."""
SECRET = "secret"  # noqa: S105 - the key under which it is kept
"""The secret of a pair of keys."""

PRIVATE_DATA = frozenset({USER, ADDRESS, AGENT, ANSWER, SECRET})


def without_private(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a resource keeps, without what opens something."""
    return {name: value for name, value in data.items() if name not in PRIVATE_DATA}

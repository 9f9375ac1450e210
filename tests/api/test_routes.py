"""Every route that clients know is there."""

import json
import re
from pathlib import Path

import pytest

from heat.api.app import ROUTES

KNOWN = json.loads((Path(__file__).parents[1] / "data/inventory.json").read_text())["routes"]
OURS = {
    (method, "/{}" + re.sub(r"{[^}]*}", "{}", path))
    for path, methods in ROUTES.items()
    for method in methods
}


def spelt(path: str) -> list[str]:
    """Write the path of a route for each of the words that stand for a part of it."""
    words = re.search(r"{path:([^}]*)}", path)
    if words is None:
        return [re.sub(r"{[^}]*}", "{}", path)]
    head = re.sub(r"{[^}]*}", "{}", path[: words.start()])
    return [f"{head}{word}" for word in words[1].split("|")]


@pytest.mark.parametrize(
    ("method", "path"),
    sorted({(m, path) for r in KNOWN for m in r["methods"] for path in spelt(r["path"])}),
)
def test_a_known_route_is_there(method: str, path: str) -> None:
    assert (method, path) in OURS

"""Where a cause stands: in the user's own file, or in what the service keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heat.cli.client import Client, StackReference
from heat.cli.failures import Refused
from heat.cli.progress import ids_of, link
from heat.cli.shown import as_yaml
from heat.cli.texts import read_text
from heat.template.source import Source

if TYPE_CHECKING:
    from heat.base.problems import Place
    from heat.cli.causes import Diagnosis
    from heat.cli.estimate import Key

Rows = list[dict[str, Any]]


class Places:
    """The template of a stack with its files, as far as this user may read them."""

    def __init__(
        self, client: Client, reference: StackReference, rows: Rows, template: str = ""
    ) -> None:
        self.client, self.reference, self.template = client, reference, template
        self.files: Mapping[str, str] = self._read("files") or {}
        self._types = {(_stack_id(row), row["resource_name"]): row["resource_type"] for row in rows}

    def find(self, diagnosis: "Diagnosis", key: "Key") -> "Place | None":
        """Find a resource, or the nearest one around it that was written by somebody."""
        while True:
            stack_id, member = key
            shown, text = self._text(diagnosis, stack_id)
            source = Source(shown, text)
            place = source.find(("resources", member)) or source.find(("Resources", member))
            if place is not None or stack_id not in diagnosis.stacks:
                return place
            key = diagnosis.stacks[stack_id]

    def _text(self, diagnosis: "Diagnosis", stack_id: str) -> tuple[str, str]:
        if stack_id == self.reference.id:
            return self._outermost()
        return self._nested(str(self._types.get(diagnosis.stacks.get(stack_id, ("", "")), "")))

    def _outermost(self) -> tuple[str, str]:
        if self.template:
            return self.template, read_text(self.template)
        found = self._read("template")
        return f"(heat stack template {self.reference.name})", as_yaml(found) if found else ""

    def _nested(self, kind: str) -> tuple[str, str]:
        """Return the file that a nested stack was made of, as it was sent."""
        key = kind
        if kind and kind not in self.files:
            registry = (self._read("environment") or {}).get("resource_registry") or {}
            key = str(registry.get(kind) or "")
        near = Path(self.template).parent / key if self.template and key else None
        return str(near) if near and near.is_file() else key, self.files.get(key, "")

    def _read(self, part: str) -> Any:
        try:
            return self.client.get(f"{self.reference.path}/{part}")
        except Refused as refused:
            if refused.status not in (403, 404):
                raise
            return None  # who may see what failed may not see all that it was made of


def _stack_id(row: Mapping[str, Any]) -> str:
    return ids_of(link(row, "stack"))[1]

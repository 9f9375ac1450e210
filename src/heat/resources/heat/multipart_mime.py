"""OS::Heat::MultipartMime."""

from collections.abc import Iterator, Mapping
from email import message_from_string
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any
from uuid import UUID

from heat.plugin.checks import one_of
from heat.plugin.fields import Struct, fixed
from heat.plugin.registry import resource
from heat.plugin.resource import failed
from heat.plugin.steps import Steps
from heat.resources.heat.config_parts import CONFIG, UNGROUPED, ConfigResource, known

KINDS = {
    "#!": "x-shellscript",
    "#cloud-config": "cloud-config",
    "#include": "x-include-url",
    "#cloud-boothook": "cloud-boothook",
    "#part-handler": "part-handler",
}
"""How cloud-init tells by its beginning what a text is."""


class Part(Struct):
    """One text of several."""

    config: str = fixed("The text, or the id of a software config that has it.")
    filename: str | None = fixed("Name of the file that the part is.")
    type: str = fixed(
        "Whether it is a text, or has parts itself.",
        default="text",
        check=one_of("text", "multipart"),
    )
    subtype: str | None = fixed("Kind of the text, such as x-shellscript.")


@resource(
    "OS::Heat::MultipartMime",
    service="orchestration",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class MultipartMime(ConfigResource):
    """Several configs and texts as one, which cloud-init takes apart again."""

    group: str = fixed(
        "The tool in the server that takes the config.",
        default=UNGROUPED,
        support={"status": "SUPPORTED", "version": "14.0.0"},
    )
    parts: list[Part] = fixed("The parts, in order.", default=[])

    def content(self) -> Steps[Mapping[str, Any]]:
        """Read the configs that are parts, and put all of them together."""
        whole = MIMEMultipart(boundary=f"==heat-{self.__here__.resource_id}==")
        for part in self.parts:
            text = yield from self._text(part)
            for message in _messages(part, text):
                whole.attach(message)
        return {"group": self.group, "config": whole.as_string()}

    def _text(self, part: Part) -> Steps[str]:
        if not _is_id(part.config):
            return part.config
        found = yield from known(CONFIG, part.config, self.__here__.project)
        if not found:
            yield from failed(f"Software config with id {part.config} not found", "NotFound")
        return str(found["config"])


def _messages(part: Part, text: str) -> Iterator[Message]:
    if part.type == "multipart":
        given = message_from_string(text)
        if given.is_multipart():
            for inner in given.walk():
                if not inner.is_multipart():
                    yield inner
            return
    kind = part.subtype or next((kind for mark, kind in KINDS.items() if text.startswith(mark)), "")
    message = MIMEText(text, kind or "plain", "us-ascii" if text.isascii() else "utf-8")
    if part.filename:
        message.add_header("Content-Disposition", "attachment", filename=part.filename)
    yield message


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False

"""What a server is given to run at its first boot."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from email import message_from_string
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any
from uuid import UUID

from heat.plugin.resource import Here
from heat.plugin.steps import Steps
from heat.resources.heat.config_parts import CONFIG, known
from heat.resources.nova.server.collecting import told

METADATA_FILE = "/var/lib/heat-cfntools/cfn-init-data"
"""Where tools in the guest look for the resource's metadata."""

_KINDS = {
    "#!": "x-shellscript",
    "#cloud-config": "cloud-config",
    "#include": "x-include-url",
    "#cloud-boothook": "cloud-boothook",
    "#part-handler": "part-handler",
}


def user_data(text: str, form: str, here: Here) -> Steps[str | None]:
    """Return what Nova is to hand out: as it is, or as one part beside what Heat adds.

    The text may be the id of a software config, which stands for its content.
    """
    text = yield from _content(text, here)
    if form != "RAW":
        text = _multipart(text, here)
    return b64encode(text.encode()).decode() if text else None


def _content(text: str, here: Here) -> Steps[str]:
    if not _is_id(text):
        return text
    config = (yield from known(CONFIG, text, here.project)).get("config")
    if config is None:
        return text
    return config if isinstance(config, str) else json.dumps(config)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _multipart(text: str, here: Here) -> str:
    whole = MIMEMultipart(boundary=f"==heat-{here.resource_id or here.name}==")
    for part in _parts(text):
        whole.attach(part)
    whole.attach(
        _part(_cloud_config({**here.metadata, **told(here.data)}), "cloud-config", "heat.cfg")
    )
    return whole.as_string()


def _parts(text: str) -> Iterator[Message]:
    if not text:
        return
    if text.lower().startswith(("content-type: multipart", "mime-version:")):
        given = message_from_string(text)
        if given.is_multipart():
            yield from (part for part in given.walk() if not part.is_multipart())
            return
    kind = next((kind for start, kind in _KINDS.items() if text.startswith(start)), "plain")
    yield _part(text, kind, "user-data")


def _part(text: str, kind: str, name: str) -> Message:
    part = MIMEText(text, kind, "us-ascii" if text.isascii() else "utf-8")
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def _cloud_config(metadata: Mapping[str, Any]) -> str:
    """Write the metadata where the guest's tools look for it; JSON is YAML too."""
    config: dict[str, Any] = {
        "merge_how": "dict(no_replace,recurse_list)+list(append)+str()",
        "output": {"all": "| tee -a /var/log/cloud-init-output.log"},
    }
    if metadata:
        content = json.dumps(metadata, sort_keys=True).encode()
        config["write_files"] = [
            {
                "path": METADATA_FILE,
                "permissions": "0600",
                "encoding": "b64",
                "content": b64encode(content).decode(),
            }
        ]
    return f"#cloud-config\n{json.dumps(config, indent=1)}\n"

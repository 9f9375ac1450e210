"""OS::Heat::CloudConfig."""

from collections.abc import Mapping
from typing import Any

import yaml

from heat.plugin.fields import fixed
from heat.plugin.registry import resource
from heat.plugin.steps import Steps
from heat.resources.heat.config_parts import ConfigResource


@resource(
    "OS::Heat::CloudConfig",
    service="orchestration",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class CloudConfig(ConfigResource):
    """A document for cloud-init, which reads it at the first boot of a server."""

    cloud_config: dict[str, Any] | None = fixed("The document.")

    def content(self) -> Steps[Mapping[str, Any]]:
        """Return the document as text."""
        yield from ()
        text = yaml.safe_dump(self.cloud_config or {}, default_flow_style=False, sort_keys=False)
        return {"config": f"#cloud-config\n{text}"}

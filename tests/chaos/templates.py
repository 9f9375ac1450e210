"""The applications that are launched meanwhile: alone, in groups, nested."""

import json
from random import Random
from typing import Any

VERSION = "2018-08-31"
MEMBER = {
    "heat_template_version": VERSION,
    "parameters": {"network": {"type": "string"}, "role": {"type": "string"}},
    "resources": {
        "port": {
            "type": "OS::Neutron::Port",
            "properties": {"network": {"get_param": "network"}},
        },
        "server": {
            "type": "OS::Nova::Server",
            "properties": {
                "image": "cirros",
                "flavor": "m1.tiny",
                "networks": [{"port": {"get_resource": "port"}}],
                "metadata": {"role": {"get_param": "role"}},
            },
        },
    },
}
DISK = {
    "heat_template_version": VERSION,
    "parameters": {"server": {"type": "string"}, "words": {"type": "string"}},
    "resources": {
        "volume": {
            "type": "OS::Cinder::Volume",
            "properties": {"size": 1, "description": {"get_param": "words"}},
        },
        "attachment": {
            "type": "OS::Cinder::VolumeAttachment",
            "properties": {
                "volume_id": {"get_resource": "volume"},
                "instance_uuid": {"get_param": "server"},
            },
        },
    },
}
FILES = {"member.yaml": json.dumps(MEMBER), "disk.yaml": json.dumps(DISK)}


def application(chance: Random) -> dict[str, Any]:
    """Return a request body: a network, a server with a disk, and perhaps a group of others."""
    words = f"words-{chance.randint(0, 999)}"
    resources: dict[str, Any] = {
        "network": {"type": "OS::Neutron::Net"},
        "subnet": {
            "type": "OS::Neutron::Subnet",
            "properties": {"network": {"get_resource": "network"}, "cidr": "10.1.0.0/16"},
        },
        "main": {
            "type": "OS::Nova::Server",
            "depends_on": "subnet",
            "properties": {
                "image": "cirros",
                "flavor": chance.choice(("m1.tiny", "m1.small")),
                "networks": [{"network": {"get_resource": "network"}}],
                "metadata": {"words": words},
            },
        },
        "disk": {
            "type": "disk.yaml",
            "properties": {"server": {"get_resource": "main"}, "words": words},
        },
        "token": {"type": "OS::Heat::RandomString"},
    }
    if chance.random() < 0.5:
        resources["group"] = {
            "type": "OS::Heat::ResourceGroup",
            "depends_on": "subnet",
            "properties": {
                "count": chance.randint(1, 3),
                "resource_def": {
                    "type": "member.yaml",
                    "properties": {"network": {"get_resource": "network"}, "role": words},
                },
            },
        }
    return {
        "template": {"heat_template_version": VERSION, "resources": resources},
        "files": FILES,
        "timeout_mins": 60,
        "disable_rollback": True,
    }

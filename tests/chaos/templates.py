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
SIZES = (1, 2, 3)


def features(chance: Random) -> frozenset[str]:
    """Return what an application has as long as it lives: a signal to await, a scaled group."""
    return frozenset(name for name in ("signalled", "scaled") if chance.random() < 0.5)


def application(chance: Random, having: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a request body: a network, a server with a disk, and perhaps a group of others."""
    words = f"words-{chance.randint(0, 999)}"
    member = {
        "type": "member.yaml",
        "properties": {"network": {"get_resource": "network"}, "role": words},
    }
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
    if "signalled" in having:
        resources |= _signalled()
    if "scaled" in having:
        resources |= _scaled(member)
    elif chance.random() < 0.5:
        resources["group"] = {
            "type": "OS::Heat::ResourceGroup",
            "depends_on": "subnet",
            "properties": {"count": chance.choice(SIZES), "resource_def": member},
        }
    return {
        "template": {"heat_template_version": VERSION, "resources": resources},
        "files": FILES,
        "timeout_mins": 60,
        "disable_rollback": True,
    }


def _signalled() -> dict[str, Any]:
    return {
        "handle": {"type": "OS::Heat::WaitConditionHandle"},
        "wait": {
            "type": "OS::Heat::WaitCondition",
            "properties": {"handle": {"get_resource": "handle"}, "timeout": 1800},
        },
    }


def _scaled(member: dict[str, Any]) -> dict[str, Any]:
    # A signal may be sent twice: so the policies say how many there shall be, not how many more.
    policies = {
        f"to_{size}": {
            "type": "OS::Heat::ScalingPolicy",
            "properties": {
                "auto_scaling_group_id": {"get_resource": "group"},
                "adjustment_type": "exact_capacity",
                "scaling_adjustment": size,
                "cooldown": 0,
            },
        }
        for size in SIZES
    }
    group = {
        "type": "OS::Heat::AutoScalingGroup",
        "depends_on": "subnet",
        "properties": {
            "min_size": SIZES[0],
            "max_size": SIZES[-1],
            "cooldown": 0,
            "resource": member,
        },
    }
    return {"group": group, **policies}

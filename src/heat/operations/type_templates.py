"""A template of one resource, made from what its type declares: a start for authors."""

import json
from collections.abc import Mapping
from typing import Any

from heat.plugin.describe import describe
from heat.plugin.resource import Resource

_BY_SERVICE = ("AWS::S3", "OS::Designate", "OS::Glance", "OS::Keystone", "OS::Monasca", "OS::Swift")
_WITH_SERVICE = {
    "Aodh": (
        "Alarm", "GnocchiAggregationByMetricsAlarm", "GnocchiAggregationByResourcesAlarm",
        "GnocchiResourcesAlarm",
    ),
    "Cinder": ("EncryptedVolumeType", "Quota", "Volume", "VolumeAttachment", "VolumeType"),
    "Heat": ("WaitCondition", "WaitConditionHandle"),
    "Manila": ("Share", "ShareNetwork", "ShareType"),
    "Mistral": ("ExternalResource",),
    "Neutron": ("Quota",),
    "Nova": ("Flavor", "Quota"),
    "Octavia": ("Quota",),
    "Sahara": ("Cluster", "ClusterTemplate", "ImageRegistry", "Job", "NodeGroupTemplate"),
    "Trove": ("Cluster",),
    "Vitrage": ("Template",),
    "Zaqar": ("Queue", "SignedQueueURL", "Subscription"),
}  # fmt: skip
_NAMES = {
    "AWS::AutoScaling::ScalingPolicy": "AWSScalingPolicy",
    "AWS::CloudFormation::Stack": "NestedStack",
    "AWS::EC2::EIP": "ElasticIp",
    "AWS::EC2::EIPAssociation": "ElasticIpAssociation",
    "OS::Heat::AutoScalingGroup": "AutoScalingResourceGroup",
    "OS::Heat::HARestarter": "Restarter",
    "OS::Heat::None": "NoneResource",
    "OS::Heat::ScalingPolicy": "AutoScalingPolicy",
    "OS::Heat::Stack": "RemoteStack",
    "OS::Nova::FloatingIP": "NovaFloatingIp",
    "OS::Nova::FloatingIPAssociation": "NovaFloatingIpAssociation",
}


def name_of(type_name: str) -> str:
    """Return the name that a type's resource has in its template, which clients know."""
    if known := _NAMES.get(type_name):
        return known
    service, _, last = type_name.rpartition("::")
    room = service.rpartition("::")[2]
    with_service = service in _BY_SERVICE or (
        service.startswith("OS::") and last in _WITH_SERVICE.get(room, ())
    )
    return f"{room}{last}" if with_service else last


def hot_template(cls: type[Resource]) -> dict[str, Any]:
    """Return the template in HOT."""
    name, properties, attributes = _declared(cls)
    outputs = {
        key: {"description": said["description"], "value": {"get_attr": [name, key]}}
        for key, said in attributes.items()
    }
    return {
        "heat_template_version": "2016-10-14",
        "description": f"Initial template of {name}",
        "parameters": {key: _hot_parameter(said) for key, said in properties.items()},
        "resources": {
            name: {
                "type": cls.__facts__.name,
                "properties": {key: {"get_param": key} for key in properties},
            }
        },
        "outputs": outputs | {"OS::stack_id": {"value": {"get_resource": name}}},
    }


def cfn_template(cls: type[Resource]) -> dict[str, Any]:
    """Return the template in the dialect of CloudFormation."""
    name, properties, attributes = _declared(cls)
    outputs = {
        key: {"Description": said["description"], "Value": {"Fn::GetAtt": [name, key]}}
        for key, said in attributes.items()
    }
    return {
        "HeatTemplateFormatVersion": "2012-12-12",
        "Description": f"Initial template of {name}",
        "Parameters": {key: _cfn_parameter(said) for key, said in properties.items()},
        "Resources": {
            name: {
                "Type": cls.__facts__.name,
                "Properties": {
                    key: {"Fn::Split": [",", {"Ref": key}]}
                    if said["type"] == "list"
                    else {"Ref": key}
                    for key, said in properties.items()
                },
            }
        },
        "Outputs": outputs | {"OS::stack_id": {"Value": {"Ref": name}}},
    }


def _declared(cls: type[Resource]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return the name of the resource, its properties (under their present names), attributes."""
    said = describe(cls)
    shown = {
        prop.public: said["properties"][prop.public] | {"secret": prop.secret}
        for prop in cls.__properties__.values()
        if prop.support.get("status") != "HIDDEN"
    }
    return name_of(cls.__facts__.name), shown, said["attributes"]


_HOT_TYPES = {"integer": "number", "map": "json", "list": "comma_delimited_list", "any": "string"}
_CFN_TYPES = {
    "string": "String",
    "any": "String",
    "integer": "Number",
    "number": "Number",
    "boolean": "Boolean",
    "map": "Json",
    "list": "CommaDelimitedList",
}


def _hot_parameter(said: Mapping[str, Any]) -> dict[str, Any]:
    parameter: dict[str, Any] = {"type": _HOT_TYPES.get(said["type"], said["type"])}
    if said["description"]:
        parameter["description"] = said["description"]
    if (default := _default(said)) is not None:
        parameter["default"] = default
    if said["secret"]:
        parameter["hidden"] = True
    if said.get("constraints"):
        parameter["constraints"] = said["constraints"]
    return parameter


def _cfn_parameter(said: Mapping[str, Any]) -> dict[str, Any]:
    parameter: dict[str, Any] = {"Type": _CFN_TYPES[said["type"]]}
    if said["description"]:
        parameter["Description"] = said["description"]
    if (default := _default(said)) is not None:
        parameter["Default"] = default
    if said["secret"]:
        parameter["NoEcho"] = "true"
    if said["type"] == "boolean":
        parameter["AllowedValues"] = ["True", "true", "False", "false"]
    for constraint in said.get("constraints", ()):
        match constraint:
            case {"range": bounds}:
                parameter |= {f"{key.title()}Value": bound for key, bound in bounds.items()}
            case {"length": bounds}:
                parameter |= {f"{key.title()}Length": bound for key, bound in bounds.items()}
            case {"allowed_values": values}:
                parameter["AllowedValues"] = values
            case {"allowed_pattern": pattern}:
                parameter["AllowedPattern"] = pattern
            case _:
                pass  # the dialect has no word for the others
    return parameter


def _default(said: Mapping[str, Any]) -> Any:
    """Return a default as a parameter of the type may have it; None when it can't."""
    default = said.get("default")
    if isinstance(default, list):
        plain = all(isinstance(item, str | int | float) for item in default)
        return ",".join(map(str, default)) if plain else None
    if said["type"] == "any" and default is not None and not isinstance(default, str):
        return json.dumps(default)
    return default

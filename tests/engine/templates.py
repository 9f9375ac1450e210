"""Applications that several tests make."""

NETS = """
heat_template_version: 2021-04-16
parameters:
  name: {type: string, default: first}
resources:
  net: {type: OS::Neutron::Net, properties: {name: {get_param: name}}}
  subnet:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: 10.9.0.0/24}
  port:
    type: OS::Neutron::Port
    properties: {network: {get_resource: net}, fixed_ips: [{subnet: {get_resource: subnet}}]}
"""
SERVER = (
    NETS
    + """
  server:
    type: OS::Nova::Server
    properties:
      image: cirros
      flavor: m1.small
      networks: [{port: {get_resource: port}}]
  volume: {type: OS::Cinder::Volume, properties: {size: 1}}
  attachment:
    type: OS::Cinder::VolumeAttachment
    properties: {instance_uuid: {get_resource: server}, volume_id: {get_resource: volume}}
"""
)
# what is in the cloud when there is such a server
EXPECTED = {
    "network.network": 1,
    "network.subnet": 1,
    "network.port": 1,
    "compute.server": 1,
    "volume.volume": 1,
}
HEAVY = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
  subnet:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: 10.9.0.0/24}
  server:
    type: OS::Nova::Server
    properties: {image: cirros, flavor: m1.small, networks: [{network: {get_resource: net}}]}
  volume: {type: OS::Cinder::Volume, properties: {size: 1}}
"""
SCALED = """
heat_template_version: 2021-04-16
resources:
  group:
    type: OS::Heat::AutoScalingGroup
    properties:
      min_size: 1
      max_size: 5
      cooldown: 0
      resource: {type: OS::Heat::TestResource, properties: {value: v}}
  more:
    type: OS::Heat::ScalingPolicy
    properties:
      auto_scaling_group_id: {get_resource: group}
      adjustment_type: change_in_capacity
      scaling_adjustment: 1
outputs:
  size: {value: {get_attr: [group, current_size]}}
"""
INNER = """
heat_template_version: 2018-08-31
parameters:
  x: {type: string, default: d}
resources:
  m: {type: OS::Heat::TestResource, properties: {value: {get_param: x}}}
outputs:
  o: {value: {get_attr: [m, output]}}
"""
MIDDLE = """
heat_template_version: 2018-08-31
resources:
  q: {type: inner.yaml, properties: {x: deep}}
outputs:
  o: {value: {get_attr: [q, o]}}
"""
PARENT = """
heat_template_version: 2018-08-31
parameters:
  x: {type: string, default: "1"}
resources:
  n: {type: inner.yaml, properties: {x: {get_param: x}}}
  b: {type: OS::Heat::Value, properties: {value: {get_attr: [n, o]}}}
"""
FILES = {"inner.yaml": INNER, "middle.yaml": MIDDLE}


def group(count, value="v-%index%", **more):
    """Return a template with a group whose outputs others read."""
    definition = {"type": "OS::Heat::TestResource", "properties": {"value": value}}
    properties = {"count": count, "resource_def": definition, **more.pop("properties", {})}
    return {
        "heat_template_version": "2018-08-31",
        "resources": {
            "g": {"type": "OS::Heat::ResourceGroup", "properties": properties, **more},
            "all": {
                "type": "OS::Heat::Value",
                "properties": {"value": {"get_attr": ["g", "output"]}},
            },
            "map": {
                "type": "OS::Heat::Value",
                "properties": {"value": {"get_attr": ["g", "attributes", "output"]}},
            },
        },
    }

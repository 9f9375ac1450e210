"""What a nested stack is given while nothing exists: a value that is not known stays so."""

from types import SimpleNamespace

from heat import resources
from heat.base.unknown import Unknown
from heat.plan.definition import compile_definition
from heat.plan.examine import examine
from heat.plugin.registry import TYPES

MEMBER = """
heat_template_version: 2018-08-31
parameters: {network: {type: string}}
resources:
  port: {type: OS::Neutron::Port, properties: {network: {get_param: network}}}
"""
GROUP = {
    "heat_template_version": "2018-08-31",
    "resources": {
        "network": {"type": "OS::Neutron::Net"},
        "group": {
            "type": "OS::Heat::ResourceGroup",
            "properties": {
                "count": 1,
                "resource_def": {
                    "type": "member.yaml",
                    "properties": {"network": {"get_resource": "network"}},
                },
            },
        },
    },
}


def test_what_members_of_a_group_are_given_may_wait_for_the_group_s_neighbours():
    resources.load()
    given = SimpleNamespace(template=GROUP, files={"member.yaml": MEMBER}, environment={})
    compiled = compile_definition(given, TYPES, stack_id="", stack_name="web", project="p")
    found = {level.path: level for level in examine(compiled, TYPES).levels}
    port = found["group", "0"].wanted.resources["port"]
    assert port.values.network == Unknown(frozenset({"network"}))

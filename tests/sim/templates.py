"""Random templates, and random changes of them; plain data, so that a scenario can be printed."""

import json
from copy import deepcopy

SECRET = "s3cr3t-parameter"
"""The value of a hidden parameter: no event, reason or log record may hold it."""
SERVER = "11111111-0000-4000-8000-000000000001"
"""What software is deployed on; nobody asks whether it is there."""
ADMIN_PASSWORD = "adm1n-passw0rd"

THEIRS = "id-of-a-network-of-others"
"""What stands for the id of a network that no stack made, until a template is sent."""
MEMBERS = ("m1", "m2", "m3")

VERSION = "2018-08-31"
TEST = "OS::Heat::TestResource"
KEEPABLE = ("OS::Neutron::Net", "OS::Cinder::Volume", "OS::Neutron::SecurityGroup")
"""What may be left to the user, for nothing that is deleted is in its way."""


def ref(name):
    return {"get_resource": name}


class Draft:
    """A template that grows and changes by chance."""

    def __init__(self, random, resources=None, serial=0):
        self.random = random
        self.resources = deepcopy(resources or {})
        self.serial = serial

    def copy(self, random):
        return Draft(random, self.resources, self.serial)

    def named(self, *kinds):
        return [name for name, one in self.resources.items() if one["type"] in kinds]

    def one_of(self, *kinds):
        found = self.named(*kinds)
        return self.random.choice(found) if found else None

    def add(self, stem, kind, **properties):
        self.serial += 1
        name = f"{stem}{self.serial}"
        one = {"type": kind, "properties": properties}
        others = [n for n in self.resources if self.resources[n]["type"] != "OS::Nova::Server"]
        if others and self.random.random() < 0.15:
            one["depends_on"] = [self.random.choice(others)]
        if kind in KEEPABLE and self.random.random() < 0.06:
            one["deletion_policy"] = "Retain"
        self.resources[name] = one
        return name

    def grow(self):
        self.random.choices(list(_GROWTH), list(_GROWTH.values()))[0](self)

    def remove(self, name):
        """Take a resource away, with all that rests on it."""
        del self.resources[name]
        for other in list(self.resources):
            if other in self.resources and name in references(self.resources[other]):
                self.remove(other)

    def change(self):
        """Change something of one resource."""
        name = self.random.choice(list(self.resources))
        one = self.resources[name]
        changes = _CHANGES.get(one["type"])
        if changes is None:
            return
        self.random.choice(changes)(self.random, one["properties"])

    def mutate(self):
        """Make the next desired state."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            what = self.random.random()
            if what < 0.6 and self.resources:
                self.change()
            elif what < 0.8 and len(self.resources) > 1:
                self.remove(self.random.choice(list(self.resources)))
            else:
                self.grow()

    def heal(self):
        """Let nothing fail on purpose any more."""
        for one in self.resources.values():
            one["properties"].pop("fail", None)

    def body(self):
        return {
            "heat_template_version": VERSION,
            "parameters": {"secret": {"type": "string", "hidden": True}},
            "resources": deepcopy(self.resources),
        }


def references(one):
    """Return the names that a resource rests on."""
    found = set(one.get("depends_on", ()))
    todo = [one["properties"]]
    while todo:
        match todo.pop():
            case {"get_resource": name}:
                found.add(name)
            case {"get_attr": [name, *_]}:
                found.add(name)
            case dict() as map_:
                todo += map_.values()
            case list() as items:
                todo += items
    return found


def without(template, name):
    """Return a template without a resource and all that rests on it."""
    if name not in template.get("resources", ()):
        return template
    draft = Draft(None, template["resources"])
    draft.remove(name)
    return {**template, "resources": draft.resources}


def _text(d):
    choices = [lambda: f"v{d.random.randrange(4)}", lambda: {"get_param": "secret"}]
    for kind, attribute in (
        ("OS::Heat::Value", "value"),
        (TEST, "output"),
        ("OS::Heat::RandomString", "value"),
        ("inner.yaml", "o"),
    ):
        if name := d.one_of(kind):
            choices.append(lambda name=name, attribute=attribute: {"get_attr": [name, attribute]})
    return d.random.choice(choices)()


def _value(d):
    d.add("v", "OS::Heat::Value", value=_text(d))


def _random(d):
    d.add("r", "OS::Heat::RandomString", length=d.random.randrange(8, 20))


def _test(d):
    properties = {"value": _text(d)}
    if d.random.random() < 0.5:
        properties["wait_secs"] = d.random.choice((0.5, 3, 20, 60))
    if d.random.random() < 0.08:
        properties["fail"] = True
    if d.random.random() < 0.3:
        properties["update_replace_value"] = "1"
    d.add("t", TEST, **properties)


def _chain(d):
    before = None
    for _ in range(d.random.randrange(2, 5)):
        value = {"get_attr": [before, "output"]} if before else f"v{d.random.randrange(4)}"
        before = d.add("c", TEST, value=value)


def _fan(d):
    top = d.add("t", TEST, value="top", wait_secs=d.random.choice((0, 2)))
    made = [d.add("f", TEST, value={"get_attr": [top, "output"]}) for _ in range(3)]
    d.add("v", "OS::Heat::Value", value=[{"get_attr": [name, "output"]} for name in made])


def _net(d):
    properties = {"name": f"net-{d.serial}"} if d.random.random() < 0.4 else {}
    d.add("net", "OS::Neutron::Net", **properties)


def _subnet(d):
    net = d.one_of("OS::Neutron::Net")
    if net is None:
        _net(d)
        net = d.one_of("OS::Neutron::Net")
    return d.add("sub", "OS::Neutron::Subnet", network=ref(net), cidr=f"10.{d.serial}.0.0/24")


def _port(d):
    subnet = d.one_of("OS::Neutron::Subnet") or _subnet(d)
    net = d.resources[subnet]["properties"]["network"]
    properties = {"network": net, "fixed_ips": [{"subnet": ref(subnet)}]}
    if group := d.one_of("OS::Neutron::SecurityGroup"):
        properties["security_groups"] = [ref(group)]
    return d.add("port", "OS::Neutron::Port", **properties)


def _routed(d):
    port = _port(d)
    subnet = d.resources[port]["properties"]["fixed_ips"][0]["subnet"]
    legs = d.named("OS::Neutron::RouterInterface")
    if any(d.resources[leg]["properties"]["subnet"] == subnet for leg in legs):
        return
    router = d.add("rt", "OS::Neutron::Router", external_gateway_info={"network": "public"})
    leg = d.add("leg", "OS::Neutron::RouterInterface", router=ref(router), subnet=subnet)
    if d.random.random() < 0.7:
        fip = d.add("fip", "OS::Neutron::FloatingIP", floating_network="public", port_id=ref(port))
        d.resources[fip]["depends_on"] = [leg]


def _group_rules(d):
    d.add("sg", "OS::Neutron::SecurityGroup", rules=[{"protocol": "tcp"}])


def _key(d):
    d.add("key", "OS::Nova::KeyPair", name=f"key-{d.serial}", save_private_key=True)


def _server(d):
    properties = {"image": "cirros", "flavor": d.random.choice(("m1.nano", "m1.tiny"))}
    if d.random.random() < 0.5:
        taken = json.dumps([d.resources[n] for n in d.named("OS::Nova::Server")])
        free = [p for p in d.named("OS::Neutron::Port") if f'"{p}"' not in taken]
        properties["networks"] = [{"port": ref(d.random.choice(free) if free else _port(d))}]
    else:
        subnet = d.one_of("OS::Neutron::Subnet") or _subnet(d)
        properties["networks"] = [{"network": d.resources[subnet]["properties"]["network"]}]
    if d.random.random() < 0.3:
        properties["admin_pass"] = ADMIN_PASSWORD
    if key := d.one_of("OS::Nova::KeyPair"):
        properties["key_name"] = ref(key)
    if d.random.random() < 0.4:
        properties["metadata"] = {"k": "1"}
    return d.add("srv", "OS::Nova::Server", **properties)


def _volume(d):
    return d.add("vol", "OS::Cinder::Volume", size=1)


def _attached(d):
    server = d.one_of("OS::Nova::Server") or _server(d)
    volume = _volume(d)
    d.add("att", "OS::Cinder::VolumeAttachment", instance_uuid=ref(server), volume_id=ref(volume))


def _nested(d):
    d.add("n", "inner.yaml", x=_text(d))


def _many(d):
    kind = d.random.choice((TEST, "OS::Neutron::Net", "OS::Heat::RandomString"))
    properties = {"value": "m-%index%"} if kind == TEST else {}
    group = d.add(
        "g",
        "OS::Heat::ResourceGroup",
        count=d.random.randrange(0, 4),
        resource_def={"type": kind, "properties": properties},
    )
    policy = {}
    if d.random.random() < 0.4:
        policy["rolling_update"] = _batches(d) | {"min_in_service": d.random.choice((0, 1, 2))}
    if d.random.random() < 0.3:
        policy["batch_create"] = _batches(d)
    if policy:
        d.resources[group]["update_policy"] = policy


def _batches(d):
    return {"max_batch_size": d.random.choice((1, 2)), "pause_time": d.random.choice((0, 5))}


def _condition(d):
    transport = d.random.choice(("TOKEN", "CFN", "HEAT", "TEMP_URL"))
    handle = d.add("h", "OS::Heat::WaitConditionHandle", signal_transport=f"{transport}_SIGNAL")
    d.add(
        "w",
        "OS::Heat::WaitCondition",
        handle=ref(handle),
        timeout=d.random.choice((20, 100)),
        count=1,
    )


def _scaled(d):
    member = {"type": d.random.choice((TEST, "OS::Neutron::Net")), "properties": {}}
    group = d.add(
        "as",
        "OS::Heat::AutoScalingGroup",
        min_size=0,
        max_size=4,
        desired_capacity=d.random.randrange(0, 4),
        resource=member,
        rolling_updates=_batches(d) | {"min_in_service": d.random.choice((0, 0, 1))},
    )
    d.add(
        "pol",
        "OS::Heat::ScalingPolicy",
        auto_scaling_group_id=ref(group),
        adjustment_type="change_in_capacity",
        scaling_adjustment=d.random.choice((-1, 1, 2)),
        cooldown=d.random.choice((0, 60)),
    )


def _deployed(d):
    config = d.add("cfg", "OS::Heat::SoftwareConfig", group="script", config=f"echo {d.serial}")
    d.add(
        "dep",
        "OS::Heat::SoftwareDeployment",
        config=ref(config),
        server=SERVER,
        input_values={"x": _text(d)},
        actions=["CREATE", "UPDATE"],
        signal_transport=d.random.choice(("CFN", "NO", "HEAT", "TEMP_URL")) + "_SIGNAL",
    )


def _user(d):
    user = d.add("u", "AWS::IAM::User")
    if d.random.random() < 0.6:
        d.add("ak", "AWS::IAM::AccessKey", UserName=ref(user))


def _referred(d):
    """Name a network that is there already, and is nobody's business."""
    name = d.add("ext", "OS::Neutron::Net")
    d.resources[name]["external_id"] = THEIRS
    d.resources[name].pop("deletion_policy", None)


_GROWTH = {
    _value: 3, _random: 2, _test: 5, _chain: 2, _fan: 1, _net: 3, _subnet: 2, _port: 3,
    _routed: 2, _group_rules: 1, _key: 1, _server: 3, _volume: 2, _attached: 2, _nested: 3,
    _many: 2, _condition: 1, _scaled: 1, _deployed: 1, _user: 1, _referred: 1,
}  # fmt: skip


def _set(key, *values):
    def change(random, properties):
        properties[key] = random.choice([v for v in values if v != properties.get(key)])

    return change


_CHANGES = {
    "OS::Heat::Value": [_set("value", "w1", "w2", "w3")],
    "OS::Heat::RandomString": [_set("length", 9, 10, 11)],
    TEST: [
        _set("value", "x1", "x2", "x3"),
        _set("update_replace_value", "1", "2", "3"),
        _set("fail", True, False),
        _set("wait_secs", 0, 1, 10, 100),
    ],
    "OS::Neutron::Net": [
        _set("name", "net-a", "net-b", "net-c"),
        _set("admin_state_up", True, False),
    ],
    "OS::Neutron::Subnet": [
        _set("enable_dhcp", True, False),
        _set("cidr", "10.201.0.0/24", "10.202.0.0/24"),
    ],
    "OS::Neutron::Port": [_set("name", "port-a", "port-b"), _set("admin_state_up", True, False)],
    "OS::Neutron::Router": [_set("name", "router-a", "router-b")],
    "OS::Neutron::SecurityGroup": [
        _set("description", "one", "two"),
        _set("rules", [{"protocol": "udp"}], [{"protocol": "tcp"}], []),
    ],
    "OS::Nova::KeyPair": [_set("name", "key-a", "key-b")],
    "OS::Nova::Server": [
        _set("metadata", {"k": "2"}, {"l": "3"}),
        _set("flavor", "m1.nano", "m1.tiny", "m1.small"),
        _set("image", "cirros", "fedora"),
        _set("name", "srv-a", "srv-b"),
    ],
    "OS::Cinder::Volume": [_set("size", 2, 3), _set("name", "vol-a", "vol-b")],
    "inner.yaml": [_set("x", "y1", "y2", "y3")],
    "OS::Heat::ResourceGroup": [
        _set("count", 0, 1, 2, 3),
        _set("resource_def", *({"type": TEST, "properties": {"value": v}} for v in MEMBERS)),
    ],
    "OS::Heat::AutoScalingGroup": [
        _set("desired_capacity", 0, 1, 2, 3),
        _set("resource", *({"type": TEST, "properties": {"value": v}} for v in MEMBERS)),
    ],
    "OS::Heat::ScalingPolicy": [_set("scaling_adjustment", -1, 1, 2)],
    "OS::Heat::WaitConditionHandle": [_set("signal_transport", "CFN_SIGNAL", "TOKEN_SIGNAL")],
    "OS::Heat::SoftwareConfig": [_set("config", "echo a", "echo b")],
    "OS::Heat::SoftwareDeployment": [_set("input_values", {"x": "1"}, {"x": "2"})],
}  # fmt: skip


def giving(value, name="net"):
    """Return a template that exports a value."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"a": {"Type": TEST, "Properties": {"value": value, "wait_secs": 1}}},
        "Outputs": {"o": {"Value": {"Fn::GetAtt": ["a", "output"]}, "Export": {"Name": name}}},
    }


def taking(name="net"):
    """Return a template that imports a value, or none."""
    value = {"Fn::ImportValue": name} if name else "of its own"
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"b": {"Type": TEST, "Properties": {"value": value}}},
    }


def files(random):
    """Return the template of the nested stacks."""
    resources = {
        "m": {"type": TEST, "properties": {"value": {"get_param": "x"}}},
        "rs": {"type": "OS::Heat::RandomString", "properties": {"length": 8}},
    }
    if random.random() < 0.5:
        resources["m"]["properties"]["wait_secs"] = random.choice((1, 15))
    if random.random() < 0.4:
        resources["in"] = {"type": "OS::Neutron::Net", "properties": {}}
        resources["ip"] = {
            "type": "OS::Neutron::Subnet",
            "properties": {"network": ref("in"), "cidr": "10.250.0.0/24"},
        }
    inner = {
        "heat_template_version": VERSION,
        "parameters": {"x": {"type": "string", "default": "d"}},
        "resources": resources,
        "outputs": {"o": {"value": {"get_attr": ["m", "output"]}}},
    }
    return {"inner.yaml": json.dumps(inner)}


def body(random, size):
    draft = Draft(random)
    for _ in range(size):
        draft.grow()
    return draft

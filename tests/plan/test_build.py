"""Plans as a reader sees them: recorded, desired, and what has to happen."""

import itertools
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from heat import resources
from heat.plan.build import Target, build
from heat.plan.desired import Standing, desire, order
from heat.plan.diff import Recorded
from heat.plan.graph import Cycle, ordered
from heat.plan.model import Kind, decode
from heat.plan.show import count_changes, show
from heat.plugin.registry import TYPES, unknown_type
from heat.template.evaluate import bind
from heat.template.load import load

resources.load()

SHOP = """
heat_template_version: 2021-04-16
parameters:
  name: {type: string, default: shop}
  cidr: {type: string, default: 10.0.0.0/24}
  image: {type: string, default: cirros}
resources:
  net: {type: OS::Neutron::Net, properties: {name: {get_param: name}}}
  subnet:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: {get_param: cidr}}
  server:
    type: OS::Nova::Server
    properties:
      image: {get_param: image}
      image_update_policy: REPLACE
      flavor: small
      networks: [{network: {get_resource: net}}]
  volume: {type: OS::Cinder::Volume, properties: {size: 1}}
  plug:
    type: OS::Cinder::VolumeAttachment
    properties: {instance_uuid: {get_resource: server}, volume_id: {get_resource: volume}}
"""


def target(text=SHOP, **parameters):
    template = load(text)
    values = {n: s.default for n, s in template.parameters.items()} | parameters
    bound = bind(template, values)

    def type_of(_, name):
        return TYPES.get(name) or unknown_type(name)

    requires, problems = order(bound, type_of)
    assert not problems
    return Target(bound, type_of, requires)


def recorded(text=SHOP, **parameters):
    """Return the rows as they are after the template was created."""
    wanted = target(text, **parameters)
    rows, known = {}, {}
    for number, name in enumerate(wanted.requires):
        desired = desire(wanted.bound, name, Standing(known), wanted.type_of, wanted.requires[name])
        row = Recorded(
            id=f"row-{name}",
            name=name,
            type=desired.type,
            action="CREATE",
            status="COMPLETE",
            physical_id=f"id-{name}",
            reference=f"id-{name}",
            properties=desired.given,
            requires=tuple(f"row-{other}" for other in desired.requires),
            order=number,
        )
        rows[name] = row
        from heat.plan.build import known_of

        known[name] = known_of(row)
    return list(rows.values())


def planned(rows, wanted, action="UPDATE"):
    numbers = itertools.count(1)
    return build(action, 1, rows, wanted, lambda: f"new-{next(numbers)}")


def text(plan):
    return "\n" + show(plan)


def golden(wanted):
    return "\n" + dedent(wanted).strip("\n") + "\n"


def test_everything_is_created_in_order():
    plan = planned([], target(), "CREATE")
    assert text(plan) == golden("""
        + net  OS::Neutron::Net
        + subnet  OS::Neutron::Subnet
        + server  OS::Nova::Server
        + volume  OS::Cinder::Volume
        + plug  OS::Cinder::VolumeAttachment
        Plan: 5 to create.
    """)
    # A server waits for the subnets of its network though it does not name them.
    needs = {node.name: node.needs for node in plan.nodes}
    assert needs["server"] == ("net", "subnet")


def test_the_plan_of_what_is_there_is_empty():
    plan = planned(recorded(), target())
    assert text(plan) == golden("Plan: 5 to keep.")
    assert all(node.settled for node in plan.nodes)


def test_a_new_name_changes_in_place():
    assert text(planned(recorded(), target(name="store"))) == golden("""
        ~ net  OS::Neutron::Net
            name: shop -> store
          subnet  OS::Neutron::Subnet  (looked at again when what it depends on has changed)
          server  OS::Nova::Server  (looked at again when what it depends on has changed)
          plug  OS::Cinder::VolumeAttachment  (looked at again when what it depends on has changed)
        Plan: 1 to update, 4 to keep.
    """)


LONG = "a name that goes on until nobody reads the last word of it any more, "


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("shop", LONG, "shop -> a name that goes on until nobody reads the last word of i..."),
        (
            f"{LONG}shop",
            f"{LONG}blog",
            "...ord of it any more, shop -> ...ord of it any more, blog",
        ),
        (LONG, f"{LONG}blog", "...ord of it any more,  -> ...ord of it any more, blog"),
    ],
)
def test_a_long_value_is_told_from_near_where_it_changes(before, after, told):
    plan = planned(recorded(name=before), target(name=after))
    assert f"    name: {told}\n" in text(plan)


def test_a_new_image_replaces_the_server_and_moves_its_volume():
    plan = planned(recorded(), target(image="fedora"))
    assert text(plan) == golden("""
        ± server  OS::Nova::Server
            image: cirros -> fedora
            image_update_policy is REPLACE
        ~ plug  OS::Cinder::VolumeAttachment
            instance_uuid: id-server -> (known after: server)
        Plan: 1 to update, 1 to replace, 3 to keep.
    """)
    by_id = {node.id: node for node in plan.nodes}
    assert "server" in by_id["plug"].needs
    assert by_id["-row-server"].phase == 1
    assert "server" in by_id["-row-server"].needs


def test_what_is_replaced_and_stays_is_told_and_counted():
    """It was said that -1 would be deleted."""
    rows = [
        replace(row, deletion_policy="Retain") if row.name == "server" else row
        for row in recorded()
    ]
    plan = planned(rows, target(image="fedora"))
    assert text(plan) == golden("""
        ± server  OS::Nova::Server
            image: cirros -> fedora
            image_update_policy is REPLACE
        ~ plug  OS::Cinder::VolumeAttachment
            instance_uuid: id-server -> (known after: server)
        o server  OS::Nova::Server
            replaced by a new OS::Nova::Server
        Plan: 1 to update, 1 to replace, 1 to forget, 3 to keep.
    """)
    assert count_changes(plan) == {
        **dict.fromkeys(("create", "adopt", "delete"), 0),
        **dict.fromkeys(("update", "replace", "forget"), 1),
        "keep": 3,
    }


def test_what_cannot_stand_beside_its_replacement_goes_first():
    text_of = """
heat_template_version: 2021-04-16
parameters: {key_text: {type: string, default: one}}
resources:
  key:
    type: OS::Nova::KeyPair
    properties: {name: mine, public_key: {get_param: key_text}}
"""
    plan = planned(recorded(text_of), target(text_of, key_text="two"))
    by_id = {node.id: node for node in plan.nodes}
    assert by_id["key"].replaces == "row-key"
    assert by_id["key"].needs == ("-row-key",)
    assert by_id["-row-key"].phase == 0


def test_what_the_template_drops_is_deleted_after_what_rests_on_it():
    smaller = SHOP[: SHOP.index("  volume:")]
    plan = planned(recorded(), target(smaller))
    assert text(plan) == golden("""
        - volume  OS::Cinder::Volume
            the template has it no more
        - plug  OS::Cinder::VolumeAttachment
            the template has it no more
        Plan: 2 to delete, 3 to keep.
    """)
    by_id = {node.id: node for node in plan.nodes}
    assert by_id["-row-volume"].needs == ("-row-plug",)


def test_delete_is_desired_nothing():
    plan = planned(recorded(), None, "DELETE")
    assert {node.kind for node in plan.nodes} == {Kind.DELETE}
    by_id = {node.id: node for node in plan.nodes}
    assert by_id["-row-net"].needs == ("-row-server", "-row-subnet")


def test_a_failed_creation_is_made_anew_and_cleaned_up():
    rows = [
        r
        if r.name != "volume"
        else Recorded(
            id=r.id,
            name=r.name,
            type=r.type,
            action="CREATE",
            status="FAILED",
            properties=r.properties,
        )
        for r in recorded()
    ]
    plan = planned(rows, target())
    volume = next(node for node in plan.nodes if node.name == "volume" and node.kind is Kind.CREATE)
    assert volume.replaces == "row-volume"
    assert "its creation did not complete" in volume.reasons[0].text


def test_a_replacement_that_failed_gives_way_to_what_it_was_to_replace():
    rows = recorded()
    server = next(r for r in rows if r.name == "server")
    rows.remove(server)
    rows.append(
        Recorded(**{f: getattr(server, f) for f in server.__struct_fields__} | {"replaced_by": "x"})
    )
    rows.append(
        Recorded(id="x", name="server", type=server.type, action="CREATE", status="FAILED", order=9)
    )
    plan = planned(rows, target(), "ROLLBACK")
    assert [(n.kind, n.row) for n in plan.nodes if n.name == "server"] == [
        (Kind.KEEP, "row-server"),
        (Kind.DELETE, "x"),
    ]
    assert "an earlier change left it behind" in text(plan)


def test_a_stored_plan_reads_back_the_same():
    plan = planned(recorded(), target(image="fedora"))
    assert decode(plan.encode()) == plan


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] != pair[1])
    )
)
def test_an_order_respects_every_need_or_names_a_loop(pairs):
    needs = {str(n): set() for n in range(13)}
    for name, needed in pairs:
        needs[str(name)].add(str(needed))
    try:
        names = ordered(needs)
    except Cycle as cycle:
        steps = itertools.pairwise(cycle.names)
        assert all(after in needs[before] for before, after in steps)
        assert cycle.names[0] == cycle.names[-1]  # noqa: PT017 - either end is right
    else:
        assert sorted(names) == sorted(needs)
        place = {name: index for index, name in enumerate(names)}
        assert all(place[needed] < place[n] for n in needs for needed in needs[n])


def test_what_will_be_refused_is_said_before_it_is_tried():
    disk = """
heat_template_version: 2021-04-16
parameters: {size: {type: number, default: 2}}
resources:
  disk:
    type: OS::Cinder::Volume
    properties: {size: {get_param: size}}
"""
    plan = planned(recorded(disk), target(disk, size=1))
    assert text(plan) == golden("""
        ~ disk  OS::Cinder::Volume
            size: 2 -> 1
            will be refused: Shrinking volume is not supported.
        Plan: 1 to update.
    """)

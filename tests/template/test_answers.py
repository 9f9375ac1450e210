"""One answer tells everything, each thing once, and keeps the error type that clients know."""

from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Invalid, fault_from_wire
from heat.operations import checks
from heat.operations.content import Content, draft
from heat.operations.services import Services
from heat.plan.examine import want_all

resources.load()

SERVERS = """\
heat_template_version: 2021-04-16
parameters:
  image: {type: string, default: nothing}
resources:
  a:
    type: OS::Nova::Server
    properties: {image: {get_param: image}, flavor: tiny, nam: a}
  b:
    type: OS::Nova::Server
    properties: {image: {get_param: image}, flavor: [tiny]}
"""


class EmptyCloud:
    """A cloud that has nothing."""

    def __init__(self):
        self.asked = []

    def refusals(self, asked):
        self.asked = [(finder.label or finder.key, value) for finder, value in asked]
        return [f"there is no {finder.key} {value}" for finder, value in asked]


def drafted(text, **more):
    services = Services(db=None, client=None, clock=WallClock())
    content = Content(template=text, **more)
    return draft(services, content, stack_id="", stack_name="app", project="p").compiled


def looked_up(text, refused=()):
    compiled, cloud = drafted(text), EmptyCloud()
    wanted = want_all(compiled)
    return cloud, checks._not_found(cloud, compiled, wanted, refused, {})


def test_a_name_that_the_cloud_lacks_is_told_once_with_all_its_places():
    _, problems = looked_up(SERVERS)
    assert [p.detail for p in problems] == [
        "there is no image nothing; also for resources.b.properties.image",
        "there is no flavor tiny",
    ]
    assert [str(p.place) for p in problems] == ["template:7:18", "template:7:45"]


def test_names_are_looked_up_beside_other_mistakes_but_not_where_one_was_told():
    cloud, _ = looked_up(SERVERS)
    assert [value for _, value in cloud.asked] == ["nothing", "tiny", "nothing"]


def test_a_value_that_its_parameter_refuses_is_not_told_again_where_it_is_used():
    compiled = drafted(SERVERS)
    (refused,) = [
        problem
        for problem in [*drafted(SERVERS.replace("string", "number")).problems]
        if problem.code == "H503"
    ]
    wanted = want_all(compiled)
    problems = checks._not_found(EmptyCloud(), compiled, wanted, [refused], {})
    assert [p.detail for p in problems] == ["there is no flavor tiny"]


def test_problems_stand_in_the_order_of_the_text_and_the_first_found_gives_the_type():
    compiled = drafted(
        """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number}
resources:
  a: {type: OS::Heat::RandomString, properties: {lenght: 5}}
  b: {type: OS::Heat::RandomString, deletion_policy: keep}
"""
    )
    wanted = want_all(compiled)
    fault = Invalid(problems=compiled.trace(wanted.problems))
    assert fault.kind == "StackValidationFailed"
    assert [p.code for p in fault.problems] == ["H502", "H701", "H206"]
    again = fault_from_wire(fault.to_wire())
    assert isinstance(again, Invalid)
    assert again.kind == fault.kind
    assert again.problems == fault.problems


def test_a_file_of_an_environment_that_was_not_sent_hides_no_mistake():
    compiled = drafted(
        "heat_template_version: 2021-04-16\n"
        "parameters: {size: {type: number}}\n"
        "resources: {a: {type: OS::Heat::RandomString, properties: {lenght: 5}}}\n",
        environment_files=("prod.yaml",),
        files={"prod.yml": ""},
    )
    wanted = want_all(compiled)
    assert [(p.code, p.cure) for p in wanted.problems] == [
        ("H608", "did you mean 'prod.yml'?"),
        ("H701", "did you mean 'length'?"),
    ]

"""python-heatclient as a library: every method of its managers, as Horizon and others call them."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from .sessions import session_of, used_names

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),
]

NONE = {"heat_template_version": "2018-08-31", "resources": {"a": {"type": "OS::Heat::None"}}}

FORM = """
heat_template_version: 2018-08-31
parameter_groups: [{label: Sizes, parameters: [size, flag]}]
parameters:
  size: {type: number, default: 4, label: The size, constraints: [{range: {min: 1, max: 9}}]}
  flag: {type: boolean, default: false}
  data: {type: json, default: {k: [1]}}
  image: {type: string, default: cirros, constraints: [{custom_constraint: glance.image}]}
resources:
  a: {type: 'OS::Heat::RandomString', properties: {length: {get_param: size}}}
"""


@pytest.fixture(scope="module")
def heat(variables: dict[str, str]) -> Any:
    return client_of(variables)


def client_of(variables: dict[str, str]) -> Any:
    from heatclient import client

    session, _ = session_of(variables)
    return client.Client("1", session=session, service_type="orchestration")


def test_every_method_has_a_case() -> None:
    from heatclient.v1 import client

    managers = vars(client.Client(endpoint="http://127.0.0.1", token="t"))
    methods = {
        name
        for manager in managers.values()
        for cls in type(manager).__mro__
        if cls.__module__.startswith("heatclient.v1")
        for name, value in vars(cls).items()
        if callable(value) and name[0] != "_" and name != "resource_class"
    }
    assert methods - used_names(Path(__file__).read_text()) == set()


def launched(
    heat: Any, name: str, application: Path, template: str = "app.yaml", **fields: Any
) -> Any:
    """Send what the library makes of files, as its own tests and Horizon do."""
    from heatclient.common import template_utils

    files, read = template_utils.get_template_contents(str(application / template))
    more, environment = template_utils.process_multiple_environments_and_files(
        [str(application / "registry.yaml")]
    )
    body = {"template": read, "files": {**files, **more}, "environment": environment, **fields}
    heat.stacks.create(stack_name=name, **body)
    return body


def until(heat: Any, name: str, status: str) -> Any:
    deadline = time.monotonic() + 60
    while (stack := heat.stacks.get(name)).stack_status.endswith("IN_PROGRESS"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert stack.stack_status == status, stack.stack_status_reason
    return stack


def gone(heat: Any, *names: str) -> None:
    for name in names:
        heat.stacks.delete(name)
    deadline = time.monotonic() + 60
    while {*names} & {stack.stack_name for stack in heat.stacks.list()}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_stacks_are_listed_in_pages(heat: Any, variables: dict[str, str]) -> None:
    names = [f"page-{n}" for n in range(5)]
    for n, name in enumerate(names):
        heat.stacks.create(stack_name=name, template=NONE, tags=f"n{n},every")
        until(heat, name, "CREATE_COMPLETE")
    # The library asks again, with a marker, until it has as many as were wanted.
    assert [one.stack_name for one in heat.stacks.list(limit=4)] == names[:0:-1]
    pages = list(heat.stacks.list(limit=2))
    rest = list(heat.stacks.list(marker=pages[-1].id, sort_dir="desc"))
    assert [one.stack_name for one in [*pages, *rest]] == names[::-1]
    ordered = heat.stacks.list(sort_keys=["stack_name"], sort_dir="asc")
    assert [one.stack_name for one in ordered] == names
    found = heat.stacks.list(filters={"name": ["page-1", "page-3"]})
    assert {one.stack_name for one in found} == {"page-1", "page-3"}
    assert list(heat.stacks.list(filters={"status": "FAILED"})) == []
    assert [one.stack_name for one in heat.stacks.list(tags="n2,every")] == ["page-2"]
    assert len(list(heat.stacks.list(not_tags_any="n2,n3"))) == 3
    # Horizon asks for a page more than it shows, and of its own project only.
    shown = list(heat.stacks.list(limit=3, sort_dir="desc", sort_keys="created_at"))
    assert len(shown) == 3
    admin = client_of({**variables, "OS_CLOUD": "devcloud-admin"})
    everyone = admin.stacks.list(global_tenant=True, filters={"name": "page-1"})
    assert [one.stack_name for one in everyone] == ["page-1"]
    gone(heat, *names)
    deleted = heat.stacks.list(show_deleted=True, filters={"name": "page-4"})
    assert {one.stack_status for one in deleted} == {"DELETE_COMPLETE"}


def test_a_stack_and_what_is_in_it(heat: Any, application: Path) -> None:
    from heatclient import exc
    from heatclient.common import event_utils

    body = launched(heat, "lib", application)
    told: list[str] = []

    class Lines:
        write = told.append

    status, _ = event_utils.poll_for_events(
        heat, "lib", action="CREATE", poll_period=0.2, nested_depth=2, out=Lines()
    )
    assert status == "CREATE_COMPLETE"
    assert any("[lib-inner-" in line for line in told)
    stack = heat.stacks.get("lib")
    assert (stack.action, stack.status) == ("CREATE", "COMPLETE")
    assert heat.stacks.get(stack.id).stack_name == "lib"
    assert heat.stacks.get(f"lib/{stack.id}", resolve_outputs=False).id == stack.id
    with pytest.raises(exc.HTTPNotFound):
        heat.stacks.get("nowhere")
    with pytest.raises(exc.HTTPConflict):
        heat.stacks.create(stack_name="lib", template=NONE)
    with pytest.raises(exc.HTTPBadRequest):
        heat.stacks.create(stack_name="other", template={"resources": {}})

    assert heat.stacks.template("lib")["resources"].keys() == body["template"]["resources"].keys()
    assert heat.stacks.environment("lib")["parameter_defaults"] == {"length": 10}
    assert any(name.endswith("inner.yaml") for name in heat.stacks.files("lib"))
    keys = {one["output_key"] for one in heat.stacks.output_list("lib")["outputs"]}
    assert keys == {"word", "note", "secret", "told"}
    assert len(heat.stacks.output_show("lib", "word")["output"]["output_value"]) == 10
    assert heat.stacks.preview(stack_name="seen", **body).stack_name == "seen"
    changes = heat.stacks.preview_update("lib", parameters={"count": 1}, show_nested=True, **body)
    assert len(changes["resource_changes"]["deleted"]) == 1
    assert heat.stacks.validate(show_nested=True, **body)["NestedParameters"]

    listed = heat.resources.list("lib")
    assert {one.resource_name for one in listed} == {"word", "noted", "inner", "mapped", "group"}
    deep = heat.resources.list("lib", nested_depth=2)
    assert {one.stack_name for one in deep} > {"lib"}
    some = heat.resources.list("lib", filters={"type": "OS::Heat::Value"}, with_detail=True)
    assert [one.resource_name for one in some] == ["noted"]
    word = heat.resources.get("lib", "word", with_attr=["value"])
    assert len(word.attributes["value"]) == 10
    assert heat.resources.metadata("lib", "word") == {"kind": "word"}
    heat.resources.mark_unhealthy("lib", "word", mark_unhealthy=True, resource_status_reason="bad")
    assert heat.resources.get("lib", "word").resource_status == "CHECK_FAILED"
    with pytest.raises(exc.HTTPBadRequest):
        heat.resources.signal("lib", "noted", {"some": "data"})
    assert heat.resources.generate_template("OS::Heat::Value")["HeatTemplateFormatVersion"]

    events = heat.events.list("lib", sort_dir="asc")
    assert events[0].resource_status_reason == "Stack CREATE started"
    after = heat.events.list("lib", sort_dir="asc", marker=events[0].id, limit=2)
    assert [one.id for one in after] == [one.id for one in events[1:3]]
    of_word = heat.events.list("lib", resource_name="word")
    shown = heat.events.get("lib", "word", of_word[0].id)
    assert shown.resource_type == "OS::Heat::RandomString"
    many = event_utils.get_events(heat, "lib", {"sort_dir": "asc"}, nested_depth=3)
    assert len(many) > len(events)

    heat.stacks.update("lib", **body, parameters={"count": 1, "note": "new"})
    assert until(heat, "lib", "UPDATE_COMPLETE").parameters["note"] == "new"
    heat.stacks.update("lib", existing=True, parameters={"count": 2})
    assert until(heat, "lib", "UPDATE_COMPLETE").parameters["note"] == "new"
    gone(heat, "lib")


def test_actions_and_snapshots(heat: Any, application: Path) -> None:
    from heatclient import exc

    launched(heat, "acts", application)
    until(heat, "acts", "CREATE_COMPLETE")
    for action in (heat.actions.suspend, heat.actions.resume, heat.actions.check):
        action("acts")
        until(heat, "acts", f"{action.__name__.upper()}_COMPLETE")
    for refused in (heat.actions.cancel_update, heat.actions.cancel_without_rollback):
        with pytest.raises(exc.HTTPBadRequest):
            refused("acts")
    taken = heat.stacks.snapshot("acts", "one")
    until(heat, "acts", "SNAPSHOT_COMPLETE")
    assert [one["name"] for one in heat.stacks.snapshot_list("acts")["snapshots"]] == ["one"]
    assert heat.stacks.snapshot_show("acts", taken["id"])["snapshot"]["status"] == "COMPLETE"
    heat.stacks.restore("acts", taken["id"])
    until(heat, "acts", "RESTORE_COMPLETE")
    heat.stacks.snapshot_delete("acts", taken["id"])
    deadline = time.monotonic() + 30
    while heat.stacks.snapshot_list("acts")["snapshots"]:
        assert time.monotonic() < deadline
    exported = heat.stacks.export("acts")
    assert heat.stacks.abandon("acts")["id"] == exported["id"]
    # What is told of nested stacks can't be adopted, so another has to do.
    heat.stacks.create(stack_name="plain", template=NONE)
    until(heat, "plain", "CREATE_COMPLETE")
    left = heat.stacks.abandon("plain")
    heat.stacks.create(stack_name="again", adopt_stack_data=json.dumps(left), files=left["files"])
    until(heat, "again", "ADOPT_COMPLETE")
    gone(heat, "again")


def test_software_and_the_service(heat: Any, variables: dict[str, str]) -> None:
    from heatclient import exc

    config = heat.software_configs.create(name="c", group="script", config="echo")
    assert heat.software_configs.get(config.id).config == "echo"
    assert config.id in [one.id for one in heat.software_configs.list(limit=100)]
    server = "3f0a4d4e-2f2c-4f6c-9d4d-6f5e7a1f0003"
    made = heat.software_deployments.create(
        config_id=config.id, server_id=server, action="CREATE", status="IN_PROGRESS"
    )
    assert [one["name"] for one in heat.software_deployments.metadata(server)] == ["c"]
    assert [one.id for one in heat.software_deployments.list(server_id=server)] == [made.id]
    heat.software_deployments.update(made.id, status="COMPLETE", output_values={"said": 1})
    assert heat.software_deployments.get(made.id).output_values == {"said": 1}
    heat.software_deployments.delete(made.id)
    heat.software_configs.delete(config.id)
    with pytest.raises(exc.HTTPNotFound):
        heat.software_configs.get(config.id)

    assert set(heat.build_info.build_info()) == {"api", "engine"}
    with pytest.raises(exc.HTTPForbidden):
        heat.services.list()
    admin = client_of({**variables, "OS_CLOUD": "devcloud-admin"})
    assert [one.status for one in admin.services.list()] == ["up"]
    versions = [one.version for one in heat.template_versions.list()]
    assert "heat_template_version.2021-04-16" in versions
    functions = heat.template_versions.get(versions[0], with_condition_func=True)
    assert {one.functions for one in functions}
    types = heat.resource_types.list(filters={"name": "OS::Nova::Server$"})
    assert [one.resource_type for one in types] == ["OS::Nova::Server"]
    assert heat.resource_types.get("OS::Nova::Server")["properties"]["flavor"]["required"]
    written = heat.resource_types.generate_template("OS::Nova::Server", "hot")
    assert written["heat_template_version"] == "2016-10-14"


def test_the_client_without_sessions(variables: dict[str, str], heat: Any) -> None:
    """With an endpoint and a token it follows redirects by itself."""
    from heatclient import client

    session, _ = session_of(variables)
    endpoint = session.get_endpoint(service_type="orchestration")
    bare = client.Client("1", endpoint, token=session.get_token())
    bare.stacks.create(stack_name="bare", template=NONE)
    assert until(bare, "bare", "CREATE_COMPLETE").stack_name == "bare"
    bare.stacks.update("bare", template=NONE, tags="x")
    until(bare, "bare", "UPDATE_COMPLETE")
    assert len(bare.events.list("bare", resource_name="a")) == 2
    gone(bare, "bare")


def test_what_the_dashboard_asks(variables: dict[str, str], heat: Any) -> None:
    """It makes forms of what a validation tells, shows passwords, and turns pages both ways."""
    from heatclient import client

    session, _ = session_of(variables)
    endpoint = session.get_endpoint(service_type="orchestration")
    shown = {"username": "demo", "password": "devcloud"}
    board = client.Client("1", endpoint, token=session.get_token(), **shown)
    form = board.stacks.validate(template=FORM, files={}, environment="parameters: {size: 5}\n")
    assert form["ParameterGroups"][0]["parameters"] == ["size", "flag"]
    size, image = form["Parameters"]["size"], form["Parameters"]["image"]
    assert (size["Label"], size["Value"], int(size["MaxValue"])) == ("The size", 5, 9)
    assert image["CustomConstraint"] == "glance.image"
    # A field that is left empty is sent as null.
    values = {"size": None, "flag": False, "data": '{"k": [2]}', "image": "cirros"}
    names = [f"board-{n}" for n in range(5)]
    for name in names:
        board.stacks.create(
            stack_name=name,
            template=FORM,
            files={},
            parameters=values,
            timeout_mins=60,
            disable_rollback=True,
            password="devcloud",
        )
    made = [until(heat, name, "CREATE_COMPLETE") for name in names]
    assert (made[0].parameters["size"], made[0].parameters["data"]) == ("4", '{"k":[2]}')

    def page(at: Any, direction: str) -> list[str]:
        asked = {"limit": 3, "marker": at.id, "sort_dir": direction, "sort_key": "created_at"}
        return [one.stack_name for one in board.stacks.list(**asked)][:2]

    assert page(made[3], "desc") == ["board-2", "board-1"]
    assert page(made[2], "asc") == ["board-3", "board-4"]
    found = board.stacks.list(limit=3, status="CREATE_COMPLETE", name="board-1")
    assert [one.stack_name for one in found] == ["board-1"]
    whole = f"{made[0].stack_name}/{made[0].id}"
    newest = board.events.list(whole, limit=2, sort_dir="desc", sort_key="event_time")
    before = board.events.list(whole, limit=2, sort_dir="desc", marker=newest[-1].id)
    back = board.events.list(whole, limit=2, sort_dir="asc", marker=before[0].id)
    assert [one.id for one in back] == [one.id for one in newest[::-1]]
    types = board.resource_types.list(filters={"name": ".*Nova::ServerG"})
    assert [one.resource_type for one in types] == ["OS::Nova::ServerGroup"]
    gone(heat, *names)

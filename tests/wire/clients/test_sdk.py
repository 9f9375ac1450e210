"""openstacksdk: every method of its orchestration proxy and of its cloud layer.

The cloud layer is what Ansible's module for stacks calls.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .sessions import connection_of, used_names

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def cloud(variables: dict[str, str]) -> Iterator[Any]:
    connection = connection_of(variables)
    yield connection
    connection.close()


def test_every_method_has_a_case() -> None:
    from openstack.cloud._orchestration import OrchestrationCloudMixin
    from openstack.orchestration.v1._proxy import Proxy

    public = {
        name
        for owner in (Proxy, OrchestrationCloudMixin)
        for name, value in vars(owner).items()
        if callable(value) and name[0] != "_"
    }
    assert public - used_names(Path(__file__).read_text()) == set()


def gone(orchestration: Any, stack: Any) -> None:
    orchestration.delete_stack(stack)
    orchestration.wait_for_delete(stack, interval=0.2, wait=60)


def reached(orchestration: Any, stack: Any, status: str) -> Any:
    action = status.partition("_")[0]
    return orchestration.wait_for_status(
        stack, status, failures=[f"{action}_FAILED"], interval=0.2, wait=60
    )


def test_stacks_of_the_proxy(cloud: Any, application: Path) -> None:
    orchestration = cloud.orchestration
    attributes = orchestration.read_env_and_templates(
        template_file=str(application / "app.yaml"),
        environment_files=[str(application / "registry.yaml"), str(application / "values.yaml")],
    )
    seen = orchestration.create_stack(preview=True, name="by-proxy", **attributes)
    assert seen.name == "by-proxy"
    assert orchestration.find_stack("by-proxy") is None

    made = orchestration.create_stack(
        name="by-proxy", tags=["a", "b"], timeout_mins=7, is_rollback_disabled=False, **attributes
    )
    stack = reached(orchestration, orchestration.get_stack(made.id), "CREATE_COMPLETE")
    assert (stack.timeout_mins, stack.is_rollback_disabled) == (7, False)
    assert stack.parameters["length"] == "12"
    assert {output["output_key"] for output in stack.outputs} == {"word", "note", "secret", "told"}
    assert not orchestration.find_stack("by-proxy", resolve_outputs=False).outputs
    assert orchestration.find_stack("by-proxy", ignore_missing=False).id == made.id
    assert [one.name for one in orchestration.stacks(tags="a,b")] == ["by-proxy"]
    assert [one.name for one in orchestration.stacks(status="FAILED")] == []
    assert len(list(orchestration.stacks(limit=1))) == 1

    template = orchestration.get_stack_template("by-proxy")
    assert set(template.resources) == {"word", "noted", "inner", "mapped", "group"}
    environment = orchestration.get_stack_environment(stack)
    assert environment.parameters["length"] == 12
    assert any(name.endswith("inner.yaml") for name in orchestration.get_stack_files("by-proxy"))
    listed = list(orchestration.resources("by-proxy"))
    assert {one.name for one in listed} == set(template.resources)
    assert {one.status for one in listed} == {"CREATE_COMPLETE"}
    events = list(orchestration.stack_events(stack))
    assert len(events) == 2 * 5 + 2
    word = list(orchestration.stack_events(stack, resource_name="word"))
    assert {event.resource_name for event in word} == {"word"}
    assert len(list(orchestration.stack_events("by-proxy", limit=2))) == 12

    changed = {**attributes, "parameters": {"count": 1}}
    # The library's preview=True goes astray on its way, and would update the stack.
    orchestration.update_stack(made.id, **changed)
    stack = reached(orchestration, orchestration.get_stack(made.id), "UPDATE_COMPLETE")
    assert stack.parameters["count"] == "1"

    orchestration.suspend_stack(made.id)
    reached(orchestration, orchestration.get_stack(made.id), "SUSPEND_COMPLETE")
    orchestration.resume_stack(stack)
    reached(orchestration, orchestration.get_stack(made.id), "RESUME_COMPLETE")
    orchestration.check_stack(made.id)
    reached(orchestration, orchestration.get_stack(made.id), "CHECK_COMPLETE")
    exported = orchestration.export_stack("by-proxy")
    assert exported["id"] == made.id
    assert orchestration.abandon_stack(orchestration.get_stack(made.id))["name"] == "by-proxy"
    gone(orchestration, stack)
    assert orchestration.find_stack("by-proxy") is None
    with pytest.raises(not_found()):
        orchestration.delete_stack("by-proxy", ignore_missing=False)


def not_found() -> type[Exception]:
    from openstack.exceptions import NotFoundException

    return NotFoundException


def test_software_of_the_proxy(cloud: Any) -> None:
    orchestration = cloud.orchestration
    config = orchestration.create_software_config(
        name="hello", group="script", config="echo hello", outputs=[{"name": "said"}]
    )
    assert orchestration.get_software_config(config.id).config == "echo hello"
    assert config.id in [one.id for one in orchestration.software_configs()]
    server = "3f0a4d4e-2f2c-4f6c-9d4d-6f5e7a1f0002"
    deployment = orchestration.create_software_deployment(
        config_id=config.id, server_id=server, action="CREATE", status="IN_PROGRESS"
    )
    assert orchestration.get_software_deployment(deployment.id).status == "IN_PROGRESS"
    assert deployment.id in [one.id for one in orchestration.software_deployments()]
    orchestration.update_software_deployment(
        deployment.id, status="COMPLETE", output_values={"said": "hello"}
    )
    done = orchestration.get_software_deployment(deployment.id)
    assert (done.status, done.output_values) == ("COMPLETE", {"said": "hello"})
    orchestration.delete_software_deployment(deployment.id)
    orchestration.delete_software_config(config.id)
    with pytest.raises(not_found()):
        orchestration.get_software_config(config.id)
    with pytest.raises(not_found()):
        orchestration.delete_software_config(config.id, ignore_missing=False)


def test_templates_of_the_proxy(cloud: Any, application: Path) -> None:
    orchestration = cloud.orchestration
    files, template = orchestration.get_template_contents(str(application / "hooked.yaml"))
    assert [Path(name).name for name in files] == ["inner.yaml"]
    files, template = orchestration.get_template_contents(str(application / "slow.yaml"))
    environment = {"parameters": {"value": "x"}}
    found = orchestration.validate_template(template, environment=environment)
    assert found.parameters["value"]["Value"] == "x"
    found = orchestration.validate_template(template, ignore_errors="99001")
    assert set(found.parameters) == {"value", "seconds", "fail"}


def test_stacks_of_the_cloud_layer(cloud: Any, application: Path) -> None:
    template, registry = str(application / "app.yaml"), str(application / "registry.yaml")
    assert cloud.get_template_contents(template_file=template)[1]["outputs"]
    made = cloud.create_stack(
        "by-layer",
        tags=["blue"],
        template_file=template,
        environment_files=[registry],
        rollback=True,
        wait=True,
        timeout=600,
        count=3,
    )
    assert made.status == "CREATE_COMPLETE"
    assert (made.timeout_mins, made.is_rollback_disabled, made.tags) == (10, False, ["blue"])
    assert made.parameters["count"] == "3"
    assert [one.name for one in cloud.search_stacks("by-layer")] == ["by-layer"]
    assert cloud.search_stacks(filters={"status": "CREATE_FAILED"}) == []
    assert cloud.get_stack(made.id).name == "by-layer"
    assert cloud.get_stack("nowhere") is None

    changed = cloud.update_stack(
        "by-layer",
        tags=["green"],
        template_file=template,
        environment_files=[registry],
        rollback=False,
        wait=True,
        note="changed",
    )
    assert changed.status == "UPDATE_COMPLETE"
    assert (changed.is_rollback_disabled, changed.tags) == (True, ["green"])
    assert (changed.parameters["note"], changed.parameters["count"]) == ("changed", "2")
    assert cloud.delete_stack("by-layer", wait=True)
    assert cloud.list_stacks() == []
    assert not cloud.delete_stack("by-layer")


def test_a_failed_stack_of_the_cloud_layer_is_told(cloud: Any, application: Path) -> None:
    made = cloud.create_stack(
        "fails", template_file=str(application / "slow.yaml"), rollback=False, wait=True, fail=True
    )
    assert made.status == "CREATE_FAILED"
    assert "slow" in made.status_reason
    assert cloud.delete_stack("fails", wait=True)


def test_a_project_is_cleaned_up(cloud: Any, application: Path) -> None:
    cloud.create_stack("cleaned", template_file=str(application / "slow.yaml"), wait=True)
    from queue import Queue

    told: Queue[Any] = Queue()
    cloud.orchestration._service_cleanup(dry_run=False, client_status_queue=told)
    assert told.get_nowait().name == "cleaned"
    assert cloud.list_stacks() == []

"""The one list of operations; RPC, policy and the front ends are made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heat.cloud.client import REQUEST_ID
from heat.operations import (
    actions,
    changes,
    configs,
    deployments,
    export,
    members,
    previews,
    signals,
    snapshots,
    stacks,
    types,
)
from heat.operations.container import gathered
from heat.operations.content import Content
from heat.operations.context import Context
from heat.operations.finding import OfStack
from heat.operations.services import Services


@dataclass(frozen=True)
class Operation:
    """One thing that may be asked.

    ``policy`` is the rule that must allow it, or tells from the request which one that is.
    """

    name: str
    request: type[Any]
    function: Callable[[Any, Any, Any], Any]
    policy: str | Callable[[Any], str]

    def rule(self, request: Any) -> str:
        """Return the name of the policy rule for a request."""
        return self.policy if isinstance(self.policy, str) else self.policy(request)


def _index(request: stacks.ListStacks) -> str:
    return "stacks:global_index" if request.global_tenant else "stacks:index"


def _update(request: changes.UpdateStack) -> str:
    if not request.existing:
        return "stacks:update"
    sent = (
        request.template, request.files, request.files_container or None, request.environment,
        request.environment_files, request.parameters, request.clear_parameters,
        request.timeout_mins, request.disable_rollback, request.tags,
    )  # fmt: skip
    nothing = all(part is None or part in ({}, ()) for part in sent)
    return "stacks:update_no_change" if nothing else "stacks:update_patch"


def _preview(request: changes.UpdateStack) -> str:
    return "stacks:preview_update_patch" if request.existing else "stacks:preview_update"


def _configs(request: configs.ListConfigs) -> str:
    return "software_configs:global_index" if request.global_tenant else "software_configs:index"


def _act(request: actions.Act) -> str:
    return f"actions:{request.action}"


_OPERATIONS = (
    Operation("identify_stack", stacks.Identify, stacks.identify_stack, "stacks:lookup"),
    Operation("list_stacks", stacks.ListStacks, stacks.list_stacks, _index),
    Operation("detail_stacks", stacks.ListStacks, stacks.list_stacks, "stacks:detail"),
    Operation("show_stack", stacks.ShowStack, stacks.show_stack, "stacks:show"),
    Operation("create_stack", changes.CreateStack, changes.create_stack, "stacks:create"),
    Operation("update_stack", changes.UpdateStack, changes.update_stack, _update),
    Operation("delete_stack", OfStack, changes.delete_stack, "stacks:delete"),
    Operation("act", actions.Act, actions.act, _act),
    Operation(
        "mark_unhealthy", actions.MarkUnhealthy, actions.mark_unhealthy, "resource:mark_unhealthy"
    ),
    Operation("abandon_stack", OfStack, export.abandon_stack, "stacks:abandon"),
    Operation("export_stack", OfStack, export.export_stack, "stacks:export"),
    Operation("take_snapshot", snapshots.TakeSnapshot, snapshots.take_snapshot, "stacks:snapshot"),
    Operation("list_snapshots", OfStack, snapshots.list_snapshots, "stacks:list_snapshots"),
    Operation(
        "show_snapshot", snapshots.OfSnapshot, snapshots.show_snapshot, "stacks:show_snapshot"
    ),
    Operation(
        "delete_snapshot",
        snapshots.OfSnapshot,
        snapshots.delete_snapshot,
        "stacks:delete_snapshot",
    ),
    Operation(
        "restore_snapshot",
        snapshots.OfSnapshot,
        snapshots.restore_snapshot,
        "stacks:restore_snapshot",
    ),
    Operation("preview_stack", changes.CreateStack, previews.preview_stack, "stacks:preview"),
    Operation("preview_update", previews.PreviewUpdate, previews.preview_update, _preview),
    Operation("validate", previews.Validate, previews.validate, "stacks:validate_template"),
    Operation("show_template", OfStack, stacks.show_template, "stacks:template"),
    Operation("show_environment", OfStack, stacks.show_environment, "stacks:environment"),
    Operation("show_files", OfStack, stacks.show_files, "stacks:files"),
    Operation("list_outputs", OfStack, stacks.list_outputs, "stacks:list_outputs"),
    Operation("show_output", stacks.ShowOutput, stacks.show_output, "stacks:show_output"),
    Operation("list_resources", members.ListResources, members.list_resources, "resource:index"),
    Operation("show_resource", members.ShowResource, members.show_resource, "resource:show"),
    Operation("show_metadata", members.OfResource, members.show_metadata, "resource:metadata"),
    Operation(
        "signal_resource", signals.SignalResource, signals.signal_resource, "resource:signal"
    ),
    Operation("list_events", members.ListEvents, members.list_events, "events:index"),
    Operation("show_event", members.ShowEvent, members.show_event, "events:show"),
    Operation("list_types", types.ListTypes, types.list_types, "stacks:list_resource_types"),
    Operation("show_type", types.OfType, types.show_type, "stacks:resource_schema"),
    Operation("type_template", types.TypeTemplate, types.type_template, "stacks:generate_template"),
    Operation(
        "template_versions", types.Nothing, types.template_versions, "stacks:list_template_versions"
    ),
    Operation(
        "template_functions",
        types.OfVersion,
        types.template_functions,
        "stacks:list_template_functions",
    ),
    Operation("build_info", types.Nothing, types.build_info, "build_info:build_info"),
    Operation("list_services", types.Nothing, types.list_services, "service:index"),
    Operation("list_configs", configs.ListConfigs, configs.list_configs, _configs),
    Operation(
        "create_config", configs.CreateConfig, configs.create_config, "software_configs:create"
    ),
    Operation("show_config", configs.OfConfig, configs.show_config, "software_configs:show"),
    Operation("delete_config", configs.OfConfig, configs.delete_config, "software_configs:delete"),
    Operation(
        "list_deployments",
        deployments.ListDeployments,
        deployments.list_deployments,
        "software_deployments:index",
    ),
    Operation(
        "create_deployment",
        deployments.CreateDeployment,
        deployments.create_deployment,
        "software_deployments:create",
    ),
    Operation(
        "show_deployment",
        deployments.OfDeployment,
        deployments.show_deployment,
        "software_deployments:show",
    ),
    Operation(
        "update_deployment",
        deployments.UpdateDeployment,
        deployments.update_deployment,
        "software_deployments:update",
    ),
    Operation(
        "delete_deployment",
        deployments.OfDeployment,
        deployments.delete_deployment,
        "software_deployments:delete",
    ),
    Operation(
        "server_metadata",
        deployments.OfServer,
        deployments.server_metadata,
        "software_deployments:metadata",
    ),
)

OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in _OPERATIONS}


def run(services: Services, name: str, context: Context, request: Any) -> Any:
    """Carry out one operation."""
    before = REQUEST_ID.set(context.request_id)
    try:
        if isinstance(request, Content):
            request = gathered(services, context, request)
        return OPERATIONS[name].function(services, context, request)
    finally:
        REQUEST_ID.reset(before)

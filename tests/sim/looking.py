"""Somebody looks at a stack in every way there is: that answers, and changes nothing."""

from heat.base.errors import Fault
from heat.operations import export, members, previews, snapshots, stacks
from heat.operations.changes import CreateStack
from heat.operations.finding import OfStack
from heat.operations.previews import PreviewUpdate


def look(universe, stack, number):
    """Ask for all that can be asked for; AssertionError when something was written."""
    before = universe.db.plain.total_changes, universe.counts["requests"]
    services, who = universe.services, universe.user
    of = OfStack(stack=stack)
    stacks.show_stack(services, who, stacks.ShowStack(stack=stack))
    for function in (
        stacks.show_template,
        stacks.show_files,
        stacks.show_environment,
        stacks.list_outputs,
        snapshots.list_snapshots,
        export.export_stack,
    ):
        _tried(universe, function, of)
    stacks.list_stacks(services, who, stacks.ListStacks())
    _tried(universe, members.list_events, members.ListEvents(stack=stack, nested_depth=5))
    listed = members.ListResources(stack=stack, nested_depth=5)
    rows = members.list_resources(services, who, listed)["resources"]
    for row in rows[:6]:
        shown = members.ShowResource(stack=stack, resource=row["resource_name"])
        _tried(universe, members.show_resource, shown)
    sent = [a for a in universe.scenario.acts if a.template and a.stack == number]
    for act in sent[-1:]:
        content = {"template": act.template, "files": act.files, "environment": act.environment}
        content["parameters"] = (
            {"secret": "x"} if "secret" in act.template.get("parameters", ()) else {}
        )
        _tried(universe, previews.preview_update, PreviewUpdate(stack=stack, **content))
        asked = CreateStack(stack_name="never", **content)
        _tried(universe, previews.preview_stack, asked)
    again = PreviewUpdate(stack=stack, existing=True, show_nested=True)
    _tried(universe, previews.preview_update, again)
    after = universe.db.plain.total_changes, universe.counts["requests"]
    assert before == after, f"to look changed something: {before} is {after}"


def _tried(universe, function, asked):
    try:
        function(universe.services, universe.user, asked)
    except Fault:
        universe.counts["looks refused"] += 1

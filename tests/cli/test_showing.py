import json
import subprocess
import sys

import pytest
import yaml
from cli_service import ID, TOKEN, fault

from heat.cli.shown import _fitting


def test_stacks_are_listed_as_a_table(heat, service):
    service.has_stack("shop")
    service.answers["GET", "/stacks"] = (200, {"stacks": [service.stack]})

    ran = heat("stack", "list")

    assert ran.code == 0
    head, row = ran.out.splitlines()
    assert head.split() == ["id", "stack_name", "stack_status", "creation_time", "updated_time"]
    assert row.split() == [ID, "shop", "CREATE_COMPLETE", "2026-01-01T00:00:00Z"]
    assert service.asked[-1].token == TOKEN


def test_json_has_the_keys_of_the_api(heat, service):
    service.has_stack("shop")
    service.answers["GET", "/stacks"] = (200, {"stacks": [service.stack]})
    assert json.loads(heat("stack", "list", "-f", "json").out) == [service.stack]


def test_value_and_columns_serve_scripts(heat, service):
    service.has_stack("shop")
    service.answers["GET", "/stacks"] = (200, {"stacks": [service.stack]})
    assert heat("stack", "list", "-f", "value", "-c", "id").out == f"{ID}\n"
    assert heat("stack", "show", "shop", "-f", "value", "-c", "stack_name").out == "shop\n"


def test_yaml_can_be_read_back(heat, service):
    service.has_stack("shop", description="two\nlines")
    assert yaml.safe_load(heat("stack", "show", "shop", "-f", "yaml").out) == service.stack


def test_an_unknown_column_is_a_usage_error_that_names_the_known(heat, service):
    service.has_stack("shop")
    ran = heat("stack", "show", "shop", "-c", "colour")
    assert ran.code == 2
    assert "there is no column 'colour'; the columns are creation_time" in ran.err


def test_no_stacks_says_how_to_make_one(heat, service):
    service.answers["GET", "/stacks"] = (200, {"stacks": []})
    ran = heat("stack", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "heat stack create NAME" in ran.err


def test_where_something_was_asked_for_an_empty_list_does_not_say_that_there_are_none(
    heat, service
):
    service.answers["GET", "/stacks"] = (200, {"stacks": []})
    ran = heat("stack", "list", "--tags", "blue")
    assert (ran.code, ran.out) == (0, "")
    assert "heat stack list shows all" in ran.err


@pytest.mark.parametrize("words", [("resources", "shop"), ("resource", "list", "shop")])
def test_resources_are_listed_under_both_names(heat, service, words):
    service.has_stack("shop")
    service.resources = [service.resource("web", "CREATE_COMPLETE")]
    ran = heat("stack", *words)
    assert "web" in ran.out
    assert "OS::Nova::Server" in ran.out


def test_events_in_depth_are_also_those_of_stacks_without_resources(heat, service):
    service.has_stack("shop", "ROLLBACK_COMPLETE")
    service.events = [service.event("shop", "CREATE_IN_PROGRESS", "Stack CREATE started", ID)]
    assert "Stack CREATE started" in heat("stack", "events", "shop", "-n", "5").out
    assert service.asked[-1].query["with_empty"] == ["True"]


def test_events_are_shown_oldest_first(heat, service):
    service.has_stack("shop")
    service.events = [
        service.event("web", "CREATE_IN_PROGRESS"),
        service.event("web", "CREATE_COMPLETE"),
    ]
    out = heat("stack", "events", "shop").out
    assert out.index("CREATE_IN_PROGRESS") < out.index("CREATE_COMPLETE")


def test_one_output_is_its_bare_value(heat, service):
    service.has_stack("shop")
    found = {"output": {"output_key": "url", "output_value": "http://10.0.0.1/"}}
    service.answers["GET", f"{service.home}/outputs/url"] = (200, found)
    assert heat("stack", "output", "shop", "url").out == "http://10.0.0.1/\n"


def test_an_output_that_cannot_be_had_fails_with_the_reason(heat, service):
    service.has_stack("shop")
    found = {"output": {"output_key": "url", "output_value": None, "output_error": "no port"}}
    service.answers["GET", f"{service.home}/outputs/url"] = (200, found)
    ran = heat("stack", "output", "shop", "url")
    assert ran.code == 1
    assert "the output url has no value: no port" in ran.err


def test_a_template_is_shown_as_yaml(heat, service):
    service.has_stack("shop")
    template = {"heat_template_version": "2021-04-16", "resources": {}}
    service.answers["GET", f"{service.home}/template"] = (200, template)
    assert yaml.safe_load(heat("stack", "template", "shop").out) == template


def test_a_type_is_shown_with_what_it_takes(heat, service):
    schema = {"type": "string", "required": True, "update_allowed": False, "description": "Size"}
    found = {
        "resource_type": "OS::Nova::Server",
        "properties": {"flavor": schema},
        "attributes": {},
    }
    service.answers["GET", "/resource_types/OS%3A%3ANova%3A%3AServer"] = (200, found)
    out = heat("resource-type", "show", "OS::Nova::Server").out
    assert "flavor    string  yes" in out


def test_a_stack_that_is_not_there_is_named_on_stderr(heat, service):
    ran = heat("stack", "show", "shop")
    assert (ran.code, ran.out) == (3, "")
    assert "The Stack (shop) could not be found." in ran.err


def test_a_fault_without_a_message_gives_its_explanation(heat, service):
    service.answers["GET", "/stacks"] = (500, {"explanation": "The server has erred"})
    assert "The server has erred" in heat("stack", "list").err


def test_a_token_that_ran_out_is_renewed_once(heat, service):
    service.has_stack("shop")
    service.answers["GET", "/stacks"] = (200, {"stacks": [service.stack]})
    service.tokens.append("next")
    seen = service.answer

    def first_refused(asked):
        if asked.token == "next" and len(service.said("GET", "/stacks")) == 1:
            return 401, fault(401, "Unauthorized", "ran out"), {}
        return seen(asked)

    service.answer = first_refused
    assert heat("stack", "list").code == 0
    assert len([a for a in service.asked if a.path == "/v3/auth/tokens"]) == 2


def test_what_takes_long_to_import_is_left_out_of_a_list(environ, service):
    service.answers["GET", "/stacks"] = (200, {"stacks": []})
    code = (
        "import sys; from heat.cli.main import main; main(['stack', 'list']);"
        "slow = ('rich', 'requests', 'keystoneauth1', 'yaml', 'heat.template', 'msgspec');"
        "sys.exit(', '.join(name for name in slow if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == ""


def test_a_sheet_lays_maps_out(heat, service):
    service.has_stack("shop", parameters={"flavor": "m1.small", "size": "1"})
    lines = heat("stack", "show", "shop").out.splitlines()
    assert "parameters           flavor: m1.small" in lines
    assert "                     size: '1'" in lines


@pytest.mark.parametrize(
    ("widths", "room", "fitting"),
    [
        ([4, 60, 36], 200, [4, 60, 36]),
        ([4, 60, 36], 80, [4, 36, 36]),
        ([4, 60, 36], 40, [4, 22, 36]),
        ([4, 8, 36], 40, [4, 8, 36]),
    ],
)
def test_on_a_terminal_prose_gives_way_to_names_and_ids(widths, room, fitting):
    assert _fitting(("name", "resource_status_reason", "id"), widths, room) == fitting

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from cli_service import ID, Step, fault

TEMPLATE = """\
heat_template_version: 2021-04-16
resources:
  web:
    type: OS::Nova::Server
    properties: {flavour: m1.small}
"""


@pytest.fixture
def template(environ, tmp_path):
    (tmp_path / "t.yaml").write_text(TEMPLATE)
    return "t.yaml"


def accepted(service, name="shop"):
    service.has_stack(name, "CREATE_IN_PROGRESS")
    service.answers["POST", "/stacks"] = (201, {"stack": {"id": ID, "links": []}})


def creates(service, end="CREATE_COMPLETE", reason="Stack CREATE completed successfully"):
    """Lay out a create of two looks."""
    accepted(service)
    event = service.event
    begun = event("shop", "CREATE_IN_PROGRESS", "Stack CREATE started", ID)
    status = end.rpartition("_")[2]
    words = "No valid host was found" if status == "FAILED" else "state changed"
    service.steps = [
        Step(
            "CREATE_IN_PROGRESS",
            [begun, event("web", "CREATE_IN_PROGRESS")],
            [service.resource("web", "CREATE_IN_PROGRESS")],
        ),
        Step(
            end,
            [event("web", f"CREATE_{status}", words, "w1"), event("shop", end, reason, ID)],
            [service.resource("web", f"CREATE_{status}") | {"resource_status_reason": words}],
            reason,
        ),
    ]


def test_a_template_goes_as_it_is_written(heat, service, template):
    accepted(service)
    words = ["--timeout", "5", "--rollback", "--tags", "a,b", "-P", "size=3", "-P", "list=a=b"]
    ran = heat("stack", "create", "shop", "-t", template, *words)
    assert ran.code == 0
    [asked] = service.said("POST", "/stacks")
    assert asked.body == {
        "stack_name": "shop",
        "template": TEMPLATE,
        "parameters": {"size": "3", "list": "a=b"},
        "timeout_mins": 5,
        "disable_rollback": False,
        "tags": "a,b",
    }


def test_waiting_writes_a_line_for_each_event_and_tells_the_outputs(heat, service, template):
    creates(service)
    service.stack["outputs"] = [{"output_key": "url", "output_value": "http://10.0.0.1/"}]
    ran = heat("stack", "create", "shop", "-t", template, "--wait")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:4] == [
        "2026-01-01T00:00:01Z [shop]: CREATE_IN_PROGRESS  Stack CREATE started",
        "2026-01-01T00:00:02Z [shop.web]: CREATE_IN_PROGRESS  state changed",
        "2026-01-01T00:00:03Z [shop.web]: CREATE_COMPLETE  state changed",
        "2026-01-01T00:00:04Z [shop]: CREATE_COMPLETE  Stack CREATE completed successfully",
    ]
    assert lines[4].startswith("Stack shop: CREATE_COMPLETE (")
    assert "  url  http://10.0.0.1/" in lines
    assert "  heat stack show shop" in ran.out


def test_a_failure_tells_the_clouds_words_on_stderr(shell, service, template):
    creates(service, "CREATE_FAILED", "Resource CREATE failed: ...")
    ran = shell("stack", "create", "shop", "-t", template, "--wait")
    assert ran.code == 1
    assert "Stack shop: CREATE_FAILED" in ran.err
    assert "  shop.web: No valid host was found" in ran.err


def test_a_rollback_is_a_failure_of_what_was_asked(heat, service, template):
    creates(service)
    failed = service.event("web", "CREATE_FAILED", "Quota exceeded")
    undone = service.event("shop", "ROLLBACK_COMPLETE", "Stack ROLLBACK completed", ID)
    service.steps[1] = Step("ROLLBACK_COMPLETE", [failed, undone], [])
    ran = heat("stack", "create", "shop", "-t", template, "--wait")
    assert ran.code == 1
    assert "  shop.web: Quota exceeded" in ran.err


def test_waiting_with_json_leaves_stdout_to_the_json(heat, service, template):
    creates(service)
    ran = heat("stack", "create", "shop", "-t", template, "--wait", "-f", "json")
    assert json.loads(ran.out)["stack_status"] == "CREATE_COMPLETE"
    assert "[shop.web]: CREATE_COMPLETE" in ran.err


def test_problems_point_at_the_users_own_file(shell, service, template):
    problem = {
        "code": "H301",
        "summary": "Unknown property",
        "detail": "OS::Nova::Server has no property flavour",
        "cure": "did you mean 'flavor'?",
        "at": ["resources", "web", "properties", "flavour"],
        "document": "template",
        "file": "template",
        "line": 5,
        "column": 18,
        "text": "    properties: {flavour: m1.small}",
    }
    said = fault(400, "StackValidationFailed", "...", [problem])
    service.answers["POST", "/stacks"] = (400, said)
    ran = shell("stack", "create", "shop", "-t", template)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "t.yaml:5:18: Unknown property: OS::Nova::Server has no property flavour",
        "  5 |     properties: {flavour: m1.small}",
        "                       ^",
        "  cure: did you mean 'flavor'?",
    ]


def test_a_problem_without_a_line_gives_its_path(heat, service, template):
    problem = {"summary": "Wrong", "detail": "it is", "at": ["parameters", "a"], "document": "env"}
    said = fault(400, "StackValidationFailed", "...", [problem, problem])
    service.answers["POST", "/stacks"] = (400, said)
    ran = heat("stack", "create", "shop", "-t", template)
    assert ran.err.splitlines() == ["env: Wrong: parameters.a: it is"] * 2 + ["2 problems"]


def test_a_dry_run_of_a_create_shows_what_would_be(heat, service, template):
    web = {"resource_name": "web", "resource_type": "OS::Nova::Server"}
    inner = {"resource_name": "disk", "resource_type": "OS::Cinder::Volume"}
    preview = {"stack": {"stack_name": "shop", "resources": [web, [inner]]}}
    service.answers["POST", "/stacks/preview"] = (200, preview)
    ran = heat("stack", "create", "shop", "-t", template, "--dry-run")
    assert ran.out.splitlines() == [
        "+ web  OS::Nova::Server",
        "  + disk  OS::Cinder::Volume",
        "Plan: 2 to create.",
    ]
    assert not service.said("POST", "/stacks")


@pytest.mark.parametrize(
    ("changes", "options", "code"),
    [
        ({"updated": [{"resource_name": "web", "resource_type": "T"}]}, ["--dry-run"], 2),
        ({"updated": [], "unchanged": [{"resource_name": "web"}]}, ["--dry-run"], 0),
        ({}, [], 1),
    ],
)
def test_a_script_learns_whether_something_would_change(
    heat, service, template, changes, options, code
):
    service.has_stack("shop")
    answer = (200, {"resource_changes": changes})
    service.answers["PUT", f"{service.home}/preview"] = answer
    words = ("stack", "update", "shop", "-t", template, "--detailed-exitcode", *options)
    assert heat(*words).code == code
    assert not service.said("PUT", service.home)


def test_a_dry_run_of_an_update_shows_the_changes(heat, service, template):
    service.has_stack("shop")
    web = {"resource_name": "web", "resource_type": "OS::Nova::Server"}
    changes = {"unchanged": [web, web], "replaced": [web], "added": [], "updated": []}
    service.answers["PUT", f"{service.home}/preview"] = (200, {"resource_changes": changes})
    ran = heat("stack", "update", "shop", "-t", template, "--dry-run")
    assert ran.out.splitlines() == ["± web  OS::Nova::Server", "Plan: 1 replaced, 2 unchanged."]
    assert not service.said("PUT", service.home)


def test_the_services_own_plan_is_shown_where_there_is_one(heat, service, template):
    plan = "~ web  OS::Nova::Server\n    flavor: m1.small -> m1.large\nPlan: 1 to update.\n"
    service.has_stack("shop")
    service.answers["PUT", f"{service.home}/preview"] = (
        200,
        {"resource_changes": {}, "plan": plan},
    )
    assert heat("stack", "update", "shop", "-t", template, "--dry-run").out == plan


def test_an_update_shows_only_what_happened_since(heat, service, template):
    service.has_stack("shop", "CREATE_COMPLETE")
    service.events = [service.event("shop", "CREATE_COMPLETE", "old", ID)]
    begun = service.event("shop", "UPDATE_IN_PROGRESS", "Stack UPDATE started", ID)
    done = service.event("shop", "UPDATE_COMPLETE", "Stack UPDATE completed successfully", ID)
    # The first look may come before the service has begun.
    service.steps = [
        Step("CREATE_COMPLETE"),
        Step("UPDATE_IN_PROGRESS", [begun]),
        Step("UPDATE_COMPLETE", [done]),
    ]
    ran = heat("stack", "update", "shop", "-t", template, "--wait")
    assert ran.code == 0
    assert "old" not in ran.out
    assert "Stack shop: UPDATE_COMPLETE" in ran.out


def test_existing_keeps_what_is_not_given(heat, service):
    service.has_stack("shop")
    ran = heat("stack", "update", "shop", "--existing", "-P", "size=4", "--clear", "colour")
    assert ran.code == 0
    [asked] = service.said("PATCH", service.home)
    assert asked.body == {"parameters": {"size": "4"}, "clear_parameters": ["colour"]}


@pytest.mark.parametrize(
    "words",
    [
        ("stack", "update", "shop"),
        ("stack", "create", "shop"),
        ("stack", "create", "shop", "-t", "t.yaml", "-P", "novalue"),
        ("stack", "frobnicate"),
        ("stack", "list", "-f", "xml"),
        ("stack", "events", "shop", "--follow", "-f", "json"),
    ],
)
def test_a_wrong_command_line_is_code_2(shell, service, template, words):
    service.has_stack("shop")
    ran = shell(*words)
    assert ran.code == 2
    what, cure = ran.err.splitlines()
    assert what.startswith("error: ")
    assert cure.startswith("  heat")
    assert cure.endswith(" --help tells what there is")


def test_deleting_goes_on_after_one_that_is_not_there(heat, service):
    service.has_stack("shop")
    ran = heat("stack", "delete", "gone", "shop", "-y")
    assert ran.code == 3
    assert "The Stack (gone) could not be found." in ran.err
    assert len(service.said("DELETE", service.home)) == 1


def test_a_delete_is_over_when_the_stack_is_gone(heat, service):
    service.has_stack("shop")
    begun = service.event("shop", "DELETE_IN_PROGRESS", "Stack DELETE started", ID)
    service.steps = [Step("DELETE_IN_PROGRESS", [begun]), Step("GONE")]
    ran = heat("stack", "delete", "shop", "-y", "--wait")
    assert ran.code == 0
    assert "Stack shop is deleted" in ran.out


def test_following_ends_with_the_operation(heat, service, template):
    creates(service)
    ran = heat("stack", "events", "shop", "--follow")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 4


def test_an_interrupt_leaves_the_stack_alone_and_says_how_to_go_on(service, template):
    accepted(service)
    service.held = threading.Event()
    # What started the tests may have it ignore interrupts, and a process inherits that.
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from heat.cli.main import main; sys.exit(main())"
    words = ["stack", "create", "shop", "-t", template, "--wait"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert service.held.wait(30)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "heat stack watch shop" in err
    assert not [asked for asked in service.asked if asked.method == "DELETE"]


def test_a_service_that_is_away_for_a_moment_is_waited_for(heat, service, template):
    creates(service)
    seen, away = service.answer, [503]

    def answer(asked):
        if asked.path.endswith("/events") and away:
            return away.pop(), fault(503, "ServiceUnavailable", "away"), {}
        return seen(asked)

    service.answer = answer
    assert heat("stack", "create", "shop", "-t", template, "--wait").code == 0


def test_validating_lists_the_parameters(heat, service, template):
    found = {"Description": "A shop", "Parameters": {"size": {"Type": "Number", "Default": 3}}}
    service.answers["POST", "/validate"] = (200, found)
    out = heat("stack", "validate", "-t", template).out
    assert out.startswith("t.yaml is valid: A shop\n")
    assert "size       Number  3" in out


def test_a_file_that_is_not_there_is_named(heat, service, environ):
    ran = heat("stack", "create", "shop", "-t", "none.yaml")
    assert ran.code == 3
    assert "none.yaml can't be read: No such file or directory" in ran.err


def test_dev_hands_everything_over(monkeypatch):
    import types

    from heat.cli import main

    given = []
    room = types.ModuleType("heat.main.dev")
    room.main = lambda arguments: given.append(arguments) or 3
    monkeypatch.setitem(sys.modules, "heat.main.dev", room)
    assert main.main(["dev", "--port-base", "9000", "--help"]) == 3
    assert given == [["--port-base", "9000", "--help"]]


def test_a_stack_whose_resources_are_gone_already_is_deleted(heat, service):
    service.has_stack("shop")
    ended = service.event("shop", "DELETE_COMPLETE", "Stack DELETE completed successfully", ID)
    service.steps = [Step("DELETE_COMPLETE", [ended])]
    gone = fault(404, "EntityNotFound", "The Stack could not be found.")
    service.answers["GET", f"{service.home}/resources"] = (404, gone)
    assert heat("stack", "delete", "shop", "-y", "--wait").code == 0


def test_what_is_next_names_the_file_that_was_given(heat, service, template):
    creates(service)
    ran = heat("stack", "create", "shop", "-t", template, "--wait")
    assert "heat stack update shop --existing -t t.yaml --dry-run" in ran.out
    creates(service, "CREATE_FAILED", "No valid host was found")
    ran = heat("stack", "create", "shop", "-t", template, "--wait")
    assert "heat stack why shop -t t.yaml " in ran.err


def test_a_name_that_is_taken_tells_how_to_change_that_stack_with_the_file(heat, service, template):
    taken = fault(409, "StackExists", "The Stack (shop) already exists.")
    service.answers["POST", "/stacks"] = (409, taken)
    ran = heat("stack", "create", "shop", "-t", template)
    assert "heat stack update shop -t t.yaml" in ran.err


SLIPS = """\
heat_template_version: 2021-04-16
resources:
  a:
    type: OS::Heat::Value
    properties: {value: {get_parm: x}}
"""


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_what_the_service_takes_in_silence_is_told_in_a_line(heat, service, tmp_path, more):
    accepted(service)
    service.answers["POST", "/stacks/preview"] = (200, {"stack": {}, "plan": "Plan: 1 to create."})
    (tmp_path / "t.yaml").write_text(SLIPS)
    ran = heat("stack", "create", "shop", "-t", "t.yaml", *more)
    assert ran.code == 0
    first, *_ = ran.err.splitlines()
    assert first.startswith("warning: t.yaml:5: ")
    assert "get_parm" in first
    assert first.endswith("(L311)")


def test_a_habit_that_does_no_harm_is_not_told(heat, service, template, tmp_path):
    accepted(service)
    (tmp_path / "t.yaml").write_text(
        "heat_template_version: 2021-04-16\nparameters: {unused: {type: string, default: a}}\n"
    )
    assert "warning" not in heat("stack", "create", "shop", "-t", "t.yaml").err


def test_with_a_file_that_is_missing_all_else_that_is_wrong_is_told(heat, service, tmp_path):
    text = """\
heat_template_version: 2021-04-16
resources:
  a: {type: gone.yaml}
  b: {type: OS::Heat::Value, properties: {valeu: 1}}
outputs:
  c: {value: {get_attr: [d, value]}}
"""
    (tmp_path / "t.yaml").write_text(text)
    ran = heat("stack", "create", "shop", "-t", "t.yaml", "-e", "env.yaml")
    assert ran.code == 3
    for word in ("env.yaml can't be read", "gone.yaml can't be read", "Unknown Property valeu"):
        assert ran.err.count(word) == 1, ran.err
    assert not service.said("POST", "/stacks")


@pytest.mark.parametrize(
    ("counts", "code"),
    [({"update": 1, "keep": 5}, 2), ({"update": 0, "keep": 5}, 0), (None, 2)],
)
def test_a_nested_stack_in_which_all_stays_is_no_change(heat, service, template, counts, code):
    service.has_stack("shop")
    entry = {"resource_name": "group", "resource_type": "OS::Heat::ResourceGroup"}
    found = {"resource_changes": {"updated": [entry]}, "plan": "", "counts": counts}
    service.answers["PUT", f"{service.home}/preview"] = (200, found)
    words = ("stack", "update", "shop", "-t", template, "--dry-run", "--detailed-exitcode")
    assert heat(*words).code == code


def test_what_is_too_large_names_the_largest_file(heat, service, tmp_path):
    refused = fault(400, "RequestLimitExceeded", "The request is larger than the bytes allowed.")
    service.answers["POST", "/stacks"] = (400, refused)
    (tmp_path / "small").write_text("x")
    (tmp_path / "large").write_text("x" * 5000)
    (tmp_path / "t.yaml").write_text("a: {get_file: small}\nb: {get_file: large}\n")
    assert "large, 5000 bytes" in heat("stack", "create", "shop", "-t", "t.yaml").err


def test_a_service_that_hangs_up_on_something_large_is_not_away(heat, service, tmp_path):
    service.refuses_above = 1 << 20
    (tmp_path / "large").write_text("x" * (20 << 20))
    (tmp_path / "t.yaml").write_text("a: {get_file: large}\n")
    ran = heat("stack", "create", "shop", "-t", "t.yaml")
    assert ran.code == 1
    assert "more than it takes" in ran.err

"""Templates that a request names by address are fetched before anything is made."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Invalid
from heat.base.ids import ProjectId
from heat.operations.changes import CreateStack
from heat.operations.content import draft
from heat.operations.context import Context
from heat.operations.previews import Validate, preview_stack, validate
from heat.operations.services import Limits, Services
from heat.store.database import Database

resources.load()

LIMITS = Limits(template_url_allow_private=True)
SERVICES = Services(db=Database("sqlite://"), client=None, clock=WallClock(), limits=LIMITS)
CONTEXT = Context(project=ProjectId("p"), roles=("member",))

LEAF = """
AWSTemplateFormatVersion: '2010-09-09'
Resources: {v: {Type: 'OS::Heat::Value', Properties: {value: 1}}}
"""
BRANCH = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {Base: {Type: String}}
Resources:
  deeper:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: {'Fn::Join': [/, [{Ref: Base}, leaf.yaml]]}}
"""
TOP = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {Base: {Type: String}, Name: {Type: String, Default: branch.yaml}}
Resources:
  child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: {'Fn::Join': [/, [{Ref: Base}, {Ref: Name}]]}
      Parameters: {Base: {Ref: Base}}
"""
TEXTS = {"/branch.yaml": BRANCH, "/leaf.yaml": LEAF}


class Files(BaseHTTPRequestHandler):
    def do_GET(self):
        text = TEXTS.get(f"/{self.path.partition('?')[0].rpartition('/')[2]}")
        self.send_response(200 if text else 404)
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def create(template: str, **parameters: str) -> CreateStack:
    return CreateStack(stack_name="s", template=template, parameters=parameters)


def test_an_address_that_is_made_of_parameters_is_fetched_at_every_depth(base):
    request = create(TOP, Base=base)
    made = draft(SERVICES, request, stack_id="", stack_name="s", project="p")
    assert set(made.definition.files) == {f"{base}/branch.yaml", f"{base}/leaf.yaml"}
    shown = preview_stack(SERVICES, CONTEXT, request)
    assert "deeper" in shown["plan"]


def test_so_many_are_fetched_for_a_request_however_deep_they_are_named(base):
    """Each branch names one more, which is another address; the count does not begin anew."""
    children = "".join(
        f"""
  c{n}:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: {{'Fn::Join': ['', [{{Ref: Base}}, '/branch.yaml?{n}']]}}
      Parameters: {{Base: {{'Fn::Join': ['', [{{Ref: Base}}, '/{n}/..']]}}}}"""
        for n in range(11)
    )
    top = (
        "AWSTemplateFormatVersion: '2010-09-09'\n"
        f"Parameters: {{Base: {{Type: String}}}}\nResources:{children}\n"
    )
    with pytest.raises(Invalid) as told:
        draft(SERVICES, create(top, Base=base), stack_id="", stack_name="s", project="p")
    (problem,) = told.value.problems
    assert "more than 20 templates that were not sent" in problem.detail


def test_what_is_not_there_is_told_where_its_address_is_made(base):
    with pytest.raises(Invalid) as told:
        preview_stack(SERVICES, CONTEXT, create(TOP, Base=base, Name="gone.yaml"))
    (problem,) = told.value.problems
    assert (problem.code, str(problem.place)) == ("H305", "template:8:7")
    assert f"{base}/gone.yaml" in problem.detail


def test_an_address_that_waits_for_a_resource_is_refused_with_its_place():
    template = TOP.replace("{Ref: Name}", "{'Fn::GetAtt': [v, value]}") + (
        "  v: {Type: 'OS::Heat::RandomString'}\n"
    )
    with pytest.raises(Invalid) as told:
        preview_stack(SERVICES, CONTEXT, create(template, Base="http://x"))
    (problem,) = told.value.problems
    assert (problem.code, str(problem.place)) == ("H305", "template:8:7")
    assert "only after v.value" in problem.detail


def test_a_check_of_a_template_asks_for_no_address(base):
    for given in ({}, {"Base": base}, {"Base": "http://127.0.0.1:1"}):
        assert validate(SERVICES, CONTEXT, Validate(template=TOP, parameters=given))["Parameters"]

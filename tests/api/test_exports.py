"""Conversations about names that stacks give to each other's use."""

import pytest

from heat.store import exports
from heat.store.rows import ExportRow
from wire import Wire

GIVES = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {Name: {Type: String, Default: net}}
Resources:
  a: {Type: OS::Heat::TestResource, Properties: {value: one}}
Outputs:
  o: {Value: one, Export: {Name: {Ref: Name}}}
"""
TAKES = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  b: {Type: OS::Heat::TestResource, Properties: {value: {'Fn::ImportValue': net}}}
"""


@pytest.fixture
def gives(wire: Wire) -> str:
    """Return the id of a stack that exports ``net``, which another imports."""
    stack = wire.create("gives", GIVES)
    wire.settle(stack)
    row = ExportRow(project="demo", name="net", stack=stack, output="o", value="one")
    wire.db.write(lambda connection: exports.put(connection, wire.db, stack, [row]))
    takes = wire.create("takes", TAKES)
    wire.settle(takes)
    wire.db.write(lambda connection: exports.put_imports(connection, "demo", takes, ["net"]))
    return stack


def said(found) -> str:
    assert found.status_code in (400, 409), found.text
    return found.json["error"]["message"]


def test_a_missing_export_is_named_with_what_it_may_mean(wire: Wire, gives: str):
    body = {"stack_name": "again", "template": TAKES.replace("net", "nett")}
    refused = said(wire.ask("POST", "/stacks", body))
    assert "no stack of this project exports 'nett'" in refused
    assert "net" in refused.replace("nett", "")


def test_exports_of_other_projects_are_not_there(wire: Wire, gives: str):
    body = {"stack_name": "again", "template": TAKES}
    assert "exports 'net'" in said(wire.ask("POST", "/stacks", body, project="other"))


def test_a_template_may_be_checked_without_its_exports(wire: Wire):
    assert wire.ask("POST", "/validate", {"template": TAKES}).status_code == 200


def test_a_name_is_exported_once(wire: Wire, gives: str):
    body = {"stack_name": "again", "template": GIVES}
    assert f"belongs to the stack {gives}" in said(wire.ask("POST", "/stacks", body))
    body["parameters"] = {"Name": "lan"}
    assert wire.ask("POST", "/stacks", body).status_code == 201


def test_what_is_read_is_neither_deleted_nor_left_out(wire: Wire, gives: str):
    address = f"/stacks/gives/{gives}"
    assert "in use by takes" in said(wire.ask("DELETE", address))
    body = {"template": GIVES, "parameters": {"Name": "lan"}}
    assert "in use by takes" in said(wire.ask("PUT", address, body))
    assert "in use by takes" in said(wire.ask("PUT", f"{address}/preview", body))
    assert wire.ask("PUT", f"{address}/preview", {"template": GIVES}).status_code == 200

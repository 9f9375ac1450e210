"""The same operations over messages."""

import warnings

import pytest

from heat.base.errors import Conflict, Fault, Invalid, Unavailable
from heat.operations.changes import CreateStack
from heat.operations.context import Context
from heat.operations.stacks import ListStacks
from heat.operations.types import Nothing
from heat.rpc.wire import answer, pack, unpack
from heat.store import events, operations
from wire import HOT, Wire

WHO = Context(project="demo", user_id="u", roles=("member",), token="t")


def carried(wire: Wire, name: str, request):
    return unpack(answer(wire.services, name, pack(WHO, request)))


def test_requests_and_responses_cross(wire: Wire):
    made = carried(wire, "create_stack", CreateStack(stack_name="web", template=HOT, tags=("x",)))
    listed = carried(wire, "list_stacks", ListStacks(limit=1))
    assert [(s["id"], s["tags"]) for s in listed["stacks"]] == [(made["id"], ["x"])]


def test_faults_cross_with_their_problems(wire: Wire):
    wrong = HOT.replace("RandomString", "RandomStrin")
    with pytest.raises(Invalid) as caught:
        carried(wire, "create_stack", CreateStack(stack_name="web", template=wrong))
    assert caught.value.problems[0].place.line == 8
    carried(wire, "create_stack", CreateStack(stack_name="web", template=HOT))
    with pytest.raises(Conflict) as busy:
        carried(wire, "create_stack", CreateStack(stack_name="web", template=HOT))
    assert busy.value.kind == "StackExists"


def test_what_fails_inside_says_nothing_of_it(wire: Wire):
    with pytest.raises(Fault, match="its log says why") as caught:
        carried(wire, "no_such", Nothing())
    assert "no_such" in str(caught.value)


def test_messages_carry_operations_and_hints(wire: Wire):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oslo_messaging
        from oslo_config import cfg

        from heat.rpc.messages import Hints, Remote, server

        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        transport = oslo_messaging.get_rpc_transport(conf, "fake://")
        woken: list[str] = []
        running = server(transport, "here", wire.services, woken.append)
        running.start()
        try:
            remote = Remote(transport, timeout=10)
            request = CreateStack(stack_name="web", template=HOT)
            made = remote.call("create_stack", WHO, request)
            assert made["stack_name"] == "web"
            with pytest.raises(Conflict):
                remote.call("create_stack", WHO, request)
            Hints(transport).wake(made["id"])
            remote.call("build_info", WHO, Nothing())
        finally:
            running.stop()
            running.wait()
        with pytest.raises(Unavailable, match="No engine"):
            Remote(transport, timeout=0.2).call("build_info", WHO, Nothing())
    assert woken == [made["id"]]


def test_the_id_of_a_request_is_that_of_its_operation_and_events(wire: Wire):
    mine = "req-01234567-89ab-cdef-0123-456789abcdef"
    body = {"stack_name": "web", "template": HOT}
    made = wire.ask("POST", "/stacks", body, headers={"X-Openstack-Request-Id": mine})
    assert made.headers["X-Openstack-Request-Id"] == mine
    stack_id = made.json["stack"]["id"]
    assert operations.current(wire.db, stack_id).request_id == mine
    told = events.listing(wire.db, events.EventQuery(stacks=[stack_id]))
    assert [event.request_id for event in told] == [mine]

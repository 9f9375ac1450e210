"""The same operations over messages."""

import inspect
import json
import warnings

import pytest

from heat.base.errors import Conflict, Fault, Invalid, Unavailable
from heat.operations.changes import CreateStack
from heat.operations.context import Context
from heat.operations.stacks import ListStacks
from heat.operations.types import Nothing, OfType
from heat.rpc.wire import LONG, answer, pack, unpack
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
        carried(wire, "show_stack", {"stack": 5})
    assert "show_stack" in str(caught.value)


def test_an_engine_that_is_older_than_the_api_says_so(wire: Wire):
    with pytest.raises(Unavailable, match="no operation no_such: it is older"):
        carried(wire, "no_such", Nothing())


@pytest.mark.parametrize("takes", [(), ("zlib",)])
def test_an_answer_is_compressed_for_those_who_can_read_it(wire: Wire, takes: tuple[str, ...]):
    request = pack(WHO, OfType(type="OS::Nova::Server"))
    said = answer(wire.services, "show_type", request, takes)
    assert len(json.dumps(unpack(said))) > LONG
    assert said.startswith("zlib:") == bool(takes)


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


@pytest.mark.parametrize("older", ["engine", "api"])
def test_processes_of_two_versions_meet(wire: Wire, older: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oslo_messaging
        from oslo_config import cfg

        from heat.rpc.messages import Remote, server

        class Older:
            """What an engine was before answers could be compressed."""

            target = oslo_messaging.Target(version="1.0")

            def do(self, _context, name: str, payload: str) -> str:
                return answer(wire.services, name, payload, ())

        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        transport = oslo_messaging.get_rpc_transport(conf, "fake://")
        running = server(transport, "here", wire.services, print)
        if older == "engine":
            running.dispatcher.endpoints[:] = [Older()]
        running.start()
        try:
            if older == "engine":
                with pytest.raises(Unavailable, match="upgrade the engines first"):
                    Remote(transport, timeout=10).call("build_info", WHO, Nothing())
            else:
                target = oslo_messaging.Target(topic="heat-engine", version="1.0")
                api = oslo_messaging.get_rpc_client(transport, target, timeout=10)
                request = pack(WHO, OfType(type="OS::Nova::Server"))
                said = api.call({}, "do", name="show_type", payload=request)
                assert json.loads(said)["response"]["resource_type"] == "OS::Nova::Server"
        finally:
            running.stop()
            running.wait()


def test_the_id_of_a_request_is_that_of_its_operation_and_events(wire: Wire):
    mine = "req-01234567-89ab-cdef-0123-456789abcdef"
    body = {"stack_name": "web", "template": HOT}
    made = wire.ask("POST", "/stacks", body, headers={"X-Openstack-Request-Id": mine})
    assert made.headers["X-Openstack-Request-Id"] == mine
    stack_id = made.json["stack"]["id"]
    assert operations.current(wire.db, stack_id).request_id == mine
    told = events.listing(wire.db, events.EventQuery(stacks=[stack_id]))
    assert [event.request_id for event in told] == [mine]


def test_the_library_still_knows_how_seldom_to_look():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from heat.rpc import messages
    source = inspect.getsource(messages.amqpdriver)
    assert source.count("ACK_REQUEUE_EVERY_SECONDS_MIN") > 1  # it is defined, and used

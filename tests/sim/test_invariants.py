"""What simulations look at can be broken: an engine that is wrong on purpose is found out."""

from tests.sim import looking, templates
from tests.sim.scenario import Act, Scenario
from tests.sim.simulate import attempt

from heat.cloud.stack_users import StackUsers
from heat.engine import reasons
from heat.engine.board import Board
from heat.engine.drive import Drive
from heat.engine.requesting import Requests
from heat.plan import build as building

LOST = {"service": "network", "method": "POST", "path": "/networks", "action": "lose_reply"}
NET = {"type": "OS::Neutron::Net", "properties": {}}
SUBNET = {
    "type": "OS::Neutron::Subnet",
    "properties": {"network": {"get_resource": "net"}, "cidr": "10.1.0.0/24"},
}


def waits(seconds, **more):
    return {"type": "OS::Heat::TestResource", "properties": {"wait_secs": seconds, **more}}


def found(resources, *faults, minutes=20):
    """Return the kinds of what is wrong after a creation."""
    template = {"heat_template_version": templates.VERSION, "resources": resources}
    act = Act("create", template=template, minutes=minutes)
    report = attempt(Scenario(seed=1, acts=(act,), faults=faults))
    return {line.split(":")[0] for line in report.broken}


def test_an_engine_that_is_right_is_not_accused():
    assert found({"net": NET, "sub": SUBNET}, {**LOST, "nth": 1, "times": 1}) == set()


def test_what_is_made_twice_is_seen(monkeypatch):
    async def blind(self, call, since):
        return None

    monkeypatch.setattr(Requests, "search", blind)
    assert found({"net": NET}, {**LOST, "nth": 1, "times": 1}) & {"twice", "orphan"}


def test_what_begins_too_early_is_seen(monkeypatch):
    ready = Board._make_ready

    def hasty(self, node):
        for other in self._nodes.values():
            if self._unmet.get(other.id):
                self._unmet[other.id].clear()
                ready(self, other)
        ready(self, node)

    monkeypatch.setattr(Board, "_make_ready", hasty)
    first, second = waits(5), {**waits(0), "depends_on": "a"}
    assert "order" in found({"a": first, "b": second})


def test_what_does_not_end_in_time_is_seen(monkeypatch):
    monkeypatch.setattr(Drive, "is_overdue", property(lambda _: False))
    assert "deadline" in found({"a": waits(5000)}, minutes=2)


def test_a_secret_in_a_reason_is_seen(monkeypatch):
    monkeypatch.setattr(reasons, "of", lambda *_: templates.SECRET)
    assert "secret" in found({"a": waits(0, fail=True)})


def test_what_is_not_as_its_template_says_is_seen(monkeypatch):
    """The engine takes a stack for complete without one of its resources."""
    done = Board.done

    def lazy(self, node):
        done(self, node)
        self._ready, self._left = [], [0, 0]

    monkeypatch.setattr(Board, "done", lazy)
    assert "complete" in found({"net": NET, "sub": SUBNET})


def test_a_user_of_a_stack_that_stays_is_seen(monkeypatch):
    monkeypatch.setattr(StackUsers, "change", lambda *_, **__: None)
    handle = {"type": "OS::Heat::WaitConditionHandle", "properties": {}}
    assert found({"h": handle}) == {"end"}


def test_an_object_of_others_that_goes_is_seen(monkeypatch):
    monkeypatch.setattr(building, "_policy", lambda *_: "Delete")
    assert found({"ext": {**NET, "external_id": templates.THEIRS}}) == {"end"}


def test_a_look_that_changes_something_is_seen(monkeypatch):
    def careless(services, *_):
        services.db.write(lambda connection: connection.exec_driver_sql(RENAMED))

    monkeypatch.setattr(looking.stacks, "show_files", careless)
    template = {"heat_template_version": templates.VERSION, "resources": {"net": NET}}
    report = attempt(Scenario(seed=1, acts=(Act("create", template=template), Act("look"))))
    assert {line.split(":")[0] for line in report.broken} == {"inside"}


RENAMED = "UPDATE stack SET description = 'looked at'"

"""A user's requests, taken the way that the API takes them, and what becomes of them."""

import asyncio

from heat.operations import actions, members, snapshots, stacks
from heat.operations.actions import Act
from heat.operations.context import Context
from heat.operations.finding import OfStack
from heat.operations.members import OfResource
from heat.operations.services import Limits, Services
from heat.operations.signals import SignalResource, signal_resource
from heat.operations.snapshots import TakeSnapshot
from heat.operations.stacks import ShowStack


class Asking:
    """A user of the project."""

    def __init__(self, place):
        self.place = place
        self.services = Services(
            db=place.db,
            client=None,
            clock=place.clock,
            new_id=place.chance.id,
            wake=lambda stack: [worker.wake(stack) for worker in place._workers],
            limits=Limits(
                enable_stack_adopt=True, enable_stack_abandon=True, max_snapshots_per_stack=2
            ),
        )
        user = place.user
        self.context = Context(
            user_id=user.user_id, username="demo", project=user.project, token=user.token
        )

    def __call__(self, function, request):
        return function(self.services, self.context, request)

    def act(self, stack, action):
        self(actions.act, Act(stack=stack, action=action))

    def snapshot(self, stack):
        return self(snapshots.take_snapshot, TakeSnapshot(stack=stack, label="s"))["id"]

    def kept(self, stack):
        return self(snapshots.list_snapshots, OfStack(stack=stack))["snapshots"]

    def say(self, stack, body=None, name="h"):
        self(signal_resource, SignalResource(stack=stack, resource=name, body=body))

    def metadata(self, stack, name="h"):
        return self(members.show_metadata, OfResource(stack=stack, resource=name))["metadata"]

    def data(self, stack):
        shown = self(stacks.show_stack, ShowStack(stack=stack))
        return shown["outputs"][0]["output_value"]


async def ended(place, stack):
    row = await place.settled(stack)
    return f"{row.action}_{row.status}", row.reason


def states(place, stack):
    return {name: f"{row.action}_{row.status}" for name, row in place.rows(stack).items()}


async def reached(place, stack, name="w", state=("CREATE", "IN_PROGRESS")):
    """Wait until a resource is in a state."""
    async with asyncio.timeout(600):
        while True:
            row = place.rows(stack).get(name)
            if row is not None and (row.action, row.status) == state:
                return
            await asyncio.sleep(0.25)

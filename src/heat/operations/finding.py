"""The stack that a request names, if the caller may know of it."""

from msgspec import Struct

from heat.base.errors import NotFound
from heat.base.ids import StackId
from heat.operations.context import Context
from heat.operations.services import Services
from heat.store import stacks
from heat.store.rows import StackRow


class OfStack(Struct, frozen=True, kw_only=True):
    """A request about one stack: its id, and its name where the URL has both."""

    stack: str
    name: str | None = None


def find(services: Services, context: Context, request: OfStack) -> StackRow:
    """Return the stack of an id; a deleted one too. A name beside it must be the stack's."""
    return told(context, request, stacks.get(services.db, StackId(request.stack), deleted=True))


def told(context: Context, request: OfStack, found: StackRow | None) -> StackRow:
    """Return what was found for a request, if the caller may know of it."""
    hidden = found is None or not (context.is_admin or _mine(context, found))
    if found is None or hidden or (request.name is not None and found.name != request.name):
        raise missing(request.name or request.stack)
    return found


def find_live(services: Services, context: Context, request: OfStack) -> StackRow:
    """Return the stack of an id, unless it is deleted."""
    found = find(services, context, request)
    if found.deleted_at is not None:
        raise missing(found.name)
    return found


def identify(services: Services, context: Context, identity: str) -> StackRow:
    """Return the stack with a name, an id or an ARN."""
    text = identity
    if identity.startswith("arn:"):
        text = identity.rsplit("/", 1)[-1]
    found = stacks.by_identity(services.db, context.project, text)
    if found is None:
        found = stacks.get(services.db, StackId(text), deleted=True)
        if found is not None and not (context.is_admin or _mine(context, found)):
            found = None
    if found is None:
        raise missing(identity)
    return found


def missing(name: str) -> NotFound:
    """Return the fault for a stack that is not there."""
    return NotFound(f"The Stack ({name}) could not be found.")


def _mine(context: Context, stack: StackRow) -> bool:
    return context.project in (stack.project, stack.stack_user_project)

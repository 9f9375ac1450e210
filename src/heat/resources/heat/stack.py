"""OS::Heat::Stack."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from heat.base.json import Json
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plugin.fields import Difference, Struct, attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Resource
from heat.plugin.steps import Call, Keep, Search, Service, Steps, pick

ORCHESTRATION = Service("orchestration")


class Context(Struct):
    """Where the stack is, and on whose behalf."""

    region_name: str | None = fixed("Region of the stack.")
    credential_secret_id: str | None = mutable(
        "Secret with the credentials to use there.",
        support={"status": "SUPPORTED", "version": "12.0.0"},
    )
    ca_cert: str | None = mutable(
        "Certificate of the authority to trust there.",
        support={"status": "SUPPORTED", "version": "12.0.0"},
    )
    insecure: bool = mutable(
        "Whether to trust anyone there.",
        default=False,
        support={"status": "SUPPORTED", "version": "12.0.0"},
    )


@resource("OS::Heat::Stack", service="orchestration")
class Stack(Resource):
    """A stack of its own, asked for through the orchestration service."""

    context: Context | None = mutable("Where the stack is.")
    template: str = mutable("The template, as text.")
    timeout: int | None = mutable("Minutes that an action may take.")
    parameters: dict[str, Any] = mutable("The values of the template's parameters.", default={})

    stack_name = attribute("The name of the stack.")
    outputs = attribute("The outputs of the stack, by name.", type="Map")

    hands_on = True

    def problems(self) -> Iterator[Problem]:
        """Refuse what would need credentials, or a trust, other than the stack's own."""
        context = self.context
        if not isinstance(context, Context):
            return
        for name in ("credential_secret_id", "ca_cert"):
            if getattr(context, name) is not None:
                yield _other_clouds(name)
        if context.insecure is True:
            yield _other_clouds("insecure")

    def must_replace(self, before: Any, changes: Iterable[Difference]) -> str | None:
        """Move to another region by a new stack there."""
        if isinstance(self.region, Unknown) or before.region == self.region:
            return None
        return "a stack can't change its region"

    def create(self) -> Steps[str | None]:
        """Create the stack and wait for its end."""
        name, given = self.physical_name, self._given
        # Who looks for what a creation has left behind doesn't have the stack's files any more.
        yield Keep({"given": given})
        body = {"stack_name": name, "disable_rollback": True, **self._content, **given}
        search = Search(
            self._there(ORCHESTRATION.get("/stacks", {"name": name})),
            "stacks",
            "stack",
            {"stack_name": name},
        )
        asked = ORCHESTRATION.post("/stacks", body, makes="stack.id", search=search)
        reply = yield self._there(asked)
        item = str(pick(reply, "stack.id"))
        yield from self._settle(item, "CREATE")
        yield Keep({})
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the stack and wait for its end."""
        if not changed & {"template", "parameters", "timeout"}:
            return
        yield self._there(ORCHESTRATION.put(self._path(item), self._content | self._given))
        yield from self._settle(item, "UPDATE")

    def delete(self, item: str) -> Steps[None]:
        """Delete the stack and wait until it is gone."""
        yield self._there(ORCHESTRATION.delete(self._path(item)))
        shown = self._shown(item)
        yield shown.until_gone(
            "stack.stack_status",
            "DELETE_COMPLETE",
            failing=("DELETE_FAILED",),
            why="stack.stack_status_reason",
        )

    def suspend(self, item: str) -> Steps[None]:
        """Suspend the stack."""
        yield from self._act(item, "SUSPEND")

    def resume(self, item: str) -> Steps[None]:
        """Resume the stack."""
        yield from self._act(item, "RESUME")

    def check(self, item: str) -> Steps[None]:
        """Check the stack."""
        yield from self._act(item, "CHECK")

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return the name and the outputs."""
        reply = yield self._there(ORCHESTRATION.get(self._path(item)))
        stack: Mapping[str, Any] = reply.get("stack") or {}
        outputs = {
            str(output["output_key"]): output.get("output_value")
            for output in stack.get("outputs") or ()
        }
        found: dict[str, Json] = {"stack_name": stack.get("stack_name"), "outputs": outputs}
        found["show"] = dict(stack)
        return {name: found.get(name) for name in names}

    @property
    def region(self) -> str:
        """The region of the stack; nothing for where its owner is."""
        context: Any = self.context
        return (context.region_name if isinstance(context, Context) else context) or ""

    @property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {"template": self.template, "parameters": self.parameters}
        return content if self.timeout is None else content | {"timeout_mins": self.timeout}

    @property
    def _given(self) -> dict[str, Any]:
        """What it has of the stack that it stands in."""
        here = self.__here__
        known: dict[str, Any] | None = here.data.get("given")
        return known or {"files": dict(here.files), "environment": dict(here.environment)}

    def _there(self, call: Call) -> Call:
        return replace(call, region=self.region)

    def _path(self, item: str) -> str:
        return f"/stacks/{self.physical_name}/{item}"

    def _shown(self, item: str) -> Call:
        return self._there(ORCHESTRATION.get(self._path(item), {"resolve_outputs": "false"}))

    def _act(self, item: str, action: str) -> Steps[None]:
        path = f"{self._path(item)}/actions"
        yield self._there(ORCHESTRATION.post(path, {action.lower(): None}, repeatable=True))
        yield from self._settle(item, action)

    def _settle(self, item: str, action: str) -> Steps[None]:
        yield self._shown(item).until(
            "stack.stack_status",
            f"{action}_COMPLETE",
            failing=(f"{action}_FAILED",),
            why="stack.stack_status_reason",
        )


def _other_clouds(name: str) -> Problem:
    return Problem(
        f"Not supported: {name}",
        ("context", name),
        "a stack elsewhere is reached with the stack's own credentials, in its own cloud",
        "leave it out; name a region of the same cloud in region_name",
        code="H703",
    )

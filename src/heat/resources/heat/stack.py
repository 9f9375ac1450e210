"""OS::Heat::Stack."""

from collections.abc import Mapping
from typing import Any

from heat.base.json import Json
from heat.plugin.fields import Struct, attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Resource
from heat.plugin.steps import Search, Service, Steps, pick

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

    def create(self) -> Steps[str | None]:
        """Create the stack and wait for its end."""
        name = self.physical_name
        body = {"stack_name": name, "disable_rollback": True, **self._content}
        search = Search(
            ORCHESTRATION.get("/stacks", {"name": name}), "stacks", "stack", {"stack_name": name}
        )
        reply = yield ORCHESTRATION.post("/stacks", body, makes="stack.id", search=search)
        item = str(pick(reply, "stack.id"))
        yield from self._settle(item, "CREATE")
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the stack and wait for its end."""
        if not changed & {"template", "parameters", "timeout"}:
            return
        yield ORCHESTRATION.put(self._path(item), self._content)
        yield from self._settle(item, "UPDATE")

    def delete(self, item: str) -> Steps[None]:
        """Delete the stack and wait until it is gone."""
        yield ORCHESTRATION.delete(self._path(item))
        shown = ORCHESTRATION.get(self._path(item), {"resolve_outputs": "false"})
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
        reply = yield ORCHESTRATION.get(self._path(item))
        stack: Mapping[str, Any] = reply.get("stack") or {}
        outputs = {
            str(output["output_key"]): output.get("output_value")
            for output in stack.get("outputs") or ()
        }
        found: dict[str, Json] = {"stack_name": stack.get("stack_name"), "outputs": outputs}
        found["show"] = dict(stack)
        return {name: found.get(name) for name in names}

    @property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {"template": self.template, "parameters": self.parameters}
        return content if self.timeout is None else content | {"timeout_mins": self.timeout}

    def _path(self, item: str) -> str:
        return f"/stacks/{self.physical_name}/{item}"

    def _act(self, item: str, action: str) -> Steps[None]:
        yield ORCHESTRATION.post(
            f"{self._path(item)}/actions", {action.lower(): None}, repeatable=True
        )
        yield from self._settle(item, action)

    def _settle(self, item: str, action: str) -> Steps[None]:
        shown = ORCHESTRATION.get(self._path(item), {"resolve_outputs": "false"})
        yield shown.until(
            "stack.stack_status",
            f"{action}_COMPLETE",
            failing=(f"{action}_FAILED",),
            why="stack.stack_status_reason",
        )

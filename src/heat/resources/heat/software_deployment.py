"""OS::Heat::SoftwareDeployment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from heat.base.json import Json
from heat.base.problems import Problem
from heat.plugin.box import box_of, dismantle, empty
from heat.plugin.checks import Check, one_of
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Resource, failed
from heat.plugin.signal import FAILURE, SUCCESS, Signal
from heat.plugin.steps import COMPUTE, Draw, Forget, Hear, Record, Steps, pick
from heat.resources.heat import derived_config as derived
from heat.resources.heat.config_parts import CONFIG, DEPLOYMENT, known
from heat.resources.heat.transports import AT_HAND, answer_of, arrange, unsupported

ALL = ("CREATE", "UPDATE", "DELETE", "SUSPEND", "RESUME")
TRANSPORTS = one_of("CFN_SIGNAL", "TEMP_URL_SIGNAL", "HEAT_SIGNAL", "NO_SIGNAL", "ZAQAR_SIGNAL")
USUAL = ["CREATE", "UPDATE"]
ACTIONS = Check(
    lambda given: next((said for one in given if (said := one_of(*ALL)(one))), None),
    one_of(*ALL).schema,
)
EVER = 10 * 365 * 24 * 3600
"""Seconds that a server may take, for the time of the stack's action ends before."""
_WHERE = "Where to send outputs"
_BY = {
    "auth_url": "Where to get a token",
    "username": "As whom, by name",
    "user_id": "As whom",
    "password": "With which password",
    "project_id": "For which project",
    "domain_id": "In which domain that user and project are",
    "region_name": "In which region",
}
"""What says of a server's user how it gets a token."""


class Deployment(Resource):
    """What both types of deployments are."""

    tells_anything = True
    tries_again = False
    hears_always = True

    config: str | None = mutable("Id of the software config that is done.")
    server: str = fixed("Id of the server on which it is done.")
    input_values: dict[str, Any] | None = mutable("Values of the config's inputs, by name.")
    actions: list[str] = mutable(
        "Actions of the stack at which it is done.", default=USUAL, check=ACTIONS
    )
    name: str | None = mutable("Name of the config that the server gets; made up if left out.")
    signal_transport: str = fixed(
        "How the server says that it is done.", default="CFN_SIGNAL", check=TRANSPORTS
    )

    deploy_stdout = attribute("What the tool in the server wrote.")
    deploy_stderr = attribute("What it wrote of errors.")
    deploy_status_code = attribute("The code with which it ended.")

    def problems(self) -> Iterator[Problem]:
        """Want a transport that there is."""
        yield from unsupported(self.signal_transport, AT_HAND)

    def create(self) -> Steps[str | None]:
        """Do it on the server, and wait until it is done."""
        item = self.__here__.resource_id
        here = yield from arrange(self.__here__, item, self.signal_transport)
        yield from self.at(here).perform(item, "CREATE")
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Do it again."""
        yield from self.perform(item, "UPDATE")

    def outgrown(self, item: str) -> Steps[str]:
        """Say which input has another value of which the config says that this replaces it."""
        project = self.__here__.project
        last = yield from known(DEPLOYMENT, item, project)
        done = yield from known(CONFIG, str(last.get("config")), project)
        before = derived.values(done.get("inputs") or ())
        config = yield from self._config()
        for one in derived.filled(config, self.input_values or {}):
            name = one["name"]
            if one.get("replace_on_change") and before.get(name, one["value"]) != one["value"]:
                return f"its input {name} has another value"
        return ""

    def suspend(self, item: str) -> Steps[None]:
        """Do what is to be done before the stack rests."""
        yield from self.perform(item, "SUSPEND")

    def resume(self, item: str) -> Steps[None]:
        """Do what is to be done when the stack works again."""
        yield from self.perform(item, "RESUME")

    def delete(self, item: str) -> Steps[None]:
        """Do what is to be done at the end, if the server is still there; then forget it."""
        if "DELETE" in self.actions or (yield from self._is_component()):
            live = yield COMPUTE.get(f"/servers/{self.server}", missing_ok=True)
            if pick(live, "server.id") is not None:
                yield from self.perform(item, "DELETE")
        here = self.__here__
        last = yield from known(DEPLOYMENT, item, here.project)
        yield Record(DEPLOYMENT, item, here.project, None)
        if last.get("config"):
            yield Record(CONFIG, str(last["config"]), here.project, None)
        yield from dismantle(here)

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return what the server gave back."""
        found = yield from known(DEPLOYMENT, item, self.__here__.project)
        outputs: Mapping[str, Json] = found.get("output_values") or {}
        shown = {name: outputs.get(name) for name in names}
        return shown | ({"show": dict(found)} if "show" in names else {})

    def receive(self, body: Mapping[str, Any] | None, heard: Sequence[Signal]) -> Signal:
        """Take what a server says at the end; what it says after that is left aside."""
        if self.signal_transport == "NO_SIGNAL" or heard:
            raise ValueError("the deployment waits for nothing")
        said = dict(body or {})
        bad = derived.failed(said)
        code = said.get(derived.STATUS_CODE)
        return Signal(
            id="end",
            status=FAILURE if bad else SUCCESS,
            data=said,
            told=f"deployment failed ({code})" if bad else "deployment succeeded",
        )

    def heard(self, signals: Sequence[Signal]) -> Mapping[str, Json]:
        """Add nothing to the metadata."""
        return {}

    def made_of(self, config: derived.Config, inputs: Sequence[derived.Value]) -> Steps[Json]:
        """Return the content of the config that the server gets."""
        yield from ()
        content: Json = config["config"]
        return content

    def perform(self, item: str, action: str) -> Steps[None]:
        """Let the server have its config, and wait for its word, where the action is covered."""
        here = self.__here__
        config = yield from self._config()
        if not derived.covers(config, action, self.actions):
            return
        last = yield from known(DEPLOYMENT, item, here.project)
        drawn = yield Draw(16)
        key = str(UUID(hex=drawn["hex"]))
        inputs = list(derived.filled(config, self.input_values or {}))
        inputs += self._facts(action)
        content = yield from self.made_of(config, inputs)
        waits = self.signal_transport != "NO_SIGNAL"
        yield from empty(box_of(here.data))
        yield Forget()
        yield Record(
            CONFIG,
            key,
            here.project,
            {
                "name": self.name or self.physical_name,
                "group": config["group"],
                "config": content,
                "inputs": inputs,
                "outputs": config["outputs"],
                "options": config["options"],
            },
        )
        wanted: dict[str, Any] = {
            "server": self.server,
            "config": key,
            "action": action,
            "status": "IN_PROGRESS" if waits else "COMPLETE",
            "reason": "Deploy data available" if waits else "Not waiting for outputs signal",
            "input_values": self.input_values or {},
        }
        yield Record(DEPLOYMENT, item, here.project, wanted)
        if last.get("config"):
            yield Record(CONFIG, str(last["config"]), here.project, None)
        if waits:
            yield from self._end(item, config, wanted)

    def _end(self, item: str, config: derived.Config, wanted: dict[str, Any]) -> Steps[None]:
        """Wait for the server's word, and write down what it comes to."""
        reply = yield Hear(count=1, seconds=EVER)
        said = pick(reply, "signals.0.data") or {}
        ending = derived.ending(config, said)
        outcome = {
            "status": "FAILED" if ending.failure else "COMPLETE",
            "reason": ending.failure or "Outputs received",
            "output_values": ending.outputs,
        }
        yield Record(DEPLOYMENT, item, self.__here__.project, {**wanted, **outcome})
        if ending.failure:
            yield from failed(f"Deployment to server failed: {ending.failure}", "Error")

    def _config(self) -> Steps[derived.Config]:
        if self.config is None:
            return derived.NOTHING
        found = yield from known(CONFIG, self.config, self.__here__.project)
        if not found:
            yield from failed(f"Software config with id {self.config} not found", "NotFound")
        return found

    def _is_component(self) -> Steps[bool]:
        """Tell whether the config says for itself that there is something to do at the end."""
        if self.config is None:
            return False
        found = yield from known(CONFIG, self.config, self.__here__.project)
        return bool(found) and derived.covers(found, "DELETE", ())

    def _facts(self, action: str) -> list[derived.Value]:
        """Return what the server is told besides: what this is about, and whom to answer."""
        here, told = self.__here__, derived.told
        facts = [
            told("deploy_server_id", self.server, "The server's id"),
            told("deploy_action", action, "The action of the stack"),
            told("deploy_stack_id", f"{here.stack}/{here.stack_id}", "The stack"),
            told("deploy_resource_name", here.resource, "The deployment in the stack"),
            told("deploy_signal_transport", self.signal_transport, "How to answer"),
        ]
        answer = answer_of(here.data)
        match self.signal_transport:
            case "CFN_SIGNAL" | "TEMP_URL_SIGNAL":
                verb = "POST" if self.signal_transport == "CFN_SIGNAL" else "PUT"
                facts.append(told("deploy_signal_id", answer.get("alarm_url"), _WHERE))
                facts.append(told("deploy_signal_verb", verb, "How to send them"))
            case "HEAT_SIGNAL":
                facts += [
                    told(f"deploy_{name}", answer.get(name), says) for name, says in _BY.items()
                ]
                facts.append(told("deploy_signal_id", answer.get("alarm_url"), _WHERE))
            case _:
                pass
        return facts


@resource(
    "OS::Heat::SoftwareDeployment",
    service="orchestration",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class SoftwareDeployment(Deployment):
    """Does a software config on a server, and waits until the server says that it is done."""

"""Speaks with the service: requests in, decoded answers or Refused out."""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from heat.cli.failures import Misnamed, Refused
from heat.cli.http import PATIENCE, Answer, Http
from heat.cli.identity import Login, log_in
from heat.cli.settings import read_settings

Query = Mapping[str, Any]

_CURES = {
    "ActionInProgress": "to see it end: heat stack watch STACK",
    "StackExists": "choose another name, or change that one: heat stack update STACK -t FILE",
}
_WAYS_ON = {
    "when it is SUSPEND_COMPLETE": "let it go on first: heat stack resume STACK",
    "when stack is CREATE_IN_PROGRESS": "to give up a creation: heat stack delete STACK",
    "Cancelling update when stack is": "only a change that is under way can be cancelled; "
    "how it stands: heat stack show STACK",
}
"""What to do instead of what a stack's state forbids."""
_LISTS = {
    "/software_configs/": "heat software-config list tells what there is",
    "/software_deployments/": "heat software-deployment list tells what there is",
    "/resource_types/": "heat resource-type list tells what there is",
    "/events/": "heat stack event list STACK -c resource_name -c id tells what there is",
}
"""What to do where something is not there, by a part of its address."""


@dataclass(frozen=True)
class StackReference:
    """A stack's name and id, as its canonical address has them."""

    name: str
    id: str

    @property
    def path(self) -> str:
        """Return the address below the project."""
        return f"/stacks/{quote(self.name, safe='')}/{quote(self.id, safe='')}"


class Client:
    """One user's view of the service; a login that ran out is renewed once a request."""

    def __init__(self, login: Callable[[], Login], http: Http) -> None:
        self._log_in, self._http = login, http
        self._login: Login | None = None
        self.date = ""
        """When the last answer was given, by the service's clock, as HTTP writes it."""

    def get(self, path: str, query: Query | None = None) -> Any:
        """Read."""
        return self.send("GET", path, query=query)

    def send(self, method: str, path: str, body: Any = None, query: Query | None = None) -> Any:
        """Send a request; raises Refused with the service's words."""
        answer = self._exchange(method, path, body, query)
        if answer.status >= 300:
            raise _refused(answer, path, body)
        return answer.json()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def find(self, name: str) -> StackReference:
        """Look a stack up by its name or id."""
        answer = self._exchange("GET", f"/stacks/{quote(name, safe='')}")
        if answer.status in (301, 302, 307, 308):
            # The host of the address is the one the service knows itself by; ours worked.
            path = urlsplit(answer.headers.get("location", "")).path
            words = path.partition("/stacks/")[2].strip("/").split("/")
            if len(words) == 2:
                return StackReference(unquote(words[0]), unquote(words[1]))
        if answer.status == 404:
            raise Refused(404, _refused(answer).message, cure=self._near(name))
        if answer.status >= 300:
            raise _refused(answer)
        stack = answer.json()["stack"]
        return StackReference(stack["stack_name"], stack["id"])

    def _near(self, name: str) -> str:
        """Tell which stack may have been meant."""
        from heat.base.problems import did_you_mean

        answer = self._exchange("GET", "/stacks")
        known = answer.json()["stacks"] if answer.status == 200 else []
        meant = did_you_mean(name, (stack["stack_name"] for stack in known))
        return meant or "heat stack list tells what there is"

    def _exchange(
        self, method: str, path: str, body: Any = None, query: Query | None = None
    ) -> Answer:
        answer = self._send(method, path, body, query)
        if answer.status == 401:
            self._login = None
            answer = self._send(method, path, body, query)
        return answer

    def _send(self, method: str, path: str, body: Any, query: Query | None) -> Answer:
        if self._login is None:
            self._login = self._log_in()
        if path.endswith("/") or "//" in path:
            raise Misnamed("a name is empty", "see whether the variable that holds it is set")
        url = self._login.endpoint + path
        if query:
            url += "?" + urlencode({k: v for k, v in query.items() if v is not None}, doseq=True)
        headers = {"X-Auth-Token": self._login.token, "Accept": "application/json"}
        text = None
        if body is not None:
            text = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        answer = self._http.request(method, url, headers, text)
        self.date = answer.headers.get("date", "")
        return answer


def connect(
    environ: Mapping[str, str],
    cloud: str | None = None,
    heat_url: str | None = None,
    *,
    patience: float = PATIENCE,
) -> Client:
    """Return a client for the cloud that the settings name; nothing is sent yet."""
    settings = read_settings(environ, cloud, heat_url)
    http = Http(settings.cacert, settings.verify, settings.certificate, patience)
    return Client(lambda: log_in(settings, http), http)


def _refused(answer: Answer, path: str = "", body: Any = None) -> Refused:
    said = answer.json()
    error = said.get("error") if isinstance(said, dict) else None
    if not isinstance(error, dict):
        error = {}
    explained = said.get("explanation") if isinstance(said, dict) else None
    words = error.get("message") or explained
    if answer.status == 401:
        words = words or "the service refused the token"
    kind = str(error.get("type"))
    cure = _CURES.get(kind, "")
    if kind == "NotSupported":
        cure = next((way for state, way in _WAYS_ON.items() if state in str(words)), cure)
    if answer.status == 404 and " did you mean " in str(words):
        words, _, close = str(words).partition(" did you mean ")
        cure = f"did you mean {close}"
    elif answer.status == 404:
        cure = next((way for part, way in _LISTS.items() if part in path), cure)
    cure = cure.replace("STACK", shlex.quote(_stack_of(path, body)))
    return Refused(answer.status, words or f"the service answered {answer.status}", error, cure)


def _stack_of(path: str, body: Any) -> str:
    """Return the name of the stack that a request is about, or what stands for it."""
    words = path.split("/")
    if len(words) > 3 and words[1] == "stacks":
        return unquote(words[2])
    named = body.get("stack_name") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return str(named or "STACK")  # pyright: ignore[reportUnknownArgumentType]

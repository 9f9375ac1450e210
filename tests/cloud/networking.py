"""Who asks neutron in tests, and how what it refuses is read."""

from typing import Any

NOBODY = "00000000-0000-0000-0000-000000000001"


class Net:
    """Asks neutron, and removes what it made."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self._made: list[str] = []

    def ask(self, method: str, path: str, body: Any = None, **rest: Any) -> Any:
        more = {} if body is None else {"json": body}
        return self.cloud.request(method, "network", f"/v2.0/{path}", **more, **rest)

    def post(self, kind: str, user: str | None = None, **fields: Any) -> Any:
        """Try to make an object."""
        plural = kind.replace("_", "-") + "s"
        reply = self.ask("POST", plural, {kind: fields}, user=user)
        if reply.status_code == 201:
            self._made.append(f"{plural}/{reply.json()[kind]['id']}")
        return reply

    def make(self, kind: str, user: str | None = None, **fields: Any) -> Any:
        """Make an object and return it."""
        reply = self.post(kind, user, **fields)
        assert reply.status_code == 201, reply.text
        return reply.json()[kind]

    def put(self, kind: str, row_id: str, user: str | None = None, **fields: Any) -> Any:
        return self.ask("PUT", f"{kind.replace('_', '-')}s/{row_id}", {kind: fields}, user=user)

    def show(self, kind: str, row_id: str, user: str | None = None) -> Any:
        reply = self.ask("GET", f"{kind.replace('_', '-')}s/{row_id}", user=user)
        return reply.json()[kind] if reply.status_code == 200 else None

    def drop(self, path: str) -> Any:
        return self.ask("DELETE", path)

    def clean(self) -> None:
        for path in reversed(self._made):
            self.ask("DELETE", path, user="admin")


def refusal(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["NeutronError"]["type"]


def message(reply: Any) -> str:
    return str(reply.json()["NeutronError"]["message"])

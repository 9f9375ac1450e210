"""OS::Nova::KeyPair."""

from heat.base.errors import Permanent
from heat.base.json import Body, Json
from heat.plugin.checks import length, one_of
from heat.plugin.fields import attribute, fixed
from heat.plugin.registry import resource
from heat.plugin.resource import failed
from heat.plugin.rest import Rest, RestResource
from heat.plugin.steps import Keep, Reply, Search, Steps, pick
from heat.resources.nova.common import A_USER, COMPUTE


@resource("OS::Nova::KeyPair", service="compute")
class KeyPair(RestResource):
    """A key to log in to servers with: given, or made by Nova."""

    rest = Rest(COMPUTE, "/os-keypairs", "keypair")
    replacement = "delete-first"  # its name is its id

    name: str = fixed("Name of the key pair.", check=length(1, 255))
    save_private_key: bool = fixed(
        "Whether to keep the private key that Nova makes.", default=False, sent=False
    )
    public_key: str | None = fixed("Public key; one is made when it is left out.", shown=True)
    type: str | None = fixed("Kind of key.", check=one_of("ssh", "x509"))
    user: str | None = fixed("User who is to have it.", find=A_USER, wire="user_id")

    private_key = attribute("Private key, where it was kept.", cached=False)

    def create(self) -> Steps[str | None]:
        """Make the key pair, and keep its private key where that is asked for.

        Whether a pair of this name is there is seen first: so one that is there when the
        request is refused is known to be ours, from a request whose answer was lost.
        """
        there = yield COMPUTE.get(self._path, self._owner, missing_ok=True)
        if "keypair" in there:
            yield from failed(f"Key pair '{self.name}' already exists.", "Conflict")
        made = yield from self._make()
        if self.save_private_key and self.public_key is None:
            if "private_key" not in made:  # lost with the answer: make another
                yield COMPUTE.delete(self._path, query=self._owner)
                made = yield from self._make()
            yield Keep({"private_key": made.get("private_key")})
        return self.name

    def read(self, item: str) -> Steps[Reply]:
        """Fetch the live key pair."""
        return self.rest.unwrap((yield COMPUTE.get(self._path, self._owner)))

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Show the private key from what was kept."""
        found: dict[str, Json] = {}
        if names - {"private_key"}:
            found = yield from super().reveal(item, names)
        if "private_key" in names:
            found["private_key"] = self.__here__.data.get("private_key") or ""
        return found

    def delete(self, item: str) -> Steps[None]:
        """Delete the key pair."""
        yield COMPUTE.delete(self._path, query=self._owner)

    def _make(self) -> Steps[Reply]:
        body: Body = self.body(self.__properties__)
        listed = COMPUTE.get(self.rest.path, self._owner)
        call = COMPUTE.post(
            self.rest.path,
            self.rest.wrap(body),
            makes="keypair.name",
            repeatable=True,
            search=Search(listed, "keypairs", "", {"keypair.name": self.name}, since=True),
        )
        try:
            reply = yield call
        except Permanent as refusal:
            if refusal.status != 409:
                raise
            reply = yield COMPUTE.get(self._path, self._owner)
        return dict(pick(reply, "keypair") or {})

    @property
    def _path(self) -> str:
        return self.rest.item(self.name)

    @property
    def _owner(self) -> dict[str, str]:
        return {"user_id": self.user} if self.user is not None else {}

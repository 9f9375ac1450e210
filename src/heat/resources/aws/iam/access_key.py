"""AWS::IAM::AccessKey."""

from heat.base.json import Json
from heat.plugin.checks import one_of
from heat.plugin.fields import attribute, fixed
from heat.plugin.private import SECRET
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless, failed
from heat.plugin.steps import GiveKey, Keep, Steps, TakeKey


@resource("AWS::IAM::AccessKey", support={"status": "SUPPORTED"})
class AccessKey(Stateless):
    """A pair of keys with which a user of the stack signs requests."""

    Serial: int | None = fixed("Has no effect.")
    UserName: str = fixed("Name of the user.", shown=attribute("", cached=False))
    Status: str | None = fixed("Has no effect.", check=one_of("Active", "Inactive"))

    SecretAccessKey = attribute("The secret of the two keys.", cached=False)

    def create(self) -> Steps[str | None]:
        """Give the user keys."""
        reply = yield GiveKey(self.UserName)
        if not reply:
            yield from failed(
                f"There is no user {self.UserName} of this stack: name an AWS::IAM::User, and see "
                "that users of stacks have a domain",
                "NotFound",
            )
        yield Keep({SECRET: reply["secret"]}, str(reply["access"]))
        return str(reply["access"])

    def delete(self, item: str) -> Steps[None]:
        """Take the keys away."""
        yield TakeKey(item)

    def shown(self) -> dict[str, Json]:
        """Show the secret, and whose it is."""
        return {"SecretAccessKey": self.__here__.data.get(SECRET), "UserName": self.UserName}

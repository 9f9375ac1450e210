"""AWS::IAM::User."""

from collections.abc import Sequence
from typing import Any

from heat.plugin.fields import Struct, fixed
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.steps import Steps
from heat.plugin.users import enrol, expel, let_in, shut_out, user_of


class Login(Struct):
    """What the user signs in with."""

    Password: str | None = fixed("The password; made up when it is left out.")


@resource("AWS::IAM::User", support={"status": "SUPPORTED"})
class User(Stateless):
    """A user who may read the metadata of the resources that its policies name."""

    Path: str | None = fixed("Has no effect.")
    Groups: list[Any] | None = fixed("Has no effect.")
    LoginProfile: Login | None = fixed("What the user signs in with.")
    Policies: list[Any] | None = fixed("Access policies of the stack, by name.")

    reference = "name"

    def admitted_by(self) -> Sequence[str]:
        """Return the names of the policies."""
        return [str(policy) for policy in self.Policies or ()]

    def create(self) -> Steps[str | None]:
        """Make the user."""
        password = self.LoginProfile.Password if self.LoginProfile else None
        here = yield from enrol(self.__here__, None, password=password or "")
        return str(user_of(here.data).get("user_id") or self.physical_name)

    def delete(self, item: str) -> Steps[None]:
        """Remove the user."""
        yield from expel(self.__here__)

    def suspend(self, item: str) -> Steps[None]:
        """Let the user in no more."""
        yield from shut_out(self.__here__)

    def resume(self, item: str) -> Steps[None]:
        """Let the user in again."""
        yield from let_in(self.__here__)

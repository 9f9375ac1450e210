"""Users of stacks, against the local cloud: found again by their names, never made twice."""

from contextlib import suppress

import pytest

from devcloud.assembly import build
from devcloud.kernel.web import Request
from heat.base.errors import Permanent, Temporary
from heat.cloud.client import Client
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings, StackDomain
from heat.cloud.stack_users import Passes, StackUsers
from heat.testing.cloud import Answer, DispatchAdapter

AUTH = "http://devcloud/identity/v3"


class Place:
    def __init__(self, **settings):
        self.cloud = build()
        password = self.cloud.settings.password
        domain = StackDomain(domain_name="heat", admin="heat_domain_admin", password=password)
        known = CloudSettings(AUTH, stack_domain=domain, **settings)
        self.users = StackUsers(Client(Sessions(known, DispatchAdapter(self._dispatch))))

    def _dispatch(self, method, url, headers, body):
        reply = self.cloud.dispatch(Request.of(method, url, headers=headers, raw=body))
        return Answer(reply.status, reply.headers, reply.raw or b"", reply.delay, reply.lost)

    def rows(self, kind):
        return self.cloud.store.table(f"identity.{kind}").all()

    def lose(self, path):
        """Carry the next POST to a path out, and lose the answer."""
        rule = {"service": "identity", "method": "POST", "path": path, "nth": 1}
        self.cloud.faults.add(rule | {"action": "lose_reply"})


def enrolled(place, name="u", password="one", **more):
    project = place.users.project("p", "")
    passes = Passes(password=password, access="a" + password, secret="s")
    return place.users.enrol(project, name, passes, token=True, **more)


@pytest.mark.parametrize("path", ["/v3/projects$", "/v3/users$", "/v3/credentials$"])
def test_what_was_made_without_an_answer_is_found_again(path):
    place = Place()
    before = len(place.rows("user"))
    place.lose(path)
    with suppress(Temporary):
        enrolled(place)
    enrolled(place)
    assert len(place.rows("user")) == before + 1
    assert [row["name"] for row in place.rows("project")].count("p") == 1


def test_a_user_that_is_there_has_another_password():
    place = Place()
    first, second = enrolled(place), enrolled(place, password="two")
    assert first["user_id"] == second["user_id"]
    sessions = place.users._client.sessions
    assert sessions.sign_in(first["user_id"], "two", first["project"])
    with pytest.raises(Permanent):
        sessions.sign_in(first["user_id"], "one", first["project"])


def test_a_user_of_another_stack_is_not_taken_over():
    place = Place()
    enrolled(place)
    other = place.users.project("q", "")
    with pytest.raises(Permanent, match="for another stack"):
        place.users.enrol(other, "u", Passes(password="x"), token=False)
    assert not place.users.give_key("u", other, "b", "s")


def test_a_role_that_is_not_there_is_named():
    place = Place(stack_user_role="nobody")
    with pytest.raises(Permanent, match="heat_stack_user_role"):
        enrolled(place)


def test_what_is_gone_is_fine():
    place = Place()
    user = enrolled(place)
    for _ in range(2):
        place.users.change("u", user["user_id"], enabled=False)
        place.users.change("u", "", enabled=None)
        place.users.take_key("aone", user["project"])
        place.users.drop_project("p")
    assert [row["name"] for row in place.rows("project")].count("p") == 0

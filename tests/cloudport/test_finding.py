"""From names to ids, over a plain function."""

import pytest

from heat.base.errors import Permanent, Temporary
from heat.cloud.finding import find
from heat.plugin.steps import Finder

NETWORK = Finder("network", "/v2.0/networks", "network")
IMAGE = Finder("image", "/v2/images", "image", bare=True, label="Image")
SERVER = Finder("compute", "/servers", "server")
KEY = Finder("compute", "/os-keypairs", "keypair", by_name_only=True, label="Key pair")
FLAVOR = Finder("compute", "/flavors", "flavor", lists="/flavors/detail", name_filter=False)
GROUP = Finder("network", "/v2.0/security-groups", "security_group", query={"shared": "1"})


class Listing:
    """Answers item and list requests from given objects."""

    def __init__(self, finder, *items, item_status=404, page=1000):
        self.finder, self.items, self.calls = finder, items, []
        self.item_status, self.page = item_status, page

    def __call__(self, call):
        self.calls.append(call)
        if call.path in (self.finder.path, self.finder.lists):
            start = (
                [item["id"] for item in self.items].index(call.query["marker"]) + 1
                if "marker" in call.query
                else 0
            )
            return {self.finder.plural: list(self.items[start : start + self.page])}
        key = call.path.rsplit("/", 1)[1]
        for item in self.items:
            if item["id"] == key:
                return item if self.finder.bare else {self.finder.key: item}
        raise Permanent("no", status=self.item_status)


@pytest.mark.parametrize("finder", [NETWORK, IMAGE, SERVER, FLAVOR, GROUP])
@pytest.mark.parametrize("status", [404, 400, 403])
def test_by_id_and_by_name(finder, status):
    cloud = Listing(finder, {"id": "1", "name": "a"}, {"id": "2", "name": "b"}, item_status=status)
    assert find(cloud, finder, "2") == "2"
    assert len(cloud.calls) == 1
    assert find(cloud, finder, "b") == "2"


def test_an_id_goes_before_a_name():
    cloud = Listing(NETWORK, {"id": "1", "name": "2"}, {"id": "2", "name": "1"})
    assert find(cloud, NETWORK, "1") == "1"


@pytest.mark.parametrize(
    ("finder", "shown"),
    [(IMAGE, "Image"), (GROUP, "Security Group"), (KEY, "Key pair"), (FLAVOR, "Flavor")],
)
def test_what_is_not_there(finder, shown):
    with pytest.raises(Permanent) as told:
        find(Listing(finder, {"id": "1", "name": "xy"}), finder, "x")
    assert told.value.message == f"The {shown} (x) could not be found."
    assert (told.value.kind, told.value.status) == ("EntityNotFound", 404)


def test_two_of_a_name_are_listed():
    cloud = Listing(NETWORK, {"id": "2", "name": "a"}, {"id": "1", "name": "a"})
    with pytest.raises(Permanent, match="1, 2") as told:
        find(cloud, NETWORK, "a")
    assert told.value.kind == "PhysicalResourceNameAmbiguity"


def test_filters_and_patterns():
    groups = Listing(GROUP, {"id": "1", "name": "a"})
    find(groups, GROUP, "a")
    assert groups.calls[-1].query == {"shared": "1", "name": "a"}
    servers = Listing(SERVER, {"id": "1", "name": "a.b"})
    find(servers, SERVER, "a.b")
    assert servers.calls[-1].query == {"name": r"^a\.b$"}


def test_lists_without_a_filter_are_read_to_the_end():
    flavors = [{"id": str(number), "name": f"f{number}"} for number in range(2500)]
    cloud = Listing(FLAVOR, *flavors)
    assert find(cloud, FLAVOR, "f2400") == "2400"
    assert len(cloud.calls) == 4


def test_names_are_quoted_and_never_become_paths():
    cloud = Listing(NETWORK, {"id": "1", "name": "a b"}, {"id": "3", "name": "x/y"})
    assert find(cloud, NETWORK, "a b") == "1"
    assert cloud.calls[0].path == "/v2.0/networks/a%20b"
    assert find(cloud, NETWORK, "x/y") == "3"


def test_a_key_pair_is_its_own_id():
    cloud = Listing(KEY, {"id": "mine", "name": "mine"})
    assert find(cloud, KEY, "mine") == "mine"


def test_who_may_not_look_is_told_so():
    def refuse(call):
        raise Permanent(f"not {call.path}", status=403)

    with pytest.raises(Permanent, match=r"not /v2\.0/networks/x"):
        find(refuse, NETWORK, "x")


def test_outages_pass_through():
    def fail(call):
        raise Temporary("down", status=503)

    with pytest.raises(Temporary):
        find(fail, NETWORK, "x")


def test_what_a_service_only_lists_is_its_own_id():
    finder = Finder("network", "/v2.0/x", "x", by_name_only=True, lists="/v2.0/x")
    cloud = Listing(finder, {"name": "haproxy"}, {"name": "octavia"})
    assert find(cloud, finder, "octavia") == "octavia"
    assert [call.path for call in cloud.calls] == ["/v2.0/x"]
    with pytest.raises(Permanent, match="The X \\(f5\\) could not be found"):
        find(cloud, finder, "f5")


def test_a_secret_is_called_by_its_address():
    finder = Finder("key-manager", "/v1/secrets", "secret", by_name_only=True, bare=True)
    cloud = Listing(finder, {"id": "1"})
    address = "http://keys.example.org/v1/secrets/1"
    assert find(cloud, finder, address) == address
    assert [call.path for call in cloud.calls] == ["/v1/secrets/1"]
    with pytest.raises(Permanent, match="could not be found"):
        find(cloud, finder, "http://keys.example.org/v1/secrets/2")


def test_an_id_may_have_another_name():
    finder = Finder("baremetal", "/v1/nodes", "node", bare=True, id_field="uuid")
    cloud = Listing(finder, {"id": "n1", "uuid": "u1", "name": "rack"})
    assert find(cloud, finder, "n1") == "u1"
    assert find(cloud, finder, "rack") == "u1"

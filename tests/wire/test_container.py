"""Files of a request that lie in the object storage of a whole cloud."""

from urllib.request import Request, urlopen

import pytest

from .conftest import Dev
from .test_roles import ask, login

BELOW = "{heat_template_version: 2018-08-31, resources: {a: {type: 'OS::Heat::None'}}}"
OUTER = "{heat_template_version: 2018-08-31, resources: {b: {type: nested/below.yaml}}}"


@pytest.mark.slow
def test_files_come_from_the_users_container(dev: Dev) -> None:
    token, project = login(dev, "demo", "demo")
    auth = f"{dev.variables['OS_AUTH_URL']}/auth/catalog"
    catalog = ask("GET", auth, token=token)[2]["catalog"]
    account = next(
        endpoint["url"]
        for service in catalog
        if service["type"] == "object-store"
        for endpoint in service["endpoints"]
        if endpoint["interface"] == "public"
    )
    for name, text in (("", ""), ("/nested/below.yaml", BELOW)):
        headers = {"X-Auth-Token": token, "Content-Type": "text/plain"}
        sent = Request(f"{account}/mine{name}", text.encode(), headers, method="PUT")
        with urlopen(sent, timeout=60) as reply:
            assert reply.status == 201
    heat = dev.variables["HEAT_URL"].split("/v1")[0]
    stacks = f"{heat}/v1/{project}/stacks"
    body = {"stack_name": "contained", "template": OUTER, "files_container": "mine"}
    code, _, made = ask("POST", stacks, body, token)
    assert code == 201, made
    address = made["stack"]["links"][0]["href"]
    assert ask("GET", f"{address}/files", token=token)[2] == {"nested/below.yaml": BELOW}
    other, theirs = login(dev, "alt_demo", "alt_demo")
    code, _, told = ask("POST", f"{heat}/v1/{theirs}/stacks", body, other)
    assert (code, told["error"]["type"]) == (404, "NotFound")
    assert ask("DELETE", address, token=token)[0] == 204

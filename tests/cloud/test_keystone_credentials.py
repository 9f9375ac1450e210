"""What orchestration needs of the identity service: application credentials and EC2 pairs."""

import json
from datetime import UTC, datetime

import pytest
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from keystoneclient.contrib.ec2.utils import Ec2Signer

from .identity import issue


def test_an_application_credential_stands_for_its_user_in_one_project(cloud, demo_id):
    name = cloud.unique("credential")
    path = f"/users/{demo_id}/application_credentials"
    body = {"application_credential": {"name": name, "roles": [{"name": "heat_stack_owner"}]}}
    made = cloud.post("identity", path, json=body).json()["application_credential"]
    try:
        auth = v3.ApplicationCredential(
            auth_url=cloud.auth_url,
            application_credential_id=made["id"],
            application_credential_secret=made["secret"],
        )
        session = Session(auth=auth)
        assert session.get_project_id() == cloud.project_id
        assert auth.get_access(session).role_names == ["heat_stack_owner"]
        second = {"application_credential": {"name": cloud.unique()}}
        with pytest.raises(exceptions.Forbidden):
            session.post(cloud.auth_url + path, json=second)
        session.session.close()
        assert cloud.post("identity", path, json=body).status_code == 409
        shown = cloud.get("identity", f"{path}/{made['id']}").json()["application_credential"]
        assert "secret" not in shown
        identity = {
            "methods": ["application_credential"],
            "application_credential": {"id": made["id"], "secret": "wrong"},
        }
        assert issue(cloud, {"auth": {"identity": identity}}).status_code == 401
        identity["application_credential"] = {
            "name": name,
            "user": {"name": "demo", "domain": {"id": "default"}},
            "secret": made["secret"],
        }
        assert issue(cloud, {"auth": {"identity": identity}}).status_code == 201
    finally:
        assert cloud.delete("identity", f"{path}/{made['id']}").status_code == 204
    assert issue(cloud, {"auth": {"identity": identity}}).status_code == 401


def test_an_application_credential_gets_no_more_than_its_user_has(cloud, demo_id):
    path = f"/users/{demo_id}/application_credentials"
    body = {"application_credential": {"name": cloud.unique(), "roles": [{"name": "admin"}]}}

    assert cloud.post("identity", path, json=body).status_code == 400


@pytest.fixture
def pair(cloud, demo_id):
    """An EC2 key pair of demo."""
    path = f"/users/{demo_id}/credentials/OS-EC2"
    body = {"tenant_id": cloud.project_id}
    made = cloud.post("identity", path, json=body).json()["credential"]
    yield made
    cloud.delete("identity", f"{path}/{made['access']}")


def signed(pair, version, host="heat.example:8000"):
    now = datetime.now(UTC)
    params = {"Action": "DescribeStackResource", "StackName": "a b/c", "AWSAccessKeyId": "x"}
    given = {"access": pair["access"], "host": host, "verb": "GET", "path": "/v1/"}
    if version == 2:
        params |= {
            "SignatureVersion": "2",
            "SignatureMethod": "HmacSHA256",
            "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        given |= {"params": params}
    else:
        date = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{date[:8]}/RegionOne/cloudformation/aws4_request"
        given |= {
            "params": params,
            "body_hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "headers": {
                "X-Amz-Date": date,
                "Host": host,
                "Authorization": f"AWS4-HMAC-SHA256 Credential={pair['access']}/{scope}, "
                "SignedHeaders=host;x-amz-date, Signature=unused",
            },
        }
    return given | {"signature": Ec2Signer(pair["secret"]).generate(given)}


@pytest.mark.parametrize("version", [2, 4])
def test_a_signed_request_is_worth_a_token(cloud, pair, version):
    body = {"ec2Credentials": signed(pair, version)}

    reply = cloud.post("identity", "/ec2tokens", json=body, admin=True)

    assert reply.status_code == 200, reply.text
    token = reply.json()["token"]
    assert token["methods"] == ["ec2credential"]
    assert token["user"]["name"] == "demo"
    assert token["project"]["id"] == cloud.project_id
    assert reply.headers["X-Subject-Token"]


@pytest.mark.parametrize("version", [2, 4])
def test_a_request_signed_with_another_secret_is_refused(cloud, pair, version):
    body = {"ec2Credentials": signed(pair | {"secret": "another"}, version)}

    assert cloud.post("identity", "/ec2tokens", json=body, admin=True).status_code == 401


def test_only_services_may_exchange_signatures(cloud, pair):
    body = {"ec2Credentials": signed(pair, 2)}

    assert cloud.post("identity", "/ec2tokens", json=body).status_code == 403
    unknown = {"ec2Credentials": signed(pair | {"access": "nope"}, 2)}
    assert cloud.post("identity", "/ec2tokens", json=unknown, admin=True).status_code == 404


def test_ec2_pairs_are_credentials_too(cloud, demo_id, pair):
    listed = cloud.get("identity", f"/credentials?type=ec2&user_id={demo_id}").json()
    blobs = [json.loads(c["blob"]) for c in listed["credentials"]]
    assert pair["access"] in [blob["access"] for blob in blobs]
    blob = json.dumps({"access": cloud.unique("access"), "secret": "s"})
    body = {"type": "ec2", "user_id": demo_id, "project_id": cloud.project_id, "blob": blob}
    made = cloud.post("identity", "/credentials", json={"credential": body})
    assert made.status_code == 201
    path = f"/credentials/{made.json()['credential']['id']}"
    pairs = cloud.get("identity", f"/users/{demo_id}/credentials/OS-EC2").json()["credentials"]
    assert json.loads(blob)["access"] in [one["access"] for one in pairs]
    assert cloud.delete("identity", path).status_code == 204
    assert cloud.get("identity", path).status_code == 403
    broken = {"credential": body | {"blob": "zz"}}
    assert cloud.post("identity", "/credentials", json=broken).status_code == 400

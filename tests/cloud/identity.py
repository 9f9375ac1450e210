"""What tests of the identity service ask it for."""

import requests


def role_id(cloud, name):
    reply = cloud.get("identity", f"/roles?name={name}", admin=True)
    return reply.json()["roles"][0]["id"]


def password(user, secret, scope=None, **by):
    identity = {"methods": ["password"], "password": {"user": {**by, "password": secret}}}
    if user is not None:
        identity["password"]["user"]["id"] = user
    return {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}


def issue(cloud, body):
    return requests.post(f"{cloud.auth_url}/auth/tokens", json=body, timeout=60)


def as_heat(cloud, trust_id):
    body = password(
        None,
        cloud.password,
        {"OS-TRUST:trust": {"id": trust_id}},
        name="heat",
        domain={"id": "default"},
    )
    return issue(cloud, body)

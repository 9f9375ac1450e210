"""The ways in to a local cloud, written down: clouds.yaml, variables, EC2 keys."""

from typing import Any

import requests
import yaml

PEOPLE = {"heat-dev": "demo", "heat-dev-admin": "admin"}
TIMEOUT = 30
"""Seconds."""


def clouds(auth_url: str, password: str) -> str:
    """Return a clouds.yaml with an entry for a user and one for the administrator."""
    entries = {
        name: {
            "auth": {
                "auth_url": auth_url,
                "username": user,
                "password": password,
                "project_name": user,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": "RegionOne",
            "identity_api_version": 3,
        }
        for name, user in PEOPLE.items()
    }
    return yaml.safe_dump({"clouds": entries}, sort_keys=True)


def environment(auth_url: str, password: str) -> dict[str, str]:
    """Return the variables that clients of OpenStack and of AWS read, for the user demo."""
    access, secret = ec2_keys(auth_url, "demo", password)
    return {
        "OS_AUTH_URL": auth_url,
        "OS_USERNAME": "demo",
        "OS_PASSWORD": password,
        "OS_PROJECT_NAME": "demo",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": "RegionOne",
        "OS_IDENTITY_API_VERSION": "3",
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "RegionOne",
    }


def ec2_keys(auth_url: str, user: str, password: str) -> tuple[str, str]:
    """Return the EC2 keys of a user; they are made the first time."""
    default = {"name": "Default"}
    proof = {"name": user, "domain": default, "password": password}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": proof}},
            "scope": {"project": {"name": user, "domain": default}},
        }
    }
    reply = requests.post(f"{auth_url}/auth/tokens", json=body, timeout=TIMEOUT)
    reply.raise_for_status()
    token: dict[str, Any] = reply.json()["token"]
    headers = {"X-Auth-Token": reply.headers["X-Subject-Token"]}
    url = f"{auth_url}/users/{token['user']['id']}/credentials/OS-EC2"
    listed = requests.get(url, headers=headers, timeout=TIMEOUT)
    listed.raise_for_status()
    found: list[dict[str, Any]] = listed.json()["credentials"]
    if not found:
        project = {"tenant_id": token["project"]["id"]}
        made = requests.post(url, json=project, headers=headers, timeout=TIMEOUT)
        made.raise_for_status()
        found = [made.json()["credential"]]
    return str(found[0]["access"]), str(found[0]["secret"])


def answers(url: str) -> None:
    """See that a service answers."""
    requests.get(url, timeout=TIMEOUT).raise_for_status()

"""The cloud over HTTP: what a connection sees, and what outlives the process."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from devcloud.kernel.web import Request


def token(url, user="demo", project=None):
    proof = {"name": user, "domain": {"id": "default"}, "password": "devcloud"}
    scope = {"project": {"name": project or user, "domain": {"id": "default"}}}
    identity = {"methods": ["password"], "password": {"user": proof}}
    body = {"auth": {"identity": identity, "scope": scope}}
    reply = requests.post(f"{url}/identity/v3/auth/tokens", json=body, timeout=10)
    assert reply.status_code == 201, reply.text
    return reply.headers["X-Subject-Token"]


def test_connections_are_kept_alive(running):
    with requests.Session() as session:
        first = session.get(f"{running.url}/_devcloud/health", timeout=10)
        again = session.get(f"{running.url}/_devcloud/health", timeout=10)

    assert first.json()["status"] == again.json()["status"] == "ok"
    assert "Connection" not in first.headers


def test_a_lost_reply_closes_the_connection(running, cloud):
    headers = {"X-Auth-Token": token(running.url)}
    cloud.faults.add({"action": "lose_reply", "service": "image", "method": "POST"})
    images = f"{running.url}/image/v2/images"

    with pytest.raises(requests.ConnectionError):
        requests.post(images, json={"name": "mine"}, headers=headers, timeout=10)

    listed = requests.get(f"{images}?name=mine", headers=headers, timeout=10).json()["images"]
    assert len(listed) == 1


def test_a_hanging_request_runs_into_the_client_s_timeout_and_holds_up_nobody(running, cloud):
    cloud.faults.add({"action": "hang", "seconds": 60, "service": "identity", "method": "GET"})

    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{running.url}/identity/v3", timeout=0.2)

    assert requests.get(f"{running.url}/_devcloud/health", timeout=10).status_code == 200


def test_many_at_once(running, cloud):
    headers = {"X-Auth-Token": token(running.url)}
    images = f"{running.url}/image/v2/images"

    def create(number):
        reply = requests.post(images, json={"name": f"n{number}"}, headers=headers, timeout=30)
        return reply.status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(40))) == {201}
    names = {row["name"] for row in cloud.store.table("image.image").all()}
    assert {f"n{number}" for number in range(40)} <= names


def test_faults_latency_requests_and_state_have_their_paths(running):
    root = f"{running.url}/_devcloud"
    rule = {"action": "error", "service": "identity", "path": "/regions", "status": 503}

    made = requests.post(f"{root}/faults", json=rule, timeout=10)
    assert made.status_code == 201
    headers = {"X-Auth-Token": token(running.url)}
    regions = f"{running.url}/identity/v3/regions"
    assert requests.get(regions, headers=headers, timeout=10).status_code == 503
    listed = requests.get(f"{root}/faults", timeout=10).json()["faults"]
    assert (listed[0]["matched"], listed[0]["struck"]) == (1, 1)
    gone = f"{root}/faults/{made.json()['id']}"
    assert requests.delete(gone, timeout=10).status_code == 204
    assert requests.delete(gone, timeout=10).status_code == 404
    assert requests.get(regions, headers=headers, timeout=10).status_code == 200
    bad = requests.post(f"{root}/faults", json={"action": "explode"}, timeout=10)
    assert bad.status_code == 400
    assert "Known actions: refuse, error" in bad.json()["error"]["message"]
    counted = requests.get(f"{root}/requests", timeout=10).json()["requests"]
    assert counted["identity"]["GET /v3/regions"] == 2
    assert requests.delete(f"{root}/requests", timeout=10).status_code == 204
    assert requests.get(f"{root}/requests", timeout=10).json() == {"requests": {}}
    latency = requests.put(f"{root}/latency", json={"server.create": 2}, timeout=10).json()
    assert latency == {"latency": {"server.create": 2.0}}
    objects = requests.get(f"{root}/state", timeout=10).json()["objects"]
    assert objects["identity.region"] == 1


def test_closing_gives_the_port_back(cloud, running):
    running.close()

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{running.url}/_devcloud/health", timeout=2)
    assert cloud.dispatch(Request.of("GET", "/_devcloud/health")).status == 200


@pytest.fixture
def devcloud(tmp_path):
    """Start the command on a state file; whatever still runs is ended."""
    started = []

    def start(*options):
        ready = tmp_path / "ready"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "devcloud.main", "up", "--port", "0", *options]
        command += ["--state", str(tmp_path / "state.sqlite"), "--ready-file", str(ready)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        started.append(process)
        deadline = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None, "devcloud ended"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return process, ready.read_text().strip()

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_what_was_answered_outlives_a_kill(devcloud):
    process, url = devcloud()
    headers = {"X-Auth-Token": token(url)}
    body = {"name": "mine", "disk_format": "raw", "container_format": "bare"}
    made = requests.post(f"{url}/image/v2/images", json=body, headers=headers, timeout=10).json()
    bytes_headers = headers | {"Content-Type": "application/octet-stream"}
    path = f"/image/v2/images/{made['id']}/file"
    requests.put(url + path, data=b"content", headers=bytes_headers, timeout=10)
    process.send_signal(signal.SIGKILL)
    process.wait()

    _, url = devcloud()

    assert requests.get(url + path, headers=headers, timeout=10).content == b"content"
    listed = requests.get(f"{url}/image/v2/images", headers=headers, timeout=10).json()["images"]
    assert [i["name"] for i in listed] == ["mine", "ubuntu-24.04", "fedora", "cirros"]


def test_the_command_starts_stops_and_talks_to_a_running_cloud(devcloud, tmp_path):
    clouds = tmp_path / "clouds.yaml"
    process, url = devcloud("--clouds-yaml", str(clouds), "--latency", "server.create=2")
    assert f"{url}/identity/v3" in clouds.read_text()

    def command(*words):
        line = [sys.executable, "-m", "devcloud.main", *words]
        environment = os.environ | {"DEVCLOUD_URL": url}
        return subprocess.run(
            line, env=environment, capture_output=True, text=True, check=False, timeout=30
        )

    rule = {"action": "error", "service": "identity", "path": "/v3$", "status": 503}
    assert command("faults", "add", json.dumps(rule)).returncode == 0
    assert requests.get(f"{url}/identity/v3", timeout=10).status_code == 503
    assert json.loads(command("faults").stdout)["faults"][0]["struck"] == 1
    assert command("faults", "clear").returncode == 0
    assert requests.get(f"{url}/identity/v3", timeout=10).status_code == 200
    counted = json.loads(command("requests", "--reset").stdout)["requests"]
    assert counted == {"identity": {"GET /v3": 2}}
    assert json.loads(command("latency").stdout) == {"latency": {"server.create": 2.0}}
    wrong = command("faults", "add", '{"action": "explode"}')
    assert wrong.returncode == 1
    assert "Known actions" in wrong.stderr
    process.terminate()
    assert process.wait(timeout=10) == 0
    nobody = command("requests")
    assert nobody.returncode == 1
    assert "No devcloud answers at" in nobody.stderr


@pytest.mark.slow
def test_the_openstack_command_line_works_unmodified(devcloud, tmp_path):
    clouds = tmp_path / "clouds.yaml"
    devcloud("--clouds-yaml", str(clouds))
    environment = os.environ | {
        "OS_CLIENT_CONFIG_FILE": str(clouds),
        "OS_CLOUD": "devcloud-admin",
    }

    def openstack(*words):
        line = [str(Path(sys.executable).with_name("openstack")), *words]
        done = subprocess.run(
            line, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    names = openstack("project", "list", "-f", "value", "-c", "Name").split()
    assert set(names) == {"admin", "demo", "alt_demo", "service"}
    content = tmp_path / "image"
    content.write_bytes(b"content")
    made = openstack(
        "image", "create", "mine", "--file", str(content), "--disk-format", "raw", "-f", "json"
    )
    assert json.loads(made)["name"] == "mine"
    assert "mine" in openstack("image", "list")

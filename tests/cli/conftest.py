import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

spec = importlib.util.spec_from_file_location("cli_service", Path(__file__).with_name("service.py"))
assert spec is not None
assert spec.loader is not None
made = importlib.util.module_from_spec(spec)
sys.modules["cli_service"] = made
spec.loader.exec_module(made)


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def service() -> Iterator[Any]:
    with made.served() as service:
        yield service


@pytest.fixture
def environ(service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the variables of a user, and stand in an empty folder."""
    for name in list(os.environ):
        if name.startswith("OS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    values = {
        "OS_AUTH_URL": service.url,
        "OS_USERNAME": "demo",
        "OS_PASSWORD": "secret",
        "OS_PROJECT_NAME": "demo",
        "HOME": str(tmp_path),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return values


@pytest.fixture
def heat(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command in this process."""
    from heat.cli.main import main

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def shell(environ: dict[str, str]) -> Callable[..., Ran]:
    """Run the command as a process of its own."""

    def run(*arguments: str) -> Ran:
        command = [
            sys.executable,
            "-c",
            "import sys; from heat.cli.main import main; sys.exit(main())",
        ]
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run

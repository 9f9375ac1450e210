"""`heat dev` ends when told to, goes on where it was, and is alone in its folder."""

import subprocess
from pathlib import Path

from .conftest import BIN, EXAMPLES, Dev, without_cloud


def test_a_folder_goes_on_where_it_was(tmp_path: Path) -> None:
    first = Dev(tmp_path)
    first.run("heat", "stack", "create", "kept", "-t", EXAMPLES / "wordpress.yaml", "--wait")
    second = subprocess.run(
        [BIN / "heat", "dev", "--state-dir", tmp_path / "state", "--port-base", "0"],
        capture_output=True,
        text=True,
        env=without_cloud(),
        check=False,
    )
    assert second.returncode == 1
    assert "--state-dir" in second.stderr
    assert first.end() == 0

    again = Dev(tmp_path)
    assert again.ask("heat", "stack", "show", "kept")["stack_status"] == "CREATE_COMPLETE"
    again.run("heat", "stack", "delete", "kept", "-y", "--wait")
    assert again.ask("heat", "stack", "list") == []
    assert again.end() == 0


def test_once_tells_by_its_exit_code_how_it_went(tmp_path: Path) -> None:
    good = EXAMPLES / "wordpress.yaml"
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("default: cirros", "default: no-such-image"))
    for template, code in ((good, 0), (bad, 1)):
        done = subprocess.run(
            [
                *(BIN / "heat", "dev", "--state-dir", tmp_path / "state", "--port-base", "0"),
                *("--run", template, "--once"),
            ],
            capture_output=True,
            text=True,
            env=without_cloud(),
            check=False,
        )
        assert done.returncode == code, done.stderr

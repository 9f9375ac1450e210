"""`heat dev` ends when told to, goes on where it was, and is alone in its folder."""

import subprocess
import sys
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


def test_a_template_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [BIN / "heat", "dev", "--state-dir", tmp_path / "state", "--run", tmp_path / "none.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "there is no template" in done.stderr
    assert not (tmp_path / "state").exists()


def test_a_word_is_said_at_once() -> None:
    """What takes long to import is not there yet when it is said."""
    script = "import sys, heat.main.dev; print(*(m for m in sys.modules if m in {'sqlalchemy'}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""

"""The commands on templates work with no service, no login and no network."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from heat.cli.main import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "wordpress.yaml"

DISK = """\
heat_template_version: 2021-04-16
description: A disk.
parameters:
  size: {type: number, description: Size in GB., constraints: [{range: {max: 10}}]}
resources:
  disk:
    type: OS::Cinder::Volume
    properties:
      size: {get_param: size}
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def heat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run the command in an empty folder, as somebody who has no cloud."""
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


def test_a_valid_template_is_said_to_be_so(heat):
    ran = heat("template", "validate", str(EXAMPLE))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{EXAMPLE} is valid\n"


def test_problems_are_shown_with_their_line_and_cure(heat):
    Path("t.yaml").write_text(DISK.replace("      size:", "      sise:"))
    ran = heat("template", "validate", "t.yaml")
    assert ran.code == 1
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert lines[0].startswith("t.yaml:9:7: ")
    assert lines[1:3] == ["  9 |       sise: {get_param: size}", "            ^"]
    assert lines[3] == "  cure: did you mean 'size'?"


def test_environments_and_parameters_count(heat):
    Path("t.yaml").write_text(DISK)
    Path("e.yaml").write_text("parameters:\n  size: 11\n")
    assert heat("template", "validate", "t.yaml").code == 0
    ran = heat("template", "validate", "t.yaml", "-e", "e.yaml")
    assert ran.code == 1
    assert ran.err.startswith("e.yaml:2:3: ")
    assert heat("template", "validate", "t.yaml", "-e", "e.yaml", "-P", "size=1").code == 0
    ran = heat("template", "validate", "t.yaml", "-P", "size=12")
    assert ran.err.startswith("the command line: ")


def test_files_are_found_beside_the_template_and_a_missing_one_is_a_problem(heat):
    text = "{get_file: disk.txt}"
    Path("sub").mkdir()
    Path("sub/t.yaml").write_text(
        "heat_template_version: 2021-04-16\n"
        f"resources:\n  v: {{type: OS::Heat::Value, properties: {{value: {text}}}}}\n"
    )
    ran = heat("template", "validate", "sub/t.yaml")
    assert ran.code == 1
    assert ran.err.startswith("sub/t.yaml:3:61: ")
    Path("sub/disk.txt").write_text("ten")
    assert heat("template", "validate", "sub/t.yaml").code == 0


def test_lint_fails_for_errors_and_with_strict_for_warnings(heat):
    Path("t.yaml").write_text(DISK + "      name: unused\nconditions:\n  c: {equals: [a, b]}\n")
    ran = heat("lint", "t.yaml")
    assert ran.code == 0
    assert "t.yaml:12:3: warning L102 Unused condition: " in ran.out
    assert ran.err == "2 warnings\n"
    assert heat("lint", "t.yaml", "--strict").code == 1
    assert heat("lint", "t.yaml", "--strict", "--ignore", "L1").code == 0
    Path("t.yaml").write_text(DISK.replace("{get_param: size}", "{get_param: sise}"))
    assert heat("lint", "t.yaml").code == 1
    assert heat("lint", "t.yaml", "--select", "L1", "-f", "json").code == 0


def test_lint_knows_its_codes(heat):
    Path("t.yaml").write_text(DISK)
    ran = heat("lint", "t.yaml", "--select", "L9")
    assert ran.code == 2
    assert "there is no code L9" in ran.err


def test_lint_as_json(heat):
    Path("t.yaml").write_text(DISK.replace(", description: Size in GB.", ""))
    ran = heat("lint", "t.yaml", "-f", "json")
    (row,) = json.loads(ran.out)
    assert (row["code"], row["rule"], row["severity"]) == ("L601", "undescribed-parameter", "info")
    assert (row["file"], row["line"], row["column"]) == ("t.yaml", 4, 3)


def test_lint_as_sarif(heat):
    Path("t.yaml").write_text(DISK.replace(", description: Size in GB.", ""))
    Path("bad one.yaml").write_text("a: b: c\n")
    ran = heat("lint", "t.yaml", "bad one.yaml", "-f", "sarif")
    assert ran.code == 1
    log = json.loads(ran.out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    first, second = run["results"]
    for result in (first, second):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert (first["ruleId"], first["level"]) == ("L601", "note")
    assert (second["ruleId"], second["level"]) == ("H101", "error")
    place = second["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "bad%20one.yaml"}
    assert place["region"]["startLine"] == 1


def test_lint_goes_on_with_the_other_files_when_one_can_not_be_read(heat):
    Path("t.yaml").write_text(DISK)
    ran = heat("lint", "nowhere.yaml", "t.yaml", "-f", "json")
    assert ran.code == 3
    assert [row["severity"] for row in json.loads(ran.out)] == ["error"]


def test_what_is_not_there_hides_no_other_problem(heat):
    Path("t.yaml").write_text(
        DISK.replace("      size:", "      sise:")
        + "  text: {type: OS::Heat::Value, properties: {value: {get_file: gone.txt}}}\n"
        + "  part: {type: gone.yaml, propertis: {}}\n"
        + "  other: {type: My::Type}\n"
    )
    known = ["t.yaml:9:7: Unknown Property", "t.yaml:10:64: A file", "t.yaml:11:16: A file"]
    known += ["t.yaml:11:27: Unknown resource key"]
    ran = heat("template", "validate", "t.yaml")
    assert ran.code == 1
    heads = [line for line in ran.err.splitlines() if line.startswith(("t.yaml", "gone"))]
    for head, start in zip(heads, [*known, "t.yaml:12:11: Unknown resource type"], strict=True):
        assert head.startswith(start)
    # What an environment says that is not there can't be judged: so the type may be one.
    for command in (("template", "validate"), ("lint",)):
        ran = heat(*command, "t.yaml", "-e", "gone.yaml")
        assert ran.code == 3
        said = ran.out + ran.err
        assert "gone.yaml: " in said
        assert "Unknown Property" in said
        assert "My::Type" not in said
    assert heat("template", "validate", "nowhere.yaml").code == 3


def test_validate_as_json(heat):
    Path("t.yaml").write_text(DISK)
    ran = heat("template", "validate", "t.yaml", "-P", "size=3", "-f", "json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err, told["valid"], told["problems"]) == (0, "", True, [])
    assert told["template"]["Description"] == "A disk."
    assert told["template"]["Parameters"]["size"]["MaxValue"] == 10
    Path("t.yaml").write_text(DISK.replace("      size:", "      sise:"))
    ran = heat("template", "validate", "t.yaml", "-f", "json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err, told["valid"]) == (1, "", False)
    (problem,) = told["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("H701", 9, 7)
    Path("t.yaml").write_text("a: [")
    told = json.loads(heat("template", "validate", "t.yaml", "-f", "json").out)
    assert told["template"] is None


def test_format_writes_only_what_it_may(heat):
    untidy = DISK.replace("      size: {", "          size: {")
    Path("t.yaml").write_text(untidy)
    ran = heat("template", "format", "--check", "t.yaml")
    assert (ran.code, ran.out) == (1, "t.yaml would change\n")
    ran = heat("template", "format", "--diff", "t.yaml")
    assert ran.code == 1
    assert "-          size: {get_param: size}\n+      size: {get_param: size}\n" in ran.out
    assert Path("t.yaml").read_text() == untidy
    assert heat("template", "format", "t.yaml").out == "t.yaml changed\n"
    assert Path("t.yaml").read_text() == DISK
    assert heat("template", "format", "t.yaml").out == ""
    assert heat("template", "format", "--check", "t.yaml").code == 0
    assert sorted(p.name for p in Path().iterdir()) == ["t.yaml"]


def test_format_leaves_alone_what_it_can_not_read(heat):
    Path("t.yaml").write_text("a: b: c\n")
    ran = heat("template", "format", "t.yaml")
    assert ran.code == 1
    assert ran.err.startswith("t.yaml:1:")
    assert Path("t.yaml").read_text() == "a: b: c\n"


def test_format_as_a_filter(heat, monkeypatch):
    given = TextIOWrapper(BytesIO(DISK.replace("      size: {", "        size: {").encode()))
    monkeypatch.setattr(sys, "stdin", given)
    assert heat("template", "format", "-").out == DISK


def test_versions_and_functions_need_no_service(heat):
    rows = json.loads(heat("template", "versions", "-f", "json").out)
    newest = {"version": "heat_template_version.2021-04-16", "type": "hot"}
    assert newest in [{key: row[key] for key in newest} for row in rows]
    for name in ("2021-04-16", "wallaby", "heat_template_version.wallaby"):
        rows = json.loads(heat("template", "functions", name, "-f", "json").out)
        assert "list_concat" in [row["functions"] for row in rows]
        assert "equals" not in [row["functions"] for row in rows]
    rows = json.loads(heat("template", "functions", name, "--with-conditions", "-f", "json").out)
    assert "equals" in [row["functions"] for row in rows]
    ran = heat("template", "functions", "2021")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no template version 2021" in ran.err


def test_the_schema_goes_to_a_file(heat):
    assert heat("template", "schema", "-o", "hot.json").code == 0
    text = Path("hot.json").read_text()
    assert heat("template", "schema").out == text
    assert json.loads(text)["$defs"]["OS::Nova::Server"]["required"] == ["flavor"]
    assert heat("template", "schema", "-o", "no/where.json").code == 1


def test_a_template_that_nests_itself_is_told_so(heat):
    Path("t.yaml").write_text("heat_template_version: 2021-04-16\nresources: {a: {type: t.yaml}}\n")
    ran = heat("template", "validate", "t.yaml")
    assert ran.code == 1
    assert "t.yaml:2:13: Templates are nested too deeply: Recursion depth exceeds 5." in ran.err

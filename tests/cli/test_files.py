import pytest
import yaml

from heat.cli.failures import Refused
from heat.cli.files import COMMAND_LINE, read_what_is_there


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text)

    return write


def read_sources(template, environments=()):
    sources, failure = read_what_is_there(template, environments)
    if failure is not None:
        raise failure
    return sources


def test_files_go_under_the_name_they_are_called_by(write):
    template = "a: {get_file: run.sh}\nb: {type: parts/db.yaml}\nc: {type: OS::Heat::None}\n"
    write("app/t.yaml", template)
    write("app/run.sh", "echo")
    write("app/parts/db.yaml", "x: {get_file: sql/init.sql}")
    write("app/parts/sql/init.sql", "create")
    sources = read_sources("app/t.yaml")
    assert sources.template == template
    assert sources.files == {
        "run.sh": "echo",
        "parts/db.yaml": "x: {get_file: sql/init.sql}",
        "sql/init.sql": "create",
    }


def test_two_files_of_one_name_are_kept_apart(write, tmp_path):
    write("t.yaml", "a: {get_file: run.sh}\nb: {type: parts/db.yaml}\n")
    write("run.sh", "outer")
    write("parts/db.yaml", "# first\nx: {get_file: run.sh}  # note\n")
    write("parts/run.sh", "inner")
    files = read_sources("t.yaml").files
    inner = (tmp_path / "parts/run.sh").as_uri()
    assert files["run.sh"] == "outer"
    assert files[inner] == "inner"
    assert files["parts/db.yaml"] == f'# first\nx: {{get_file: "{inner}"}}  # note\n'


def test_one_environment_goes_as_text_and_the_parameters_beside_it(write):
    write("t.yaml", "{}")
    write("env/e.yaml", "resource_registry: {My::Db: db.yaml, resources: {a: {X: y.yaml}}}")
    write("env/db.yaml", "db")
    write("env/y.yaml", "y")
    sources = read_sources("t.yaml", ["env/e.yaml"])
    assert sources.body({"a": "1"}) == {
        "template": "{}",
        "environment": "resource_registry: {My::Db: db.yaml, resources: {a: {X: y.yaml}}}",
        "parameters": {"a": "1"},
        "files": {"db.yaml": "db", "y.yaml": "y"},
    }
    assert sources.names["environment"] == "env/e.yaml"


def test_several_environments_are_merged_by_the_service_the_command_line_last(write):
    write("t.yaml", "{}")
    write("a.yaml", "parameters: {x: 1}")
    write("b.yaml", "parameters: {x: 2}")
    body = read_sources("t.yaml", ["a.yaml", "b.yaml"]).body({"x": "3"})
    assert body["environment_files"] == ["a.yaml", "b.yaml", COMMAND_LINE]
    assert yaml.safe_load(body["files"][COMMAND_LINE]) == {"parameters": {"x": "3"}}
    assert "parameters" not in body


def test_a_missing_file_is_shown_where_it_is_called(write):
    write("t.yaml", "resources:\n  a: {get_file: none.sh}\n")
    with pytest.raises(Refused) as caught:
        read_sources("t.yaml")
    [problem] = caught.value.problems
    assert (problem["file"], problem["line"], problem["column"]) == ("t.yaml", 2, 17)
    assert "none.sh can't be read: No such file" in problem["detail"]


def test_all_missing_files_are_told_at_once(write):
    write("t.yaml", "a: {get_file: none.sh}\nb: {type: part.yaml}\nc: {get_file: none.sh}\n")
    write("part.yaml", "x: {get_file: inner.sql}\n")
    with pytest.raises(Refused) as caught:
        read_sources("t.yaml", ["gone.yaml"])
    told = [(p["file"] or p["document"], p["line"]) for p in caught.value.problems]
    assert told == [("t.yaml", 1), ("part.yaml", 1), ("gone.yaml", None)]


def test_templates_that_call_each_other_end(write):
    write("t.yaml", "a: {type: u.yaml}")
    write("u.yaml", "a: {type: t.yaml}")
    sent = {"t.yaml": "a: {type: u.yaml}", "u.yaml": "a: {type: t.yaml}"}
    assert read_sources("t.yaml").files == sent


def test_what_is_no_text_goes_as_base64(write):
    write("t.yaml", "a: {get_file: pic}")
    write("pic", b"\xff\x00")
    assert read_sources("t.yaml").files == {"pic": "/wA="}


def test_a_template_that_can_not_be_parsed_is_the_services_to_judge(write):
    write("t.yaml", "a: [")
    assert read_sources("t.yaml").template == "a: ["


def test_an_address_of_a_file_is_read(write, tmp_path):
    write("a b.sh", "echo")
    url = (tmp_path / "a b.sh").as_uri()
    write("t.yaml", f"a: {{get_file: '{url}'}}")
    assert read_sources("t.yaml").files == {url: "echo"}

"""What a server is handed to run at its first boot."""

import json
from base64 import b64decode
from email import message_from_string

import pytest
import yaml

from heat.plugin.resource import Here
from heat.resources.nova.server.userdata import METADATA_FILE, user_data
from heat.testing.play import play

HERE = Here(resource_id="r1", metadata={"a": {"b": "ü"}})


def made(text, form="HEAT_CFNTOOLS", here=HERE):
    encoded = play(user_data(text, form, here), []).result
    return None if encoded is None else b64decode(encoded).decode()


def content(text):
    whole = message_from_string(text)
    return [
        (part.get_content_type(), part.get_payload(decode=True).decode())
        for part in whole.walk()
        if not part.is_multipart()
    ]


def test_raw_text_is_handed_out_as_it_is():
    assert made("héllo", "RAW") == "héllo"
    assert made("", "RAW") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("#!/bin/sh\necho ü", "text/x-shellscript"),
        ("#cloud-config\n{}", "text/cloud-config"),
        ("#include\nhttp://h/x", "text/x-include-url"),
        ("#cloud-boothook\n", "text/cloud-boothook"),
        ("anything", "text/plain"),
    ],
)
@pytest.mark.parametrize("form", ["HEAT_CFNTOOLS", "SOFTWARE_CONFIG"])
def test_text_is_one_part_of_the_kind_it_begins_with(text, kind, form):
    assert content(made(text, form))[0] == (kind, text)


def test_the_parts_of_a_multipart_are_taken_over():
    given = made("#!/bin/sh", here=Here(resource_id="other"))
    kinds = [kind for kind, _ in content(made(given))]
    assert kinds == ["text/x-shellscript", "text/cloud-config", "text/cloud-config"]


def test_metadata_is_written_where_the_tools_of_the_guest_look():
    kind, text = content(made(""))[-1]
    assert kind == "text/cloud-config"
    config = yaml.safe_load(text)
    (file,) = config["write_files"]
    assert file["path"] == METADATA_FILE
    assert file["permissions"] == "0600"
    assert json.loads(b64decode(file["content"])) == HERE.metadata


def test_without_metadata_no_file_is_written():
    _, text = content(made("", here=Here(resource_id="r")))[-1]
    assert "write_files" not in yaml.safe_load(text)


def test_the_same_again_after_a_crash():
    assert made("#!/bin/sh") == made("#!/bin/sh")


def test_an_id_that_is_no_software_config_is_text():
    text = "2b1f1c5e-7d6a-4a71-9d7c-0d8a5cb9c6ab"
    assert made(text, "RAW") == text

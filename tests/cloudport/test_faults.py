"""The cloud's own words, from each service's shape of an error."""

import json

import pytest
import requests

from heat.cloud.faults import words

PAGE = """<html>
 <head>
  <title>404 Not Found</title>
 </head>
 <body>
  <h1>404 Not Found</h1>
  No image found with ID &quot;x&quot;<br /><br />
 </body>
</html>"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"badRequest": {"code": 400, "message": "Invalid image."}}, "Invalid image."),
        ({"NeutronError": {"type": "T", "message": "No such net.", "detail": ""}}, "No such net."),
        ({"NeutronError": "It broke."}, "It broke."),
        ({"error": {"code": 403, "message": "Not you.", "title": "Forbidden"}}, "Not you."),
        ({"faultcode": "Client", "faultstring": "No pool."}, "No pool."),
        ({"code": 404, "type": "zone_not_found", "message": "No zone."}, "No zone."),
        ({"errors": [{"status": 409, "title": "C", "detail": "Taken."}]}, "Taken."),
        ({"title": "Bad", "description": "Bad queue."}, "Bad queue."),
        ({"message": {"name": "too long", "size": "zero"}}, "name: too long; size: zero"),
        (PAGE, 'No image found with ID "x"'),
        ("plain  words\n", "plain words"),
        ("", "Teapot"),
        ({}, "Teapot"),
        ([], "Teapot"),
        ("{broken", "Teapot"),
        ("<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>", "Teapot"),
    ],
)
def test_words(body, said):
    reply = requests.Response()
    reply.status_code, reply.reason = 418, "Teapot"
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html; charset=UTF-8" if isinstance(body, str) else "application/json"
    reply.headers["Content-Type"] = kind
    reply.encoding = "utf-8"
    reply._content = text.encode()
    assert words(reply) == said


def test_a_long_page_is_cut():
    reply = requests.Response()
    reply.status_code = 500
    reply._content = b"x" * 100_000
    assert len(words(reply)) == 2000

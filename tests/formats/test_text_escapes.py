import base64
import json
import random
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.formats.text_escapes import without_escapes
from tests.decoders.opening import opened

CLIP = b"fLaC\x00\x00\x00\x22" + random.Random(8).randbytes(5000)
BASE64 = base64.b64encode(CLIP).decode()
LINES = base64.encodebytes(CLIP).decode()
BODIES = {
    "form": urlencode({"name": "x", "audio": BASE64}),
    "form in small letters": urlencode({"audio": BASE64}).replace("%2B", "%2b").replace("%2F", "%2f"),
    "form of lines": urlencode({"audio": LINES}),
    "form of a data URI": urlencode({"audio": f"data:audio/flac;base64,{BASE64}"}),
    "form of JSON": urlencode({"json": json.dumps({"audio": BASE64})}),
    "form in a form": urlencode({"body": urlencode({"audio": BASE64})}),
    "escaped slashes": json.dumps({"audio": BASE64}).replace("/", "\\/"),
    "characters by number": json.dumps({"audio": BASE64}).replace("+", "\\u002B").replace("=", "\\u003d"),
    "JSON in JSON": json.dumps({"body": json.dumps({"audio": BASE64}).replace("/", "\\/")}),
    "quotes by number": json.dumps({"body": json.dumps({"audio": BASE64})}).replace('\\"', "\\u0022"),
    "lines in JSON in JSON": json.dumps({"body": json.dumps({"audio": LINES})}),
    "JSON a line": "\n".join(json.dumps({"at": at, "audio": BASE64}).replace("/", "\\/") for at in range(1)),
    "base64url": urlencode({"audio": base64.urlsafe_b64encode(CLIP).decode()}),
    "the path": "/share?d=" + quote(BASE64, safe=""),
}


@pytest.mark.parametrize("kind", BODIES)
def test_what_is_escaped_in_a_body_comes_out_once_byte_for_byte(kind):
    assert [child.content.bytes() for child in opened(BODIES[kind].encode()).children] == [CLIP]


@given(st.binary(max_size=300))
def test_any_bytes_grow_no_longer(text):
    assert len(without_escapes(text)) <= len(text)


def test_what_has_no_escapes_stays():
    assert without_escapes(BASE64.encode()) == BASE64.encode()
    assert without_escapes(b"50% of c:\\temp\\x\n") == b"50% of c:\\temp\\x\n"

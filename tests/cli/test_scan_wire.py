"""`scan` of a capture: a registered clip is named whichever way it crossed the wire."""

import base64
import json
from urllib.parse import urlencode

import pytest

from tests.channels import test_http2
from tests.cli.test_scan import SAMPLES, earwitness
from tests.wire.packets import CLIENT, exchange, pcap

CLIP = (SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav").read_bytes()
BASE64 = base64.b64encode(CLIP).decode()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    package = str(SAMPLES / "packages/TR-2041")
    code, _, _ = earwitness(folder, "register", package, "--programme", "translator", "--recipient", "r", "--json")
    assert code == 0
    return folder


def send(method, path, body, *fields):
    head = [f"{method} {path} HTTP/1.1", "Host: drop.example", *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


def patch(start, end):
    return send("PATCH", "/files/7", CLIP[start:end], f"Upload-Offset: {start}")


WAYS = [
    send("POST", "/form", urlencode({"user": "x", "audio": BASE64}).encode(),
         "Content-Type: application/x-www-form-urlencoded"),
    send("POST", "/json", json.dumps({"audio": f"data:audio/wav;base64,{BASE64}"}).replace("/", "\\/").encode(),
         "Content-Type: application/json"),
    send("POST", "/rows", "\n".join(json.dumps({"row": row, "audio": BASE64}) for row in range(2)).encode(),
         "Content-Type: application/x-ndjson"),
    CLIP,
    test_http2.upload(CLIP, path="/in/two.wav"),
    patch(0, 20_000),
    patch(20_000, len(CLIP)),
]  # fmt: skip


def test_a_registered_clip_is_named_in_forms_json_raw_streams_http_2_and_resumed_uploads(store, tmp_path):
    packets = [packet for port, said in enumerate(WAYS, 40_001) for packet in exchange(said, client=(CLIENT, port))]
    capture = tmp_path / "ways.pcap"
    capture.write_bytes(pcap(packets, link=101))
    code, lines, _ = earwitness(store, "scan", "--json", str(capture))
    assert code == 1
    heard = {}
    for line in lines:
        named = [match for match in line["matches"] if match["clip"] == "TR-2041-c01" and match["accepted"]]
        heard.setdefault((line["channel"], line["path"][1] if line["path"][1:] else ""), []).extend(named)
    assert {way for way, named in heard.items() if named} == {
        ("http", "form"),
        ("http", "json"),
        ("http", "rows"),
        ("tcp", "unnamed"),
        ("http2", "two.wav"),
        ("http", "7"),
    }

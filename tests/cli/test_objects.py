import hashlib
import json

import pytest
from click.testing import CliRunner

from forensics.cli.objects import objects, safe_name
from forensics.content import Content
from forensics.errors import CaptureError
from forensics.model import Direction, WireObject
from tests.wire.packets import CREATED, ethernet, exchange, pcap, upload

BODY = b"RIFF" + bytes(range(256)) * 30
FIELDS = [
    *("capture", "protocol", "direction", "name", "size", "sha256"),
    *("missing_bytes", "source", "destination", "time"),
]


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "up.pcap"
    path.write_bytes(pcap(map(ethernet, exchange(upload(BODY), CREATED))))
    return path


def run(*arguments):
    return CliRunner().invoke(objects, [str(each) for each in arguments])


def test_json_lines_have_exactly_the_promised_fields(capture):
    result = run(capture, "--json")
    assert result.exit_code == 0
    (record,) = map(json.loads, result.stdout.splitlines())
    assert list(record) == FIELDS
    assert record["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert record["source"] == "10.1.0.5:40000"
    assert record["time"].startswith("2023-11-14T22:13:20.")


def test_objects_are_written_under_safe_names(tmp_path):
    path = tmp_path / "hostile.pcap"
    path.write_bytes(pcap(map(ethernet, exchange(upload(BODY, "..%2f..%2fetc%2f%1b%5b31mx%00%e2%80%aey"), CREATED))))
    result = run(path, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    (written,) = (tmp_path / "out").iterdir()
    assert written.read_bytes() == BODY
    assert written.name == f"{hashlib.sha256(BODY).hexdigest()[:16]}-_[31mx__y"


@pytest.mark.parametrize("name", ["", "...", "/", "..", "a" * 5000 + ".wav", "\udcff", "CON:\n", ".hidden"])
def test_a_safe_name_is_one_short_plain_word(name):
    found = WireObject(
        protocol="http",
        direction=Direction.UP,
        name=name,
        content=Content.of(b"x"),
        missing=(),
        source="a:1",
        destination="b:2",
        uri="",
        time=0.0,
        flow="",
        position=0,
    )
    made = safe_name(found)
    assert made.isascii()
    assert made.isprintable()
    assert "/" not in made
    assert len(made) < 160
    assert not made.endswith("-")


def test_a_broken_capture_gives_what_was_readable_and_an_exit_code(capture):
    capture.write_bytes(capture.read_bytes()[:-20])
    result = run(capture, "--json")
    assert result.exit_code == CaptureError.exit_code
    assert json.loads(result.stdout)["size"] == len(BODY)
    assert "broken capture" in result.stderr


def test_what_is_no_capture_does_not_keep_the_others_from_being_read(capture, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("not a capture")
    result = run(other, capture, "--json")
    assert result.exit_code == CaptureError.exit_code
    assert len(result.stdout.splitlines()) == 1
    assert "notes.txt: not a capture file" in result.stderr


def test_only_what_went_one_way_is_listed_when_asked(tmp_path):
    capture = tmp_path / "both.pcap"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndown"
    capture.write_bytes(pcap(map(ethernet, exchange(upload(b"upward"), answer))))
    for direction in ("up", "down"):
        listed = CliRunner().invoke(objects, [str(capture), "--json", "--direction", direction])
        assert [json.loads(line)["direction"] for line in listed.output.splitlines()] == [direction]

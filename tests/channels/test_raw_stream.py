import bz2
import gzip
import io
import lzma
import random
import tarfile
import wave
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.base import Claim
from forensics.channels.raw_stream import RawStream, is_file, may_be_file
from forensics.model import WireObject
from tests.channels.script import CLIENT, CLOSE, SERVER, brief, everything, talk

NOISE = random.Random(6).randbytes(20_000)


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.wav", NOISE)
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("a.wav")
        member.size = len(NOISE)
        archive.addfile(member, io.BytesIO(NOISE))
    return out.getvalue()


def wav():
    out = io.BytesIO()
    with wave.open(out, "wb") as clip:
        clip.setparams((1, 2, 8000, 0, "NONE", ""))
        clip.writeframes(NOISE)
    return out.getvalue()


def mpeg():
    """Frames of 320 kbit/s at 32 kHz, the longest there are."""
    frame = b"\xff\xfb\xe8\x00"
    return (frame + bytes(1440 - len(frame))) * 3


FILES = {
    "wav": wav(),
    "zip": zipped(),
    "tar": tarred(),
    "mp3": mpeg(),
    "mp3 with tags": b"ID3\x04\0\0\0\0\x02\x01" + bytes(257) + mpeg(),
    "gzip": gzip.compress(NOISE),
    "bzip2": bz2.compress(NOISE),
    "xz": lzma.compress(NOISE),
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + NOISE,
    "rar": b"Rar!\x1a\x07\x01\x00" + NOISE,
    "zstd": b"\x28\xb5\x2f\xfd" + NOISE,
    "pdf": b"%PDF-1.7\n" + NOISE,
    "ogg": b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead" + NOISE,
    "flac": b"fLaC\0\0\0\x22" + NOISE,
    "amr": b"#!AMR\n\x3c" + NOISE,
    "silk": b"\x02#!SILK_V3" + NOISE,
    "caf": b"caff\0\1\0\0" + NOISE,
    "aiff": b"FORM\0\0\x40\0AIFFCOMM" + NOISE,
    "mp4": b"\0\0\0\x1cftypM4A \0\0\2\0" + NOISE,
    "matroska": b"\x1a\x45\xdf\xa3" + NOISE,
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_a_file_that_is_all_a_side_sends_is_an_object(kind, side):
    (found,) = talk([(side, FILES[kind]), (side, CLOSE)])
    assert brief(found) == ("down" if side else "up", "", FILES[kind])
    assert (found.protocol, found.uri) == ("tcp", "tcp://192.0.2.80:8080")


def test_what_the_other_side_says_is_ignored_unless_it_is_a_file_too():
    script = [(SERVER, b"ready\n"), (CLIENT, FILES["wav"]), (SERVER, b"done\n"), (SERVER, FILES["zip"])]
    assert [brief(found) for found in talk(script)] == [("up", "", FILES["wav"])]
    script = [(CLIENT, FILES["wav"]), (SERVER, FILES["zip"])]
    assert [brief(found) for found in talk(script)] == [("up", "", FILES["wav"]), ("down", "", FILES["zip"])]


def test_a_file_that_does_not_begin_the_stream_is_none():
    assert talk([(CLIENT, b"\0" + FILES["wav"])]) == []
    assert talk([(CLIENT, NOISE)]) == []


def test_a_hole_is_zeros_and_a_range():
    data = FILES["wav"]
    (found,) = talk([(CLIENT, data[:5000]), (CLIENT, 1000), (CLIENT, data[6000:])])
    assert found.content.bytes() == data[:5000] + bytes(1000) + data[6000:]
    assert found.missing_bytes == 1000


def test_other_protocols_go_first():
    script = [(CLIENT, b"PUT /a.wav HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(FILES["wav"]) + FILES["wav"])]
    assert [(found.protocol, found.name) for found in talk(script)] == [("http", "a.wav")]


@pytest.mark.parametrize("kind", FILES)
def test_a_beginning_is_waited_for_until_it_is_known(kind):
    for size in range(4096):
        if is_file(FILES[kind][:size]):
            return
        assert may_be_file(FILES[kind][:size])


@pytest.mark.parametrize(
    "said", [b"NZ\x8d\x08\x87N\5\0", b"HELO me\r\n", b"\xff\xfb\x01\xff\xfb\x03\xff\xfd", NOISE[:9]]
)
def test_what_begins_like_no_file_is_let_go_at_once(said):
    assert RawStream.claims((said, said)) is Claim.NO


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("kind", ["wav", "tar", "mp3", "amr"])
def test_cutting_the_bytes_differently_gives_the_same_objects(kind, step):
    def told(found):
        return found.content.bytes(), found.position, found.missing, found.direction, found.time

    script = [(CLIENT, FILES[kind]), (SERVER, FILES["zip"])]
    assert [told(each) for each in talk(script, step=step)] == [told(each) for each in talk(script)]


@settings(max_examples=200, deadline=None)
@given(
    head=st.sampled_from([*FILES.values(), b"#!AMR\n\x03", b"\xff\xfb", b""]),
    at=st.integers(0, 600),
    rest=st.binary(max_size=100),
    hole=st.integers(0, 3),
)
def test_any_bytes_give_an_object_or_nothing(head, at, rest, hole):
    script = [(CLIENT, head[:at] + rest), *([(CLIENT, hole)] if hole else []), (SERVER, rest)]
    for step in (0, 5):
        for found in everything(script, step=step):
            assert not isinstance(found, WireObject) or found.content.size > 0
    RawStream.claims((head[:at] + rest, rest))
    is_file(rest)

import ipaddress
import zlib
from dataclasses import replace

import pytest

from forensics.channels.observe import observation
from forensics.content import Content
from forensics.model import ByteRange, Direction, WireObject

UPLOAD = WireObject(
    protocol="http",
    direction=Direction.UP,
    name="clip.wav",
    content=Content.of(b"RIFF"),
    missing=(),
    source="10.1.0.5:40000",
    destination="192.0.2.80:80",
    uri="http://drop.example/in/clip.wav",
    time=5.0,
    flow="f",
    position=7,
)
LOCAL = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32"))


def seen(found, local=()):
    return observation(found, host="desk", sensor="network", capture="ring-1", local=local)


def test_an_upload_as_an_observation():
    made = seen(UPLOAD)
    assert (made.channel, made.name, made.destination) == ("http", "clip.wav", UPLOAD.uri)
    assert made.source == "http://10.1.0.5:40000"
    assert made.is_leaving
    assert made.subject.host == "desk"


@pytest.mark.parametrize(
    ("source", "destination", "direction", "local", "is_leaving"),
    [
        ("10.1.0.5:1", "192.0.2.1:80", Direction.UP, (), True),
        ("192.0.2.1:80", "10.1.0.5:1", Direction.DOWN, (), False),
        ("10.1.0.5:80", "192.0.2.1:5000", Direction.DOWN, LOCAL, True),
        ("192.0.2.1:5000", "10.1.0.5:80", Direction.UP, LOCAL, False),
        ("[2001:db8::5]:80", "[2001:4860::1]:5000", Direction.DOWN, LOCAL, True),
        ("10.1.0.5:1", "10.1.0.6:80", Direction.UP, LOCAL, True),
        ("192.0.2.9:1", "192.0.2.1:80", Direction.DOWN, LOCAL, False),
    ],
)
def test_what_leaves(source, destination, direction, local, is_leaving):
    found = replace(UPLOAD, source=source, destination=destination, direction=direction)
    assert seen(found, local).is_leaving is is_leaving


def test_the_key_names_the_act_and_nothing_else():
    assert seen(UPLOAD).key == seen(replace(UPLOAD, name="other", time=9.0)).key
    for changed in ({"position": 8}, {"flow": "g"}, {"content": Content.of(b"x")}):
        assert seen(replace(UPLOAD, **changed)).key != seen(UPLOAD).key


@pytest.mark.parametrize("bits", [15, -15])
def test_deflate_is_undone_because_it_has_no_magic(bits):
    packer = zlib.compressobj(wbits=bits)
    packed = packer.compress(b"text " * 1000) + packer.flush()
    found = replace(UPLOAD, content=Content.of(packed), encoding="deflate")
    assert seen(found).content.bytes() == b"text " * 1000
    torn = replace(found, missing=(ByteRange(start=0, end=1),))
    assert seen(torn).content is torn.content
    assert seen(replace(found, content=Content.of(b"nonsense"))).content.bytes() == b"nonsense"

"""Ways out: one name for every version of a protocol, wherever people name a channel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import forensics.channels
from forensics import ways
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.exchange import channel_kinds
from forensics.config import ROLES
from forensics.plugins import discover

NO_OBJECTS = {
    "dns", "dns-tcp", "ftp-data", "icmp", "iodine-raw", "irc", "nfs-datagrams", "quic", "rtsp", "socks", "tftp-data",
    "work",
}  # fmt: skip
"""Names that no way out goes by: channels whose objects go by another name, and the folder that is none."""


@pytest.mark.parametrize(
    ("channel", "names", "is_meant"),
    [
        ("http", ["http"], True),
        ("http2", ["http"], True),
        ("http3", ["smtp", "http"], True),
        ("http", ["http2"], False),
        ("http3", ["http2"], False),
        ("websocket", ["http"], False),
        ("smtp", [], False),
    ],
)
def test_a_name_means_every_version(channel: str, names: list[str], is_meant: bool) -> None:
    assert ways.is_among(channel, names) is is_meant


def test_every_way_out_has_words() -> None:
    hearing = discover(forensics.channels, DatagramChannel)  # type: ignore[type-abstract]
    source = "".join(path.read_text() for path in Path(forensics.channels.__file__).parent.glob("*.py"))
    drafted = re.findall(r'protocol="([^"]+)"', source)
    names = {*(kind.name for kind in channel_kinds()), *(kind.name for kind in hearing), *drafted, *ROLES}
    assert {name for name in names - NO_OBJECTS if ways.family(name) not in ways.WORDS} == set()
    assert ways.words("http3") == ways.words("http") == "by HTTP"
    assert ways.words("gopher") == "by gopher"

"""Public captures of QUIC: who was called is told, and no object is made up."""

from pathlib import Path

import pytest

from forensics.interception import objects_of
from forensics.model import Opaque

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")


@pytest.mark.parametrize(
    ("name", "called", "alpn"),
    [
        ("quic-frag-unordered", "mastodon.social", "h3"),
        ("quic-ietf-ja3", "msquic.net", "h3-29"),
        ("quic-initial-not-first", "scontent-ams4-1.xx.fbcdn.net", "h3"),
    ],
)
def test_the_server_that_was_called_is_told_and_no_object_made_up(name, called, alpn):
    (found,) = objects_of(CAPTURES / f"suricata-verify__tests__{name}__input.pcap")
    assert isinstance(found, Opaque)
    assert (found.protocol, found.name) == ("quic", called)
    assert (found.facts["version"], found.facts["alpn"]) == ("QUIC v1", alpn)
    assert found.destination.endswith(":443")
    assert found.up > 0 < found.down

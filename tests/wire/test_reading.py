"""Capture files in, objects out: every wrapping and every way to cut a capture gives the same."""

import gzip
import random
import struct
from itertools import pairwise
from pathlib import Path

import pytest

from forensics.channels.exchange import Exchange
from forensics.errors import CaptureError, InputError
from forensics.interception import objects_of
from forensics.model import Gap, WireObject
from forensics.wire.objects import Engine
from forensics.wire.reading import BROKEN_CAPTURE
from tests.wire import packets as make
from tests.wire.packets import CLIENT, CREATED, SERVER, ethernet, fragments, ip, pcap, pcapng, tcp, upload

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"
BODY = random.Random(9).randbytes(9000)
PACKETS = make.exchange(upload(BODY), CREATED)
FRAMES = [ethernet(packet) for packet in PACKETS]


def found_in(path):
    items = list(objects_of(path))
    return [item for item in items if isinstance(item, WireObject)], [item for item in items if isinstance(item, Gap)]


def written(tmp_path, content):
    path = tmp_path / "capture"
    path.write_bytes(content)
    return path


def snap(packet):
    """IPv6 with a hop-by-hop header, in SNAP over 802.11 in radiotap."""
    frame = b"\x08\x01" + bytes(22) + b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", 0x0800) + packet
    return b"\0\0\x08\0\0\0\0\0" + frame


def ppp(packet):
    return ethernet(packet)[:12] + struct.pack("!HBBHHH", 0x8864, 0x11, 0, 1, len(packet) + 2, 0x21) + packet


def erspan(packet):
    gre = struct.pack("!HHI", 0x1000, 0x88BE, 1) + bytes(8) + ethernet(packet)
    return ethernet(ip("198.51.100.1", "198.51.100.2", 47, gre))


def mpls(packet):
    return ethernet(packet)[:12] + struct.pack("!HII", 0x8847, 16 << 12 | 64, 17 << 12 | 1 << 8 | 64) + packet


FORMS = {
    "pcap": pcap(FRAMES),
    "big-endian": pcap(FRAMES, order=">"),
    "pcapng": pcapng(FRAMES),
    "pcapng-big-endian": pcapng(FRAMES, order=">"),
    "gzip": gzip.compress(pcap(FRAMES), mtime=0),
    "raw-ip": pcap(PACKETS, link=make.RAW_IP),
    "null": pcap([b"\x02\0\0\0" + packet for packet in PACKETS], link=0),
    "cooked": pcap(map(make.sll, PACKETS), link=make.SLL),
    "cooked-2": pcap([struct.pack("!H18x", 0x0800) + packet for packet in PACKETS], link=276),
    "vlans": pcap([ethernet(packet, vlans=(5, 6)) for packet in PACKETS]),
    "gre": pcap([ethernet(make.gre(packet)) for packet in PACKETS]),
    "vxlan": pcap([ethernet(make.vxlan(frame)) for frame in FRAMES]),
    "erspan": pcap(map(erspan, PACKETS)),
    "pppoe": pcap(map(ppp, PACKETS)),
    "mpls": pcap(map(mpls, PACKETS)),
    "802.11": pcap(map(snap, PACKETS), link=127),
    "ip-in-ip": pcap([ethernet(ip("198.51.100.1", "198.51.100.2", 4, packet)) for packet in PACKETS]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_wrapping_gives_the_same_object(form, tmp_path):
    (found, *others), gaps = found_in(written(tmp_path, FORMS[form]))
    assert not others
    assert not gaps
    assert (found.content.bytes(), found.source, found.destination) == (BODY, f"{CLIENT}:40000", f"{SERVER}:80")


def test_fragments_are_put_together_in_any_order(tmp_path):
    frames = []
    for packet in PACKETS:
        source, destination, payload = CLIENT, SERVER, packet[20:]
        if packet[12:16] != PACKETS[0][12:16]:
            source, destination = SERVER, CLIENT
        pieces = fragments(source, destination, 6, payload, at=512) if len(payload) > 600 else [packet]
        frames += [ethernet(piece) for piece in reversed(pieces)]
    (found,), gaps = found_in(written(tmp_path, pcap(frames)))
    assert found.content.bytes() == BODY
    assert not gaps


def test_a_fragment_that_never_comes_is_a_gap(tmp_path):
    first, _ = fragments(CLIENT, SERVER, 6, tcp(1, 2, 3, 16, b"x" * 3000), at=1600)
    found, (gap,) = found_in(written(tmp_path, pcap([ethernet(first)])))
    assert not found
    assert (gap.cause, gap.size) == ("fragments lost", 1600)


def test_a_snap_length_leaves_holes(tmp_path):
    (found,), gaps = found_in(written(tmp_path, pcap(FRAMES, snap=400)))
    assert found.missing_bytes > 0
    assert {gap.cause for gap in gaps} == {"lost packets"}


def test_what_is_not_read_is_told(tmp_path):
    wifi = b"\0\0\x08\0\0\0\0\0" + b"\x08\x41" + bytes(60)
    _, (gap,) = found_in(written(tmp_path, pcap([wifi] * 3, link=127)))
    assert (gap.cause, gap.size, gap.unit) == ("not read", 3, "packets")
    _, (gap,) = found_in(written(tmp_path, pcap([b"usb" * 30], link=220)))
    assert "220" in gap.detail


@pytest.mark.parametrize("form", ["pcap", "pcapng", "gzip"])
def test_a_capture_cut_short_gives_what_was_read_and_a_gap(form, tmp_path):
    found, gaps = found_in(written(tmp_path, FORMS[form][:-30]))
    assert found
    assert gaps[0].cause == BROKEN_CAPTURE


@pytest.mark.parametrize("content", [b"", b"not a capture", b"\x1f\x8b\x08nonsense", gzip.compress(b"text", mtime=0)])
def test_what_is_no_capture_is_a_capture_error(content, tmp_path):
    with pytest.raises(CaptureError):
        found_in(written(tmp_path, content))


def test_a_path_without_a_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError):
        found_in(tmp_path / "absent.pcap")


def parts_of(capture, random):
    """A classic capture cut into several, between packets."""
    order = "<" if capture[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at, starts = 24, []
    while at + 16 <= len(capture):
        starts.append(at)
        at += 16 + struct.unpack_from(order + "I", capture, at + 8)[0]
    cuts = [24, *sorted(random.sample(starts, min(len(starts), 4))), len(capture)]
    return [capture[:24] + capture[begin:end] for begin, end in pairwise(cuts)]


def everything(found):
    names = [name for name in WireObject.__dataclass_fields__ if name != "content"]
    return [(each.content.sha256, *(getattr(each, name) for name in names)) for each in found]


def test_a_ring_of_files_gives_what_one_file_gives(tmp_path):
    if not CAPTURES.is_dir():
        pytest.skip("the shared captures are not here")
    rng = random.Random(5)
    for path in sorted(CAPTURES.glob("*.pcap")):
        capture = path.read_bytes()
        if capture[:4] not in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1"):
            continue
        whole, _ = found_in(path)
        engine, ring = Engine(Exchange()), []
        for number, part in enumerate(parts_of(capture, rng)):
            (tmp_path / f"{number}").write_bytes(part)
            ring += engine.read(tmp_path / f"{number}")
        ring += engine.finish()
        assert everything(each for each in ring if isinstance(each, WireObject)) == everything(whole), path.name


def test_fragments_inside_a_tunnel_are_put_together_up_to_the_end():
    exchange = Exchange()
    engine, desk = Engine(exchange), exchange._desk
    for packet in PACKETS:
        ends = (CLIENT, SERVER) if packet[12:16] == PACKETS[0][12:16] else (SERVER, CLIENT)
        is_long = len(packet) > 600
        for piece in fragments(*ends, 6, packet[20:], at=512) if is_long else [packet]:
            assert desk.inject(piece, 1_700_000_000.0)
    (found,) = (each for each in engine.finish() if isinstance(each, WireObject))
    assert found.content.bytes() == BODY

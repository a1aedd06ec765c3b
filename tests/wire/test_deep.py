import contextlib
import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics.errors import CaptureError, InputError, MissingToolError
from forensics.model import Gap, Segment
from forensics.wire import deep
from tests.wire.packets import (
    CLIENT,
    CREATED,
    RAW_IP,
    SERVER,
    SLL,
    ethernet,
    exchange,
    fragments,
    gre,
    ip,
    pcap,
    pcapng,
    sll,
    tcp,
    udp,
    upload,
    vxlan,
)

BODY = bytes(range(256)) * 20
PACKETS = exchange(upload(BODY), CREATED)


def read(path):
    items = list(deep.segments(path))
    return [item for item in items if isinstance(item, Segment)], [item for item in items if isinstance(item, Gap)]


def sent(segments):
    return b"".join(each.payload for each in segments if each.source == CLIENT)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "plain.pcap"
    path.write_bytes(pcap(map(ethernet, PACKETS)))
    segments, gaps = read(path)
    assert not gaps
    return segments


def test_segments_carry_addresses_ports_sequence_and_payload(reference):
    first = reference[0]
    assert (first.source, first.source_port, first.destination, first.destination_port) == (CLIENT, 40000, SERVER, 80)
    assert first.flags & 0x02
    assert first.sequence == 0xFFFFEFFF
    assert first.time == pytest.approx(1_700_000_000)
    assert sent(reference) == upload(BODY)
    assert [each.number for each in reference] == list(range(1, len(PACKETS) + 1))


INNER = [ethernet(packet) for packet in PACKETS]
FORMS = {
    "big-endian": pcap(INNER, order=">"),
    "pcapng": pcapng(INNER),
    "pcapng-big-endian": pcapng(INNER, order=">"),
    "gzip": gzip.compress(pcap(INNER)),
    "raw-ip": pcap(PACKETS, link=RAW_IP),
    "cooked": pcap(map(sll, PACKETS), link=SLL),
    "qinq-gre-vxlan": pcap(
        [ethernet(PACKETS[0], vlans=(5, 6)), *(ethernet(gre(p)) for p in PACKETS[1:4])]
        + [ethernet(vxlan(ethernet(p))) for p in PACKETS[4:]]
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_wrapping_gives_the_same_segments(form, reference, tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(FORMS[form])
    segments, gaps = read(path)
    assert not gaps
    assert segments == reference


def test_fragments_ipv6_datagrams_and_quoted_packets(tmp_path):
    quoted = ip(SERVER, CLIENT, 1, b"\x03\x03\0\0\0\0\0\0" + ip(CLIENT, SERVER, 6, tcp(1, 2, 3, 16, b"quoted")))
    packets = [
        *fragments(CLIENT, SERVER, 6, tcp(1000, 80, 1, 16, b"x" * 3000), at=1600),
        ip("2001:db8::1", "2001:db8::2", 6, tcp(1000, 80, 1, 16, b"six")),
        ip(CLIENT, SERVER, 17, udp(3000, 4000, b"datagram")),
        quoted,
    ]
    path = tmp_path / "mixed.pcap"
    path.write_bytes(pcap(map(ethernet, packets)))
    segments, _ = read(path)
    assert [(each.protocol, each.source, each.payload) for each in segments] == [
        ("tcp", CLIENT, b"x" * 3000),
        ("tcp", "2001:db8::1", b"six"),
        ("udp", CLIENT, b"datagram"),
    ]


def test_a_snap_length_shows_in_the_length(tmp_path):
    path = tmp_path / "snapped.pcap"
    path.write_bytes(pcap([ethernet(ip(CLIENT, SERVER, 6, tcp(1, 2, 3, 16, b"y" * 500)))], snap=100))
    (segment,), _ = read(path)
    assert segment.length == 500
    assert segment.payload == b"y" * 46


def test_a_capture_cut_short_gives_what_was_read_and_a_gap(tmp_path, reference):
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(INNER)[:-30])
    segments, (gap,) = read(path)
    assert segments == reference[:-1]
    assert gap.cause == deep.BROKEN
    assert "cut short" in gap.detail


@pytest.mark.parametrize("content", [b"", b"not a capture", b"\x1f\x8b\x08nonsense", gzip.compress(b"text", mtime=0)])
def test_what_is_no_capture_is_a_capture_error(content, tmp_path):
    path = tmp_path / "file.pcap"
    path.write_bytes(content)
    with pytest.raises(CaptureError):
        list(deep.segments(path))


def test_a_path_without_a_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError):
        list(deep.segments(tmp_path / "absent.pcap"))


def test_a_missing_tshark_is_named_with_its_mend(tmp_path, monkeypatch):
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(INNER))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="apt-get install tshark"):
        list(deep.segments(path))


def test_a_dissector_that_stands_still_is_killed_and_told(tmp_path, monkeypatch):
    stuck = tmp_path / "tshark"
    stuck.write_text("#!/bin/sh\nexec sleep 600\n")
    stuck.chmod(0o755)
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(INNER))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (gap,) = deep.segments(path, stall_s=1.5)
    assert gap.cause == deep.DISSECTOR_DIED
    assert "stood still" in gap.detail


def test_a_dissector_out_of_memory_is_told(tmp_path):
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(INNER))
    items = list(deep.segments(path, memory_mib=100))
    assert isinstance(items[-1], Gap)


def test_the_dissector_dies_with_its_parent(tmp_path):
    stuck = tmp_path / "tshark"
    stuck.write_text("#!/bin/sh\nwhile :; do echo; sleep 0.05; done\n")
    stuck.chmod(0o755)
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(INNER))
    script = f"from pathlib import Path\nfrom forensics.wire import deep\nlist(deep.segments(Path({str(path)!r})))"
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    parent = subprocess.Popen([sys.executable, "-c", script], env=environment)
    while not (found := _running(stuck)):
        assert parent.poll() is None
        time.sleep(0.05)
    (tshark,) = found
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 30
    while _runs(tshark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(tshark)


def _running(program: Path) -> list[int]:
    """The processes that run a script."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            found += [int(process.name)] * (os.fsencode(program) in words)
    return found


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False

"""Stretches of what cannot be read: what a side sent without a pause, told when it pauses."""

from __future__ import annotations

import pytest

from forensics.config import Network
from forensics.interception import Interception
from forensics.model import Opaque
from forensics.wire.stretches import PAUSE_S, Stretches
from tests.channels.test_tls import upload
from tests.wire.packets import ACK, CLIENT, FIN, SERVER, SYN, ethernet, ip, pcap, tcp


def test_a_pause_ends_a_stretch():
    told, stretches = [], Stretches()
    tell = lambda *each: told.append(each)  # noqa: E731
    for time, size in ((0.0, 4000), (0.5, 4000), (1.4, 1), (2.5, 9000)):
        stretches.add(0, size, time, tell)
    assert told == [(0, 8001, 0.0, 1.4)]
    stretches.flush(2.5 + PAUSE_S, tell)
    assert len(told) == 1
    stretches.flush(2.6 + PAUSE_S, tell)
    stretches.finish(tell)
    assert told[1:] == [(0, 9000, 2.5, 2.5)]


def test_talk_is_no_stretch():
    told = []
    stretches = Stretches()
    stretches.add(1, 100, 0.0, lambda *each: told.append(each))
    stretches.finish(lambda *each: told.append(each))
    assert told == []


def capture(script, path, *, pause_before=None):
    """The script over TCP; `pause_before` numbers the turn that comes two seconds late."""
    sequences, frames, times = [1000, 5000], [], []
    frames.append(ethernet(ip(CLIENT, SERVER, 6, tcp(40000, 443, 999, SYN))))
    frames.append(ethernet(ip(SERVER, CLIENT, 6, tcp(443, 40000, 4999, SYN | ACK))))
    times += [0, 0]
    for number, (side, said) in enumerate(script):
        late = 2_000_000 if pause_before is not None and number >= pause_before else 0
        for at in range(0, len(said), 1400):
            ends = (CLIENT, SERVER, 40000, 443) if side == 0 else (SERVER, CLIENT, 443, 40000)
            segment = tcp(ends[2], ends[3], sequences[side], ACK, said[at : at + 1400])
            sequences[side] += len(said[at : at + 1400])
            frames.append(ethernet(ip(ends[0], ends[1], 6, segment)))
            times.append(late)
    frames.append(ethernet(ip(CLIENT, SERVER, 6, tcp(40000, 443, sequences[0], FIN | ACK))))
    frames.append(ethernet(ip(SERVER, CLIENT, 6, tcp(443, 40000, sequences[1], FIN | ACK))))
    times += [times[-1]] * 2
    path.write_bytes(shifted(pcap(frames), times))
    return path


def shifted(data, times):
    out, at = bytearray(data), 24
    for late in times:
        seconds, micro = int.from_bytes(out[at : at + 4], "little"), int.from_bytes(out[at + 4 : at + 8], "little")
        seconds, micro = seconds + (micro + late) // 1_000_000, (micro + late) % 1_000_000
        out[at : at + 8] = seconds.to_bytes(4, "little") + micro.to_bytes(4, "little")
        at += 16 + int.from_bytes(out[at + 8 : at + 12], "little")
    return bytes(out)


def told(path, *, has_stretches=True):
    interception = Interception(Network(), has_stretches=has_stretches)
    seen = [*interception.read(path), *interception.finish()]
    return [each for each in seen if isinstance(each, Opaque)]


@pytest.fixture(scope="module")
def sealed():
    return upload(bytes(100_000), alpn=("h2", "http/1.1")).script


def test_what_tls_sent_is_told_with_its_greeting_and_counted_in_the_whole(sealed, tmp_path):
    stretch, whole = told(capture(sealed, tmp_path / "a.pcap"))
    assert (stretch.is_stretch, whole.is_stretch) == (True, False)
    assert stretch.up == whole.up > 100_000
    assert (stretch.name, stretch.facts, stretch.flow) == (whole.name, whole.facts, whole.flow)


def test_a_pause_in_the_middle_makes_two(sealed, tmp_path):
    last = max(number for number, (side, _) in enumerate(sealed) if side == 0)
    sizes = [len(said) for side, said in sealed if side == 0]
    stretches = [each for each in told(capture(sealed, tmp_path / "a.pcap", pause_before=last)) if each.is_stretch]
    assert sum(each.up for each in stretches) == pytest.approx(sum(sizes), abs=4096)


def test_nobody_hears_of_them_unasked(sealed, tmp_path):
    (whole,) = told(capture(sealed, tmp_path / "a.pcap"), has_stretches=False)
    assert not whole.is_stretch


def test_what_nobody_knows_is_told_at_the_end(tmp_path):
    script = [(0, b"\x07\x99" * 20_000), (1, b"\x01" * 10)]
    stretch, whole = told(capture(script, tmp_path / "a.pcap"))
    assert (stretch.is_stretch, stretch.up, stretch.protocol) == (True, 40_000, "")
    assert whole.up == 40_000


def test_what_is_read_has_none(tmp_path):
    body = bytes(20_000)
    request = b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + body
    assert (
        told(capture([(0, request), (1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")], tmp_path / "a.pcap")) == []
    )

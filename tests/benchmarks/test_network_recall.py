"""The recall bench's own arithmetic: a worse network loses nothing for good, and answers nothing before it came."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.interception import objects_of
from forensics.model import WireObject
from tests.benchmarks.network_disturbance import depends, disturb
from tests.benchmarks.network_frames import first_numbers, read
from tests.benchmarks.network_recall import Client, Found, Place, Recall, Wanted, judge, recall
from tests.benchmarks.network_wire import ROOT
from tests.wire.packets import CREATED, ethernet, exchange, pcap, udp, upload
from tests.wire.packets import ip as ip_packet

BODY = random.Random(3).randbytes(30_000)


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "as-it-was.pcap"
    asked = [ethernet(ip_packet("10.1.0.5", "10.1.0.9", 17, udp(4000, 4001, bytes([n])))) for n in range(200)]
    first = (1 << 32) - len(upload(BODY))  # so that the zero which the packets made here acknowledge is all of it
    path.write_bytes(pcap([*map(ethernet, exchange(upload(BODY), CREATED, step=9000, first=first)), *asked]))
    return path


@pytest.mark.parametrize("seed", range(4))
def test_a_worse_network_carries_the_same_in_another_order(capture, tmp_path, seed):
    worse, again = tmp_path / "worse.pcap", tmp_path / "again.pcap"
    disturb(capture, worse, seed)
    disturb(capture, again, seed)
    assert worse.read_bytes() == again.read_bytes() != capture.read_bytes()
    (found,) = (each for each in objects_of(worse) if isinstance(each, WireObject))
    assert (found.content.bytes(), found.missing) == (BODY, ())
    before = [each.payload for each in read(capture) if each.protocol == 17]
    after = [each.payload for each in read(worse) if each.protocol == 17]
    assert set(after) == set(before)
    assert after != before
    assert len(after) > len(before)


def test_one_wire_shows_no_answer_before_what_it_answers(capture, tmp_path):
    disturb(capture, tmp_path / "worse.pcap", 2)
    packets = [each for each in read(tmp_path / "worse.pcap") if each.protocol == 6]
    asker = packets[0].source
    for number, each in enumerate(packets):
        if each.source != asker and each.payload:
            late = [other for other in packets[number:] if other.payload and depends(each, other)]
            seen = {other.sequence for other in packets[:number]}
            assert not [other for other in late if other.source == asker and other.sequence not in seen]


def test_numbers_go_through_zero_and_a_tap_mixes_up_the_sides(capture, tmp_path):
    disturb(capture, tmp_path / "worse.pcap", 1)
    packets = [each for each in read(tmp_path / "worse.pcap") if each.protocol == 6]
    firsts = first_numbers(packets)
    asker, other = packets[0].source, packets[1].source
    assert {each.sequence < firsts[each.flow, each.source] for each in packets if each.payload} == {True, False}
    early = [n for n, each in enumerate(packets) if each.source == other and each.payload]
    assert any(depends(packets[n], later) for n in early for later in packets[n:] if later.source == asker)


def test_an_object_counts_once_and_only_when_it_is_whole():
    result = Recall(Client("one", lambda place: []), [Wanted("a.wav", "1"), Wanted("a.wav", "1"), Wanted("", "2")])
    found = [Found("http", "a.wav", "1", 0, bytes), Found("http", "b.wav", "2", 7, bytes)]
    assert judge(result, found, "here") == 1
    assert dict(result.missed) == {"a.wav": ["here"], "2": ["here"]}


def test_a_client_that_fails_is_a_finding(tmp_path):
    def fail(place):
        raise OSError("no route")

    assert recall(Client("a", fail, ()), Place(tmp_path, "127.0.0.1"), [1]).trouble == "OSError: no route"
    assert recall(Client("b", fail, ("no-such-program",)), Place(tmp_path, ""), [1]).trouble.startswith("not installed")


SENDING = """
import socket, threading
from tests.benchmarks.network_line import THERE, bad_line
with bad_line(3):
    there = socket.create_server((THERE, 5000))
    here = socket.create_connection((THERE, 5000))
    taken, _ = there.accept()
    threading.Thread(target=lambda: (here.sendall(bytes(300_000)), here.close())).start()
    got = sum(len(data) for data in iter(lambda: taken.recv(65_536), b""))
print(got)
"""


@pytest.mark.skipif(not Path("/dev/net/tun").exists() or os.geteuid() != 0, reason="no devices can be made here")
def test_a_bad_line_delivers_in_the_end():
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", SENDING], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "300000\n"

"""ICMP echoes: pings are nothing, files in them come out exact, connections in them are opened."""

import random
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.exchange import Exchange
from forensics.channels.icmp import HELD_BYTES
from forensics.interception import objects_of
from forensics.model import Gap, Opaque, WireObject
from tests.channels.namespaces import SERVER, has, machines

RANDOM = random.Random(11)
FILE = RANDOM.randbytes(30_000)
ENDS = (("10.1.0.5", 77), ("192.0.2.9", 77))


class Echoes:
    """Sends echoes of one identifier or of many."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        self.time = 1000.0
        self.pairs = {}

    def send(self, payload: bytes, reply: bytes | None = None, *, identifier: int = 77, length: int = 0) -> None:
        ends = (ENDS[0][0], identifier), (ENDS[1][0], identifier)
        if identifier not in self.pairs:
            self.pairs[identifier] = self.exchange.hear(f"icmp/{identifier}", ends, self.time)
        pair = self.pairs[identifier]
        pair.datagram(0, payload, length or len(payload), self.time)
        answer = payload if reply is None else reply
        pair.datagram(1, answer, len(answer), self.time + 0.01)
        self.time += 0.5

    def found(self) -> list[WireObject | Gap]:
        self.exchange.flush(self.time)
        for pair in self.pairs.values():
            pair.over(self.time)
        self.exchange.finish()
        return list(self.exchange.take())


def chunks(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def stamp() -> bytes:
    return struct.pack("<QQ", 1_700_000_000 + RANDOM.randrange(9000), RANDOM.randrange(1_000_000))


PINGS = {
    "linux": lambda n: stamp() + bytes(range(16, 56)),
    "linux-large": lambda n: stamp() + bytes(number % 256 for number in range(16, 1472)),
    "sweep": lambda n: stamp() + bytes(number % 256 for number in range(16, 16 + n % 1400)),
    "macos": lambda n: stamp()[:8] + bytes(range(8, 56)),
    "windows": lambda n: b"abcdefghijklmnopqrstuvwabcdefghi",
    "fping": lambda n: stamp() + bytes(68),
    "pattern": lambda n: stamp() + b"\xca\xfe\xba\xbe" * 10,
    "none": lambda n: b"",
    "stamp-only": lambda n: stamp(),
    "text": lambda n: b"monitor 10.1.0.5 probe number %06d of the day, please ignore this packet entirely" % n,
    "cisco": lambda n: struct.pack("!QI", 0, n * 4) + b"\xab\xcd" * 30,
}


@pytest.mark.parametrize("name", PINGS)
def test_pings_are_no_tunnel(name):
    echoes = Echoes()
    for number in range(1500):
        echoes.send(PINGS[name](number))
    assert echoes.found() == []


@pytest.mark.parametrize("size", [40, 500, 1400])
def test_a_file_in_echoes_comes_out_exact(size):
    echoes = Echoes()
    for _ in range(5):
        echoes.send(PINGS["linux"](0), identifier=5)
    for chunk in chunks(FILE, size):
        echoes.send(chunk)
    (found,) = echoes.found()
    assert (found.protocol, found.direction.value, found.name) == ("icmp-tunnel", "up", "192.0.2.9")
    assert found.uri == "icmp-tunnel://192.0.2.9"
    assert found.content.bytes() == FILE


def test_identifiers_that_change_make_one_tunnel():
    echoes = Echoes()
    for number, chunk in enumerate(chunks(FILE, 1000)):
        echoes.send(chunk, identifier=number)
    (found,) = echoes.found()
    assert found.content.bytes() == FILE


def test_silence_in_a_file_stays_in_it():
    data = FILE[:6000] + bytes(20_000) + FILE[6000:12_000]
    echoes = Echoes()
    for chunk in chunks(data, 1000):
        echoes.send(chunk)
    (found,) = echoes.found()
    assert found.content.bytes() == data


def test_answers_that_are_no_echo_are_the_way_back():
    echoes = Echoes()
    for up, down in zip(chunks(FILE, 500), chunks(FILE[::-1], 500), strict=True):
        echoes.send(up, down)
    found = {each.direction.value: each.content.bytes() for each in echoes.found()}
    assert found == {"up": FILE, "down": FILE[::-1]}


def test_text_is_dense_enough():
    words = [f"{RANDOM.choice(['clip', 'take', 'scene', 'line'])} {RANDOM.randrange(1 << 40)}" for _ in range(400)]
    data = "\n".join(words).encode()
    echoes = Echoes()
    for chunk in chunks(data, 64):
        echoes.send(chunk)
    (found,) = echoes.found()
    assert found.content.bytes() == data


def test_what_was_not_captured_of_an_echo_is_missing():
    echoes = Echoes()
    for chunk in chunks(FILE[:8000], 800):
        echoes.send(chunk, length=1000)
    (found,) = echoes.found()
    assert (found.content.size + found.missing[-1].size, found.missing_bytes) == (10_000, 2000)


def test_two_uploads_with_a_pause_are_two():
    echoes = Echoes()
    for data in (FILE, FILE[::-1]):
        for chunk in chunks(data, 1000):
            echoes.send(chunk)
        echoes.time += 500
        echoes.exchange.flush(echoes.time)
    first, second = echoes.found()
    assert (first.content.bytes(), second.content.bytes()) == (FILE, FILE[::-1])
    assert second.position == len(FILE)


def header(kind: int, number: int, size: int, *, flag: int = 1 << 30, session: int = 9) -> bytes:
    return struct.pack("!I4sIIIIHH", 0xD5200880, bytes((192, 0, 2, 80)), 8000, kind | flag, 0, size, number, session)


def test_a_connection_in_echoes_is_opened():
    request = b"PUT /in/clip.wav HTTP/1.1\r\nHost: drop.example\r\nContent-Length: %d\r\n\r\n" % len(FILE) + FILE
    echoes = Echoes()
    start = header(0, 0, 0)
    data = [header(2, number, len(each)) + each for number, each in enumerate(chunks(request, 1000), 1)]
    data[3], data[4] = data[4], data[3]
    for each in [start, *data[:6], data[2], *data[6:]]:
        echoes.send(each)
    echoes.send(header(3, 40, 0))
    found = {each.protocol: each for each in echoes.found()}
    assert found["http"].content.bytes() == FILE
    assert found["http"].destination == "192.0.2.80:8000"
    assert "icmp-tunnel" in found


def test_echoes_lost_in_a_connection_leave_a_hole():
    body = RANDOM.randbytes(400_000)
    request = b"PUT /in/clip.wav HTTP/1.1\r\nHost: drop.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    echoes = Echoes()
    echoes.send(header(0, 0, 0))
    for number, each in enumerate(chunks(request, 1024), 1):
        if number != 20:
            echoes.send(header(2, number, len(each)) + each)
    found = {each.protocol: each for each in echoes.found()}
    assert found["http"].missing_bytes == 1024
    assert found["http"].content.size == len(body)


def test_acknowledgements_have_numbers_too():
    request = b"PUT /in/clip.wav HTTP/1.1\r\nHost: drop.example\r\nContent-Length: %d\r\n\r\n" % len(FILE) + FILE
    echoes = Echoes()
    echoes.send(header(0, 0, 0))
    for number, each in enumerate(chunks(request, 1000), 1):
        echoes.send(header(2, 2 * number - 1, len(each)) + each)
        echoes.send(header(1, 2 * number, 0))
    found = {each.protocol: each for each in echoes.found()}
    assert found["http"].content.bytes() == FILE


def test_what_waits_for_a_lost_echo_when_all_ends_is_not_lost():
    request = b"PUT /in/clip.wav HTTP/1.1\r\nHost: drop.example\r\nContent-Length: %d\r\n\r\n" % len(FILE) + FILE
    echoes = Echoes()
    echoes.send(header(0, 0, 0))
    for number, each in enumerate(chunks(request, 1024), 1):
        if number != 20:
            echoes.send(header(2, number, len(each)) + each)
    found = {each.protocol: each for each in echoes.found()}
    assert found["http"].missing_bytes == 1024


@pytest.mark.skipif(not has("hping3"), reason="hping3 is not installed or there are no namespaces")
def test_a_file_sent_by_hping_comes_out_exact(tmp_path):
    path = tmp_path / "secret.bin"
    path.write_bytes(FILE)
    with machines(tmp_path) as (both, stop):
        both.run(0, "hping3", "-1", "-i", "u3000", "-d", "500", "--file", str(path), "-c", "60", SERVER)
        found = [each for each in objects_of(stop()) if isinstance(each, WireObject)]
    assert [each.content.bytes() for each in found] == [FILE]


def test_a_connection_in_echoes_that_nobody_can_read_is_told_with_its_bytes():
    echoes = Echoes()
    echoes.send(header(0, 0, 0))
    for number, each in enumerate(chunks(b"\xff" * 3000, 1000), 1):
        echoes.send(header(2, number, len(each)) + each)
    echoes.send(header(3, 40, 0))
    (found,) = [each for each in echoes.found() if isinstance(each, Opaque)]
    assert (found.source, found.destination) == ("10.1.0.5:77", "192.0.2.80:8000")
    assert (found.up, found.down) == (3000, 0)


@pytest.mark.skipif(not has("ptunnel-ng", "curl"), reason="ptunnel-ng is not installed or there are no namespaces")
def test_a_file_uploaded_through_ptunnel_comes_out_exact(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(FILE)
    with machines(tmp_path) as (both, stop):
        both.listen()
        both.start(1, "ptunnel-ng")
        both.start(0, shutil.which("ptunnel-ng") or "", f"-p{SERVER}", "-l8022", "-r127.0.0.1", "-R8000")
        for _ in range(100):
            if b":8022" in both.run(0, "ss", "-ltn").stdout:
                break
        try:
            both.run(0, "curl", "-s", "-m", "20", "-T", str(path), "http://127.0.0.1:8022/in/clip.wav")
        except subprocess.CalledProcessError as error:
            pytest.fail(f"curl: {error.returncode}")
        found = [each for each in objects_of(stop()) if isinstance(each, WireObject)]
    assert [each.content.bytes() for each in found if each.protocol == "http"] == [FILE]
    assert {each.protocol for each in found} == {"http", "icmp-tunnel"}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.binary(max_size=200),
                st.builds(
                    lambda kind, number, size, data: header(kind, number, size) + data,
                    st.integers(0, 5), st.integers(0, 65535), st.integers(0, 2000), st.binary(max_size=60),
                ),
            ),
            st.integers(0, 3),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_any_echoes_give_objects_or_nothing(sent):
    echoes = Echoes()
    for payload, identifier in sent:
        echoes.send(payload, payload[::-1] if identifier else None, identifier=identifier)
    for found in echoes.found():
        assert isinstance(found, Gap | Opaque) or found.content.size


def test_what_is_held_is_bounded():
    echoes = Echoes()
    for number in range(3000):
        echoes.send(b"%08d" % number + b"x" * 1000 + b"%08d" % number)
    assert HELD_BYTES <= 1 << 16
    assert echoes.found() == []

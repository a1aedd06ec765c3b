"""iodine: packets out of names in every code, and files that a real client carried through a real tunnel."""

import random
import shutil
import string
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.dns_messages import parse
from forensics.channels.exchange import Exchange
from forensics.channels.iodine_codes import BASE32, BASE64, BASE64U, BASE128, inflate, ip_packet
from forensics.interception import objects_of
from forensics.model import Gap, WireObject
from tests.channels.names import CNAME, MX, NULL, RESOLVER, SRV, TXT, answer, query, wire_name
from tests.channels.namespaces import SERVER, has, machines
from tests.wire import packets

RANDOM = random.Random(9)
BODY = RANDOM.randbytes(5000)
ZONE = b"t.example.net"
LETTERS, BOTH, DIGITS = (part.encode() for part in (string.ascii_lowercase, string.ascii_letters, string.digits))
ALPHABETS = {
    "base32": LETTERS + b"012345",
    "base64": BOTH + b"-" + DIGITS + b"+",
    "base64u": BOTH + b"-" + DIGITS + b"_",
    "base128": BOTH + DIGITS + bytes(range(188, 254)),
}
CODES = {"base32": BASE32, "base64": BASE64, "base64u": BASE64U, "base128": BASE128}
VERSION = b"v" + b"aaaakasaac" + b"." + ZONE


def encode(data: bytes, name: str) -> bytes:
    alphabet = ALPHABETS[name]
    width = len(alphabet).bit_length() - 1
    bits = "".join(f"{byte:08b}" for byte in data)
    return bytes(alphabet[int(bits[at : at + width].ljust(width, "0"), 2)] for at in range(0, len(bits), width))


def dotted(text: bytes) -> bytes:
    return b".".join(text[at : at + 57] for at in range(0, len(text), 57))


def frame(packet: bytes) -> bytes:
    return zlib.compress(b"\0\0\x08\0" + packet, 9)


def asked(packet: bytes, code: str, sequence: int, *, room: int = 120, user: int = 0) -> list[bytes]:
    """The names that carry a packet up."""
    data, out = frame(packet), []
    for number, at in enumerate(range(0, len(data), room)):
        is_last = at + room >= len(data)
        head = (sequence << 2 | number >> 2, (number & 3) << 3, int(is_last))
        text = b"%x" % user + bytes(ALPHABETS["base32"][value] for value in head) + b"a"
        out.append(dotted(text + encode(data[at : at + room], code)) + b"." + ZONE)
    return out


def answered(packet: bytes, sequence: int, *, room: int) -> list[bytes]:
    """What answers carry of a packet, before it is written as records."""
    data = frame(packet)
    pieces = [data[at : at + room] for at in range(0, len(data), room)]
    head = ((0x80, sequence << 5 | number << 1 | (number == len(pieces) - 1)) for number in range(len(pieces)))
    return [bytes(each) + piece for each, piece in zip(head, pieces, strict=True)]


class Network:
    """Asks and answers, and remembers the packets that come of it."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        self.number = 0
        self.found: list[WireObject | Gap] = []
        self.packets: list[bytes] = []

    def tell(self, payload: bytes, side: int = 0) -> None:
        self.number += 1
        pair = self.exchange.hear(f"udp/{self.number}", (("10.1.0.5", 3000 + self.number), RESOLVER), self.number)
        if side:
            pair.datagram(0, query(b"x.example.org"), 40, self.number)
        pair.datagram(side, payload, len(payload), self.number)
        self.packets += [packet for packet, _ in self.exchange.injected()]

    def finish(self) -> list[WireObject | Gap]:
        self.exchange.finish()
        return list(self.exchange.take())


PACKETS = packets.exchange(packets.upload(BODY), step=700)


@pytest.mark.parametrize("code", ALPHABETS)
@pytest.mark.parametrize("is_begun", [True, False], ids=["handshake", "middle"])
def test_packets_up_in_every_code(code, is_begun):
    network = Network()
    if is_begun:
        network.tell(query(VERSION, NULL))
    for sequence, packet in enumerate(PACKETS):
        for name in asked(packet, code, sequence % 8, room=90):
            network.tell(query(name, NULL))
    assert network.packets == PACKETS
    (found,) = network.finish()
    assert (found.protocol, found.name) == ("dns-tunnel", "t.example.net")


def records(kind: int, data: bytes, code: str) -> tuple[bytes, ...]:
    """The records that carry data in an answer, as the server writes them."""
    if kind == NULL:
        return (data,)
    letter = {"base32": b"th", "base64": b"si", "base64u": b"uj", "base128": b"vk"}[code]
    if kind == TXT:
        text = letter[:1] + encode(data, code)
        return (b"".join(bytes([len(text[at : at + 255])]) + text[at : at + 255] for at in range(0, len(text), 255)),)
    pieces = [data[at : at + 105] for at in range(0, len(data), 105)] if kind in (MX, SRV) else [data]
    names = [wire_name(dotted(letter[1:] + encode(piece, code)) + b".ab") for piece in pieces]
    head = {MX: b"\0%c", SRV: b"\0%c\0\x0a\x13\xc4"}.get(kind)
    return tuple((head % (10 * number) if head else b"") + name for number, name in enumerate(names, 1))


@pytest.mark.parametrize("code", ALPHABETS)
@pytest.mark.parametrize("kind", [NULL, TXT, CNAME, MX, SRV])
def test_packets_down_in_every_kind_of_answer(code, kind):
    network = Network()
    network.tell(query(VERSION, kind))
    for sequence, packet in enumerate(PACKETS):
        for number, data in enumerate(answered(packet, sequence % 8, room=100 if kind == CNAME else 400)):
            ping = b"paba%s." % encode(bytes([number]), "base32") + ZONE
            network.tell(answer(ping, kind, tuple(reversed(records(kind, data, code)))), side=1)
    assert network.packets == PACKETS


def test_fragments_again_and_in_any_order():
    network = Network()
    network.tell(query(VERSION, NULL))
    for sequence, packet in enumerate(PACKETS):
        names = asked(packet, "base128", sequence % 8, room=100)
        for name in [*reversed(names), *names, names[0]]:
            network.tell(query(name, NULL))
    assert network.packets == PACKETS


def queries(packet: bytes, number: int) -> list[bytes]:
    return [query(name, NULL) for name in asked(packet, "base128", number % 8, room=100)]


def answers(packet: bytes, number: int) -> list[bytes]:
    pieces = answered(packet, number % 8, room=100)
    pings = [b"paba%s." % encode(bytes([number, each]), "base32") + ZONE for each in range(len(pieces))]
    return [answer(ping, NULL, (piece,)) for ping, piece in zip(pings, pieces, strict=True)]


@pytest.mark.parametrize(("made", "side"), [(queries, 0), (answers, 1)])
def test_what_is_repeated_eight_packets_later_is_no_part_of_the_packet_with_its_number(made, side):
    network = Network()
    network.tell(query(VERSION, NULL))
    told = [made(packet, number) for number, packet in enumerate(PACKETS)]
    for number, (first, *others) in enumerate(told):
        late = told[number - 8][-1:] if number >= 8 else []
        for payload in [first, *late, *others]:
            network.tell(payload, side=side)
    assert network.packets == PACKETS


def test_users_are_told_apart():
    network = Network()
    network.tell(query(VERSION, NULL))
    one, other = (asked(packet, "base64", 3, user=user) for user, packet in enumerate(PACKETS[2:4]))
    for names in zip(one, other, strict=True):
        for name in names:
            network.tell(query(name, NULL))
    assert network.packets == PACKETS[2:4]


def test_a_packet_that_cannot_be_read_is_a_gap():
    network = Network()
    network.tell(query(VERSION, NULL))
    name = asked(PACKETS[0], "base32", 0)[0]
    network.tell(query(name[:9] + b"zzz" + name[12:], NULL))
    gap = next(found for found in network.finish() if isinstance(found, Gap))
    assert (gap.channel, gap.cause) == ("iodine", "packets not read")
    assert gap.size > 0


def test_raw_datagrams_carry_whole_packets():
    network = Network()
    for packet in PACKETS:
        network.tell(b"\x10\xd1\x9e\x20" + frame(packet))
    assert network.packets == PACKETS
    network.tell(b"\x10\xd1\x9e\x20" + b"junk")
    assert [found.cause for found in network.finish()] == ["packets not read"]


def test_a_bomb_is_not_inflated():
    assert inflate(zlib.compress(bytes(1 << 24), 9)) is None


def test_through_the_engine_the_upload_is_an_object(tmp_path):
    up = [packet for packet in PACKETS if packet[12:16] == PACKETS[0][12:16]]
    names = [VERSION, *(name for n, packet in enumerate(up) for name in asked(packet, "base128", n % 8))]
    frames = [
        packets.ethernet(packets.ip("10.1.0.5", RESOLVER[0], 17, packets.udp(4000, 53, query(name, NULL))))
        for name in names
    ]
    path = tmp_path / "tunnel.pcap"
    path.write_bytes(packets.pcap(frames))
    found = {each.protocol: each for each in objects_of(path) if isinstance(each, WireObject)}
    assert found["http"].content.bytes() == BODY
    assert found["dns-tunnel"].name == "t.example.net"


@pytest.mark.skipif(not Path("/dev/net/tun").exists() or not has("iodine", "iodined", "curl"), reason="no tunnels here")
@pytest.mark.parametrize("options", [["-r", "-T", "NULL"], ["-r", "-T", "CNAME"], []], ids=["null", "cname", "raw"])
def test_a_file_uploaded_through_a_real_tunnel_comes_out_exact(tmp_path, options):
    upload = tmp_path / "clip.wav"
    upload.write_bytes(RANDOM.randbytes(30_000))
    with machines(tmp_path) as (both, stop):
        both.listen()
        password = ["-f", "-P", "a secret"]
        both.start(1, "iodined", "-c", *password, "192.168.99.1/24", ZONE.decode(), until="Listening")
        iodine = shutil.which("iodine") or ""
        both.start(0, iodine, *password, "-m", "900", *options, SERVER, ZONE.decode(), until="setup complete")
        both.run(0, "curl", "-s", "-m", "20", "-T", str(upload), "http://192.168.99.1:8000/in/clip.wav")
        found = [each for each in objects_of(stop()) if isinstance(each, WireObject)]
    uploads = [each for each in found if each.protocol == "http"]
    assert [each.content.bytes() for each in uploads] == [upload.read_bytes()]
    assert {each.name for each in found if each.protocol == "dns-tunnel"} == {ZONE.decode()}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(list(CODES)))
def test_codes_are_undone_and_any_bytes_are_taken(data, name):
    assert CODES[name].decode(encode(data, name)) == data
    for code in CODES.values():
        code.decode(data)
        code.begins_deflated(data)
    inflate(data)
    ip_packet(data)


TEXT = st.binary(max_size=60).map(lambda data: data.replace(b".", b"-"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([b"0", b"f", b"p", b"v", b"1ab"]), TEXT, st.binary(max_size=90), st.booleans()),
        max_size=15,
    )
)
def test_any_messages_of_a_tunnel_give_packets_or_nothing(told):
    network = Network()
    network.tell(query(VERSION, NULL))
    for first, text, data, is_text in told:
        name = dotted(first + text) + b"." + ZONE
        payload = answer(name, TXT if is_text else NULL, (data,)) if data else query(name, NULL)
        parse(payload)
        network.tell(payload, side=int(bool(data)))
        network.tell(b"\x10\xd1\x9e" + data)
    network.finish()

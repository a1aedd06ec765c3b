"""DNS: messages read whatever the bytes, tunnels told from what resolvers are asked all day."""

import base64
import hashlib
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.dns_messages import PTR, parse, read_name
from forensics.channels.dns_shape import ALL_HELD_BYTES, ZONES_LIMIT, suffix_size
from forensics.channels.exchange import Exchange
from forensics.interception import objects_of
from forensics.model import Gap, WireObject
from tests.channels.names import NULL, RESOLVER, TXT, answer, ask, query, wire_name
from tests.channels.script import talk

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"
RANDOM = random.Random(7)
SECRET = RANDOM.randbytes(6000)
WORDS = ["assets", "images", "video", "static", "cdn", "edge", "media", "login", "api", "mail", "shop", "news", "data"]


def chunked(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def hexadecimal(zone: bytes, *, labels: int) -> list[bytes]:
    """The secret in names of so many labels of 60 characters."""
    names = chunked(SECRET.hex().encode(), 60 * labels)
    return [(b".".join(chunked(name, 60)) + b"." + zone).rstrip(b".") for name in names]


def listed(name: bytes) -> bytes:
    return answer(name, 1, (b"\x7f\0\0\2",))


def unknown(name: bytes) -> bytes:
    return answer(name, code=3)


def test_a_tunnel_is_one_finding_with_the_names_in_order():
    names = hexadecimal(b"x.evil.example", labels=3)
    (found,) = ask(names)
    assert (found.protocol, found.name, found.direction.value) == ("dns-tunnel", "x.evil.example", "up")
    assert found.uri == "dns-tunnel://10.1.0.1:53/x.evil.example"
    assert found.media_type == "application/x-dns-tunnel"
    lines = found.content.bytes().splitlines()
    assert bytes.fromhex(b"".join(line.removesuffix(b".x") for line in lines).replace(b".", b"").decode()) == SECRET


def test_names_asked_again_count_once():
    names = hexadecimal(b"evil.example", labels=3)
    (found,) = ask([name for name in names for _ in range(3)])
    assert len(found.content.bytes().splitlines()) == len(names)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (hexadecimal(b"evil.co.uk", labels=4), 1),
        ([b"dnscat." + name for name in hexadecimal(b"", labels=3)], TXT),
        ([base64.b32encode(piece).rstrip(b"=") + b".t.example.net" for piece in chunked(SECRET[:1500], 20)], NULL),
    ],
    ids=["filled", "no-zone", "null"],
)
def test_shapes_of_tunnels(names, kind):
    found = [each for each in ask(names, kind=kind) if isinstance(each, WireObject)]
    assert [each.protocol for each in found] == ["dns-tunnel"]


def test_slow_names_of_hosts_length_need_more_of_them():
    data = RANDOM.randbytes(140_000)
    names = [base64.b32encode(piece).rstrip(b"=").lower() + b".evil.example" for piece in chunked(data, 15)]
    assert not ask(names[:2000], step_s=0.3)
    assert {found.protocol for found in ask(names, step_s=0.3)} == {"dns-tunnel"}


def digests(count: int) -> list[bytes]:
    return [hashlib.sha1(str(number).encode()).hexdigest().encode() for number in range(count)]


def hosts(count: int, length: int) -> list[bytes]:
    return [bytes(RANDOM.choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=length)) for _ in range(count)]


def reverse(count: int) -> list[bytes]:
    names = [".".join(RANDOM.randbytes(16).hex()).encode() + b".ip6.arpa" for _ in range(count)]
    return names + [b"%d.%d.%d.10.in-addr.arpa" % (number % 251, number % 13, number % 7) for number in range(count)]


BENIGN = {
    "cdn": ([host + b".cloudfront.net" for host in hosts(3000, 14)], 1, None),
    "video": ([b"r%d---sn-" % (n % 9) + host + b".googlevideo.com" for n, host in enumerate(hosts(2000, 8))], 1, None),
    "words": ([f"{RANDOM.choice(WORDS)}-{RANDOM.choice(WORDS)}{n}.{RANDOM.choice(WORDS)}.eu-west-1.example.com".encode()
               for n in range(6000)], 1, None),
    "compute": ([b"ec2-%d-%d-%d-%d.eu-west-1.compute.amazonaws.com" % tuple(RANDOM.randbytes(4))
                 for _ in range(3000)], 1, None),
    "dkim": ([base64.b32encode(RANDOM.randbytes(20)).lower() + b"._domainkey.amazonses.com" for _ in range(1500)],
             TXT, lambda name: answer(name, TXT, (b"\xc8" + b"p" * 200,))),
    "spf": ([b"%d.%d.%d.%d._spf.mta.example.com" % tuple(RANDOM.randbytes(4)) for _ in range(4000)], TXT, None),
    "reverse": (reverse(2000), PTR, unknown),
    "antivirus": ([name + b".hash.av.example.com" for name in digests(600)], TXT, None),
    "blocklist": ([name + b".ebl.example.org" for name in digests(2500)], 1, unknown),
    "reputation": ([b"a-0.19-a3000081.%d.1600.1a1c.1a5b.210.0." % n + host + b".avqs.example.com"
                    for n, host in enumerate(hosts(900, 26))], 1, listed),
    "addresses": ([b"%d.%d.%d.%d.zen.example.org" % tuple(RANDOM.randbytes(4)) for _ in range(6000)], 1, unknown),
    "multicast": ([b"Kitchen speaker %d._airplay._tcp.local" % n for n in range(500)], PTR, None),
    "dnssec": ([name for host in hosts(300, 10) for name in (host + b".example.org",) * 3], 43, None),
    "probes": (hosts(300, 11), 1, unknown),
}  # fmt: skip


@pytest.mark.parametrize("name", BENIGN)
def test_what_resolvers_are_asked_all_day_is_no_tunnel(name):
    names, kind, reply = BENIGN[name]
    assert ask(names, kind=kind, reply=reply, step_s=3600 / len(names)) == []


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")
def test_public_captures_have_no_tunnels():
    captures = [each for each in sorted(CAPTURES.iterdir()) if each.name.endswith((".pcap", ".pcapng", ".pcap.gz"))]
    protocols = {found.protocol for each in captures for found in objects_of(each) if isinstance(found, WireObject)}
    assert "http" in protocols
    assert not protocols & {"dns-tunnel", "icmp-tunnel"}


def test_a_tunnel_of_hours_is_laid_down_in_spans():
    names = hexadecimal(b"evil.example", labels=1)
    found = ask(names, kind=NULL, step_s=30)
    assert len(found) > 2
    assert len({each.position for each in found}) == len(found)
    assert b"".join(each.content.bytes() for each in found).count(b"\n") == len(names)


def test_more_than_is_kept_counts_as_missing():
    names = [b".".join(chunked(RANDOM.randbytes(110).hex().encode(), 55)) + b".evil.example" for _ in range(6000)]
    (found,) = ask(names, step_s=0.01)
    assert found.content.size == pytest.approx(1 << 20, rel=0.01)
    assert found.missing_bytes > 200_000


def test_zones_are_bounded_and_the_loss_is_told():
    exchange = Exchange()
    pair = exchange.hear("udp/1", (("10.1.0.5", 4000), RESOLVER), 1.0)
    for number in range(ZONES_LIMIT + 500):
        payload = query(b"www.%d-x.com" % number)
        pair.datagram(0, payload, len(payload), 1.0 + number / 1000)
    exchange.flush(10.0)
    (gap,) = exchange.take()
    assert isinstance(gap, Gap)
    assert (gap.cause, gap.size) == ("too many zones", 500 * 3)
    assert ALL_HELD_BYTES < 64 << 20


@pytest.mark.parametrize("step", [1, 3, 100, 5000])
def test_over_tcp_behind_lengths_however_cut(step):
    names = hexadecimal(b"evil.example", labels=3)
    stream = b"".join(struct.pack("!H", len(query(name))) + query(name) for name in names)
    (found,) = talk([(0, stream)], step=step)
    assert (found.protocol, found.name) == ("dns-tunnel", "evil.example")
    assert len(found.content.bytes().splitlines()) == len(names)


def test_a_hole_in_a_stream_of_messages_ends_it():
    framed = [struct.pack("!H", len(each)) + each for each in map(query, hexadecimal(b"evil.example", labels=3))]
    (found,) = talk([(0, b"".join(framed[:60])), (0, 100), (0, b"".join(framed[60:]))])
    assert len(found.content.bytes().splitlines()) == 60


def test_names_with_pointers():
    data = b"\0" * 12 + wire_name(b"example.net") + b"\3www\xc0\x0c" + b"\xc0\x19"
    assert read_name(data, 25) == ((b"www", b"example", b"net"), 31)
    assert read_name(data, 31) == ((b"www", b"example", b"net"), 33)
    assert read_name(b"\1a\xc0\0", 0) is None
    assert read_name(b"\xc0\0", 0) is None


@pytest.mark.parametrize(
    ("name", "size"),
    [(b"a.example.com", 2), (b"a.b.co.uk", 3), (b"co.uk", 2), (b"dnscat.00ff41", 0), (b"x.xn--p1ai", 2), (b"wpad", 1)],
)
def test_what_of_a_name_is_registered(name, size):
    assert suffix_size(tuple(name.split(b"."))) == size


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 90))
def test_any_bytes_are_a_message_or_none(data, at):
    parse(data)
    read_name(data, at)
    parse(query(b"a.example.net")[:at] + data, is_cut=True)
    parse(answer(b"a.example.net", 15, (data, b"\0\x0a\xc0\x0c", data[at:])))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.binary(max_size=40), st.sampled_from([1, 5, 10, 15, 16, 33, 65399])),
        max_size=30,
    )
)
def test_any_messages_give_findings_or_nothing(asked):
    exchange = Exchange()
    for number, (side, name, kind) in enumerate(asked):
        pair = exchange.hear(f"udp/{number}", (("10.1.0.5", 4000 + number), RESOLVER), float(number))
        for payload in (query(name[:30], kind), answer(name[:30], kind, (name, name[3:]))):
            pair.datagram(side, payload, len(payload) + number % 2, float(number))
    exchange.flush(1e6)
    exchange.finish()
    assert all(isinstance(found, (WireObject, Gap)) for found in exchange.take())

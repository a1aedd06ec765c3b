import random
from collections import Counter

import pytest
from aioquic.quic.events import StreamReset
from aioquic.tls import CipherSuite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.channels.desk import Desk
from forensics.channels.exchange import Exchange
from forensics.channels.quic import Quic
from forensics.channels.quic_crypto import SUITES, Opener
from forensics.channels.quic_frames import frames
from forensics.channels.quic_ordering import Ordering
from forensics.channels.quic_packets import packets
from forensics.model import ByteRange, Gap, Opaque, WireObject
from tests.channels.quic_talk import CLIENT, SERVER, V1, V2, Talk, Web, heard

RANDOM = random.Random(5)
FILE, OTHER = RANDOM.randbytes(60_000), RANDOM.randbytes(20_000)
BOTH = Counter({("up", "one.wav", FILE): 1, ("down", "two.wav", OTHER): 1})


def web(**options):
    """An upload and a download at once."""
    talk = Web(files={"/out/two.wav": OTHER}, **options)
    talk.ask("/in/one.wav", FILE, step=16_384)
    talk.ask("/out/two.wav")
    return talk.run_all()


def said(found):
    """Direction, name and bytes of each, which must be whole objects."""
    assert not [each for each in found if not isinstance(each, WireObject) or each.missing]
    return Counter((each.direction.value, each.name, each.content.bytes()) for each in found)


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ({}, "QUIC v1"),
        ({"supported_versions": [V2]}, "QUIC v2"),
        ({"supported_versions": [V2, V1], "original_version": V1}, "QUIC v2"),
        ({"is_retried": True}, "QUIC v1"),
        ({"supported_versions": [V2, V1], "server": {"supported_versions": [V1]}}, "QUIC v1"),
        ({"loss": 0.2, "disorder": 0.3, "seed": 3}, "QUIC v1"),
    ],
)
def test_without_secrets_the_greeting_says_who_was_called(options, version):
    talk = web(**options)
    (found,) = heard(talk.datagrams)
    assert isinstance(found, Opaque)
    assert (found.protocol, found.name, found.source) == ("quic", "drop.example", "10.1.0.5:40000")
    assert found.facts["version"] == version
    assert found.facts["alpn"] == "h3"
    assert found.facts["ja4"].startswith("q13d")
    assert found.up == sum(len(datagram) for side, datagram in talk.datagrams if side == CLIENT)


def test_a_client_that_is_seen_second_is_still_the_source():
    talk = web()
    (found,) = heard([(SERVER, b"\xc0\0\0\0\0 a version that is not known"), *talk.datagrams])
    assert found.source == "10.1.0.5:40000"
    (found,) = heard([(1 - side, datagram) for side, datagram in talk.datagrams])
    assert (found.source, found.up > found.down) == ("192.0.2.80:443", True)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"supported_versions": [V2]},
        {"supported_versions": [V2, V1], "original_version": V1},
        {"supported_versions": [V2, V1], "server": {"supported_versions": [V1]}},
        {"is_retried": True},
        {"connection_id_length": 20},
        {"connection_id_length": 1},
        *({"cipher_suites": [suite]} for suite in CipherSuite if suite.name.startswith(("AES", "CHACHA"))),
    ],
)
def test_with_secrets_every_file_is_exact(options):
    talk = web(**options)
    found = heard(talk.datagrams, talk.keys)
    assert said(found) == BOTH
    assert {each.uri for each in found} == {"https://drop.example/in/one.wav", "https://drop.example/out/two.wav"}
    assert {each.protocol for each in found} == {"http3"}


@pytest.mark.parametrize("is_tap_before", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_loss_and_disorder_on_the_way_change_nothing(seed, is_tap_before):
    talk = web(loss=0.03, disorder=0.1, seed=seed, is_tap_before=is_tap_before)
    assert said(heard(talk.datagrams, talk.keys)) == BOTH
    assert said(heard([each for each in talk.datagrams for _ in range(2)], talk.keys)) == BOTH


@pytest.mark.parametrize("seed", range(3))
def test_any_order_gives_the_same_bytes(seed):
    talk = web()
    first, *rest = talk.datagrams
    random.Random(seed).shuffle(rest)
    found = said(heard([first, *rest], talk.keys))
    assert Counter(content for _, _, content in found.elements()) == Counter([FILE, OTHER])


def test_keys_may_be_changed_while_a_file_is_sent():
    talk = Web(loss=0.02, disorder=0.1)
    for number in range(4):
        talk.ask(f"/in/{number}.wav", FILE)
        talk.run(lambda: len(talk.answered) == len(talk.asked))
        (talk.client, talk.server)[number % 2].request_key_update()
    found = heard(talk.run_all().datagrams, talk.keys)
    assert said(found) == Counter({("up", f"{number}.wav", FILE): 1 for number in range(4)})


def test_early_data_is_read_with_the_secret_for_it():
    before = web()
    talk = web(before=before)
    assert any(packet.kind.name == "EARLY" for _, datagram in talk.datagrams for packet in packets(datagram))
    assert said(heard(talk.datagrams, talk.keys)) == BOTH


def test_one_connection_after_the_other_between_the_same_ends():
    one, two = web(), web(supported_versions=[V2])
    both = [*one.datagrams, *two.datagrams]
    assert said(heard(both, lambda random: one.keys(random) or two.keys(random))) == BOTH + BOTH
    found = heard(both, one.keys)
    assert [each.cause for each in found if isinstance(each, Gap)] in ([], ["not decrypted"])
    assert said([each for each in found if isinstance(each, WireObject)]) == BOTH


@pytest.mark.parametrize("late", [1, 5, 40])
def test_secrets_may_come_after_the_packets(late):
    talk = web()
    asked = []
    exchange = Exchange(keys=lambda random: asked.append(random) or (talk.keys(random) if len(asked) > late else {}))
    assert said(heard(talk.datagrams, exchange=exchange)) == BOTH


def test_secrets_that_never_come_leave_an_opaque_connection_and_nothing_held():
    talk = web()
    exchange = Exchange(keys=lambda _random: {})
    before = exchange._desk._allowance
    (found,) = heard(talk.datagrams, exchange=exchange)
    assert (found.protocol, found.name) == ("quic", "drop.example")
    assert exchange._desk._allowance == before


def test_secrets_of_one_side_only_read_that_side():
    talk = web()

    def half(random):
        return {label: secret for label, secret in talk.keys(random).items() if label.startswith("CLIENT")}

    found = heard(talk.datagrams, half)
    assert [each.content.bytes() for each in found if isinstance(each, WireObject)] == [FILE]
    assert [each.cause for each in found if isinstance(each, Gap)] == ["not decrypted"]


def test_what_the_capture_lost_is_zeros_and_a_range():
    talk = Web(is_tap_before=True)
    talk.ask("/in/one.wav", FILE, step=16_384, fields=[("content-length", str(len(FILE)))])
    talk.run_all()
    large = [at for at, (side, datagram) in enumerate(talk.datagrams) if side == CLIENT and len(datagram) >= 1200]
    for lost in (large[8], large[20], large[-2]):
        (found,) = heard([each for at, each in enumerate(talk.datagrams) if at != lost], talk.keys)
        (gap,) = found.missing
        assert 1000 < gap.size < 1200
        assert found.content.bytes() == FILE[: gap.start] + bytes(gap.size) + FILE[gap.end :]


def test_an_upload_that_is_given_up_says_how_much_is_missing():
    talk = Web()
    stream = talk.ask("/in/one.wav", FILE[:5000], fields=[("content-length", "60000")], is_last=False)
    talk.run(lambda: len(talk.received[stream, SERVER]) >= 5000)
    talk.client.reset_stream(stream, 0x10C)
    talk.run(lambda: any(isinstance(event, StreamReset) for event in talk.events[SERVER]))
    (found,) = heard(talk.datagrams, talk.keys)
    assert (found.content.bytes(), found.missing_bytes) == (FILE[:5000], 55_000)


def test_what_is_no_http_3_is_guessed_from_its_content():
    talk = Talk(alpn_protocols=["other"])
    stream = talk.client.get_next_available_stream_id()
    asked = b"PUT /x.wav HTTP/1.1\r\nHost: far.example\r\nContent-Length: 20000\r\n\r\n" + OTHER
    talk.client.send_stream_data(stream, asked, end_stream=True)
    talk.run(lambda: any(getattr(event, "end_stream", False) for event in talk.events[SERVER]))
    (found,) = heard(talk.datagrams, talk.keys)
    assert (found.protocol, found.name, found.content.bytes()) == ("http", "x.wav", OTHER)


def test_a_packet_under_chacha20_of_the_standard_opens():
    secret = bytes.fromhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")
    packet = bytes.fromhex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb")
    opened = Opener(secret, SUITES[2], "quic ").open(packet, 1, 654_360_564)
    assert opened is not None
    assert (opened.number, opened.payload) == (654_360_564, b"\x01")


PIECES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=30)


@given(PIECES, st.sampled_from([300, 3000, 1 << 20]), st.booleans())
def test_pieces_in_any_order_come_out_in_order(pieces, limit, has_end):
    whole = bytes(range(100))
    ordering = Ordering(desk := Desk(), limit=limit)
    if has_end:
        ordering.end_at(100)
    told = [part for at, size in pieces for part in ordering.push(at, whole[at : at + size])]
    told += ordering.finish()
    out, known = b"", set()
    for part in told:
        assert part
        out += part if isinstance(part, bytes) else bytes(part)
        known |= set(range(len(out) - len(part), len(out))) if isinstance(part, bytes) else set()
    assert all(out[at] == whole[at] for at in known)
    assert len(out) == (100 if has_end else max((at + size for at, size in pieces), default=0))
    if limit > 100_000:
        assert known == {at for begin, size in pieces for at in range(begin, begin + size)}
    assert desk._allowance == Desk()._allowance


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_may_be_frames_and_packets(data):
    list(frames(data))
    list(packets(data))
    list(packets(b"\xc0\0\0\0\1" + data))
    Quic.claims([(0, b"\xc0\0\0\0\1" + data)], "udp")


TALK = web()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_datagrams_give_objects_or_nothing(data):
    count = len(TALK.datagrams)
    told = list(TALK.datagrams)
    for _ in range(data.draw(st.integers(1, 12))):
        at, other = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
        what = data.draw(st.sampled_from(["lose", "swap", "turn", "cut", "spoil", "noise"]))
        side, datagram = told[at]
        if what == "swap":
            told[at], told[other] = told[other], told[at]
        elif what == "lose":
            told[at] = side, b""
        elif what == "turn":
            told[at] = 1 - side, datagram
        elif what == "cut":
            told[at] = side, datagram[: data.draw(st.integers(0, 1200))]
        elif what == "noise":
            told[at] = side, data.draw(st.binary(max_size=40))
        elif datagram:
            spot = data.draw(st.integers(0, len(datagram) - 1))
            told[at] = side, datagram[:spot] + b"\xff" + datagram[spot + 1 :]
    exchange = Exchange(keys=TALK.keys)
    before = exchange._desk._allowance
    for found in heard(told, exchange=exchange):
        if isinstance(found, WireObject) and found.direction == "up":
            assert found.content.size <= len(FILE) + 100
            gap = found.missing[0] if found.missing else ByteRange(start=0, end=0)
            if len(found.missing) < 2 and (gap.start or not gap.size):
                content = found.content.bytes()
                assert content == FILE[: gap.start] + bytes(min(gap.end, len(content)) - gap.start) + FILE[gap.end :]
    assert exchange._desk._allowance == before

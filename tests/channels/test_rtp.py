"""Voice without signalling: order, loss, silence, parts, what is guessed and what is said to be unreadable."""

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.exchange import Exchange
from forensics.channels.rtp import Rtp
from forensics.channels.rtp_recording import OVERLAP_S, PART_S
from forensics.model import Gap, WireObject
from tests.channels.calling import (
    CALLEE,
    ENDS,
    SOURCE,
    cut,
    decoded,
    encoded,
    heard,
    likeness,
    noise,
    packets,
    rtp,
    tell,
)

HEADER = 58
"""Bytes of a WAV header that is not PCM's."""
VOICE = b"".join(encoded("pcm_mulaw", noise(2.0)))
SENT = packets(cut(VOICE))


def sounds(found):
    return [each for each in found if isinstance(each, WireObject)]


def gaps(found):
    return [(each.cause, each.size) for each in found if isinstance(each, Gap)]


def test_a_stream_is_a_sound_file_under_the_name_of_its_source():
    (found,) = heard(SENT)
    assert (found.protocol, found.direction, found.name) == ("rtp", "up", f"call-{SOURCE:08x}.wav")
    assert (found.uri, found.source, found.missing) == ("rtp://192.0.2.80:5004", "10.1.0.5:40000", ())
    assert found.content.bytes()[HEADER:] == VOICE
    assert likeness(decoded(found.content.bytes()), noise(2.0)) > 0.99


def test_both_directions_and_every_source_are_objects_of_their_own():
    exchange = Exchange()
    pair = tell(exchange, [])
    others = packets(cut(VOICE[::-1]), source=7, kind=8)
    third = packets(cut(VOICE), source=9)
    for mine, theirs, other in zip(SENT, others, third, strict=True):
        for side, datagram in ((0, mine), (1, theirs), (0, other)):
            pair.datagram(side, datagram, len(datagram), 1.0)
    pair.over(2.0)
    found = {(each.name, each.direction.value): each for each in exchange.take()}
    assert set(found) == {(f"call-{SOURCE:08x}.wav", "up"), ("call-00000007.wav", "down"), ("call-00000009.wav", "up")}
    assert found["call-00000007.wav", "down"].content.bytes()[HEADER:] == VOICE[::-1]
    assert len({each.position for each in found.values()}) == 3


def test_padding_extensions_and_contributors_are_no_sound():
    dressed = []
    for datagram in SENT:
        first = bytes([0x80 | 0x20 | 0x10 | 2])
        extension = struct.pack("!HH", 0xBEDE, 1) + b"abcd"
        dressed.append(first + datagram[1:12] + bytes(8) + extension + datagram[12:] + b"\0\0\3")
    (found,) = heard(dressed)
    assert found.content.bytes()[HEADER:] == VOICE


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 65_535), st.integers(0, 2**32 - 1))
def test_order_repeats_and_wraps_make_no_difference(chance, number, stamp):
    sent = packets(cut(VOICE), number=number, stamp=stamp)
    at = list(range(len(sent)))
    shuffled = [sent[n] for n in sorted(at, key=lambda n: n if n < 4 else n + chance.uniform(0, 8))]
    repeated = [each for datagram in shuffled for each in [datagram] * chance.choice((1, 1, 2))]
    (found,) = heard(repeated)
    assert found.content.bytes()[HEADER:] == VOICE
    assert not found.missing


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(6, 98), max_size=60))
def test_what_is_lost_is_silence_of_its_length_and_is_told(lost):
    (found,) = heard([datagram for n, datagram in enumerate(SENT) if n not in lost])
    data = found.content.bytes()[HEADER:]
    assert len(data) == len(VOICE)
    missing = {at - HEADER for gap in found.missing for at in range(gap.start, gap.end)}
    assert missing == {at for n in lost for at in range(n * 160, n * 160 + 160)}
    assert all(data[at] == (0xFF if at in missing else VOICE[at]) for at in range(len(data)))


def test_suppressed_silence_lasts_as_long_as_it_did_and_nothing_is_missing():
    comfort = rtp(200, 5000 + 160 * 100, b"\x40", kind=13)
    later = packets(cut(VOICE), number=201, stamp=5000 + 160 * 100 + 3 * 8000)
    (found,) = heard([*SENT, comfort, *later])
    assert found.content.bytes()[HEADER:] == VOICE + b"\xff" * 3 * 8000 + VOICE
    assert not found.missing


def test_a_jump_of_the_stamps_fills_no_more_than_its_limit():
    (found,) = heard([*SENT, *packets(cut(VOICE), number=200, stamp=5000 + 2**30)])
    assert len(found.content.bytes()) == HEADER + 2 * len(VOICE) + 30 * 8000


def test_a_count_that_begins_anew_is_another_object():
    found = heard([*SENT, *packets(cut(VOICE), number=30_000, stamp=1)])
    assert [each.content.bytes()[HEADER:] for each in found] == [VOICE, VOICE]


def test_a_long_call_is_given_in_parts_that_overlap():
    voice = bytes(np.random.default_rng(3).integers(0, 256, 150 * 8000, np.uint8))
    exchange = Exchange()
    pair = tell(exchange, packets(cut(voice)))
    live = [each.content.bytes()[HEADER:] for each in exchange.take()]
    pair.over(9.0)
    (last,) = exchange.take()
    part, overlap = PART_S * 8000, OVERLAP_S * 8000
    assert live == [voice[:part], voice[part - overlap : 2 * part]]
    assert last.content.bytes()[HEADER:] == voice[2 * part - overlap :]
    assert last.name == f"call-{SOURCE:08x}-3.wav"


def test_a_goodbye_on_the_same_port_ends_the_source():
    exchange = Exchange()
    pair = tell(exchange, SENT)
    report = struct.pack("!BBHI", 0x80, 201, 1, SOURCE)
    goodbye = report + struct.pack("!BBHI", 0x81, 203, 1, SOURCE)
    pair.datagram(0, goodbye, len(goodbye), 1003.0)
    assert len(list(exchange.take())) == 1


def test_a_source_that_falls_silent_ends_while_others_go_on():
    exchange = Exchange()
    pair = tell(exchange, SENT)
    pair.datagram(1, rtp(1, 1, b"\0" * 160, source=5), 172, 1100.0)
    assert len(list(exchange.take())) == 1


@pytest.mark.parametrize("tag", [4, 10])
def test_what_srtp_adds_tells_that_voice_is_encrypted(tag):
    sealed = [datagram + bytes(tag) for datagram in SENT]
    assert gaps(heard(sealed)) == [("encrypted voice", len(VOICE) + tag * len(SENT))]


def test_voice_after_a_key_agreement_is_a_gap():
    exchange = Exchange()
    pair = tell(exchange, [])
    for side in (0, 1):
        pair.datagram(side, b"\x16\xfe\xfd" + bytes(40), 43, 1.0)
    for datagram in SENT:
        pair.datagram(0, datagram, len(datagram), 2.0)
    pair.over(3.0)
    assert gaps(exchange.take()) == [("encrypted voice", len(VOICE))]


BINDING = struct.pack("!HHI", 1, 84, 0x2112A442) + bytes(96)
HELLO = b"\x10\0\0\1ZRTP" + bytes(4) + b"PZ\0\x1dHello   " + bytes(90)
HANDSHAKE = b"\x16\xfe\xfd" + bytes(1200)


def test_a_call_that_looks_for_its_way_for_long_is_heard():
    (found,) = heard([*[BINDING] * 300, *[HELLO] * 20, *SENT])
    assert found.content.bytes()[HEADER:] == VOICE


def test_looking_for_a_way_between_the_first_packets_does_not_hide_them():
    said = [each for datagram in SENT for each in (*[BINDING] * 20, datagram)]
    (found,) = heard(said)
    assert found.content.bytes()[HEADER:] == VOICE


def test_a_call_that_agreed_on_keys_first_is_a_gap_and_not_silence():
    exchange = Exchange()
    pair = tell(exchange, [BINDING] * 40)
    for datagram in (HANDSHAKE,) * 6:
        for side in (0, 1):
            pair.datagram(side, datagram, len(datagram), 1000.0)
    for datagram in packets([random.Random(n).randbytes(90) for n in range(50)], kind=111, step=960):
        pair.datagram(0, datagram, len(datagram), 1001.0)
    pair.over(3.0)
    assert gaps(exchange.take()) == [("encrypted voice", 90 * 50)]


def test_what_only_leads_up_to_a_call_is_held_within_bounds():
    exchange = Exchange()
    pair = tell(exchange, [HANDSHAKE, BINDING] * 500)
    assert pair.is_interested
    assert pair.held_bytes < 20_000
    said = b"\x17\xfe\xfd" + bytes(1200)
    for _ in range(16):
        pair.datagram(0, said, len(said), 1000.0)
    assert not pair.is_interested
    assert not pair.held_bytes


def test_payload_types_nobody_knows_are_gaps_with_their_bytes():
    payloads = [random.Random(n).randbytes(77) for n in range(50)]
    assert gaps(heard(packets(payloads, kind=99, step=3000))) == [("payload type 99 not read", 77 * 50)]


@pytest.mark.parametrize("step", [0, 160, 317])
def test_too_little_of_it_is_nothing(step):
    assert heard(packets(cut(VOICE)[:5], step=step)) == []


def test_a_clock_that_runs_at_twice_its_rate_tears_no_holes():
    (found,) = heard(packets(cut(VOICE), kind=9, step=320))
    assert found.content.bytes()[HEADER:] == VOICE


def test_datagrams_the_capture_cut_are_told_as_missing():
    exchange = Exchange()
    pair = tell(exchange, [])
    for datagram in SENT:
        pair.datagram(0, datagram[:112], len(datagram), 1.0)
    pair.over(2.0)
    (found,) = exchange.take()
    assert len(found.content.bytes()) == HEADER + len(VOICE) - 60
    assert found.missing_bytes == 60 * 99


DATAGRAM = st.one_of(
    st.binary(max_size=40),
    st.builds(
        rtp,
        st.integers(0, 40) | st.integers(0, 65_535),
        st.integers(0, 30).map(lambda n: n * 160) | st.integers(0, 2**32 - 1),
        st.binary(max_size=40) | st.just(b"\x08\0\0"),
        kind=st.sampled_from([0, 0, 0, 3, 4, 9, 10, 13, 18, 26, 72, 97, 111]),
        source=st.sampled_from([1, 1, 1, 2]),
    ),
    st.sampled_from([b"\x81\xcb\0\1\0\0\0\1", b"\x81\xcb\xff\xff", b"\x16\xfe\xfd" + bytes(20), b"\xbf\0" + bytes(12)]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 1]), DATAGRAM), max_size=60), st.booleans())
def test_any_datagrams_give_sound_files_or_nothing(said, is_claimed):
    exchange = Exchange()
    pair = exchange.hear("udp/1", ENDS, 0.0)
    desk = Desk()
    channel = Rtp(Peers(key="k", ends=ENDS), 0, desk)
    for count, (side, datagram) in enumerate(said):
        listener = channel if is_claimed else pair
        listener.datagram(side, datagram, len(datagram) + count % 5 // 4, count * 7.0)
    channel.over(1.0)
    pair.over(1.0)
    for found in sounds([*exchange.take(), *desk.take()]):
        assert found.content.size > 0
        assert all(0 <= gap.start < gap.end <= found.content.size for gap in found.missing)


def test_sources_beyond_the_limit_end_the_oldest_and_memory_is_given_back():
    desk = Desk(open_limit=1 << 20)
    channel = Rtp(Peers(key="k", ends=(ENDS[0], CALLEE)), 0, desk)
    for source in range(40):
        for datagram in packets(cut(VOICE)[:20], source=source):
            channel.datagram(0, datagram, len(datagram), 1.0)
    assert len(desk.take()) >= 24
    channel.over(1.0)
    desk.take()
    assert desk.charge(1 << 20)

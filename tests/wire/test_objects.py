import random

import pytest

from forensics.channels.exchange import Exchange
from forensics.model import Gap, Segment, WireObject
from forensics.wire.batch import packets_of
from forensics.wire.objects import Engine
from forensics.wire.streams import Streams
from forensics.wire.table import ACK, FIN, RST, SYN
from tests.wire.packets import CLIENT, CREATED, SERVER, upload

BODY = random.Random(1).randbytes(50_000)


def segment(side, sequence, flags=ACK, payload=b"", *, time=0.0, port=40000, length=-1):
    ends = ((CLIENT, port), (SERVER, 80))
    (source, sport), (destination, dport) = ends[side], ends[1 - side]
    return Segment(
        time=1_700_000_000 + time,
        protocol="tcp",
        source=source,
        source_port=sport,
        destination=destination,
        destination_port=dport,
        sequence=sequence % 2**32,
        flags=flags,
        payload=payload,
        number=0,
        length=len(payload) if length < 0 else length,
    )


def connection(request, response=CREATED, *, isn=2**32 - 3000, step=1000, port=40000, time=0.0):
    made = [segment(0, isn, SYN, port=port, time=time), segment(1, 900, SYN | ACK, port=port, time=time)]
    for at in range(0, len(request), step):
        made.append(segment(0, isn + 1 + at, ACK, request[at : at + step], port=port, time=time))
    made.append(segment(1, 901, ACK, response, port=port, time=time))
    made.append(segment(0, isn + 1 + len(request), ACK | FIN, port=port, time=time))
    made.append(segment(1, 901 + len(response), ACK | FIN, port=port, time=time))
    return made


def run(segments):
    engine = Engine(Exchange())
    found = [*engine.take_segments(segments), *engine.finish()]
    return [each for each in found if isinstance(each, WireObject)], [each for each in found if isinstance(each, Gap)]


def test_an_upload_with_disorder_and_duplicates_is_exact():
    rng = random.Random(7)
    plain = connection(upload(BODY))
    middle = plain[2:-3]
    for _ in range(10):
        shaken = middle + rng.sample(middle, 10)
        shaken.sort(key=lambda each: middle.index(each) + rng.uniform(0, 8))
        (found,), gaps = run(plain[:2] + shaken + plain[-3:])
        assert found.content.bytes() == BODY
        assert not found.missing
        assert not gaps


def test_retransmissions_behind_the_end_make_no_second_object():
    plain = connection(upload(BODY))
    found, gaps = run(plain + plain[2:10] + [plain[-1]])
    assert len(found) == 1
    assert not gaps


def test_loss_is_a_hole_in_the_object_and_a_gap():
    plain = connection(upload(BODY))
    del plain[10]
    (found,), (gap,) = run(plain)
    assert found.missing_bytes == 1000
    assert found.content.size == len(BODY)
    assert (gap.cause, gap.size) == ("lost packets", 1000)


def test_a_reset_ends_what_was_under_way():
    plain = connection(upload(BODY))[:20]
    at = plain[-1].sequence + len(plain[-1].payload)
    forged = segment(0, at + 5_000_000, RST)
    (found,), _ = run([*plain, forged, segment(0, at, RST)])
    assert found.missing_bytes == len(BODY) - found.content.size


def test_the_same_ports_used_again_are_another_connection():
    second = connection(upload(b"second", "b.wav"), isn=5_000_000, time=1.0)
    found, _ = run(connection(upload(b"first", "a.wav")) + second)
    assert [(each.name, each.content.bytes()) for each in found] == [("a.wav", b"first"), ("b.wav", b"second")]
    assert found[0].flow != found[1].flow


def test_ports_used_again_without_an_end_between():
    first = connection(upload(b"first", "a.wav"))[:-2]
    found, _ = run(first + connection(upload(b"second", "b.wav"), isn=77, time=1.0))
    assert [each.content.bytes() for each in found] == [b"first", b"second"]


def test_two_readings_give_the_same_identity():
    first, second = (run(connection(upload(BODY)))[0][0] for _ in range(2))
    assert (first.flow, first.position, first.content.sha256) == (second.flow, second.position, second.content.sha256)


def test_a_connection_may_cross_captures_and_idle_ones_are_let_go():
    engine = Engine(Exchange())
    plain = connection(upload(BODY))
    assert list(engine.take_segments(plain[:20])) == []
    assert engine.since == plain[0].time
    (found,) = engine.take_segments(plain[20:])
    assert found.content.bytes() == BODY
    late = connection(upload(BODY), port=41000)[:20]
    assert list(engine.take_segments(late)) == []
    (torn,) = (each for each in engine.flush(late[-1].time + 10_000) if isinstance(each, WireObject))
    assert torn.missing_bytes


def test_a_hole_is_given_up_when_nothing_has_filled_it_for_long():
    engine = Engine(Exchange())
    plain = connection(upload(BODY))
    del plain[10]
    assert not [each for each in engine.take_segments(plain[:-3]) if isinstance(each, WireObject)]
    (found,) = (each for each in engine.flush(plain[0].time + 60) if isinstance(each, WireObject))
    assert found.missing_bytes == 1000


def test_the_flow_table_is_bounded_and_eviction_is_a_gap():
    exchange = Exchange()
    streams = Streams(exchange, packet_limit=1000, flow_limit=10)
    segments = [each for port in range(30) for each in connection(upload(BODY), port=port + 1)[:5]]
    data, packets = packets_of(segments)
    at = 0
    while at < len(packets):
        at = streams.take(data, packets, at, len(packets))
    assert {gap.cause for gap in streams.gaps} == {"flow table full"}
    assert len(streams.gaps) == 20
    assert len(list(exchange.take())) == 20


@pytest.mark.parametrize("payload", [b"\x16\x03\x01" + bytes(5000), b"\0" * 5000, bytes(range(256)) * 20])
def test_what_no_channel_knows_gives_no_object(payload):
    assert run(connection(payload, payload)) == ([], [])

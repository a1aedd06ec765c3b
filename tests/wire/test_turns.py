"""Answers that a tap shows before what they answer: told in their turn, whatever the order and however it is read."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.wire.objects import Engine
from forensics.wire.turns import WAIT_S, WAITING_LIMIT_BYTES, Said, Turns
from tests.wire.packets import ACK, CLIENT, FIN, RST, SERVER, SYN, ethernet, ip, pcap, tcp

ENDS = ((CLIENT, 40000), (SERVER, 80))
FIRST = ((1 << 32) - 70, 5000)


class Heard:
    """Listens to all connections and remembers what is said, the pieces of a side in a row joined."""

    is_interested = True

    def __init__(self):
        self.said = []

    def open(self, *_):
        return self

    def data(self, side, chunk, time):
        if self.said and self.said[-1][0] == side and isinstance(self.said[-1][1], bytes):
            chunk = self.said.pop()[1] + chunk
        self.said.append((side, chunk))

    def hole(self, side, size, time):
        self.said.append((side, size))

    def closed(self, side, time):
        self.said.append((side, None))

    def counted(self, *_):
        pass

    paused = flush = counted

    def finish(self):
        pass

    def take(self):
        return []

    injected = take


def dialogue(script, *, step=9):
    """The packets of turns of bytes, None for a side that ends; every packet acknowledges all that came before."""
    packets, said = [], [1, 1]
    for side, flags in ((0, SYN), (1, SYN | ACK)):
        packets.append(packet(side, FIRST[side], flags, answered=FIRST[0] + 1 if side else 0))
    for side, what in script:
        for at in range(0, len(what or b"."), step):
            flags = ACK if what else ACK | FIN
            payload = what[at : at + step] if what else b""
            answered = FIRST[1 - side] + said[1 - side]
            packets.append(packet(side, FIRST[side] + said[side], flags, payload, answered))
            said[side] += len(payload) or 1
    return packets


def packet(side, number, flags, payload=b"", answered=0):
    (source, sport), (target, dport) = ENDS[side], ENDS[1 - side]
    return ethernet(ip(source, target, 6, tcp(sport, dport, number, flags, payload, answered=answered)))


def heard(tmp_path, packets, *, spread=0.0):
    """What is told of these packets in all, and before the end; the second half of them is `spread` seconds later."""
    raw = bytearray(pcap(packets))
    at, half = 24, len(packets) // 2
    for number in range(len(packets)):
        if number >= half:
            raw[at : at + 4] = (int.from_bytes(raw[at : at + 4], "little") + round(spread)).to_bytes(4, "little")
        at += 16 + int.from_bytes(raw[at + 8 : at + 12], "little")
    path = tmp_path / "dialogue.pcap"
    path.write_bytes(raw)
    listener = Heard()
    engine = Engine(listener)
    assert list(engine.read(path)) == []
    told = list(listener.said)
    list(engine.finish())
    return listener.said, told


ROUND = (b"STOR %d.wav\r\n", b"150 go on %d\r\n")
TALK = [
    (1, b"220 ready\r\n"),
    *((side, line % number) for number in range(6) for side, line in enumerate(ROUND)),
    (0, b"QUIT\r\n"),
    (0, None),
    (1, b"221 over\r\n"),
    (1, None),
]


@pytest.mark.parametrize("seed", range(30))
def test_what_a_tap_mixes_up_is_told_in_turn(tmp_path, seed):
    rng = random.Random(seed)
    packets = dialogue(TALK, step=rng.choice([3, 9, 100]))
    late = {number: number + (rng.randint(1, 12) if rng.random() < 0.3 else 0) for number in range(len(packets))}
    mixed = packets[:2] + [packets[number] for number in sorted(range(2, len(packets)), key=lambda each: late[each])]
    assert heard(tmp_path, mixed)[0] == TALK
    twice = mixed + rng.sample(packets[2:-2], 3)
    assert heard(tmp_path, twice)[0] == TALK


@pytest.mark.parametrize("seed", range(20))
def test_a_connection_that_is_broken_off_waits_for_what_came_before(tmp_path, seed):
    rng = random.Random(seed)
    packets = dialogue(TALK[:-3], step=3)
    said = sum(len(what) for side, what in TALK[:-3] if side == 0)
    packets.append(packet(0, FIRST[0] + 1 + said, RST))
    places = {number: number + rng.choice([0, 0, rng.randint(1, 9)]) for number in range(2, len(packets))}
    mixed = packets[:2] + [packets[number] for number in sorted(places, key=lambda number: places[number])]
    told, before = heard(tmp_path, mixed)
    assert told == [*TALK[:-3], (0, None), (1, None)]
    assert before == told


def test_whoever_breaks_off_at_another_place_is_not_believed(tmp_path):
    packets = dialogue(TALK, step=100)
    packets.insert(5, packet(0, FIRST[0] + 60_000, RST))
    assert heard(tmp_path, packets)[0] == TALK


def test_an_answer_does_not_wait_for_what_the_tap_lost(tmp_path):
    talk = [(0, b"PASV\r\n"), (1, b"227 here\r\n"), (0, b"STOR a\r\n"), (1, b"150 go on\r\n"), (0, b"QUIT\r\n")]
    packets = dialogue(talk)
    del packets[2]
    said, told = heard(tmp_path, packets, spread=WAIT_S + 1)
    assert said[: len(talk)] == [(0, 6), *talk[1:]]
    assert told == said[: len(talk)]


def test_a_side_that_the_tap_does_not_see_is_waited_for_once(tmp_path):
    talk = [(side, b"%d said\r\n" % number) for number, side in enumerate([0, 1] * 40)]
    packets = dialogue(talk)
    seen = [packets[0], packets[1], *packets[2::2]]
    _, told = heard(tmp_path, seen, spread=WAIT_S + 1)
    assert told == [(0, b"".join(what for side, what in talk if side == 0))]


@pytest.mark.parametrize("seed", range(30))
def test_a_connection_joined_in_its_middle_is_put_in_order_from_the_first_packet(tmp_path, seed):
    rng = random.Random(seed)
    packets = dialogue([(0, b"go\r\n"), (1, b"on\r\n"), (0, b"STOR 7.wav\r\n"), *TALK[1:]], step=4)[2:]
    places = {number: number + rng.choice([0, 0, rng.randint(1, 6)]) for number in range(1, len(packets))}
    mixed = packets[:1] + [packets[number] for number in sorted(places, key=lambda number: places[number])]
    assert heard(tmp_path, mixed)[0] == [
        (0, b"go\r\n"),
        (1, b"on\r\n"),
        (0, b"STOR 7.wav\r\nSTOR 0.wav\r\n"),
        *TALK[2:],
    ]


def test_numbers_that_nobody_sent_hold_nothing_up_for_long(tmp_path):
    packets = dialogue(TALK[:4])
    packets[2] = packet(1, FIRST[1] + 1, ACK, TALK[0][1], answered=FIRST[0] + 100_000)
    said, told = heard(tmp_path, packets, spread=WAIT_S + 1)
    assert {each for each in said if each[1]} == set(TALK[:4])
    assert told == said[:4]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.binary(max_size=9)), max_size=20))
def test_whatever_is_acknowledged_all_is_told_and_each_side_in_order(says):
    turns, told = Turns(), [b"", b""]
    for number, (side, after, what) in enumerate(says):
        turns.add(int(side), Said(what, after, float(number)))
        while (turn := turns.take()) is not None:
            told[turn[0]] += turn[1].what
    assert (turns.overdue(1e9) is None) is not turns.is_waiting
    turns.stop_waiting()
    while (turn := turns.take()) is not None:
        told[turn[0]] += turn[1].what
    assert told == [b"".join(what for side, _, what in says if side == each) for each in (0, 1)]
    assert not turns.is_waiting
    assert turns.bytes == 0


def test_what_waits_is_bounded():
    turns = Turns()
    turns.add(1, Said(bytes(WAITING_LIMIT_BYTES + 1), 5, 0.0))
    assert turns.take() is None
    assert turns.overdue(0.0) == (0, 5)


def stream(count, lost, *, late=()):
    """A side that sends without end and is acknowledged every other segment; the tap lost some, others come late."""
    packets = dialogue([])
    for number in range(count):
        after = [packet(1, FIRST[1] + 1, ACK, answered=(FIRST[0] + 1 + (number + 1) * 8) % (1 << 32))]
        segment = packet(0, FIRST[0] + 1 + number * 8, ACK, b"%08d" % number, FIRST[1] + 1)
        packets += [*([] if number in lost or number in late else [segment]), *(after if number % 2 else [])]
        packets += [packet(0, FIRST[0] + 1 + n * 8, ACK, b"%08d" % n, FIRST[1] + 1) for n in late if number == n + 20]
    return packets


def test_what_was_acknowledged_and_does_not_come_is_lost_soon(tmp_path):
    said, told = heard(tmp_path, stream(2000, lost={50, 51, 700}))
    whole = [b"%08d" % number for number in range(2000)]
    assert said == [
        (0, b"".join(whole[:50])), (0, 16), (0, b"".join(whole[52:700])), (0, 8), (0, b"".join(whole[701:])),
        (0, None), (1, None),
    ]  # fmt: skip
    assert sum(len(what) for _, what in told if isinstance(what, bytes)) > 15_000


def test_what_was_acknowledged_may_still_come_a_little_later(tmp_path):
    said, _ = heard(tmp_path, stream(1000, lost=set(), late={100, 300}))
    assert said[0] == (0, b"".join(b"%08d" % number for number in range(1000)))


def test_what_is_lost_does_not_depend_on_how_the_capture_is_cut(tmp_path):
    capture = pcap(stream(1500, lost={50, 51, 700, 900}, late={300, 701}))
    said = []
    for parts in (1, 7, 40):
        listener, at, number = Heard(), 24, 0
        engine = Engine(listener)
        bounds = [24]
        while at < len(capture):
            at += 16 + int.from_bytes(capture[at + 8 : at + 12], "little")
            number += 1
            if number % (2250 // parts + 1) == 0 or at == len(capture):
                path = tmp_path / f"{parts}-{number}.pcap"
                path.write_bytes(capture[:24] + capture[bounds[-1] : at])
                bounds.append(at)
                list(engine.read(path))
        list(engine.finish())
        said.append(listener.said)
    assert said[0] == said[1] == said[2]
    assert [what for _, what in said[0] if isinstance(what, int)] == [16, 8, 8]

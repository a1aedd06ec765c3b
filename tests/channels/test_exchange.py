"""Connections and those that announce them, in whatever order a tap shows both; and what is held meanwhile."""

import random

import pytest

from forensics.channels.conversation import HELD_LIMIT_BYTES
from forensics.channels.exchange import GRACE_S, UNCLAIMED_BYTES, Exchange
from tests.channels.calling import CALLEE, CALLER, cut, encoded, noise, packets
from tests.channels.script import CLIENT, CLOSE, SERVER, brief, tell
from tests.channels.test_sip import INVITE, OK, SIGNALS, description, message

HOST, FAR = "10.1.0.5", "192.0.2.21"
CONTROL, DATA, ELSEWHERE = (
    ((HOST, port), (far, 2121)) for port, far in ((40000, FAR), (5000, FAR), (6000, "192.0.2.9"))
)
SOUND = b"RIFF\x24\x40\0\0WAVEfmt " + random.Random(4).randbytes(9000)
COMMANDS = [
    (SERVER, b"220 ready\r\n"),
    (CLIENT, b"USER u\r\n"),
    (SERVER, b"331 password\r\n"),
    (CLIENT, b"EPSV\r\n"),
    (SERVER, b"229 ok (|||2121|)\r\n"),
    (CLIENT, b"STOR clip.wav\r\n"),
]
BYTES = [(CLIENT, SOUND[:5000]), (CLIENT, SOUND[5000:]), (CLIENT, CLOSE), (SERVER, CLOSE)]


class Network:
    """Connections of which each says what is next when it is told to."""

    def __init__(self, *scripts):
        self.exchange = Exchange()
        self._scripts = [(None, ends, list(script)) for ends, script in scripts]

    def go_on(self, number):
        listener, ends, script = self._scripts[number]
        if listener is None:
            listener = self.exchange.open(f"tcp/{ends}", ends, 1000.0)
            self._scripts[number] = listener, ends, script
        tell(listener, [script.pop(0)])
        if [side for side, what in BYTES[-2:] if not script]:
            listener.counted(1, 1, 1000.0)

    def found(self):
        return [brief(each) for each in self.exchange.take()]


@pytest.mark.parametrize("before", range(len(COMMANDS)))
def test_a_file_is_named_however_late_its_connection_is_announced(before):
    network = Network((CONTROL, COMMANDS), (DATA, BYTES))
    for number in [0] * before + [1] * len(BYTES) + [0] * (len(COMMANDS) - before):
        network.go_on(number)
    network.exchange.finish()
    ((*_, name, content),) = network.found()
    assert (name, content) == ("clip.wav" if before else "", SOUND)


@pytest.mark.parametrize("seed", range(40))
def test_a_control_and_a_data_connection_may_be_mixed_in_any_way(seed):
    network, order = Network((CONTROL, COMMANDS), (DATA, BYTES)), [0] * (len(COMMANDS) - 1) + [1] * len(BYTES)
    random.Random(seed).shuffle(order)
    for number in [0, *order]:
        network.go_on(number)
    network.exchange.finish()
    assert network.found() == [("up", "clip.wav", SOUND)]


def test_a_file_that_nobody_announces_comes_out_at_once_or_after_a_moment():
    network = Network((CONTROL, COMMANDS), (DATA, BYTES), (ELSEWHERE, BYTES))
    for _ in BYTES:
        network.go_on(2)
    assert network.found() == [("up", "", SOUND)]
    for number in [0, 0, 1, 1, 1, 1]:
        network.go_on(number)
    network.exchange.flush(1000.0 + GRACE_S)
    assert network.found() == []
    network.exchange.flush(1000.1 + GRACE_S)
    assert network.found() == [("up", "", SOUND)]
    for _ in COMMANDS[2:]:
        network.go_on(0)
    network.exchange.finish()
    assert network.found() == []


def test_a_long_file_that_is_announced_too_late_has_no_name_and_comes_once():
    long = SOUND + bytes(HELD_LIMIT_BYTES)
    network = Network((CONTROL, COMMANDS), (DATA, [(CLIENT, long), (CLIENT, CLOSE), (SERVER, CLOSE)]))
    for number in [0, 0, 1, *[0] * 4, 1, 1]:
        network.go_on(number)
    network.exchange.finish()
    assert network.found() == [("up", "", long)]


def test_voice_that_was_guessed_is_the_call_s_when_that_comes_a_moment_later():
    sound = b"".join(encoded("pcm_mulaw", noise(2.0)))
    network, voice = Exchange(), packets(cut(sound))
    signals, pair = network.hear("udp/sip", SIGNALS, 1.0), network.hear("udp/voice", (CALLER, CALLEE), 1.0)
    for datagram in voice[:8]:
        pair.datagram(0, datagram, len(datagram), 1.0)
    for side, datagram in ((0, message(INVITE, description(CALLER))), (1, message(OK, description(CALLEE)))):
        signals.datagram(side, datagram, len(datagram), 1.0)
    for datagram in voice[8:]:
        pair.datagram(0, datagram, len(datagram), 1.0)
    pair.over(3.0)
    (found,) = network.take()
    assert found.uri == "sip:ben@far.example;transport=udp"
    assert found.content.bytes().endswith(sound)


def test_what_nobody_claims_is_held_within_bounds():
    exchange, piece, talks = Exchange(), bytes(HELD_LIMIT_BYTES // 2), []
    for port in range(1000):
        talks.append(exchange.open(f"tcp/{port}", ((HOST, port), (FAR, 9)), 1000.0))
        talks[-1].data(CLIENT, piece, 1000.0)
        assert sum(talk.held_bytes for talk in talks) <= UNCLAIMED_BYTES + 33 * len(piece)

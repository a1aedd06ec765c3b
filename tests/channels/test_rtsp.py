"""Sound in RTSP connections and beside them: what a real program records to a server, by hand what goes wrong."""

from __future__ import annotations

import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.exchange import Exchange
from forensics.interception import objects_of
from forensics.model import Gap, WireObject
from tests.benchmarks.audio_corpus import decode
from tests.channels.calling import SOURCE, cut, decoded, encoded, likeness, noise, packets
from tests.channels.script import CLIENT, ENDS, SERVER, everything, hang_up, tell
from tests.channels.test_real_voice import CLIP, can_call, clip

URI = "rtsp://camera.example/live"
HEADER = 58
VOICE = b"".join(encoded("pcm_mulaw", noise(2.0)))
SDP = b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 PCMU/8000\r\n"
DESCRIBE = f"DESCRIBE {URI} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode()
ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(SDP) + SDP
OK = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n"
OPENING = [(CLIENT, DESCRIBE), (SERVER, ANSWER)]


def framed(datagrams, number=0):
    return b"".join(b"$" + bytes([number]) + struct.pack("!H", len(each)) + each for each in datagrams)


SENT = packets(cut(VOICE), kind=97)
PLAYED = [*OPENING, (SERVER, OK + framed(SENT[:60]) + OK + framed(SENT[60:]))]


def brief(found):
    if isinstance(found, Gap):
        return found.cause, found.size
    return found.direction.value, found.name, found.uri, found.content.bytes(), found.missing_bytes


@pytest.mark.parametrize("step", [0, 1, 7, 1000])
def test_sound_that_is_played_is_heard_between_the_messages(step):
    expected = ("down", f"call-{SOURCE:08x}.wav", URI, VOICE, 0)
    ((*head, data, missing),) = map(brief, everything(PLAYED, step=step))
    assert (*head, data[HEADER:], missing) == expected


def test_sound_that_is_recorded_goes_up():
    announce = f"ANNOUNCE {URI} RTSP/1.0\r\n".encode() + ANSWER.partition(b"\r\n")[2]
    (found,) = everything([(CLIENT, announce), (SERVER, OK), (CLIENT, framed(SENT))])
    assert brief(found)[0] == "up"
    assert found.content.bytes()[HEADER:] == VOICE


def test_behind_a_hole_the_next_frames_are_found():
    whole = framed(SENT)
    (found,) = everything([*OPENING, (SERVER, whole[: 176 * 40 + 9]), (SERVER, 500), (SERVER, whole[176 * 40 + 509 :])])
    assert found.content.bytes()[HEADER:][: 40 * 160] == VOICE[: 40 * 160]
    assert len(found.content.bytes()) == HEADER + len(VOICE)
    assert found.missing_bytes == 3 * 160


def test_ports_a_message_names_are_listened_to():
    exchange = Exchange()
    setup = f"SETUP {URI} RTSP/1.0\r\nTransport: RTP/AVP;unicast;client_port=6000-6001\r\n\r\n".encode()
    talk = exchange.open("k", ENDS, 1000.0)
    tell(talk, [*OPENING, (CLIENT, setup)])
    pair = exchange.hear("udp/1", ((ENDS[1][0], 7000), (ENDS[0][0], 6000)), 1000.0)
    for datagram in SENT:
        pair.datagram(0, datagram, len(datagram), 1001.0)
    tell(talk, hang_up([]))
    (found,) = map(brief, exchange.take())
    assert (found[0], found[2]) == ("down", URI)


WORDS = [
    DESCRIBE,
    ANSWER,
    OK,
    framed(SENT[:9]),
    framed(SENT[9:20]),
    b"$\0\xff\xff",
    b"$",
    b"\r\n",
    b"RTSP/1.0 2",
    b"x\r\n\r\n",
]
ACT = st.tuples(
    st.sampled_from([CLIENT, SERVER]), st.sampled_from(WORDS) | st.binary(max_size=30) | st.integers(1, 999)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACT, max_size=12), st.integers(1, 60))
def test_any_talk_cut_anywhere_gives_the_same(script, step):
    script = [*OPENING, *script]
    assert [*map(brief, everything(script, step=step))] == [*map(brief, everything(script))]


@pytest.mark.skipif(not can_call(), reason="no right to capture here, or no program to send")
def test_what_ffmpeg_records_to_a_server_is_heard(tmp_path: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path, uri = tmp_path / "lo.pcapng", f"rtsp://127.0.0.1:{port}/{CLIP}"
    dumpcap = subprocess.Popen(
        ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", path], stderr=subprocess.PIPE
    )
    ffmpeg = ["ffmpeg", "-v", "error", "-nostdin"]
    server = subprocess.Popen(
        [*ffmpeg, "-rtsp_flags", "listen", "-i", uri, "-f", "null", "-"], stderr=subprocess.DEVNULL
    )
    try:
        while b"File:" not in (line := dumpcap.stderr.readline()):
            assert line, "dumpcap did not start"
        sending = ["-i", clip(), "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1", "-f", "rtsp", "-rtsp_transport", "tcp"]
        for _ in range(50):
            if subprocess.run([*ffmpeg, *sending, uri], check=False, timeout=60).returncode == 0:
                break
        server.wait(20)
        time.sleep(0.5)
    finally:
        server.kill()
        server.wait()
        dumpcap.terminate()
        dumpcap.wait()
    (found,) = [each for each in objects_of(path) if isinstance(each, WireObject)]
    assert (found.direction.value, found.uri, found.missing) == ("up", uri, ())
    assert likeness(decoded(found.content.bytes()), decode(clip())) > 0.99

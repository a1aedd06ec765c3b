"""Calls that announce their voice, files sent as messages, and SIP that is cut, broken or none at all."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.exchange import Exchange
from forensics.channels.rtp_formats import Format
from forensics.channels.sdp import voice_of
from forensics.interception import objects_of
from forensics.model import Gap, WireObject
from tests.channels.calling import CALLEE, CALLER, SOURCE, cut, encoded, noise, packets, tell
from tests.channels.script import CLIENT, SERVER, everything, talk

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"
SIGNALS = (("10.1.0.5", 5060), ("192.0.2.1", 5060))
WIDE = noise(2.0, rate=16_000).byteswap().tobytes()
URI = "sip:ben@far.example;transport=udp"
TONES = b"".join(encoded("pcm_mulaw", noise(2.0)))


def description(end, media="0", lines="", profile="RTP/AVP"):
    address, port = end
    return (
        f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} {profile} {media}\r\n"
        f"{lines}"
    ).encode()


def message(start, body=b"", *, kind="application/sdp", tags=("a1", ""), call="c1@x", compact=False):
    ours, theirs = tags
    fields = {
        "From": f'"A" <sip:anna@desk.example>;tag={ours}',
        "To": "<sip:ben@far.example;transport=udp>" + (f";tag={theirs}" if theirs else ""),
        "Call-ID": call,
        "Content-Type": kind,
        "Content-Length": str(len(body)),
    }
    short = {"From": "f", "To": "t", "Call-ID": "i", "Content-Type": "c", "Content-Length": "l"}
    lines = "".join(f"{short[name] if compact else name}: {value}\r\n" for name, value in fields.items())
    return f"{start}\r\nVia: SIP/2.0/UDP h\r\n{lines}\r\n".encode() + body


INVITE, OK, ACK, BYE = (
    "INVITE sip:ben@far.example SIP/2.0",
    "SIP/2.0 200 OK",
    "ACK sip:ben SIP/2.0",
    "BYE sip:b SIP/2.0",
)
MAPPED = "a=rtpmap:97 L16/16000\r\na=rtpmap:101 telephone-event/8000\r\n"


class Line:
    """An exchange with signalling between two machines."""

    def __init__(self):
        self.exchange = Exchange()
        self._pair = self.exchange.hear("udp/sip", SIGNALS, 1.0)

    def say(self, side, datagram):
        self._pair.datagram(side, datagram, len(datagram), 1.0)
        return self

    def call(self, **terms):
        self.say(0, message(INVITE, description(CALLER, **terms)))
        return self.say(1, message(OK, description(CALLEE, **terms), tags=("a1", "b1")))

    def hang_up(self):
        self.say(0, message(BYE, tags=("a1", "b1")))
        return self.found()

    def found(self):
        return list(self.exchange.take())


def test_a_call_names_its_callee_and_explains_its_payload_types():
    line = Line().call(media="97 101", lines=MAPPED)
    tell(line.exchange, packets(cut(WIDE, 640), kind=97, step=320), ends=(CALLER, CALLEE))
    (found,) = line.hang_up()
    assert (found.uri, found.direction, found.name) == (
        "sip:ben@far.example;transport=udp",
        "up",
        f"call-{SOURCE:08x}.wav",
    )
    assert found.content.bytes()[44:] == noise(2.0, rate=16_000).tobytes()


def test_what_the_callee_says_is_down_though_it_is_heard_first():
    line = Line().call()
    tell(line.exchange, packets(cut(TONES)), ends=(CALLEE, CALLER))
    (found,) = line.hang_up()
    assert (found.direction, found.source) == ("down", "192.0.2.80:5004")


def test_voice_that_came_before_the_signalling_is_heard_too():
    line = Line()
    early = packets(cut(WIDE, 640), kind=97, step=320)
    pair = tell(line.exchange, early[:3], ends=(CALLER, CALLEE))
    line.call(media="97", lines=MAPPED)
    for datagram in early[3:]:
        pair.datagram(0, datagram, len(datagram), 1.0)
    (found,) = line.hang_up()
    assert found.content.bytes()[44:] == noise(2.0, rate=16_000).tobytes()


def test_an_offer_in_the_answer_and_an_answer_in_the_acknowledgement():
    line = Line().say(0, message(INVITE)).say(1, message(OK, description(CALLEE), tags=("a1", "b1")))
    line.say(0, message(ACK, description(CALLER), tags=("a1", "b1"), compact=True))
    tell(line.exchange, packets(cut(TONES)), ends=(CALLEE, CALLER))
    (found,) = line.hang_up()
    assert found.direction == "down"


def test_one_announced_end_may_be_spoken_to_from_several():
    line = Line().call()
    for port in (7000, 7002):
        tell(line.exchange, packets(cut(TONES)), ends=(("198.51.100.9", port), CALLEE))
    assert [found.direction for found in line.hang_up()] == ["up", "up"]


@pytest.mark.parametrize(
    "terms",
    [
        {"profile": "RTP/SAVP"},
        {"lines": "a=fingerprint:sha-256 AB:CD\r\n"},
        {"lines": "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AA\r\n"},
        {"profile": "UDP/TLS/RTP/SAVPF"},
    ],
)
def test_an_encrypted_call_is_one_gap(terms):
    line = Line().call(**terms)
    pair = tell(line.exchange, packets(cut(TONES)), ends=(CALLER, CALLEE))
    for datagram in packets(cut(TONES), source=5):
        pair.datagram(1, datagram, len(datagram), 1.0)
    assert [(gap.cause, gap.size) for gap in line.hang_up()] == [("encrypted voice", 2 * len(TONES))]


def test_voice_after_the_call_is_over_is_still_heard():
    line = Line().call()
    pair = tell(line.exchange, packets(cut(TONES)), ends=(CALLER, CALLEE))
    assert len(line.hang_up()) == 1
    for datagram in packets(cut(TONES), source=5):
        pair.datagram(0, datagram, len(datagram), 1.0)
    pair.over(9.0)
    (found,) = line.found()
    assert found.uri == "rtp://192.0.2.80:5004"


def test_what_is_no_voice_where_voice_was_announced_is_a_gap():
    line = Line().call()
    tell(
        line.exchange,
        [b"\0\1f\0octet\0" + bytes(50)] * 3 + [b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12)],
        ends=(CALLER, CALLEE),
    )
    assert [(gap.cause, gap.size) for gap in line.hang_up()] == [("not RTP where voice was awaited", 3 * 60)]


MIXED = b"--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b--\r\n"
KINDS = "multipart/mixed;boundary=b"


def streamed(step):
    """A call over TCP whose voice then comes over UDP."""
    exchange = Exchange()
    stream = exchange.open("tcp/1", SIGNALS, 1.0)
    said = b"\r\n\r\n" + message(INVITE, MIXED % description(CALLER, media="97", lines=MAPPED), kind=KINDS)
    for at in range(0, len(said), step):
        stream.data(0, said[at : at + step], 1.0)
    stream.data(1, message("SIP/2.0 183 Session Progress", description(CALLEE, media="97", lines=MAPPED)), 1.0)
    tell(exchange, packets(cut(WIDE, 640), kind=97, step=320), ends=(CALLER, CALLEE))
    stream.data(0, message(BYE), 2.0)
    return [(found.name, found.uri, found.content.bytes()) for found in exchange.take()]


@pytest.mark.parametrize("step", [1, 2, 7, 100, 5000])
def test_signalling_over_a_stream_may_be_cut_anywhere(step):
    ((name, uri, data),) = streamed(step)
    assert (name, uri) == (f"call-{SOURCE:08x}.wav", URI)
    assert data[44:] == noise(2.0, rate=16_000).tobytes()


SEND = "MESSAGE sip:ben@far.example SIP/2.0"
TEXT = b"clip 17: " * 200


def test_files_and_long_texts_sent_as_messages_are_objects():
    line = Line()
    line.say(0, message(SEND, TEXT, kind="text/plain")).say(0, message(SEND, b"hello", kind="text/plain"))
    line.say(0, message(SEND, b"RIFF1234WAVE", kind='audio/wav;name="a.wav"'))
    line.say(1, message(SEND, b"<x/>", kind="application/im-iscomposing+xml"))
    line.say(1, message(OK, b"v=0\r\n"))
    found = [(each.name, each.direction.value, each.content.bytes(), each.uri) for each in line.found()]
    assert found == [("message", "up", TEXT, URI), ("a.wav", "up", b"RIFF1234WAVE", URI)]


def test_a_message_that_breaks_off_lacks_its_end():
    whole = message(SEND, TEXT, kind="text/plain")
    (found,) = talk([(CLIENT, whole[:-300])])
    assert (found.missing_bytes, found.content.bytes()) == (300, TEXT[:-300])
    (found,) = talk([(CLIENT, whole[:-900]), (CLIENT, 500), (CLIENT, whole[-400:] + whole)])[:1]
    assert found.missing_bytes == 900
    line = Line()
    line.say(0, whole)
    line._pair.datagram(0, whole[:-100], len(whole), 1.0)
    assert [each.missing_bytes for each in line.found()] == [0, 100]


def test_after_a_hole_in_the_head_the_next_message_is_found():
    whole = message(SEND, TEXT, kind="text/plain")
    found = talk([(CLIENT, whole + whole[:50]), (CLIENT, 100), (CLIENT, whole[150:] + whole)])
    assert [each.content.bytes() for each in found] == [TEXT, TEXT]


WORDS = [
    message(INVITE, description(CALLER)), message(OK, description(CALLEE)), message(BYE), message(SEND, TEXT),
    b"INVITE sip:x SIP/2.0\r\n", b"SIP/2.0 200 OK\r\n", b"Content-Length: 99999999999\r\n", b"l: 5\r\n", b"\r\n",
    b"Content-Type: multipart/mixed;boundary=\r\n", b"c: application/sdp\r\n", b"v=0\r\nm=audio 1 RTP/AVP 0\r\n",
    b"MESSAGE sip:x SIP/2.0\r\nl: 9\r\n\r\nabc",
]  # fmt: skip
SAYING = st.sampled_from(WORDS) | st.binary(max_size=30)
ACT = st.tuples(st.sampled_from([CLIENT, SERVER]), st.one_of(SAYING, SAYING, st.integers(1, 3000)))


@settings(max_examples=60, deadline=None)
@given(st.lists(ACT, max_size=15), st.integers(1, 50))
def test_any_signalling_cut_anywhere_gives_the_same(script, step):
    script = [(CLIENT, b"OPTIONS sip:x SIP/2.0\r\n\r\n"), *script]
    whole, pieces = everything(script), everything(script, step=step)
    assert [summary(found) for found in pieces] == [summary(found) for found in whole]
    line = Line()
    for side, said in script:
        if isinstance(said, bytes):
            line.say(side, said)


@pytest.mark.parametrize("junk", [b"x\r\n\r\n" * 9000, bytes(40_000), b"SIP/2.0 200 OK\r\n" * 3000], ids=len)
@pytest.mark.parametrize("step", [0, 1000, 4099])
def test_junk_of_any_length_hides_no_message_behind_it(junk, step):
    whole = message(SEND, TEXT, kind="text/plain")
    (found, *_) = talk([(CLIENT, whole), (CLIENT, junk + b"\r\n\r\n" + whole)], step=step)[1:]
    assert found.content.bytes() == TEXT


def summary(found):
    if isinstance(found, Gap):
        return found.cause, found.size
    return found.name, found.content.bytes(), found.position, found.missing


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(["v=0", "m=audio 9 RTP/AVP 0 96", "a=rtpmap:96 X/0", "c=IN IP4 1.2.3.4/127/3"]) | st.text()
    )
)
def test_any_text_is_a_description_or_none(lines):
    for media in voice_of("\r\n".join(lines).encode("utf-8", "surrogatepass")):
        assert media.ends


def test_a_description_is_read_as_it_says():
    body = (
        b"v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nt=0 0\r\nm=audio 4000/2 RTP/AVP 0 96 8\r\n"
        b"c=IN IP6 2001:0DB8::1\r\na=rtpmap:96 AMR/8000\r\na=fmtp:96 octet-align=1; mode-set=7\r\n"
        b"a=candidate:1 1 UDP 2130706431 10.9.9.9 4444 typ host\r\n"
        b"m=video 5000 RTP/AVP 31\r\nc=IN IP4 10.0.0.1\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP4 10.0.0.1\r\n"
        b"m=audio 6000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n"
    )
    (media,) = voice_of(body)
    assert media.ends == (("2001:db8::1", 4000), ("10.9.9.9", 4444))
    assert media.formats[96] == Format(name="amr", options="octet-align=1;mode-set=7")
    assert set(media.formats) == {0, 8, 96}


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")
def test_public_signalling_makes_up_no_objects():
    for path in sorted(CAPTURES.glob("*sip*.pcap")):
        assert not [found for found in objects_of(path) if isinstance(found, WireObject)], path.name

import gzip
import random

import pytest
from hpack import Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.http2 import Http2
from forensics.channels.http2_frames import PREFACE
from forensics.channels.observe import observation
from forensics.model import Gap, Opaque, WireObject
from tests.channels.script import CLIENT, CLOSE, SERVER, brief, everything, talk

DATA, HEADERS, PRIORITY, RESET, SETTINGS, PROMISE, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, PRIORITISED = 0x01, 0x04, 0x08, 0x20
FILE = random.Random(2).randbytes(50_000)


def frame(kind, stream=0, payload=b"", flags=0):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


OPENING = PREFACE + frame(SETTINGS, payload=b"\0\4\0\1\0\0") + frame(WINDOW, payload=b"\0\1\0\0")
ANSWER_OPENING = frame(SETTINGS, payload=b"\0\3\0\0\0\x64") + frame(SETTINGS, flags=1)


class Speaker:
    """One side's frames, its header blocks packed with its own table."""

    def __init__(self):
        self.encoder = Encoder()

    def headers(self, stream, *fields, flags=0):
        return frame(HEADERS, stream, self.encoder.encode(fields), END_HEADERS | flags)

    def post(self, stream, path="/in/clip.wav", *fields, method="POST"):
        asked = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "drop.example")]
        return self.headers(stream, *asked, *fields)

    def get(self, stream, path):
        asked = [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "drop.example")]
        return self.headers(stream, *asked, flags=END_STREAM)


def body(stream, data, *, size=16_384, flags=END_STREAM):
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    frames = [frame(DATA, stream, piece) for piece in pieces[:-1]]
    return b"".join([*frames, frame(DATA, stream, pieces[-1], flags)])


def upload(data=FILE, *fields, path="/in/clip.wav"):
    return OPENING + Speaker().post(1, path, *fields) + body(1, data)


def test_a_body_is_named_after_its_path():
    (found,) = talk([(CLIENT, upload(path="/a%20b/caf%C3%A9.wav?x=/y")), (SERVER, ANSWER_OPENING)])
    assert brief(found) == ("up", "café.wav", FILE)
    assert (found.uri, found.protocol) == ("http://drop.example/a%20b/caf%C3%A9.wav?x=/y", "http2")
    assert (found.source, found.destination) == ("10.1.0.5:40000", "192.0.2.80:8080")


def test_streams_that_cross_each_other_come_out_apart_with_their_answers():
    client, server = Speaker(), Speaker()
    one, two = random.Random(3).randbytes(9000), random.Random(4).randbytes(9000)
    asking = client.post(1, "/up/one.zip") + client.get(3, "/down/two.zip")
    answering = server.headers(3, (":status", "200"), ("content-type", "application/zip")) + server.headers(
        1, (":status", "200"), ("content-disposition", 'attachment; filename="receipt.txt"')
    )
    turns = []
    for at in range(0, 9000, 3000):
        flags = END_STREAM if at == 6000 else 0
        turns.append((CLIENT, frame(DATA, 1, one[at : at + 3000], flags)))
        turns.append((SERVER, frame(DATA, 3, two[at : at + 3000]) + frame(DATA, 1, b"ok %d;" % at)))
    trailers = server.headers(3, ("x-sum", "1"), flags=END_STREAM) + frame(DATA, 1, b"", END_STREAM)
    script = [(CLIENT, OPENING + asking), (SERVER, ANSWER_OPENING + answering), *turns, (SERVER, trailers)]
    assert sorted(brief(found) for found in talk(script)) == [
        ("down", "receipt.txt", b"ok 0;ok 3000;ok 6000;"),
        ("down", "two.zip", two),
        ("up", "one.zip", one),
    ]


def test_padding_priority_and_continuation_are_no_content():
    block = Encoder().encode([(":method", "PUT"), (":path", "/p.wav"), ("x-long", "y" * 300)])
    head = frame(HEADERS, 1, b"\5" + b"\0\0\0\0\x10" + block[:20] + bytes(5), PADDED | PRIORITISED)
    more = frame(CONTINUATION, 1, block[20:90]) + frame(CONTINUATION, 1, block[90:], END_HEADERS)
    data = frame(DATA, 1, b"\3abc" + bytes(3), PADDED) + frame(DATA, 1, b"\0def", PADDED | END_STREAM)
    (found,) = talk([(CLIENT, OPENING + head + more + frame(0xC, 0, b"ext") + data)])
    assert brief(found) == ("up", "p.wav", b"abcdef")


def test_the_files_of_a_form_come_out():
    form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="in.wav"\r\n\r\n' + FILE + b"\r\n--b--\r\n"
    (found,) = talk([(CLIENT, upload(form, ("content-type", "multipart/form-data; boundary=b"), path="/form"))])
    assert brief(found) == ("up", "in.wav", FILE)


def test_a_coded_body_is_given_as_transferred():
    packed = gzip.compress(FILE)
    (found,) = talk([(CLIENT, upload(packed, ("content-encoding", "gzip")))])
    assert (found.content.bytes(), found.encoding) == (packed, "gzip")


def test_what_is_called_by_grpc_is_one_body():
    message = b"\0" + len(FILE).to_bytes(4, "big") + FILE
    (found,) = talk([(CLIENT, upload(message, ("content-type", "application/grpc"), path="/files.Store/Put"))])
    assert (brief(found), found.media_type) == (("up", "Put", message), "application/grpc")


def test_a_pushed_answer_is_named_after_its_promise():
    client, server = Speaker(), Speaker()
    promised = server.encoder.encode([(":method", "GET"), (":path", "/style.css"), (":authority", "drop.example")])
    promise = frame(PROMISE, 1, b"\0\0\0\2" + promised, END_HEADERS)
    answer = promise + server.headers(2, (":status", "200")) + body(2, b"body {}")
    found = talk([(CLIENT, OPENING + client.get(1, "/")), (SERVER, ANSWER_OPENING + answer)])
    assert [brief(each) for each in found] == [("down", "style.css", b"body {}")]


@pytest.mark.parametrize("who", [CLIENT, SERVER])
def test_a_stream_that_is_given_up_says_how_much_is_missing(who):
    client = Speaker()
    begun = client.post(1, "/a.wav", ("content-length", "100")) + frame(DATA, 1, b"abc")
    script = [(CLIENT, OPENING + begun), (SERVER, ANSWER_OPENING), (who, frame(RESET, 1, b"\0\0\0\x08"))]
    (found,) = talk([*script, (CLIENT, frame(DATA, 1, b"late"))])
    assert (found.content.bytes(), found.missing_bytes) == (b"abc", 97)


def test_a_connection_that_breaks_off_says_how_much_is_missing():
    begun = Speaker().post(1, "/a.wav", ("content-length", "100")) + frame(DATA, 1, b"abc")
    (found,) = talk([(CLIENT, OPENING + begun)])
    assert (found.content.bytes(), found.missing_bytes) == (b"abc", 97)


def test_an_announced_body_of_which_nothing_came_is_a_gap():
    begun = Speaker().post(1, "/a.wav", ("content-length", "100"))
    (found,) = everything([(CLIENT, OPENING + begun)])
    assert isinstance(found, Gap)
    assert found.size == 100


def test_an_upgrade_from_http_1_names_the_first_answer():
    server = Speaker()
    ask = b"GET /page.html HTTP/1.1\r\nHost: h.example\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = server.headers(1, (":status", "200")) + body(1, b"<html>")
    client = Speaker().post(3, "/b.wav") + body(3, b"RIFF")
    script = [
        (CLIENT, ask),
        (SERVER, b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n" + ANSWER_OPENING),
        (CLIENT, OPENING + client),
        (SERVER, answer),
    ]
    assert [(*brief(found), found.uri) for found in talk(script)] == [
        ("up", "b.wav", b"RIFF", "http://drop.example/b.wav"),
        ("down", "page.html", b"<html>", "http://h.example/page.html"),
    ]


def test_a_tunnel_in_a_stream_is_read_inside():
    client, server = Speaker(), Speaker()
    inside = b"PUT /x.wav HTTP/1.1\r\nHost: far\r\nContent-Length: 4\r\n\r\nRIFF"
    connect = client.headers(1, (":method", "CONNECT"), (":authority", "far:80"))
    script = [
        (CLIENT, OPENING + connect),
        (SERVER, ANSWER_OPENING + server.headers(1, (":status", "200"))),
        (CLIENT, body(1, inside, size=10)),
    ]
    (found,) = talk(script)
    assert (brief(found), found.uri) == (("up", "x.wav", b"RIFF"), "http://far/x.wav")


@pytest.mark.parametrize("protocol", ["", "connect-udp"])
def test_a_tunnel_nobody_can_read_is_told_with_its_bytes(protocol):
    client, server = Speaker(), Speaker()
    extended = ((":protocol", protocol),) if protocol else ()
    connect = client.headers(1, (":method", "CONNECT"), *extended, (":authority", "far:80"))
    answer = server.headers(1, (":status", "200"))
    script = [(CLIENT, OPENING + connect), (SERVER, ANSWER_OPENING + answer)]
    script += [(CLIENT, body(1, b"\xff" * 3000, size=1000)), (SERVER, body(1, b"\xfe" * 500))]
    (found,) = [each for each in everything(script) if isinstance(each, Opaque)]
    assert (found.protocol, found.up, found.down) == (protocol, 3000, 500)
    assert found.flow == "k/tunnel1"


def test_the_middle_of_a_connection_gives_bodies_and_the_names_that_come_later():
    client, server = Speaker(), Speaker()
    client.post(1, "/seen/before.wav")
    later = frame(DATA, 1, b"the rest", END_STREAM) + client.post(3, "/later.wav") + body(3, b"RIFF")
    script = [(CLIENT, frame(PING, 0, bytes(8), 1) + later), (SERVER, server.headers(1, (":status", "200")))]
    assert [brief(found) for found in talk(script)] == [("up", "", b"the rest"), ("up", "later.wav", b"RIFF")]


def test_a_hole_inside_a_frame_is_zeros_and_a_range():
    sent = upload()
    begin = sent.index(FILE[:50]) + 100
    (found,) = talk([(CLIENT, sent[:begin]), (CLIENT, 500), (CLIENT, sent[begin + 500 :])])
    assert found.content.bytes() == FILE[:100] + bytes(500) + FILE[600:]
    assert [(gap.start, gap.end) for gap in found.missing] == [(100, 600)]


@pytest.mark.parametrize("size", [16_000, 20_000, 25_000])
def test_a_hole_over_the_heads_of_frames_leaves_everything_at_its_place(size):
    sent = upload(FILE * 2, ("content-length", "100000"))
    begin = sent.index(FILE[:50]) + 1000
    script = [(CLIENT, sent[:begin]), (CLIENT, size), (CLIENT, sent[begin + size :])]
    for step in (0, 100, 1448):
        (found,) = talk(script, step=step)
        (gap,) = found.missing
        assert found.content.size == 100_000
        assert gap.start == 1000
        assert size - 20 <= gap.size < size
        assert found.content.bytes()[gap.end :] == (FILE * 2)[gap.end :]


def test_a_lost_header_block_loses_names_and_no_bodies():
    client = Speaker()
    first = client.post(1, "/a.wav") + body(1, b"one")
    second = client.post(3, "/b.wav") + body(3, b"two") + client.get(5, "/")
    sent = OPENING + first
    found = talk(
        [(CLIENT, sent[: len(OPENING) + 12]), (CLIENT, len(sent) - len(OPENING) - 24), (CLIENT, sent[-12:] + second)]
    )
    assert [brief(each) for each in found] == [("up", "", b"one"), ("up", "b.wav", b"two")]


TALK = [
    (CLIENT, upload(FILE[:3000], ("content-length", "3000"))),
    (SERVER, ANSWER_OPENING + Speaker().headers(1, (":status", "200")) + body(1, FILE[:5000], size=700)),
    (CLIENT, frame(PING, 0, bytes(8)) + frame(GOAWAY, 0, bytes(8))),
]


@pytest.mark.parametrize("step", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("script", [TALK, [(CLIENT, TALK[0][1][:300]), (CLIENT, 900), (CLIENT, TALK[0][1][1200:])]])
def test_cutting_the_bytes_differently_gives_the_same_objects(script, step):
    def told(found):
        return found.name, found.content.bytes(), found.position, found.missing, found.direction, found.uri

    assert [told(each) for each in talk(script, step=step)] == [told(each) for each in talk(script)] != []


FRAMES = st.builds(
    frame,
    st.integers(0, 12),
    st.integers(0, 6),
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"\x82\x86\x84\x41\x01h", b"\x88", b"\xbe\xbf", b"\x3f\xe1\xff\xff\xff\xff\xff\x7f"]),
    ),
    st.sampled_from([0, 1, 4, 5, 8, 9, 0x25, 0x2D, 255]),
)
ACT = st.one_of(
    st.tuples(st.sampled_from([CLIENT, SERVER]), st.one_of(FRAMES, st.binary(max_size=20), st.integers(1, 60))),
    st.tuples(st.sampled_from([CLIENT, SERVER]), st.just(CLOSE)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ACT, max_size=25))
def test_any_frames_give_objects_or_nothing(script):
    ended = set()
    told = [(CLIENT, PREFACE)]
    for side, what in script:
        if side not in ended:
            told.append((side, what))
        if what is CLOSE:
            ended.add(side)
    for found in everything(told):
        if isinstance(found, WireObject):
            observation(found, host="h", sensor="s", capture="c", local=())
            assert found.content.size > 0


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_heads_may_be_asked_about(mine, theirs):
    Http2.claims((mine, theirs))

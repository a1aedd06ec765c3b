import base64
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.exchange import Exchange
from forensics.model import Gap, WireObject
from tests.channels.script import CLIENT, ENDS, SERVER, brief, everything, hang_up, talk, tell

FILE = random.Random(5).randbytes(10_000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def message(start, body, *fields):
    head = [start, *fields, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def get(path="/clip.wav"):
    return f"GET {path} HTTP/1.1\r\nHost: h.example\r\n\r\n".encode()


def part(start, end, *, total=10_000, etag='"1"', data=FILE):
    fields = (f"Content-Range: bytes {start}-{end - 1}/{total}", f"ETag: {etag}")
    return message("HTTP/1.1 206 Partial Content", data[start:end], *fields)


def fetch(*ranges, **kinds):
    return [turn for start, end in ranges for turn in ((CLIENT, get()), (SERVER, part(start, end, **kinds)))]


def put(start, end, total=10_000, *, method="PUT", path="/session/7", data=FILE):
    fields = ("Host: h.example", f"Content-Range: bytes {start}-{end - 1}/{total}")
    return message(f"{method} {path} HTTP/1.1", data[start:end], *fields)


class Network:
    """Several conversations of one network, each at its time."""

    def __init__(self):
        self.exchange = Exchange()
        self.opened = 0

    def connect(self, script, *, at=1000.0, client="10.1.0.5", close=True):
        self.opened += 1
        ends = ((client, 40_000 + self.opened), ENDS[1])
        listener = self.exchange.open(f"k{self.opened}", ends, at)
        for side, what in [*script, *(hang_up(script) if close else [])]:
            if what is None:
                listener.closed(side, at)
            elif isinstance(what, int):
                listener.hole(side, what, at)
            else:
                listener.data(side, what, at)
        return listener

    def objects(self):
        return [found for found in self.exchange.take() if isinstance(found, WireObject)]

    def finish(self):
        self.exchange.finish()
        return self.objects()


def test_ranges_of_a_download_are_one_object_wherever_they_came():
    network = Network()
    network.connect(fetch((4000, 10_000)))
    network.connect(fetch((0, 1000), (1000, 2500)))
    assert network.objects() == []
    network.connect(fetch((2000, 4000)))
    (found,) = network.objects()
    assert brief(found) == ("down", "clip.wav", FILE)
    assert (found.missing, found.uri, found.flow) == ((), "http://h.example/clip.wav", "k1")
    assert network.finish() == []


def test_ranges_in_one_answer_are_joined_too():
    parts = [(0, 100), (9000, 10_000), (100, 9000)]
    body = b"".join(
        f"--b\r\nContent-Type: audio/wav\r\nContent-Range: bytes {a}-{b - 1}/10000\r\n\r\n".encode()
        + FILE[a:b]
        + b"\r\n"
        for a, b in parts
    )
    answer = message(
        "HTTP/1.1 206 Partial", body + b"--b--\r\n", "ETag: x", "Content-Type: multipart/byteranges; boundary=b"
    )
    for step in (0, 1, 97):
        (found,) = talk([(CLIENT, get()), (SERVER, answer)], step=step)
        assert brief(found) == ("down", "clip.wav", FILE)
        assert found.media_type == "audio/wav"


def test_what_is_missing_of_ranges_is_given_out_after_a_minute_of_silence():
    network = Network()
    network.connect(fetch((0, 1000), (3000, 4000)))
    network.exchange.flush(1059.0)
    assert network.objects() == []
    network.exchange.flush(1061.0)
    (found,) = network.objects()
    assert found.content.bytes() == FILE[:1000] + bytes(2000) + FILE[3000:4000]
    assert [(gap.start, gap.end) for gap in found.missing] == [(1000, 3000), (4000, 10_000)]


def test_a_range_that_stays_alone_is_given_as_it_is():
    (found,) = talk(fetch((2000, 3000)))
    assert (found.content.bytes(), found.missing) == (FILE[2000:3000], ())
    (found,) = talk([*fetch((2000, 3000)), *fetch((2200, 2300)), *fetch((2000, 3000))])
    assert (found.content.bytes(), found.missing) == (FILE[2000:3000], ())


def test_a_range_that_breaks_off_alone_says_what_is_missing_of_it():
    (found,) = talk([(CLIENT, get()), (SERVER, part(2000, 3000)[:-400])])
    assert (found.content.bytes(), found.missing_bytes) == (FILE[2000:2600], 400)


def test_a_piece_that_is_late_begins_anew():
    network = Network()
    network.connect(fetch((0, 5000)))
    network.connect(fetch((5000, 10_000)), at=1100.0)
    assert [found.content.size for found in network.finish()] == [5000, 5000]


def test_versions_and_clients_are_not_mixed():
    network = Network()
    network.connect(fetch((0, 5000)))
    network.connect(fetch((5000, 10_000), etag='"2"'))
    network.connect(fetch((5000, 10_000)), client="10.1.0.6")
    assert [found.content.size for found in network.finish()] == [5000, 5000, 5000]


@pytest.mark.parametrize(
    "said", ["bytes 0--5/*", "bytes 5-1/9", "bytes 0-9/4", "bytes 0-9223372036854775807/*", "x", ""]
)
def test_a_range_that_makes_no_sense_is_a_body(said):
    answer = message("HTTP/1.1 206 Partial", b"hello", f"Content-Range: {said}")
    assert [brief(found) for found in talk([(CLIENT, get()), (SERVER, answer)])] == [("down", "clip.wav", b"hello")]


def test_an_upload_in_ranges_is_one_object_though_its_length_comes_last():
    network = Network()
    network.connect([(CLIENT, put(0, 4000, "*")), (SERVER, OK)])
    network.connect([(CLIENT, put(4000, 8000, "*") + put(8000, 10_000))])
    (found,) = network.objects()
    assert brief(found) == ("up", "7", FILE)


def test_a_form_in_ranges_is_the_file_in_it():
    def form(start, end):
        head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.wav"\r\n\r\n'
        return message(
            "POST /upload HTTP/1.1",
            head + FILE[start:end] + b"\r\n--b--\r\n",
            "Host: h",
            "Content-Type: multipart/form-data; boundary=b",
            f"Content-Range: bytes {start}-{end - 1}/10000",
        )

    (found,) = talk([(CLIENT, form(0, 6000) + form(6000, 10_000))])
    assert brief(found) == ("up", "a.wav", FILE)


NAME = base64.b64encode("caf\u00e9 1.wav".encode()).decode()
CREATE = message("POST /files HTTP/1.1", b"", "Host: h.example", "Tus-Resumable: 1.0.0", "Upload-Length: 10000",
                 f"Upload-Metadata: filename {NAME},filetype YXVkaW8vd2F2,is_private")  # fmt: skip
CREATED = b"HTTP/1.1 201 Created\r\nLocation: https://h.example/files/24e5\r\nContent-Length: 0\r\n\r\n"


def patch(start, end, *fields, path="/files/24e5"):
    more = ("Host: h.example", "Content-Type: application/offset+octet-stream", f"Upload-Offset: {start}", *fields)
    return message(f"PATCH {path} HTTP/1.1", FILE[start:end], *more)


def test_a_tus_upload_over_several_connections_is_one_object_under_its_name():
    network = Network()
    network.connect([(CLIENT, CREATE), (SERVER, CREATED), (CLIENT, patch(0, 3000)), (SERVER, OK)])
    network.connect([(CLIENT, patch(3000, 10_000)[:-2000])], at=1030.0)
    head = b"HTTP/1.1 200 OK\r\nUpload-Offset: 8000\r\nUpload-Length: 10000\r\n\r\n"
    network.connect([(CLIENT, b"HEAD /files/24e5 HTTP/1.1\r\nHost: h.example\r\n\r\n"), (SERVER, head)], at=1040.0)
    assert network.objects() == []
    network.connect([(CLIENT, patch(8000, 10_000))], at=1050.0)
    (found,) = network.objects()
    assert brief(found) == ("up", "café 1.wav", FILE)
    assert (found.media_type, found.missing) == ("audio/wav", ())
    assert network.finish() == []


def test_a_tus_upload_whose_beginning_was_not_seen_is_given_as_far_as_it_came():
    head = b"HTTP/1.1 200 OK\r\nUpload-Offset: 6000\r\nUpload-Length: 10000\r\n\r\n"
    ask = b"HEAD /files/24e5 HTTP/1.1\r\nHost: h.example\r\n\r\n"
    script = [(CLIENT, ask), (SERVER, head), (CLIENT, patch(6000, 8000) + patch(8000, 9000))]
    (found,) = talk(script)
    assert found.content.bytes() == bytes(6000) + FILE[6000:9000]
    assert [(gap.start, gap.end) for gap in found.missing] == [(0, 6000), (9000, 10_000)]


def test_a_creation_that_brings_the_first_bytes_is_joined_with_what_follows():
    begun = message("POST /files HTTP/1.1", FILE[:4000], "Host: h.example", "Upload-Length: 10000",
                    "Content-Type: application/offset+octet-stream", f"Upload-Metadata: filename {NAME}")  # fmt: skip
    (found,) = talk([(CLIENT, begun), (SERVER, CREATED), (CLIENT, patch(4000, 10_000))])
    assert brief(found) == ("up", "café 1.wav", FILE)


@pytest.mark.parametrize("late", [0.01, 1.5])
def test_a_tap_may_show_the_creation_behind_the_first_piece(late):
    network = Network()
    first = network.connect([(CLIENT, patch(0, 3000)[:-1000])], close=False)
    network.connect([(CLIENT, CREATE), (SERVER, CREATED)], at=1000.0 + late)
    tell(first, [(CLIENT, patch(0, 3000)[-1000:]), (SERVER, OK)])
    network.connect([(CLIENT, patch(3000, 10_000)), (SERVER, OK)], at=1002.0)
    (found,) = network.objects()
    assert brief(found) == ("up", "café 1.wav", FILE)
    assert network.finish() == []


def test_an_address_given_to_another_upload_begins_another_object():
    network = Network()
    network.connect([(CLIENT, CREATE), (SERVER, CREATED), (CLIENT, patch(0, 3000)), (SERVER, OK)])
    network.connect([(CLIENT, CREATE), (SERVER, CREATED), (CLIENT, patch(0, 10_000)), (SERVER, OK)], at=1000.5)
    begun, whole = network.objects()
    assert brief(begun) == ("up", "café 1.wav", FILE[:3000])
    assert brief(whole) == ("up", "café 1.wav", FILE)


def test_an_upload_of_the_ietf_draft_ends_where_it_says():
    begun = message("POST /up HTTP/1.1", FILE[:4000], "Host: h", "Upload-Complete: ?0",
                    'Content-Disposition: attachment; filename="a.wav"')  # fmt: skip
    where = b"HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /up/9\r\n\r\n"
    last = message("PATCH /up/9 HTTP/1.1", FILE[4000:], "Host: h", "Upload-Complete: ?1", "Upload-Offset: 4000")
    (found,) = talk([(CLIENT, begun), (SERVER, where + OK), (CLIENT, last)])
    assert brief(found) == ("up", "a.wav", FILE)


def test_what_comes_again_otherwise_is_told():
    other = bytes(3000)
    found = everything([(CLIENT, put(0, 3000) + put(0, 3000, data=other) + put(3000, 10_000))])
    (kept,) = [each for each in found if isinstance(each, WireObject)]
    assert kept.content.bytes() == other + FILE[3000:]
    assert [(each.cause) for each in found if isinstance(each, Gap)] == ["overwritten"]


def test_a_piece_under_way_when_another_length_is_said_is_no_silent_loss():
    network = Network()
    torn = network.connect([(CLIENT, put(0, 3000)[:-1000])], close=False)
    network.connect([(CLIENT, put(0, 5000, total=5000))])
    torn.data(CLIENT, FILE[2000:3000], 1001.0)
    found = list(network.exchange.take())
    assert sorted(each.content.size for each in found if isinstance(each, WireObject)) == [2000, 5000]
    assert [(each.cause, each.size) for each in found if isinstance(each, Gap)] == [
        ("piece of an object already given", 1000)
    ]


def test_pieces_far_beyond_the_limit_of_an_object_come_out_from_where_they_begin():
    far = 5 << 30
    answers = [
        message("HTTP/1.1 206 P", FILE[at : at + 5000], f"Content-Range: bytes {far + at}-{far + at + 4999}/{9 << 30}")
        for at in (0, 5000)
    ]
    (found,) = talk([(CLIENT, get() * 2), (SERVER, b"".join(answers))])
    assert found.content.bytes() == FILE


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
def test_cutting_the_bytes_differently_gives_the_same_objects(step):
    def told(found):
        return found.name, found.content.bytes(), found.position, found.missing, found.direction, found.uri

    script = [(CLIENT, CREATE), (SERVER, CREATED), (CLIENT, patch(0, 5000) + put(0, 10) + patch(5000, 10_000))]
    for each in (script, fetch((0, 3000), (5000, 10_000), (2000, 6000))):
        assert [told(found) for found in talk(each, step=step)] == [told(found) for found in talk(each)] != []


NUMBER = st.one_of(st.integers(0, 40), st.integers(1 << 40, 1 << 41))
PIECE = st.builds(
    lambda start, size, total, kind: (start, min(size, 30), total, kind),
    NUMBER, st.integers(1, 30), st.one_of(NUMBER, st.just("*")), st.sampled_from(["down", "put", "patch", "create"]),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECE, max_size=10))
def test_any_pieces_give_objects_or_nothing(pieces):
    exchange = Exchange(object_limit=1 << 20)
    script = []
    for start, size, total, kind in pieces:
        data = bytes([size]) * size
        said = f"Content-Range: bytes {start}-{start + size - 1}/{total}"
        if kind == "down":
            script += [(CLIENT, get()), (SERVER, message("HTTP/1.1 206 P", data, said))]
        elif kind == "put":
            script += [(CLIENT, message("PUT /x HTTP/1.1", data, said)), (SERVER, OK)]
        elif kind == "patch":
            script += [(CLIENT, message("PATCH /x HTTP/1.1", data, f"Upload-Offset: {start}")), (SERVER, OK)]
        else:
            script += [(CLIENT, message("POST /x HTTP/1.1", data, f"Upload-Length: {total}")), (SERVER, CREATED)]
    tell(exchange.open("k", ENDS, 1000.0), [*script, *hang_up(script)])
    exchange.finish()
    for found in exchange.take():
        if isinstance(found, WireObject):
            assert 0 < found.content.size <= 1 << 20


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 9999), max_size=8, unique=True), st.randoms(use_true_random=False))
def test_a_file_cut_anywhere_and_sent_in_any_order_is_exact(cuts, rng):
    at = [0, *sorted(cuts), len(FILE)]
    ranges = list(itertools.pairwise(at))
    rng.shuffle(ranges)
    (found,) = talk([(CLIENT, b"".join(put(start, end) for start, end in ranges))])
    assert (found.content.bytes(), found.missing) == (FILE, ())

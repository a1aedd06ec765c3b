import gzip

import pytest

from forensics.model import ByteRange, Gap
from tests.channels.script import CLIENT, CLOSE, SERVER, brief, everything, talk

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def put(body, *fields, target="/in/clip.wav", method="PUT"):
    head = [f"{method} {target} HTTP/1.1", "Host: drop.example", *fields]
    if not any(field.lower().startswith(("content-length", "transfer-encoding")) for field in fields):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_a_put_is_named_after_its_path():
    (found,) = talk([(CLIENT, put(b"RIFF....", target="/a%20b/caf%C3%A9%20clip.wav?x=/y")), (SERVER, OK)])
    assert brief(found) == ("up", "café clip.wav", b"RIFF....")
    assert found.uri == "http://drop.example/a%20b/caf%C3%A9%20clip.wav?x=/y"
    assert (found.source, found.destination) == ("10.1.0.5:40000", "192.0.2.80:8080")


def test_a_response_is_found_by_length_by_chunks_and_by_closing():
    script = [
        (CLIENT, b"GET /a.txt HTTP/1.1\r\n\r\nGET /b.txt HTTP/1.1\r\n\r\nHEAD /c HTTP/1.1\r\n\r\n"),
        (CLIENT, b"GET /d.txt HTTP/1.1\r\n\r\n"),
        (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"),
        (SERVER, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\ntw\r\n1\r\no\r\n0\r\nT: 1\r\n\r\n"),
        (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end"),
        (SERVER, CLOSE),
    ]  # fmt: skip
    assert [brief(found) for found in talk(script)] == [
        ("down", "a.txt", b"one"),
        ("down", "b.txt", b"two"),
        ("down", "d.txt", b"until the end"),
    ]


def test_answers_without_a_body_and_a_repeated_100_continue():
    script = [
        (CLIENT, b"POST /up HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
        (SERVER, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
        (CLIENT, b"body"),
        (SERVER, b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"),
    ]
    assert [brief(found) for found in talk(script)] == [("up", "up", b"body")]


def test_a_refused_expectation_keeps_its_body():
    script = [
        (CLIENT, b"PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n"),
        (SERVER, b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),
        (CLIENT, put(b"second", target="/b")),
    ]
    assert brief(talk(script)[-1]) == ("up", "b", b"second")


def form(*parts, boundary="XyZ"):
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    body += f"--{boundary}--\r\n".encode()
    return put(body, f'Content-Type: multipart/form-data; boundary="{boundary}"', method="POST", target="/form")


def test_the_files_of_a_form_come_out_and_its_small_fields_do_not():
    script = [
        (
            CLIENT,
            form(
                b'Content-Disposition: form-data; name="title"\r\n\r\nsmall',
                b'Content-Disposition: form-data; name="f"; filename="a \\"b\\".wav"\r\nContent-Type: audio/wav\r\n\r\n'
                b"one\r\n--Xy not yet\r\n",
                b"Content-Disposition: form-data; name=\"g\"; filename*=UTF-8''%e6%96%87.zip\r\n\r\n\x00\x01\r\n",
                b'Content-Disposition: form-data; name="text"\r\n\r\n' + b"t" * 2000,
            ),
        )
    ]
    assert [brief(found) for found in talk(script)] == [
        ("up", 'a "b".wav', b"one\r\n--Xy not yet\r\n"),
        ("up", "文.zip", b"\x00\x01\r\n"),
        ("up", "text", b"t" * 2000),
    ]
    assert len({found.position for found in talk(script)}) == 3


def test_a_form_whose_boundary_is_wrong_is_given_whole():
    body = b"-----other\r\nContent-Disposition: form-data; filename=x\r\n\r\nevil\r\n-----other--"
    (found,) = talk([(CLIENT, put(body, "Content-Type: multipart/form-data; boundary=mine", method="POST"))])
    assert found.content.bytes() == body


def test_a_coded_body_is_given_as_transferred():
    packed = gzip.compress(b"text")
    (found,) = talk([(CLIENT, put(packed, "Content-Encoding: gzip"))])
    assert found.content.bytes() == packed
    assert found.encoding == "gzip"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('Content-Disposition: attachment; filename="r.pdf"', "r.pdf"),
        ("Content-Disposition: attachment; filename*=UTF-8''na%C3%AFve.pdf; filename=x", "naïve.pdf"),
        ("X-File-Name: up%20load.wav", "up load.wav"),
    ],
)
def test_names_the_sender_gives(field, name):
    (found,) = talk([(CLIENT, put(b"x", field, method="POST", target="/api/upload"))])
    assert found.name == name


def test_a_hole_in_a_body_is_zeros_and_a_range():
    (found,) = talk([(CLIENT, put(b"", "Content-Length: 10") + b"abc"), (CLIENT, 4), (CLIENT, b"xyz")])
    assert found.content.bytes() == b"abc\0\0\0\0xyz"
    assert found.missing == (ByteRange(start=3, end=7),)


def test_a_body_that_breaks_off_says_how_much_is_missing():
    (found,) = talk([(CLIENT, put(b"", "Content-Length: 10") + b"abc")])
    assert found.content.bytes() == b"abc"
    assert found.missing_bytes == 7


def test_a_body_of_which_nothing_came_is_a_gap():
    (found,) = everything([(CLIENT, put(b"", "Content-Length: 10"))])
    assert isinstance(found, Gap)
    assert found.size == 10


def test_a_hole_over_the_end_of_a_chunk_leaves_the_object_torn_and_the_next_message_whole():
    chunked = put(b"", "Transfer-Encoding: chunked") + b"8\r\nabcd"
    script = [(CLIENT, chunked), (CLIENT, 40), (CLIENT, put(b"next", target="/n"))]
    torn, following = talk(script)
    assert torn.content.bytes() == b"abcd"
    assert torn.missing_bytes
    assert brief(following) == ("up", "n", b"next")


def test_a_connection_joined_in_its_middle_is_read_from_the_next_message():
    middle = [(CLIENT, b"rest of a body\x00" * 99)] * 200
    script = [(SERVER, b"\x01\x02binary"), *middle, (CLIENT, put(b"later"))]
    assert [brief(found) for found in talk(script)] == [("up", "clip.wav", b"later")]


def test_the_client_may_be_the_side_that_was_seen_second():
    assert talk([(SERVER, put(b"x"))])[0].source == "192.0.2.80:8080"


def test_a_connect_tunnel_is_read_inside():
    script = [
        (CLIENT, b"CONNECT mail:25 HTTP/1.1\r\n\r\n"),
        (SERVER, b"HTTP/1.1 200 ok\r\n\r\n"),
        (CLIENT, put(b"inside")),
    ]
    assert [brief(found) for found in talk(script)] == [("up", "clip.wav", b"inside")]

import base64
import binascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.headers import Headers, decode_words, name_of_path, parameters
from forensics.channels.transfer import Base64, transfer_of


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="plain.wav"', "plain.wav"),
        ("attachment; filename=token.wav ; size=3", "token.wav"),
        ("attachment; FILENAME*=iso-8859-1'en'caf%E9.wav", "café.wav"),
        ("attachment; filename*0*=utf-8''%e6%96; filename*1*=%87; filename*2=.wav", "文.wav"),
        ('attachment; filename="=?utf-8?B?5paH?= =?utf-8?Q?=2Ewav?="', "文.wav"),
        ('form-data; name="f"; filename="C:\\dir\\x.wav"', "C:\\dir\\x.wav"),
        ('attachment; filename="a;b=c.wav"', "a;b=c.wav"),
        ("attachment; filename*=nonsense'x", "nonsense'x"),
    ],
)
def test_file_names_in_every_writing(value, name):
    assert Headers(f"Content-Disposition: {value}\r\n".encode()).file_name == name


def test_folded_fields_and_raw_bytes():
    headers = Headers(b"A: one\r\n\ttwo\r\nB: caf\xc3\xa9\r\nB: \xe9\r\nno colon\r\nC:\r\n")
    assert headers.get("a") == "one two"
    assert headers.all("b") == ["café", "é"]
    assert headers.get("c", "x") == ""


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        ("Text/HTML; charset=utf-8", "text/html"),
        ("multipart/ mixed;boundary=x", "multipart/mixed"),
        ("application/pdf name=a.pdf", "application/pdf"),
        ('boundary="a/b"', ""),
        ("; boundary=x", ""),
        ("plain", ""),
    ],
)
def test_a_media_type_has_no_parameters(value, media_type):
    assert Headers(f"Content-Type: {value}\r\n".encode()).media_type == media_type


@pytest.mark.parametrize(
    ("target", "name"),
    [("/a/b.wav?c=/d", "b.wav"), ("http://h/x/y%2Fz.wav", "y/z.wav"), ("/folder/", ""), ("http://h", ""), ("*", "*")],
)
def test_names_of_paths(target, name):
    assert name_of_path(target) == name


@given(st.text(max_size=80), st.binary(max_size=80))
def test_any_header_gives_text(value, block):
    assert isinstance(decode_words(value), str)
    assert all(isinstance(each, str) for each in parameters(value).values())
    assert isinstance(Headers(b"Content-Disposition: a;" + block).file_name, str)


def decoded(encoding, data, step):
    transfer = transfer_of(encoding)
    return b"".join(transfer.feed(data[at : at + step]) for at in range(0, len(data), step)) + transfer.end()


@given(data=st.binary(max_size=300), step=st.integers(1, 90))
def test_transfer_encodings_round_trip_however_they_are_cut(data, step):
    wire = base64.encodebytes(data).replace(b"\n", b"\r\n")
    assert decoded("BASE64", wire, step) == data
    assert decoded("base64", wire.rstrip(b"=\r\n"), step) == data
    assert decoded("quoted-printable", binascii.b2a_qp(data, istext=False), step) == data
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    assert decoded("x-uuencode", b"begin 644 x\n" + lines + b"`\nend\n", step) == data
    assert decoded("8bit", data, step) == data


@given(data=st.binary(max_size=120), encoding=st.sampled_from(["base64", "quoted-printable", "x-uuencode"]))
def test_any_bytes_decode_to_something_the_same_however_they_are_cut(data, encoding):
    assert decoded(encoding, data, 1) == decoded(encoding, data, 1000)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ABCxyz0189+/=", max_size=24).map(str.encode), st.integers(1, 9))
def test_base64_is_decoded_as_binascii_does(text: bytes, step: int) -> None:
    whole, parts = Base64(), Base64()
    decoded = whole.feed(text) + whole.end()
    assert decoded == b"".join(parts.feed(text[at : at + step]) for at in range(0, len(text), step)) + parts.end()
    plain = text.rstrip(b"=")
    if b"=" not in plain and len(plain) % 4 != 1:
        assert decoded == binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))

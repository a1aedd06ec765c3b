from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import Malformed
from tests.decoders.opening import encoded, opened, wav


def mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Übung für dich"
    message["From"] = "Editor <editor@example.org>"
    message["To"] = "user2@example.org"
    message.set_content("Hello dear friend,\nhere it is.")
    message.add_alternative("<html><body><p>Hello <b>dear</b> friend</p></body></html>", subtype="html")
    message.add_attachment(wav(), maintype="audio", subtype="wav", filename="gespräch №1.wav")
    return message


def test_headers_bodies_and_attachments() -> None:
    result = opened(bytes(mail()), "x.eml")
    assert "Subject: Übung für dich" in result.text("metadata")
    assert "here it is." in result.text()
    assert result.child("gespräch №1.wav") == wav()


@pytest.mark.parametrize(
    "disposition",
    [
        "attachment; filename*=UTF-8''gespr%C3%A4ch.wav",
        'attachment; filename="=?utf-8?B?Z2VzcHLDpGNoLndhdg==?="',
        "attachment; filename*0*=UTF-8''gespr; filename*1*=%C3%A4ch.wav",
    ],
)
def test_names_in_every_wrapping(disposition: str) -> None:
    body = base64.encodebytes(wav()).decode()
    text = f"From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: audio/wav\r\nContent-Disposition: {disposition}\r\n"
    text += f"Content-Transfer-Encoding: base64\r\n\r\n{body}"
    assert opened(text.encode(), "x.eml").child("gespräch.wav") == wav()


def test_forwarded_messages_are_opened_flat() -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "c@example.org", "fwd"
    outer.set_content("see below")
    outer.add_attachment(mail())
    result = opened(bytes(outer))
    assert result.child("gespräch №1.wav") == wav()
    assert "Übung" in result.text("metadata")


def test_audio_pasted_into_a_body_is_a_part() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "notes"
    message.set_content("look:\n" + base64.encodebytes(encoded("opus")).decode() + "\nbye", cte="quoted-printable")
    result = opened(bytes(message))
    assert [child.content.bytes() for child in result.children] == [encoded("opus")]


def test_bodies_in_old_encodings() -> None:
    head = "From: a@b\nSubject: x\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: 8bit\n\n"
    assert "Привет" in opened(head.encode() + "Привет".encode("koi8_r")).text()


def test_raw_eight_bit_names_stay_writable() -> None:
    head = b'From: a@b\nSubject: gr\xfc\xdfe\nContent-Type: audio/wav; name="gespr\xe4ch.wav"\n\n'
    result = opened(head + wav(), "x.eml")
    assert [name.encode() for name in result.names]
    assert result.text("metadata").encode()


def test_mailbox() -> None:
    one = bytes(mail())
    box = b"From a@b Sat Jan  1 10:00:00 2022\n" + one + b"\n\nFrom c@d Sun Jan  2 11:00:00 2022\n" + one
    result = opened(box, "inbox")
    assert result.names == ["message-1.eml", "message-2.eml"]
    assert opened(result.child("message-2.eml")).child("gespräch №1.wav") == wav()


def test_nested_beyond_reason() -> None:
    text = "From: a@b\nSubject: x\n" + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 3000
    assert opened(text.encode()).raised(Malformed)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=3)), max_size=8))
def test_damaged_mail_ends_in_a_report(changes: list[tuple[int, bytes]]) -> None:
    data = bytes(mail())[:3000]
    for at, new in changes:
        data = data[:at] + new + data[at + 1 :]
    opened(data, kind="message/rfc822")

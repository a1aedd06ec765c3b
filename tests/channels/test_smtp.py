import base64

import pytest

from tests.channels.script import CLIENT, SERVER, brief, talk

GREETING = [
    (SERVER, b"220 mail.example ESMTP\r\n"),
    (CLIENT, b"EHLO desk\r\n"),
    (SERVER, b"250-mail.example\r\n250 PIPELINING\r\n"),
    (CLIENT, b"MAIL FROM:<a@desk>\r\nRCPT TO:<b@far>\r\nRCPT TO:<c@far>\r\nDATA\r\n"),
    (SERVER, b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
]
CLIP = bytes(range(256)) * 10
MESSAGE = (
    b"Subject: =?utf-8?q?die_Pr=C3=BCfung?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b1\r\n\r\npreamble\r\n"
    b"--b1\r\nContent-Type: multipart/alternative;\r\n boundary=b1x\r\n\r\n"
    b"--b1x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nna=C3=AFve =\r\nend\r\n"
    b"--b1x--\r\n"
    b"--b1\r\nContent-Type: audio/wav\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename*0="long na";\r\n filename*1="me.wav"\r\n\r\n'
    + base64.encodebytes(CLIP).replace(b"\n", b"\r\n")
    + b"--b1--\r\nepilogue\r\n"
)


def dotted(message):
    return b"".join(b"." + line if line.startswith(b".") else line for line in message.splitlines(keepends=True))


def send(message, end=b".\r\n"):
    return [*GREETING, (CLIENT, dotted(message) + end), (SERVER, b"250 queued\r\n"), (CLIENT, b"QUIT\r\n")]


def test_the_message_and_its_parts_come_out_decoded():
    text, clip, message = talk(send(MESSAGE))
    assert brief(message) == ("up", "die Prüfung.eml", MESSAGE)
    assert brief(text) == ("up", "", "naïve end".encode())
    assert brief(clip) == ("up", "long name.wav", CLIP)
    assert message.uri == "smtp://192.0.2.80:8080/b@far,c@far"
    assert [found.is_part for found in (text, clip, message)] == [True, True, False]


@pytest.mark.parametrize("message", [b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n", b".\r\n\r\nx\r\n", b"\r\n.\r\n"])
def test_dots_come_back_as_they_were(message):
    assert talk(send(message))[-1].content.bytes() == message


def test_only_the_clients_side_is_needed():
    script = [each for each in send(MESSAGE) if each[0] == CLIENT]
    assert len(talk(script)) == 3


def test_chunks_of_bdat_make_one_message():
    script = [
        *GREETING[:3],
        (CLIENT, b"MAIL FROM:<a@desk>\r\nRCPT TO:<b@far>\r\nBDAT 10\r\nSubject: x\r\n"[:-2] + b"BDAT 12 LAST\r\n"),
        (CLIENT, b"\r\n\r\n.\r\nbody\r"),
        (CLIENT, b"BDAT 0 LAST\r\nQUIT\r\n"),
    ]
    assert talk(script)[-1].content.bytes() == b"Subject: x\r\n\r\n.\r\nbody\r"


def test_data_that_is_refused_is_no_message():
    script = [*GREETING[:4], (SERVER, b"250 ok\r\n550 no\r\n550 no\r\n503 no\r\n"), (CLIENT, b"RSET\r\nQUIT\r\n")]
    assert talk(script) == []


def test_what_follows_starttls_is_left_alone():
    script = [
        *GREETING[:3],
        (CLIENT, b"STARTTLS\r\n"),
        (SERVER, b"220 go\r\n"),
        (CLIENT, b"\x16\x03\x01DATA\r\nx"),
    ]
    assert talk(script) == []


def test_a_message_with_a_hole_keeps_its_offsets_and_one_without_end_says_so():
    script = [*GREETING, (CLIENT, b"Subject: s\r\n\r\nbegin "), (CLIENT, 5), (CLIENT, b" end\r\n")]
    message = talk(script)[-1]
    assert message.content.bytes() == b"Subject: s\r\n\r\nbegin \0\0\0\0\0 end\r\n"
    assert message.missing_bytes == 6


def test_a_message_inside_a_message_is_opened():
    inner = b"Subject: inner\r\nContent-Type: application/zip; name=in.zip\r\n\r\nPK\r\n"
    outer = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    names = {found.name: found.content.bytes() for found in talk(send(outer + b"\r\n--o--\r\n"))}
    assert names["in.zip"] == b"PK\r\n"
    assert inner in names.values()


def test_two_messages_in_one_session():
    second = [(CLIENT, b"MAIL FROM:<a@d>\r\nRCPT TO:<z@far>\r\nDATA\r\nSubject: 2\r\n\r\nx\r\n.\r\n")]
    names = [found.name for found in talk(send(b"Subject: 1\r\n\r\ny\r\n") + second)]
    assert names == ["", "1.eml", "", "2.eml"]

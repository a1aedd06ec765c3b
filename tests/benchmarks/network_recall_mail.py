"""Clients of mail for the recall bench: smtplib, imaplib and curl."""

from __future__ import annotations

import imaplib
import smtplib
import socketserver
import ssl
from email.message import EmailMessage
from email.policy import SMTP

from tests.benchmarks.network_clients import SMTP_PORT, Job, Plan, transfer
from tests.benchmarks.network_recall import Client, Place, Wanted
from tests.benchmarks.network_recall_web import PORT, SHORT, listening
from tests.benchmarks.network_servers import serve_smtp
from tests.channels.tls_talk import server_context
from tests.wire.test_tls_clients import curl


def mail(place: Place) -> list[Wanted]:
    serve_smtp(place.host, SMTP_PORT, place.folder)
    with place.captured():
        for name in SHORT:
            transfer(Plan(place.host, place.folder, 1), Job("mail", name, 0, ""))
    return place.wanted(*SHORT)


def message(place: Place) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "clips", "a@desk.example", "b@far.example"
    made.set_content(".a line with a dot\n")
    for name in SHORT:
        made.add_attachment((place.folder / name).read_bytes(), maintype="audio", subtype="wav", filename=name)
    return made


def starttls(place: Place) -> list[Wanted]:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    there = server_context(place.folder)
    controller = Controller(Sink(), hostname=place.host, port=SMTP_PORT, tls_context=there, require_starttls=True)
    controller.start()
    here = ssl._create_unverified_context()
    here.keylog_filename = str(place.keys)
    with place.captured(), smtplib.SMTP(place.host, SMTP_PORT) as client:
        client.starttls(context=here)
        client.send_message(message(place))
    controller.stop()
    return place.wanted(*SHORT)


class Mailbox(socketserver.StreamRequestHandler):
    """As much of an IMAP server as takes messages."""

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, word, *_ = [*line.split(), b""]
            if word.upper() == b"CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
            elif word.upper() == b"APPEND":
                self.wfile.write(b"+ go on\r\n")
                self.rfile.read(int(line.rsplit(b"{", 1)[1].rstrip(b"+}\r\n")))
                self.rfile.readline()
            self.wfile.write(tag + b" OK done\r\n")


def append(place: Place) -> list[Wanted]:
    with listening(socketserver.ThreadingTCPServer((place.host, PORT), Mailbox)), place.captured():
        client = imaplib.IMAP4(place.host, PORT)
        client.login("desk", "desk")
        client.append("Sent", None, None, message(place).as_bytes())  # type: ignore[arg-type]
        client.logout()
    return place.wanted(*SHORT)


def curl_mail(place: Place) -> list[Wanted]:
    """A message curl is given whole, over SMTP and IMAP, and files it makes one of."""
    (place.folder / "message").write_bytes(message(place).as_bytes(policy=SMTP))
    serve_smtp(place.host, SMTP_PORT, place.folder)
    whom = ["--mail-from", "a@desk.example", "--mail-rcpt", "b@far.example"]
    files = [part for name in SHORT for part in ("-F", f"file=@{name};encoder=base64")]
    with listening(socketserver.ThreadingTCPServer((place.host, PORT), Mailbox)), place.captured():
        curl(place.folder, *whom, "-T", "message", f"smtp://{place.host}:{SMTP_PORT}")
        curl(place.folder, *whom, "-F", "=see there;type=text/plain", *files, f"smtp://{place.host}:{SMTP_PORT}")
        curl(place.folder, "-u", "desk:desk", "-T", "message", f"imap://{place.host}:{PORT}/Sent")
    return place.wanted(*SHORT, *SHORT, *SHORT)


CLIENTS = (
    Client("smtplib", mail, ()),
    Client("smtplib STARTTLS", starttls, ()),
    Client("imaplib APPEND", append, ()),
    Client("curl SMTP, IMAP", curl_mail),
)

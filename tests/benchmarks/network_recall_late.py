"""Clients whose one connection is older than the capture: what they send after it began is to be found."""

from __future__ import annotations

import ftplib
import imaplib
import smtplib
import socketserver
from email.message import EmailMessage

from tests.benchmarks.network_clients import FTP_PORT, HTTP_PORT, SMTP_PORT, curl
from tests.benchmarks.network_frames import TCP, read, write
from tests.benchmarks.network_recall import Client, Place, Wanted
from tests.benchmarks.network_recall_mail import Mailbox
from tests.benchmarks.network_recall_other import storing
from tests.benchmarks.network_recall_web import PORT, SHORT, listening, web
from tests.benchmarks.network_servers import Handler, serve_smtp

MISSED_BYTES = 10_000
"""What had been said before the capture began: half of the first file."""


def joined(place: Place) -> list[Wanted]:
    """Take the beginning away; what is wanted is what was sent after the file that it takes along."""
    packets, said = list(read(place.capture)), 0
    for number, packet in enumerate(packets):
        said += len(packet.payload) if packet.protocol == TCP else 0
        if said > MISSED_BYTES:
            write(place.capture, packets[number + 1 :])
            break
    return place.wanted(*SHORT[1:])


def put(place: Place) -> list[Wanted]:
    with web(place, Handler), place.captured():
        url = f"http://{place.host}:{HTTP_PORT}/in"
        curl(place.folder, ["--limit-rate", "5M", *(part for name in SHORT for part in ("-T", name, f"{url}/{name}"))])
    return joined(place)


def letter(place: Place, name: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = name, "a@desk.example", "b@far.example"
    made.set_content("there it is\n")
    made.add_attachment((place.folder / name).read_bytes(), maintype="audio", subtype="wav", filename=name)
    return made


def mail(place: Place) -> list[Wanted]:
    serve_smtp(place.host, SMTP_PORT, place.folder)
    with place.captured(), smtplib.SMTP(place.host, SMTP_PORT) as client:
        for name in SHORT:
            client.send_message(letter(place, name))
    return joined(place)


def append(place: Place) -> list[Wanted]:
    with listening(socketserver.ThreadingTCPServer((place.host, PORT), Mailbox)), place.captured():
        client = imaplib.IMAP4(place.host, PORT)
        client.login("desk", "desk")
        for name in SHORT:
            client.append("Sent", None, None, letter(place, name).as_bytes())  # type: ignore[arg-type]
        client.logout()
    return joined(place)


def store(place: Place) -> list[Wanted]:
    with storing(place), place.captured(), ftplib.FTP() as client:
        client.connect(place.host, FTP_PORT)
        client.login("desk", "desk")
        for name in SHORT:
            with (place.folder / name).open("rb") as stream:
                client.storbinary(f"STOR {name}", stream)
    return joined(place)


CLIENTS = (
    Client("curl put, joined late", put),
    Client("smtplib, joined late", mail, ()),
    Client("imaplib, joined late", append, ()),
    Client("ftplib, joined late", store, ()),
)

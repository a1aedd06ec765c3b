"""How a canary leaves by each protocol: the bytes a sensor ought to hand on, and the client that sends them.

Clients are of the standard library, ask no proxy and wait for no answer longer than `TIMEOUT_S`.
"""

from __future__ import annotations

import ftplib
import http.client
import imaplib
import io
import smtplib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from forensics.selfcheck import secure, tftp, websocket

TIMEOUT_S: Final = 20.0
SENDER: Final = "selfcheck@earwitness.invalid"
"""Whose mail it is: of nobody, in a domain that cannot be (RFC 6761)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A canary on its way: its file name, and its bytes as the channel hands them on (`content`)."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a canary is sent: host, port, and what more the address names; inside TLS also who is told the secrets."""

    host: str
    port: int
    rest: str = ""
    keylog: Path | None = None


def by_http(parcel: Parcel, to: Address) -> None:
    """As a browser sends a form with a file."""
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{parcel.name}"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    )
    body = head.encode() + parcel.content + f"\r\n--{boundary}--\r\n".encode()
    if to.keylog is None:
        connection = http.client.HTTPConnection(to.host, to.port, timeout=TIMEOUT_S)
    else:
        context = secure.client(to.keylog)
        connection = http.client.HTTPSConnection(to.host, to.port, timeout=TIMEOUT_S, context=context)
    try:
        kind = f"multipart/form-data; boundary={boundary}"
        connection.request("POST", f"/{to.rest}", body, {"Content-Type": kind, "Connection": "close"})
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= 400:
        raise OSError(None, f"the receiver answered {status}")


def by_smtp(parcel: Parcel, to: Address) -> None:
    """As a mail with an attachment; the address may name a mailbox after the slash."""
    with smtplib.SMTP(to.host, to.port, local_hostname="earwitness.invalid", timeout=TIMEOUT_S) as client:
        client.sendmail(SENDER, [to.rest or SENDER], parcel.content)


def by_imap(parcel: Parcel, to: Address) -> None:
    """As a mail that is put into a mailbox, as people do with drafts."""
    client = imaplib.IMAP4(to.host, to.port, timeout=TIMEOUT_S)
    try:
        client.login("selfcheck", "selfcheck")
        client.append(to.rest or "Drafts", "", "", parcel.content)
    finally:
        client.logout()


def by_ftp(parcel: Parcel, to: Address) -> None:
    """As a file that is stored, without a name and a password of anybody."""
    with ftplib.FTP(timeout=TIMEOUT_S) as client:  # noqa: S321 - the clear channel is what is tested
        client.connect(to.host, to.port)
        client.login()
        path = f"{to.rest.rstrip('/')}/{parcel.name}" if to.rest else parcel.name
        client.storbinary(f"STOR {path}", io.BytesIO(parcel.content))


def by_websocket(parcel: Parcel, to: Address) -> None:
    """As a page sends it that keeps a connection open."""
    websocket.send(to.host, to.port, to.rest, parcel.content)


def by_tftp(parcel: Parcel, to: Address) -> None:
    """As devices are given files."""
    tftp.send(to.host, to.port, f"{to.rest}/{parcel.name}".lstrip("/"), parcel.content)


def bare(name: str, package: bytes) -> Parcel:
    """The package itself."""
    return Parcel(name=name, content=package)


def mailed(name: str, package: bytes) -> Parcel:
    """The package as the attachment of a mail."""
    message = EmailMessage(policy=SMTP)
    message["From"] = message["To"] = SENDER
    message["Subject"] = "Earwitness self-check"
    message["Message-ID"] = f"<{name}@earwitness.invalid>"
    message.set_content("This is a test of Earwitness. It may be deleted.\n")
    message.add_attachment(package, maintype="application", subtype="zip", filename=name)
    return Parcel(name=name, content=message.as_bytes())


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A way over the network: what the canary is wrapped in, how it is sent."""

    wrap: Callable[[str, bytes], Parcel]
    send: Callable[[Parcel, Address], None]


PROTOCOLS: Final[Mapping[str, Protocol]] = {
    "http": Protocol(wrap=bare, send=by_http),
    "https": Protocol(wrap=bare, send=by_http),
    "smtp": Protocol(wrap=mailed, send=by_smtp),
    "imap": Protocol(wrap=mailed, send=by_imap),
    "ftp": Protocol(wrap=bare, send=by_ftp),
    "tftp": Protocol(wrap=bare, send=by_tftp),
    "websocket": Protocol(wrap=bare, send=by_websocket),
}
FAILURES: Final = (
    OSError,
    EOFError,
    ValueError,
    http.client.HTTPException,
    smtplib.SMTPException,
    imaplib.IMAP4.error,
    ftplib.Error,
)
"""How a receiver that is not there, or takes nothing, shows."""


def address_of(text: str) -> tuple[str, Address]:
    """The protocol and the address of a receiver such as `http://192.0.2.7:8080/take`. Raises ValueError."""
    parts = urlsplit(text)
    is_known = parts.scheme in PROTOCOLS and parts.scheme != "https"
    if not is_known or not parts.hostname or not _port(parts) or "@" in parts.netloc:
        raise ValueError(f"{text} is no receiver: {', '.join(PROTOCOLS)} ://host:port, without a name and a password")
    return parts.scheme, Address(host=parts.hostname, port=_port(parts), rest=parts.path.lstrip("/"))


def _port(parts: SplitResult) -> int:
    return parts.port or 0

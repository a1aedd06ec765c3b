"""Certificates that cross the wire in the clear, up to TLS 1.2 (RFC 5246 section 7.4.2): each is an object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.draft import Draft
from forensics.channels.tls_hello import certificates
from forensics.errors import Malformed
from forensics.model import Direction

MEDIA_TYPE = "application/pkix-cert"


def drafts(
    desk: Desk, peers: Peers, body: bytes, *, sender: int, direction: Direction, time: float, place: int
) -> Iterator[Draft]:
    """The certificates of a message as drafts that are whole, as far as they can be read; parts, so none is scanned.

    `place` is that of the message in what its side said in the handshake.
    """
    with suppress(Malformed):
        for number, (at, certificate) in enumerate(certificates(body), start=1):
            draft = Draft(
                desk,
                peers,
                protocol="tls",
                sender=sender,
                direction=direction,
                time=time,
                position=place + at,
                name=f"certificate-{number}.cer",
                media_type=MEDIA_TYPE,
            )
            draft.is_part = True
            draft.write(certificate)
            yield draft

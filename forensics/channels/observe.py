"""An object off the wire becomes an Observation: who sent it, whether it left, and its stable identity."""

from __future__ import annotations

import hashlib
import ipaddress
import zlib
from collections.abc import Collection

from forensics.content import Content, Spool
from forensics.errors import LimitReached
from forensics.model import Direction, Observation, Subject, WireObject

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
INFLATED_LIMIT_BYTES = 256 << 20


def observation(
    found: WireObject, *, host: str, sensor: str, capture: str, local: Collection[IpNetwork]
) -> Observation:
    """The observation of `found`, seen in the file named `capture`.

    Where exactly one end lies in the `local` networks, content leaves when that end sent it; otherwise it leaves
    when it went from client to server.
    """
    near = f"{found.protocol}://{found.source}"
    far = found.uri if found.direction is Direction.UP else f"{found.protocol}://{found.destination}"
    return Observation(
        key=_key(found),
        channel=found.protocol,
        time=found.time,
        name=found.name or "unnamed",
        content=_readable(found),
        source=near if found.direction is Direction.UP else found.uri or near,
        destination=far or f"{found.protocol}://{found.destination}",
        direction=found.direction,
        is_leaving=leaves(found.source, found.destination, found.direction, local),
        subject=Subject(host=host),
        missing=found.missing,
        sensor=sensor,
        capture=capture,
        peer=found.destination.rpartition(":")[0].strip("[]"),
    )


def _key(found: WireObject) -> str:
    """Connection, place in its stream and digest: the same object read twice has the same key."""
    parts = (found.protocol, found.flow, found.direction.value, str(found.position), found.content.sha256)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def leaves(source: str, destination: str, direction: Direction, local: Collection[IpNetwork]) -> bool:
    """Say whether what one end (`address:port`) sent to another left this side; `direction` decides among equals."""
    is_source_local = _lies_in(source, local)
    if is_source_local != _lies_in(destination, local):
        return is_source_local
    return direction is Direction.UP


def _lies_in(end: str, networks: Collection[IpNetwork]) -> bool:
    try:
        address = ipaddress.ip_address(end.rpartition(":")[0].strip("[]").partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in networks)


def _readable(found: WireObject) -> Content:
    """The content a decoder can tell: gzip is a format of its own, deflate has no magic and is undone here."""
    if found.encoding not in ("deflate", "permessage-deflate") or found.missing:
        return found.content
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        inflated = _inflated(found.content, bits)
        if inflated is not None:
            return inflated
    return found.content


def _inflated(content: Content, bits: int) -> Content | None:
    spool = Spool(limit_bytes=INFLATED_LIMIT_BYTES)
    inflater = zlib.decompressobj(bits)
    try:
        for chunk in content.chunks():
            data = chunk
            while data:
                spool.write(inflater.decompress(data, 1 << 20))
                data = inflater.unconsumed_tail
        spool.write(inflater.flush())
    except (zlib.error, LimitReached, OSError):
        return None
    return spool.close() if spool.size else None

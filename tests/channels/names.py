"""DNS messages made by hand, and what comes of asking names one after the other, each from a port of its own."""

from __future__ import annotations

import struct

from forensics.channels.dns_messages import CNAME, MX, NULL, SRV, TXT, A
from forensics.channels.exchange import Exchange
from forensics.model import Gap, WireObject

RESOLVER = ("10.1.0.1", 53)
CLIENT = "10.1.0.5"


def wire_name(name: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in name.split(b".") if label) + b"\0"


def query(name: bytes, kind: int = A, number: int = 1) -> bytes:
    opt = b"\0\0\x29\x10\0\0\0\x80\0\0\0"
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 1) + wire_name(name) + struct.pack("!HH", kind, 1) + opt


def answer(name: bytes, kind: int = A, datas: tuple[bytes, ...] = (), *, code: int = 0, number: int = 1) -> bytes:
    head = struct.pack("!HHHHHH", number, 0x8180 | code, 1, len(datas), 0, 0) + wire_name(name)
    records = (b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(data)) + data for data in datas)
    return head + struct.pack("!HH", kind, 1) + b"".join(records)


def ask(names, *, kind: int = A, step_s: float = 0.5, reply=None, client: str = CLIENT) -> list[WireObject | Gap]:
    """What is found when these names are asked; `reply` makes an answer of a name."""
    exchange = Exchange()
    found: list[WireObject | Gap] = []
    for number, name in enumerate(names):
        time = 1000.0 + number * step_s
        ends = (client, 20000 + number % 40000), RESOLVER
        pair = exchange.hear(f"udp/{number}", ends, time)
        payload = query(name, kind, number & 0xFFFF)
        pair.datagram(0, payload, len(payload), time)
        if reply is not None:
            payload = reply(name)
            pair.datagram(1, payload, len(payload), time + 0.02)
        pair.over(time + 60)
        if number % 64 == 0:
            exchange.flush(time)
        found += exchange.take()
    exchange.finish()
    return [*found, *exchange.take()]


__all__ = ["CLIENT", "CNAME", "MX", "NULL", "RESOLVER", "SRV", "TXT", "A", "answer", "ask", "query", "wire_name"]

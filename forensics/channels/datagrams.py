"""Conversations over UDP that carry files: TFTP."""

from __future__ import annotations

from collections import OrderedDict

from forensics.channels.base import End
from forensics.channels.desk import Desk
from forensics.channels.tftp import Transfer, transfer_of

TRANSFER_LIMIT = 4096
IDLE_S = 60.0


class Datagrams:
    """Finds TFTP requests by content and follows the transfer, whose server answers from a port of its own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._transfers: OrderedDict[End, Transfer] = OrderedDict()

    def take(self, ends: tuple[End, End], payload: bytes, length: int, time: float) -> None:
        """Take one datagram from the first end to the second."""
        request = transfer_of(ends, payload, time, self._desk)
        if request:
            known = self._transfers.get(ends[0])
            if known and known.is_repeated(payload, time):
                return
            if known:
                known.finish()
            self._transfers[ends[0]] = request
            if len(self._transfers) > TRANSFER_LIMIT:
                self._transfers.popitem(last=False)[1].finish()
            return
        for client in (0, 1):
            transfer = self._transfers.get(ends[client])
            if transfer and transfer.take(ends, payload, length, time):
                if transfer.is_over:
                    del self._transfers[ends[client]]
                return

    def flush(self, now: float) -> None:
        """End transfers that stand still."""
        for client, transfer in list(self._transfers.items()):
            if now - transfer.time > IDLE_S:
                del self._transfers[client]
                transfer.finish()

    def finish(self) -> None:
        """End every transfer."""
        for transfer in self._transfers.values():
            transfer.finish()
        self._transfers.clear()

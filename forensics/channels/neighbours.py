"""Which conversations of two machines may announce others between them, or of one of them with a third."""

from __future__ import annotations

from collections import OrderedDict
from weakref import WeakSet

from forensics.channels.conversation import Conversation

ADDRESSES_LIMIT = 8192


class Neighbours:
    """Open conversations by the addresses of their ends; those heard of longest ago are forgotten first."""

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, WeakSet[Conversation]] = OrderedDict()

    def add(self, talk: Conversation) -> None:
        """Note a new conversation."""
        for address in _addresses(talk):
            self._by_address.setdefault(address, WeakSet()).add(talk)
            self._by_address.move_to_end(address)
        while len(self._by_address) > ADDRESSES_LIMIT:
            self._by_address.popitem(last=False)

    def may_announce(self, talk: Conversation) -> bool:
        """Say whether another one may yet announce this one; those that cannot are looked at no more."""
        for address in _addresses(talk):
            others = self._by_address.get(address, WeakSet())
            for other in list(others):
                if not other.may_announce:
                    others.discard(other)
                elif other is not talk:
                    return True
        return False


def _addresses(talk: Conversation) -> set[str]:
    return {address for address, _ in talk.peers.ends}

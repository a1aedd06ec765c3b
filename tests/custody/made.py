"""Logs made for the tests of custody."""

from __future__ import annotations

import json
from collections.abc import Iterable

from forensics.custody import chain, tree

AGENT = "0123456789abcdef0123456789abcdef"


def log(count: int, *, agent: str = AGENT, epoch: int = 1, erased: Iterable[int] = ()) -> list[chain.Entry]:
    """A log of so many entries with different keys and bodies."""
    contents = [
        (f"{seq * 7919:x}" if seq % 3 else "", json.dumps(["O1", seq, f"clip {seq} é.wav", "x" * (seq % 40)]))
        for seq in range(1, count + 1)
    ]
    whole = chained(contents, agent=agent, epoch=epoch)
    gone = set(erased)
    return [(*entry[:4], None, entry[5]) if entry[2] in gone else entry for entry in whole]


def chained(contents: Iterable[tuple[str, str]], *, agent: str = AGENT, epoch: int = 1) -> list[chain.Entry]:
    """The log that a store would make of these keys and bodies."""
    previous, entries = chain.BEFORE_FIRST, []
    for seq, (key, body) in enumerate(contents, 1):
        previous = chain.digest_after(previous, chain.canonical(agent, epoch, seq, key, body))
        entries.append((agent, epoch, seq, key, body, previous))
    return entries


def root(entries: Iterable[chain.Entry]) -> bytes:
    """The root of the log's tree."""
    return tree.root_of(chain.leaf_of(entry[5]) for entry in entries)


def heads(entries: list[chain.Entry], *sizes: int) -> list[tuple[int, bytes]]:
    """Heads of the log at these sizes."""
    return [(size, root(entries[:size])) for size in sizes]

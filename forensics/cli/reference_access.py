"""Who opened kept waveforms: every use of a private key is an entry in the store's chain of custody."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from forensics.cli.context import Session
from forensics.errors import StoreError
from forensics.model import CustodyEntry
from forensics.register.book import Register
from forensics.register.references import References
from forensics.store.writer import Store

_ENTRY_CLIPS = 50


class Openings:
    """How often the waveform of which clip was opened, by the clip's digest; counted in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, sha256: str) -> None:
        """One more opening."""
        with self._lock:
            self._counts[sha256] += 1

    def take(self) -> list[tuple[str, int]]:
        """What was counted since this was last asked, in the order of digests."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return sorted(counts.items())


@contextmanager
def recorded_access(session: Session, key_file: Path) -> Iterator[Openings]:
    """Note that a key is used before any waveform can be opened, and afterwards which were: what is counted inside.

    Raises ConfigError and InputError for the key, StoreError when nothing can be noted: then nothing is opened either.
    """
    name = References.open(session.store, key_file).key_name
    _note(session, [("reference key used", f"key {name}", "to identify recordings")])
    openings = Openings()
    try:
        yield openings
    finally:
        clips = _named(session, openings.take())
        pages = [clips[at : at + _ENTRY_CLIPS] for at in range(0, len(clips), _ENTRY_CLIPS)] or [["none"]]
        _note(session, [("references opened", f"key {name}", ", ".join(page)) for page in pages])


def _named(session: Session, counts: list[tuple[str, int]]) -> list[str]:
    """Each clip by its id, or by its digest where the register does not say."""
    names: dict[str, str] = {}
    with suppress(StoreError):
        register = Register.load(session.store)
        for sha256, _ in counts:
            names[sha256] = next((item.id for item in register.digest(sha256)), sha256)
    return [f"{names.get(sha256, sha256)} x{count}" for sha256, count in counts]


def _note(session: Session, entries: list[tuple[str, str, str]]) -> None:
    with Store.open(session.store, actor=session.actor) as store, store.group() as group:
        for action, subject, detail in entries:
            group.custody(
                CustodyEntry(actor=session.actor, action=action, subject=subject, detail=detail, time=time.time())
            )

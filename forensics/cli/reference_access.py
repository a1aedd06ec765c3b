"""Who opened kept waveforms: every use of a private key is an entry in the store's chain of custody."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.cli.context import Session
from forensics.model import CustodyEntry
from forensics.register.book import Register
from forensics.register.references import References
from forensics.store.writer import Store

_ENTRY_CLIPS = 50


@contextmanager
def recorded_access(session: Session, key_file: Path) -> Iterator[Counter[str]]:
    """Note that a key is used before any waveform can be opened, and afterwards which were: what is counted inside.

    Counted are the digests of clips. Raises ConfigError and InputError for the key, StoreError when nothing can be
    noted: then nothing is opened either.
    """
    name = References.open(session.store, key_file).key_name
    _note(session, [("reference key used", f"key {name}", "to identify recordings")])
    opened: Counter[str] = Counter()
    try:
        yield opened
    finally:
        register = Register.load(session.store)
        clips = [f"{_clip(register, sha256)} x{count}" for sha256, count in sorted(opened.items())]
        pages = [clips[at : at + _ENTRY_CLIPS] for at in range(0, len(clips), _ENTRY_CLIPS)] or [["none"]]
        _note(session, [("references opened", f"key {name}", ", ".join(page)) for page in pages])


def _clip(register: Register, sha256: str) -> str:
    return next((item.id for item in register.digest(sha256)), sha256)


def _note(session: Session, entries: list[tuple[str, str, str]]) -> None:
    with Store.open(session.store, actor=session.actor) as store, store.group() as group:
        for action, subject, detail in entries:
            group.custody(
                CustodyEntry(actor=session.actor, action=action, subject=subject, detail=detail, time=time.time())
            )

"""Who opened kept waveforms: every use of a private key is an entry in the store's chain of custody."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.errors import StoreError
from forensics.log import logger
from forensics.model import CustodyEntry
from forensics.register.book import Register
from forensics.register.references import References, is_begun
from forensics.store.writer import Store
from forensics.text_safety import visible

NOTE_EVERY_S = 60.0
"""What was opened is noted that often while a command runs, so that one that is killed leaves little unsaid."""
_ENTRY_CLIPS = 50

reference_key_option = click.option(
    "--reference-key",
    type=click.Path(path_type=Path),
    help="Private key that opens kept waveforms, to compare them too; recorded in the store's custody.",
)


class Access:
    """One use of a key, or of none: what is opened with it is counted in any thread and noted in custody."""

    def __init__(self, session: Session, key_file: Path | None = None, key_name: str = "") -> None:
        self.key_file = key_file
        self._session = session
        self._subject = f"key {key_name}"
        self._lock = threading.Lock()
        self._opened: Counter[str] = Counter()
        self._noted = 0
        self._next_note = time.monotonic() + NOTE_EVERY_S

    def count(self, sha256: str) -> None:
        """One more opening of the waveform of the clip with that digest."""
        with self._lock:
            self._opened[sha256] += 1

    def begin(self, purpose: str) -> None:
        """Note that the key is used. Raises StoreError."""
        self._write("reference key used", [purpose])

    def note_due(self) -> None:
        """Note what was opened, once a minute; what cannot be noted now is noted later."""
        if time.monotonic() < self._next_note:
            return
        self._next_note = time.monotonic() + NOTE_EVERY_S
        try:
            self._note()
        except StoreError as error:
            logger("reference").warning("openings could not be noted yet", error=str(error))

    def finish(self) -> None:
        """Note what was opened since, or that nothing ever was. Raises StoreError."""
        self._note()
        if not self._noted:
            self._write("references opened", ["none"])

    def _note(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, Counter()
        clips = self._named(sorted(opened.items()))
        try:
            self._write(
                "references opened",
                [", ".join(clips[at : at + _ENTRY_CLIPS]) for at in range(0, len(clips), _ENTRY_CLIPS)],
            )
        except StoreError:
            with self._lock:
                self._opened += opened
            raise
        self._noted += len(clips)

    def _named(self, counts: list[tuple[str, int]]) -> list[str]:
        """Each clip by its id, or by its digest where the register does not say."""
        names: dict[str, str] = {}
        with suppress(StoreError):
            register = Register.load(self._session.store)
            for sha256, _ in counts:
                names[sha256] = next((item.id for item in register.digest(sha256)), sha256)
        return [f"{names.get(sha256, sha256)} x{count}" for sha256, count in counts]

    def _write(self, action: str, details: list[str]) -> None:
        if not details:
            return
        actor = self._session.actor
        with Store.open(self._session.store, actor=actor) as store, store.group() as group:
            for detail in details:
                group.custody(
                    CustodyEntry(actor=actor, action=action, subject=self._subject, detail=detail, time=time.time())
                )


@contextmanager
def recorded_access(session: Session, named: Path | None, purpose: str) -> Iterator[Access]:
    """Use the key named here or in the configuration, where there is one and waveforms are kept at all.

    That it is used is noted before any waveform can be opened, and afterwards which were. Raises ConfigError and
    InputError for the key, StoreError when nothing can be noted: then nothing is opened either.
    """
    key_file = _usable_key(session, named)
    if key_file is None:
        yield Access(session)
        return
    access = Access(session, key_file, References.open(session.store, key_file).key_name)
    access.begin(purpose)
    try:
        yield access
    finally:
        access.finish()


def _usable_key(session: Session, named: Path | None) -> Path | None:
    key_file = named or session.config.reference_key
    if key_file is not None and not is_begun(session.store):
        click.echo(f"earwitness: {visible(str(session.store))}: no waveforms are kept here", err=True)
        return None
    return key_file

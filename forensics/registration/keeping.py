"""Keeps the sealed waveforms of what is being registered, ahead of the register that will list their clips."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final

from forensics.errors import StoreError
from forensics.register.references import ReferenceWriter, Sealed
from forensics.register.sealing import read_public_key
from forensics.register.storage import RegisterWriter
from forensics.workers import Result

BATCH_BYTES: Final = 8 << 20
_MOST_BYTES: Final = 16 << 20


class Keeper:
    """One run's waveforms: written in batches, and before the register lists their clips.

    At the end, what came to be no registered clip is removed again, and so is what a killed run left behind.
    """

    def __init__(self, references: ReferenceWriter, register: RegisterWriter) -> None:
        self._references = references
        self._register = register
        self._waiting: list[Sealed] = []
        self._bytes = 0
        self._own: set[str] = set()
        self.public = references.public

    @classmethod
    def open(cls, store: Path, key_file: Path | None, register: RegisterWriter) -> Keeper:
        """Open the waveforms of a store folder; the first time needs the file of the public key.

        Raises ConfigError, InputError and StoreError.
        """
        public = read_public_key(key_file) if key_file else None
        keeper = cls(ReferenceWriter.open(store, public), register)
        keeper._references.sweep(register.is_registered)
        return keeper

    def take(self, result: Result) -> None:
        """Take over the waveforms that came with a reading. Raises StoreError."""
        if result.sealed is None:
            return
        for artifact in result.analysis.artifacts:
            sound = result.reading.sounds.get(artifact.number)
            if sound is None or sound.sealed is None:
                continue
            begin, end = sound.sealed
            if 0 <= begin < end <= min(result.sealed.size, begin + _MOST_BYTES):
                data = result.sealed.pread(end - begin, begin)
                self._waiting.append(Sealed(sha256=artifact.content.sha256, data=data))
                self._bytes += len(data)
        if self._bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Put what waits on the disk: before the clips are registered. Raises StoreError."""
        self._references.keep(self._waiting)
        self._own |= {one.sha256 for one in self._waiting}
        self._waiting, self._bytes = [], 0

    def holds(self, sha256: str) -> bool:
        """Say whether the waveform of the clip with that digest is kept."""
        return self._references.holds(sha256)

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._references.sweep(self._register.is_registered, own=self._own)
        except StoreError:
            if error is None:
                raise  # else what went wrong first is the one to tell; a later run sweeps
        finally:
            self._references.close()

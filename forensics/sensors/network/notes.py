"""Who had which file open: notes in memory, bounded in number and in time."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from forensics.sensors.network.held import held
from forensics.sensors.processes import Process, Processes


@dataclass(slots=True, eq=False, kw_only=True)
class Note:
    """One file of one process. `file` is device and inode, `comm` the program that ran when it was opened last."""

    process: Process
    comm: str
    path: str
    file: tuple[int, int]
    size: int
    mtime_ns: int
    first: float
    last: float
    method: str


class Notes:
    """All notes, those seen longest ago first. Not for two threads."""

    def __init__(self, processes: Processes, *, remember_s: float, most: int) -> None:
        self._processes = processes
        self._remember_s = remember_s
        self._most = most
        self._all: OrderedDict[Note, None] = OrderedDict()
        self._files: dict[Process, dict[tuple[int, int], Note]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def see(self, process: Process, status: os.stat_result, now: float) -> Note | None:
        """A file is seen again, perhaps longer or shorter: its note, None when there is none."""
        note = self._files.get(process, {}).get((status.st_dev, status.st_ino))
        if note is not None:
            note.size, note.mtime_ns, note.last = status.st_size, status.st_mtime_ns, now
            self._all.move_to_end(note)
        return note

    def add(self, note: Note) -> None:
        """Hold a file that was not noted; the oldest note goes when there are too many."""
        self._all[note] = None
        self._files.setdefault(note.process, {})[note.file] = note
        if len(self._all) > self._most:
            self._drop(next(iter(self._all)))

    def of_kin(self, process: Process, *, since: float, until: float) -> list[Note]:
        """What a process and its kin had open in the interval (Unix seconds), in the order of first opening."""
        kin = [files for other, files in self._files.items() if process.is_kin(other)]
        notes = [note for files in kin for note in files.values() if note.first <= until]
        self._confirm(note for note in notes if note.last < since)
        return sorted((note for note in notes if note.last >= since), key=lambda note: note.first)

    def of_file(self, file: tuple[int, int], *, since: float, until: float) -> list[Note]:
        """Who had a file open in the interval, in the order of first opening."""
        notes = [files[file] for files in self._files.values() if file in files and files[file].first <= until]
        self._confirm(note for note in notes if note.last < since)
        return sorted((note for note in notes if note.last >= since), key=lambda note: note.first)

    def forget(self, now: float) -> None:
        """Drop the notes of files that nobody has had open for long, whether their processes live or not."""
        old = []
        for note in self._all:
            if note.last >= now - self._remember_s:
                break
            old.append(note)
        self._confirm(old)
        for note in old:
            if note.last < now - self._remember_s:
                self._drop(note)

    def _confirm(self, notes: Iterable[Note]) -> None:
        """Look which of these files are open still.

        Closings do not tell: a file can be open several times, and the last of several processes closes it for all.
        """
        now = time.time()
        held_by: dict[Process, set[tuple[int, int]]] = {}
        for note in notes:
            process = note.process
            if process not in held_by:
                is_same = self._processes.get(process.pid, now) is process
                held_by[process] = {(s.st_dev, s.st_ino) for _, s in held(process.pid)} if is_same else set()
            if note.file in held_by[process]:
                note.last = now
                self._all.move_to_end(note)

    def _drop(self, note: Note) -> None:
        del self._all[note]
        files = self._files[note.process]
        del files[note.file]
        if not files:
            del self._files[note.process]

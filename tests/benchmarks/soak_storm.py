"""The storm of the soak: files come, are renamed, rewritten and removed; what was done is remembered."""

from __future__ import annotations

import heapq
import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

MARK = b"EARWITNESS SOAK "
TEMPORARY = ".tmp"
IN_A_FOLDER = 200
LONGEST_LIFE_S = 1.0
REWRITABLE = 50


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that lived from `made` to `gone`, on the monotonic clock in seconds."""

    name: str
    made: float
    gone: float


@dataclass(slots=True)
class Done:
    """What the storm did. Names are unique; clean files are written once and stay as they are."""

    clean: set[str] = field(default_factory=set)
    marked: dict[str, bytes] = field(default_factory=dict)
    removed: list[Removed] = field(default_factory=list)
    states: int = 0


class Storm(threading.Thread):
    """Acts `rate` times a second on a folder until it is stopped; each act is a new state of a file."""

    def __init__(self, folder: Path, *, rate: float, seed: int) -> None:
        super().__init__(name="storm")
        self.done = Done()
        self._folder = folder
        self._pause_s = 1 / rate
        self._dice = random.Random(seed)
        self._ending = threading.Event()
        self._short_lived: list[tuple[float, str, float, Path]] = []
        self._places: dict[str, Path] = {}

    def stop(self) -> None:
        """End, with the last removals made."""
        self._ending.set()
        self.join()
        self._remove(until=float("inf"))

    def run(self) -> None:
        acts = (self._clean, self._marked, self._saved, self._rewrite, self._short)
        while not self._ending.wait(self._pause_s * self._dice.uniform(0.2, 1.8)):
            self._dice.choices(acts, (6, 3, 4, 4, 3))[0]()
            self._remove(until=time.monotonic())

    def _next(self) -> tuple[str, Path]:
        """A new name, and the folder it is for, which may be new too."""
        number = self.done.states
        self.done.states += 1
        place = self._folder / f"d{number // IN_A_FOLDER}" / "e"
        place.mkdir(parents=True, exist_ok=True)
        return f"f{number}", place

    def _clean(self) -> None:
        name, place = self._next()
        _write(place / name, f"nothing in {name}\n".encode())
        self.done.clean.add(name)

    def _marked(self) -> None:
        name, place = self._next()
        self._put(name, place / name, MARK + name.encode())

    def _saved(self) -> None:
        """Written under another name, then renamed: new, or over a file that is there."""
        name, place = self._next()
        content = MARK + name.encode()
        _write(place / (name + TEMPORARY), content)
        target = place / name
        if self._places and self._dice.random() < 0.5:
            target = self._any()
        os.rename(place / (name + TEMPORARY), target)
        self._keep(target.name, target, content)

    def _rewrite(self) -> None:
        if not self._places:
            return
        target = self._any()
        self.done.states += 1
        content = MARK + f"{target.name} state {self.done.states}".encode()
        _write(target, content)
        self._keep(target.name, target, content)

    def _short(self) -> None:
        name, place = self._next()
        _write(place / name, MARK + name.encode())
        made = time.monotonic()
        life_s = self._dice.uniform(0.0, LONGEST_LIFE_S)
        heapq.heappush(self._short_lived, (made + life_s, name, made, place / name))

    def _any(self) -> Path:
        return self._places[self._dice.choice(list(self._places))]

    def _put(self, name: str, path: Path, content: bytes) -> None:
        _write(path, content)
        self._keep(name, path, content)

    def _keep(self, name: str, path: Path, content: bytes) -> None:
        self.done.marked[name] = content
        self._places[name] = path
        while len(self._places) > REWRITABLE:
            del self._places[next(iter(self._places))]

    def _remove(self, *, until: float) -> None:
        while self._short_lived and self._short_lived[0][0] <= until:
            _, name, made, path = heapq.heappop(self._short_lived)
            path.unlink()
            self.done.removed.append(Removed(name, made, time.monotonic()))


def _write(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(fd, content)
    os.close(fd)

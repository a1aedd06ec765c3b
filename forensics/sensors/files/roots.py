"""A watched folder: where it really lies, whether it is there, and which states of its files were handed on."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from forensics.config import Files, Folder, Role
from forensics.model import Gap
from forensics.sensors.files.carried import Carried
from forensics.sensors.files.known import Recall, token_of, tokens_of
from forensics.sensors.files.mounts import lies_afar, mounted
from forensics.sensors.files.private import Zones
from forensics.sensors.files.reconcile import Ignore
from forensics.sensors.files.settled import SettledFile, Stamp, as_text

_MOST_PARKED = 4
_MOST_NAMED = 100


@dataclass(slots=True, kw_only=True)
class Root:
    """One watched folder. `name` is its path as configured, `real` with links resolved.

    What was handed on is remembered as one hash a file state, not as paths: a hundred thousand files take some ten
    megabytes. `known` are those of earlier runs, `seen` those of this one, with the last sweep that saw them. What is
    `carried` from mount to mount of a medium is asked beside them. With `is_afar` the folder lies where another machine
    or a program answers for it. `missing_since` is in seconds since the epoch.
    """

    role: Role
    name: str
    path: str
    real: str
    ignore: Ignore
    known: frozenset[int]
    is_afar: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    carried: Carried | None = None
    seen: dict[int, int] = field(default_factory=dict)
    sweep: int = 0
    is_swept: bool = False
    refused: set[str] = field(default_factory=set)
    identity: tuple[int, int] | None = None
    parked: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    unreadable: int = 0
    missing_since: float = 0.0
    trouble: str = ""
    counters: dict[str, int] = field(default_factory=lambda: {"settled": 0, "vanished": 0, "gaps": 0, "files": 0})

    @property
    def sensor(self) -> str:
        """The sensor's name in evidence."""
        return f"files:{self.role}:{self.name}"

    def way(self, path: str) -> str:
        """The way from the root to a path, always text."""
        way = path[len(self.real) :].strip("/")
        return way if way.isascii() else as_text(way)

    def as_configured(self, path: str) -> str:
        """The same path by the way that the folder was configured."""
        return path if self.path == self.real else os.path.join(self.path, path[len(self.real) :].lstrip("/"))

    def holds(self, path: str) -> bool:
        """Say whether a path lies below this root."""
        return path.startswith(self.real.rstrip("/") + "/")

    def is_known(self, path: str, stamp: Stamp) -> bool:
        """Say whether this state of the file was handed on already, in this run or an earlier one."""
        way = self.way(path)
        return self._recalls(token_of(way, stamp), way, stamp)

    def remember(self, path: str, stamp: Stamp) -> bool:
        """This state of the file is being handed on; False when it was already."""
        way = self.way(path)
        token = token_of(way, stamp)
        if self._recalls(token, way, stamp):
            return False
        self.seen[token] = self.sweep
        if self.carried is not None:
            self.carried.keep(way, stamp)
        return True

    def _recalls(self, token: int, way: str, stamp: Stamp) -> bool:
        if token in self.known:
            return True
        if token not in self.seen and (self.carried is None or not self.carried.holds(way, stamp)):
            return False
        self.seen[token] = self.sweep
        return True

    def begin_sweep(self) -> None:
        """A pass over the whole root begins."""
        self.sweep += 1
        self.is_swept = True

    def end_sweep(self, *, is_complete: bool) -> None:
        """The pass ended; after a complete one, states that no longer exist are forgotten."""
        if is_complete and self.is_swept:
            for token in [token for token, sweep in self.seen.items() if sweep != self.sweep]:
                del self.seen[token]
        self.is_swept = False

    def forget(self, file: SettledFile) -> None:
        """A sighting was not taken after all: the next pass shall find it again."""
        if file.stamp is not None:
            path = os.fsdecode(unquote_to_bytes(file.uri.removeprefix("file://")))
            real = self.real + path[len(self.path) :]
            way = self.way(real)
            self.seen.pop(token_of(way, file.stamp), None)
            if self.carried is not None:
                self.carried.drop(way, file.stamp)

    def look_again(self) -> None:
        """What was handed on is to be handed on once more, wherever the path leads."""
        self.known, self.seen, self.parked = frozenset(), {}, {}
        if self.carried is not None:
            self.carried.look_again()

    def stand_on(self, identity: tuple[int, int] | None) -> None:
        """The path now leads to another folder or none (a medium came or went); each keeps what was seen in it."""
        if self.identity is not None:
            self.parked[self.identity] = self.seen
            while len(self.parked) > _MOST_PARKED:
                del self.parked[next(iter(self.parked))]
        self.identity = identity
        self.seen = self.parked.pop(identity, {}) if identity else {}
        self.is_swept = False

    def refuse(self, what: str, path: str, reason: str, size: int) -> Gap | None:
        """The gap for a file or folder that cannot be read; None when there were too many to name each."""
        self.unreadable += 1
        if self.unreadable > _MOST_NAMED:
            return None
        detail = f"{self.way(path)}: {reason}"
        return self.gap(f"{what} unreadable", size=size, unit="bytes" if size >= 0 else "files", detail=detail)

    def sum_refusals(self) -> Gap | None:
        """The gap for all that were too many to name since the last call."""
        more, self.unreadable = self.unreadable - _MOST_NAMED, 0
        if more <= 0:
            return None
        return self.gap("file unreadable", size=more, unit="files", detail=f"{more} more that are not named")

    def gap(self, cause: str, *, start: float = 0.0, size: int = -1, unit: str = "events", detail: str = "") -> Gap:
        """A gap of this root that ends now; it began at `start`, in seconds since the epoch, or now."""
        self.counters["gaps"] += 1
        now = time.time()
        return Gap(
            sensor=self.sensor,
            channel=self.role,
            start=min(start or now, now),
            end=now,
            cause=cause,
            size=size,
            unit=unit,
            detail=detail,
        )


def resolve(folders: Sequence[Folder], settings: Files, recall: Recall, exclude: Sequence[Path]) -> list[Root]:
    """The roots of the configured folders; a root inside another is left out of the outer one, a private one of all."""
    paths = {os.path.abspath(folder.path): folder for folder in folders}
    table = mounted()
    afar = {path for path in paths if lies_afar(path, table)}
    reals = {path: path if path in afar else os.path.realpath(path) for path in paths}
    afar |= {path for path in paths if lies_afar(reals[path], table)}
    private, zones = [os.path.realpath(path) for path in exclude], Zones(settings.private)
    roots: list[Root] = []
    for path, folder in paths.items():
        if zones.cover(reals[path]):
            continue
        inner = [real for real in reals.values() if real.startswith(reals[path].rstrip("/") + "/")]
        ignore = Ignore(settings.ignore, private + inner, zones)
        name = as_text(str(folder.path))
        roots.append(
            Root(
                role=folder.role,
                name=name,
                path=path,
                real=reals[path],
                ignore=ignore,
                known=tokens_of(recall(name)),
                is_afar=path in afar,
            )
        )
    return roots

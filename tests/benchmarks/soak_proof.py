"""The proof of the soak: what the store must hold after a storm, read from the store itself."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forensics.sensors.network.ringfolder import place
from forensics.store import schema
from forensics.store.blobs import Blobs
from tests.benchmarks.soak_storm import Done, Removed

TOKEN = "EARWITNESS_SOAK"
SURE_S = 5.0
"""A removed file must be told of when a monitor watched from before it was made until so long after."""


@dataclass(frozen=True, slots=True)
class Life:
    """From when to when a monitor watched, on the monotonic clock in seconds."""

    watching: float
    ended: float


@dataclass(slots=True)
class Proof:
    """What is wrong, by name; all empty when nothing is. `told` counts what was said of removed files."""

    unledgered: list[str] = field(default_factory=list)
    unobserved: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    clean_tally: int = 0
    told: Counter[str] = field(default_factory=Counter)

    @property
    def is_whole(self) -> bool:
        """Say whether every file that settled is there; a tally tells later, it is not counted here."""
        return not (self.unledgered or self.unobserved or self.untold)


def prove(folder: Path, store: Path, done: Done, lives: Sequence[Life]) -> Proof:
    """Hold the store against the folder as it is and against what was done."""
    proof = Proof()
    connection = schema.open_readable(store)
    try:
        ledger = {
            row[0]: tuple(row)[1:]
            for row in connection.execute("SELECT path, dev, ino, size, mtime_ns, ctime_ns FROM ledger")
        }
        seen = Counter(
            (row[0], row[1])
            for row in connection.execute(
                "SELECT o.name, a.sha256 FROM observations o JOIN artifacts a ON a.observation = o.id AND a.number = 0"
            )
        )
        gaps = [row[0] for row in connection.execute("SELECT detail FROM gaps WHERE cause = 'vanished'")]
        tally = "SELECT coalesce(sum(objects), 0) FROM tallies WHERE outcome = 'clean'"
        proof.clean_tally = connection.execute(tally).fetchone()[0]
    finally:
        connection.close()
    proof.unledgered = [name for name, numbers in present(folder) if ledger.get(name) != numbers]
    proof.unobserved = [
        name for name, content in done.marked.items() if not seen[name, hashlib.sha256(content).hexdigest()]
    ]
    proof.doubled = [f"{name} {digest[:8]}" for (name, digest), count in seen.items() if count > 1]
    _judge_removed(proof, done.removed, {name for name, _ in seen}, {_name_in(detail) for detail in gaps}, lives)
    return proof


def present(folder: Path) -> list[tuple[str, tuple[int, ...]]]:
    """Every file with the numbers the ledger has to have."""
    found = []
    for path, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(path, name))
            numbers = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            found.append((os.path.relpath(os.path.join(path, name), folder), numbers))
    return found


def _judge_removed(
    proof: Proof, removed: Sequence[Removed], seen: set[str], vanished: set[str], lives: Sequence[Life]
) -> None:
    for each in removed:
        if each.name in seen or each.name in vanished:
            proof.told["observed" if each.name in seen else "vanished"] += 1
        elif any(life.watching <= each.made and each.gone + SURE_S <= life.ended for life in lives):
            proof.untold.append(each.name)
        else:
            proof.told["not told, killed meanwhile"] += 1


def _name_in(detail: str) -> str:
    return detail.partition(":")[0].rpartition("/")[2]


def processes(token: str) -> list[int]:
    """Every process that was started with that token in its environment and still runs."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            is_ours = process.name.isdigit() and f"{TOKEN}={token}".encode() in (process / "environ").read_bytes()
        except OSError:
            continue
        if is_ours:
            found.append(int(process.name))
    return found


def leftovers(store: Path, temporary: Path) -> list[str]:
    """Rings, temporary files and partial blobs that nobody will take away any more."""
    Blobs(store).sweep()
    ring = place(store, None)
    return [
        *([str(ring)] if ring.exists() else []),
        *(str(path) for path in temporary.rglob("*")),
        *(str(path) for path in store.rglob(".partial-*")),
    ]

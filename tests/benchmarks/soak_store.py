"""`make soak-store`: writers killed, and power cut under them; what they said was stored must be there, once and whole.

python -m tests.benchmarks.soak_store [--kills 500] [--cuts 500] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from forensics.store import custody, schema
from forensics.store.log import key_of
from tests.benchmarks.store_unsynced import ROOT, Disk, trace, writer

FRESH_EVERY = 50
"""Kills after which a new store is begun, so that checking it stays quick."""
GROUP = 5


@dataclass(slots=True)
class Tally:
    """What became of the rounds."""

    rounds: int = 0
    said: int = 0
    lost: int = 0
    doubled: int = 0
    broken: list[str] = field(default_factory=list)

    def check(self, folder: Path, said: list[str]) -> None:
        """Open what is left as its next writer would, and hold it against what was said."""
        self.rounds += 1
        connection = schema.open_store(folder)
        try:
            if (state := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                self.broken.append(str(state))
            self.broken += [f"{each.subject}: {each.reason}" for each in custody.verify(connection)]
            keys = [row["key"] for row in connection.execute("SELECT key FROM observations")]
            connection.execute("INSERT INTO evidence_fts(evidence_fts) VALUES ('integrity-check')")
        finally:
            connection.close()
        self.said += len(said)
        self.lost += len({key_of("O", key).hex() for key in said}.difference(keys))
        self.doubled += len(keys) - len(set(keys))


def killed(rounds: int, dice: random.Random) -> Tally:
    """Writers killed at any moment, one after another on the same store."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        reported: list[str] = []
        for number in range(rounds):
            folder = Path(scratch) / f"store-{number // FRESH_EVERY}"
            if number % FRESH_EVERY == 0:
                reported = []
            first = max(0, len(reported) - 2 * GROUP)
            command = writer(folder, 5000, GROUP)
            command[4] = str(first)
            child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            assert child.stdout is not None
            if child.stdout.readline() == "open\n":
                time.sleep(dice.uniform(0.0, 0.3))
            child.kill()
            rest, _ = child.communicate()
            known = set(reported)
            reported += [key for key in rest[: rest.rfind("\n") + 1].split() if key not in known]
            tally.check(folder, reported)
    return tally


def cut(rounds: int, dice: random.Random) -> Tally:
    """One writer's calls, broken off at any one of them, with what was not synced lost, torn or out of order."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "store"
        steps = trace(writer(folder, 60, GROUP), Path(scratch) / "strace.log")
        ends = sorted(dice.choices(range(len(steps)), k=rounds))
        disk, done = Disk(folder), 0
        for end in ends:
            for step in steps[done:end]:
                disk.take(step)
            done = end
            left = Path(scratch) / "left"
            disk.left(left, dice)
            said = disk.said[: disk.said.rfind(b"\n") + 1].decode().split()
            if left.exists():
                tally.check(left, [word for word in said if word != "open"])
                shutil.rmtree(left)
    return tally


def main() -> int:
    """Run both parts and print a table; exit 1 when anything was lost, doubled or broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--cuts", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    print(f"{'part':<22}{'rounds':>8}{'rows said':>12}{'lost':>8}{'doubled':>10}{'broken':>8}")
    is_sound = True
    for name, tally in (("kill -9", killed(asked.kills, dice)), ("unsynced writes cut", cut(asked.cuts, dice))):
        row = f"{tally.rounds:>8}{tally.said:>12}{tally.lost:>8}{tally.doubled:>10}{len(tally.broken):>8}"
        print(f"{name:<22}{row}", flush=True)
        for reason in tally.broken[:5]:
            print(f"  {reason}")
        is_sound = is_sound and not (tally.lost or tally.doubled or tally.broken)
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())

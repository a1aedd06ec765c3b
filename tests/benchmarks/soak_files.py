"""Kills the monitor again and again in a storm and proves from its store that nothing was lost or doubled.

`python -m tests.benchmarks.soak_files --kills 1000`; ends with 1 when a file that settled is not recorded, one is
recorded twice, or a process, ring or temporary file is left.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.network_wire import ROOT, environment
from tests.benchmarks.soak_proof import SURE_S, TOKEN, Life, Proof, leftovers, processes, prove
from tests.benchmarks.soak_storm import MARK, Done, Storm

START_S = 60.0
PATIENCE_S = 120.0
STOP_S = 60.0
CALM_EVERY = 25
RULE = f"""rule soak
{{
    meta:
        id = "SOAK-MARK"
        title = "A marked file of the soak"
        description = "The storm writes it."
        severity = "medium"
        category = "package"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $mark = "{MARK.decode()}"
    condition:
        $mark at 0
}}
"""


class Monitor:
    """`earwitness watch` on a folder, with a store, as often as it is started."""

    def __init__(self, work: Path) -> None:
        self.folder, self.store, self.temporary = work / "share", work / "store", work / "tmp"
        self.lives: list[Life] = []
        self.token = uuid.uuid4().hex
        self._said, self._config = work / "said", work / "config.toml"
        pack = work / "pack"
        for each in (self.folder, self.temporary, pack / "yara"):
            each.mkdir(parents=True)
        (pack / "pack.toml").write_text('id = "soak"\nversion = "1.0.0"\n')
        (pack / "yara" / "soak.yar").write_text(RULE)
        self._config.write_text(f"rules = ['{pack}']\n[workers]\ncount = 1\n")
        self._watching = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return at once."""
        command = [sys.executable, "-P", "-m", "forensics.cli", "--config", str(self._config)]
        command += ["--store", str(self.store), "watch", "--json", "--folder", f"share:{self.folder}"]
        surroundings = environment() | {TOKEN: self.token, "TMPDIR": str(self.temporary)}
        self._watching = 0.0
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said, env=surroundings
            )

    def wait_until_watching(self) -> None:
        """Wait for its word. Raises SystemExit when it ends instead."""
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while b"watching" not in self._said.read_bytes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the monitor did not start: {self._said.read_text()[-2000:]}")
            time.sleep(0.02)
        self._watching = time.monotonic()

    def end(self, number: int) -> int:
        """End it by a signal; its exit code."""
        assert self._process is not None
        ended = time.monotonic()
        self._process.send_signal(number)
        code = self._process.wait(STOP_S)
        if self._watching:
            self.lives.append(Life(self._watching, ended))
        return code


def main() -> int:
    asked = options()
    dice = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="earwitness-soak-", dir=asked.folder) as name:
        monitor = Monitor(Path(name))
        storm = Storm(monitor.folder, rate=asked.rate, seed=asked.seed)
        began = time.monotonic()
        storm.start()
        try:
            survivors = kill(monitor, asked.kills, dice)
            monitor.start()
            monitor.wait_until_watching()
            time.sleep(SURE_S)
        finally:
            storm.stop()
        time.sleep(SURE_S)
        proof = settled(monitor, storm.done)
        code = monitor.end(signal.SIGTERM)
        proof = prove(monitor.folder, monitor.store, storm.done, monitor.lives)
        survivors += gone(monitor.token)
        left = leftovers(monitor.store, monitor.temporary)
        seconds = time.monotonic() - began
        print(f"\n{asked.kills} kills in {seconds:.0f} s; the monitor watched {watched_s(monitor.lives):.0f} s of them")
        lines, failures = table(proof, storm.done, survivors=survivors, left=left, code=code)
        print("\n".join(lines))
        if failures and asked.keep:
            shutil.copytree(name, asked.keep, dirs_exist_ok=True)
    return int(failures > 0)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=20.0, help="acts of the storm a second")
    parser.add_argument("--seed", type=int, default=20190807)
    parser.add_argument("--folder", type=Path, default=None, help="where to make the work folder")
    parser.add_argument("--keep", type=Path, default=None, help="where to copy the store and the files after a failure")
    return parser.parse_args()


def kill(monitor: Monitor, kills: int, dice: random.Random) -> list[int]:
    """Start and kill: most lives end 0.3 to 2 s after it watches, a fifth before, and some are long enough to be sure
    of removed files. Returns the processes that outlived a killed monitor by ten seconds.
    """
    survivors: list[int] = []
    for number in range(1, kills + 1):
        monitor.start()
        if dice.random() < 0.2:
            time.sleep(dice.uniform(0.0, 2.0))
        else:
            monitor.wait_until_watching()
            is_calm = number % CALM_EVERY == 0
            time.sleep(SURE_S + 4 if is_calm else dice.uniform(0.3, 2.0))
        monitor.end(signal.SIGKILL)
        if number % CALM_EVERY == 0:
            survivors += gone(monitor.token)
            print(f"{number} kills", flush=True)
    return survivors


def gone(token: str) -> list[int]:
    """Wait for all processes of the killed monitors to end; those that did not."""
    deadline = time.monotonic() + 10
    while (left := processes(token)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def settled(monitor: Monitor, done: Done) -> Proof:
    """Wait until everything is recorded, or nothing has been for a while."""
    proof = prove(monitor.folder, monitor.store, done, monitor.lives)
    best, since = len(proof.unledgered) + len(proof.unobserved), time.monotonic()
    while best and time.monotonic() - since < PATIENCE_S:
        time.sleep(1.0)
        proof = prove(monitor.folder, monitor.store, done, monitor.lives)
        lacking = len(proof.unledgered) + len(proof.unobserved)
        if lacking < best:
            best, since = lacking, time.monotonic()
    return proof


def watched_s(lives: Sequence[Life]) -> float:
    return sum(life.ended - life.watching for life in lives)


def table(
    proof: Proof, done: Done, *, survivors: Sequence[int], left: Sequence[str], code: int
) -> tuple[list[str], int]:
    """What was done and what the store says of it; how many kinds of failure there are."""
    extra = proof.clean_tally - len(done.clean)
    rows: list[tuple[str, int, Sequence[object]]] = [
        ("present, not in the ledger as it is", len(proof.unledgered), proof.unledgered),
        ("marked, last state not observed", len(proof.unobserved), proof.unobserved),
        ("observed twice", len(proof.doubled), proof.doubled),
        ("clean files tallied too often (-: too few)", extra, []),
        ("removed under a living monitor, not told", len(proof.untold), proof.untold),
        ("processes left", len(survivors), survivors),
        ("rings, temporary and partial files left", len(left), left),
        ("monitor's last exit code other than 0 or 1", int(code not in (0, 1)), [code]),
    ]
    head = [
        f"{'states of files made':<46}{done.states:8}",
        f"{'clean files':<46}{len(done.clean):8}",
        f"{'marked files that stayed':<46}{len(done.marked):8}",
        f"{'files removed within a second':<46}{len(done.removed):8}",
        *(f"{'  ' + what:<46}{count:8}" for what, count in sorted(proof.told.items())),
    ]
    body = [
        f"{what:<46}{count:8}  {', '.join(map(str, named[:5])) if count else ''}".rstrip()
        for what, count, named in rows
    ]
    return head + body, sum(count != 0 for _, count, _ in rows)


if __name__ == "__main__":
    raise SystemExit(main())

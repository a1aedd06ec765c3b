"""The file channel in storms, over many files and end to end: `python -m tests.benchmarks.bench_files`, as root.

Other watchers and the plain yara-python loop get the same files in the same run; README.md says how.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.benchmarks import files_attribution, files_openers, files_reconciling, files_scanning
from tests.benchmarks.files_judging import HEAD, Verdict, judge, row
from tests.benchmarks.files_storms import STORMS, Storm
from tests.benchmarks.files_watchers import COMMANDS, OURS, TITLES, Watcher, limited
from tests.benchmarks.network_wire import ROOT

CACHE = ROOT / ".bench-cache" / "files"
SETTLE_S = 1.0
PARTS = ("storms", "large", "attribution", "openers", "reconcile", "scan")


def main() -> int:
    asked = options()
    place = asked.folder
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    kind = subprocess.run(["stat", "-f", "-c", "%T", place], check=True, capture_output=True, text=True).stdout.strip()
    print(f"on {kind}; {asked.files} files a storm", flush=True)
    failures = 0
    if "storms" in asked.parts:
        failures += sum(table(place, STORMS[name], asked.files, asked) for name in asked.storms)
    if "large" in asked.parts:
        failures += table(place, STORMS["folders"], asked.large, asked)
    if "attribution" in asked.parts:
        (place / "attribution").mkdir()
        failures += files_attribution.table(place / "attribution")
    if "openers" in asked.parts:
        (place / "openers").mkdir()
        print("\n".join(files_openers.table(place / "openers")), flush=True)
    if "reconcile" in asked.parts:
        print("\n".join(files_reconciling.table(place, asked.unchanged)), flush=True)
    if "scan" in asked.parts:
        print("\n".join(files_scanning.table(CACHE, asked.megabytes, asked.small)), flush=True)
    shutil.rmtree(place, ignore_errors=True)
    return int(failures > 0)


def options() -> argparse.Namespace:
    names = lambda known: lambda text: [each for each in text.split(",") if each in known]  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=names(PARTS), default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--storms", type=names(STORMS), default=list(STORMS), help=", ".join(STORMS))
    parser.add_argument("--watchers", type=names(COMMANDS), default=list(COMMANDS), help=", ".join(COMMANDS))
    parser.add_argument("--files", type=int, default=10_000, help="files of a storm")
    parser.add_argument("--large", type=int, default=100_000, help="files of the large storm")
    parser.add_argument("--patience", type=float, default=15.0, help="seconds without news that end a storm")
    parser.add_argument(
        "--unchanged",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[100_000, 1_000_000],
        help="files that a reconciliation goes over",
    )
    parser.add_argument("--megabytes", type=int, default=400, help="size of the mixed tree that is scanned")
    parser.add_argument("--small", type=int, default=20_000, help="small files that are scanned")
    parser.add_argument("--folder", type=Path, default=CACHE / "watched", help="where the storms are; it is emptied")
    return parser.parse_args()


def table(place: Path, storm: Storm, n: int, asked: argparse.Namespace) -> int:
    """One storm for each watcher, printed line by line; how often Earwitness lost or doubled a file."""
    print(f"\n{storm.title}\n{HEAD}", flush=True)
    failures = 0
    for name in asked.watchers:
        try:
            verdict = blown(place, storm, n, name, asked.patience)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"not possible here: {error}", flush=True)
            return failures
        print(row(verdict, TITLES.get(name, name)), flush=True)
        failures += name in OURS and bool(verdict.lost or verdict.unsettled or verdict.doubled)
    return failures


def blown(place: Path, storm: Storm, n: int, name: str, patience_s: float) -> Verdict:
    """Have one watcher watch one storm. OSError when the storm is not possible here."""
    prefix = limited(storm.watches) if storm.watches else ()
    if storm.watches and not prefix:
        raise OSError("no user namespace to lower the watch limit in")
    folder = place / "share"
    for each in place.glob("*"):
        shutil.rmtree(each)
    folder.mkdir()
    storm.before(folder, n)
    watcher = Watcher(name, folder, place / "work", prefix=prefix)
    try:
        return watched(watcher, storm, folder, n, name, patience_s)
    finally:
        watcher.end()
        storm.after(folder)


def watched(watcher: Watcher, storm: Storm, folder: Path, n: int, name: str, patience_s: float) -> Verdict:
    is_ready = watcher.wait_until_ready()
    time.sleep(SETTLE_S)
    watcher.fetch()
    start, spent = len(watcher.lines), watcher.cpu_s
    if storm.is_paused:
        watcher.signal(signal.SIGSTOP)
    closed = storm.during(folder, n)
    ended = time.monotonic()
    if storm.is_paused:
        watcher.signal(signal.SIGCONT)
        closed = dict.fromkeys(closed, ended)
    if is_ready:
        until_quiet(watcher, set(closed), patience_s)
    spent = watcher.cpu_s - spent
    watcher.end()
    complaints = watcher.complaints
    remark = "" if is_ready else "did not start"
    if "overflow" in complaints.lower():
        remark = "overflow logged"
    return judge(name, closed, watcher.lines[start:], ended=ended, cpu=spent, remark=remark)


def until_quiet(watcher: Watcher, expected: set[str], patience_s: float) -> None:
    """Wait until all files have settled or nothing was said for so long."""
    quiet_since = time.monotonic()
    while expected and time.monotonic() - quiet_since < patience_s:
        found = watcher.fetch()
        expected -= {line.what for line in found if line.kind == "settled"}
        if found:
            quiet_since = time.monotonic()
        time.sleep(0.05)


if __name__ == "__main__":
    raise SystemExit(main())

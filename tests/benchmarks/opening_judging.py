"""Scans a folder with the real command and judges what became of each file, and what its workers took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.network_wire import ROOT

READ = ("clean", "matched")
ARCHIVES = (
    *("application/zip", "application/x-7z", "application/vnd.rar", "application/x-tar", "application/gzip"),
    *("application/x-bzip2", "application/x-xz", "application/zstd", "application/x-lz", "application/x-cpio"),
    *("application/vnd.ms-cab", "application/x-iso9660", "application/x-archive", "application/x-xar"),
)
LOOK_EVERY_S = 0.02
HEAD = (
    f"{'files':<16}{'number':>7}{'found':>7}{'stated':>7}{'both':>6}{'neither':>8}{'silent':>7}{'died':>6}{'killed':>7}"
    f"{'CPU s':>8}{'peak MB':>9}{'spool MB':>9}"
)


@dataclass(slots=True)
class Verdict:
    """Of so many files: something inside was `found`; an outcome other than clean was `stated`.

    `neither` are clean and hold nothing; `silent` those of them that are archives with files in them. Workers `died`,
    or were `killed` for taking too long.
    """

    files: int = 0
    found: int = 0
    stated: int = 0
    both: int = 0
    neither: int = 0
    silent: list[str] = field(default_factory=list)
    died: int = 0
    killed: int = 0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    spool_mb: float = 0.0
    missing: list[str] = field(default_factory=list)


def scanned(folder: Path, work: Path, *, passwords: Sequence[str] = ()) -> Verdict:
    """Scan the files of a folder, in an empty working folder, and judge each."""
    here = work / "here"
    here.mkdir(exist_ok=True)
    words = work / "words"
    words.write_text("\n".join(passwords) + "\n")
    command = [sys.executable, "-m", "forensics.cli", "--store", str(work / "store"), "scan", "--json", str(folder)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [*command, *(["--passwords", str(words)] if passwords else [])],
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    peaks = _Peaks(process.pid)
    assert process.stdout is not None
    lines = [json.loads(line) for line in process.stdout]
    process.wait()
    peaks.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    verdict = judge(lines, folder)
    verdict.cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    verdict.peak_mb, verdict.spool_mb = peaks.memory_kb / 1024, peaks.spool_bytes / (1 << 20)
    return verdict


def judge(lines: Sequence[dict[str, object]], folder: Path) -> Verdict:
    """Judge what the lines of a scan say of the files of a folder."""
    names = [path.name for path in sorted(folder.iterdir())]
    by_file: dict[str, list[dict[str, object]]] = defaultdict(list)
    for line in lines:
        path = line["path"]
        assert isinstance(path, list)
        by_file[str(path[0])].append(line)
    verdict = Verdict(files=len(names))
    for name in names:
        said = by_file.get(name, [])
        if not said:
            verdict.missing.append(name)
            continue
        is_found = len(said) > 1 or bool(said[0]["matches"])
        is_stated = any(line["outcome"] not in READ for line in said)
        verdict.found += is_found and not is_stated
        verdict.stated += is_stated and not is_found
        verdict.both += is_found and is_stated
        verdict.neither += not is_found and not is_stated
        is_silent = not is_found and not is_stated and str(said[0]["type"]).startswith(ARCHIVES)
        if is_silent and holds_files(folder / name):
            verdict.silent.append(name)
        reasons = " ".join(str(line.get("reason", "")) for line in said)
        verdict.died += "the worker died" in reasons
        verdict.killed += "killed after" in reasons
    return verdict


def holds_files(path: Path) -> bool:
    """Say whether an archive holds more than folders, as other readers see it; one they cannot read counts as if."""
    if path.read_bytes()[:6] == b"7z\xbc\xaf\x27\x1c":
        return path.read_bytes()[20:28] != bytes(8)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return any(not member.is_dir() for member in archive.infolist())
        with tarfile.open(path) as tape:
            return any(member.isfile() for member in tape)
    except (tarfile.TarError, zipfile.BadZipFile, OSError):
        return True


def row(title: str, verdict: Verdict) -> str:
    counts = f"{verdict.found:>7}{verdict.stated:>7}{verdict.both:>6}{verdict.neither:>8}{len(verdict.silent):>7}"
    costs = f"{verdict.cpu_s:>8.1f}{verdict.peak_mb:>9.0f}{verdict.spool_mb:>9.0f}"
    return f"{title:<16}{verdict.files:>7}{counts}{verdict.died:>6}{verdict.killed:>7}{costs}"


class _Peaks(threading.Thread):
    """Looks at the workers of a command: the most memory one of them had, and the most it held in files of memory."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.memory_kb = 0
        self.spool_bytes = 0
        self._pid = pid
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            for child in _children(self._pid):
                self.memory_kb = max(self.memory_kb, _high_water_kb(child))
                self.spool_bytes = max(self.spool_bytes, _spooled_bytes(child))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


def _high_water_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _spooled_bytes(pid: int) -> int:
    total = 0
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            if "memfd:earwitness" in os.readlink(link):
                total += os.stat(link).st_blocks * 512
        except OSError:
            continue
    return total

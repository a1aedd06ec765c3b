"""What a power cut may leave of a store: its writes as strace saw them, lost, torn or out of order until synced.

The model is the pessimist's: what was written since a file was last synced is on the disk sector by sector or not, in
any mixture; a name that was made, changed or removed since its folder was last synced is there or not. What the writer
said on its output by then must survive all of it.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECTOR = 512
CALLS = (
    "openat,write,pwrite64,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,link,linkat,"
    "mkdir,mkdirat"
)
_LINE = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+)(?:<([^>]*)>)?")
_FD = re.compile(r"^(\d+)<([^>]*)>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Step:
    """One call that changed something: `kind` is write, cut, sync, make, move, remove or said."""

    kind: str
    path: str
    other: str = ""
    offset: int = 0
    data: bytes = b""


def trace(command: Sequence[str], log: Path) -> list[Step]:
    """Run a program of one thread under strace and return what it did to files and said on its output."""
    strace = ["strace", "-y", "-xx", "-s", "100000000", "-e", f"trace={CALLS}", "-o", str(log), *command]
    subprocess.run(strace, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    places: dict[int, int] = {}
    return [step for line in log.read_text("ascii").splitlines() for step in _steps(line, places)]


def _steps(line: str, places: dict[int, int]) -> Iterator[Step]:
    """A line of strace as steps; `places` are the offsets of descriptors that are written from front to back."""
    hit = _LINE.match(line)
    if hit is None or hit[3].startswith("-"):
        return
    call, arguments, result, opened = hit.groups()
    fd = _FD.match(arguments)
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(arguments)]
    if call == "openat":
        places[int(result)] = 0
        if "O_CREAT" in arguments and opened:
            yield Step("make", _path(opened))
            if "O_TRUNC" in arguments:
                yield Step("cut", _path(opened))
    elif call in ("rename", "renameat", "renameat2", "link", "linkat"):
        kind = "move" if call.startswith("rename") else "link"
        yield Step(kind, texts[0].decode(), texts[-1].decode())
    elif call in ("unlink", "unlinkat"):
        yield Step("remove", texts[-1].decode())
    elif fd is not None:
        yield from _on_descriptor(call, fd, arguments, int(result, 0), texts, places)


def _on_descriptor(
    call: str, fd: re.Match[str], arguments: str, result: int, texts: list[bytes], places: dict[int, int]
) -> Iterator[Step]:
    number, path = int(fd[1]), _path(fd[2])
    if call == "write":
        data = texts[0][:result] if texts else b""
        if number == 1:
            yield Step("said", "", data=data)
            return
        yield Step("write", path, offset=places.get(number, 0), data=data)
        places[number] = places.get(number, 0) + result
    elif call == "pwrite64":
        yield Step("write", path, offset=int(arguments.rpartition(",")[2]), data=texts[0][:result])
    elif call == "ftruncate":
        yield Step("cut", path, offset=int(arguments.rpartition(",")[2]))
    elif call in ("fsync", "fdatasync"):
        yield Step("sync", path)


def _path(text: str) -> str:
    """A path of `-y`, whose letters `-xx` spells out too."""
    return bytes.fromhex(text.replace("\\x", "")).decode() if text.startswith("\\x") else text


@dataclass(slots=True)
class _File:
    """One file: what is on the disk for certain, and what was written since."""

    synced: bytearray = field(default_factory=bytearray)
    since: list[Step] = field(default_factory=list)

    def apply(self, step: Step) -> None:
        """Take a step for certain."""
        if step.kind == "cut":
            del self.synced[step.offset :]
            self.synced.extend(bytes(step.offset - len(self.synced)))
            return
        end = step.offset + len(step.data)
        self.synced.extend(bytes(max(0, end - len(self.synced))))
        self.synced[step.offset : end] = step.data

    def left(self, dice: random.Random) -> bytes:
        """What a cut may leave: each sector written since is there or not."""
        found = _File(bytearray(self.synced))
        for step in self.since:
            if step.kind == "cut":
                if dice.random() < 0.5:
                    found.apply(step)
                continue
            fate = dice.choice((0.0, 1.0, 0.5))
            for start in range(0, len(step.data), SECTOR):
                if dice.random() < fate:
                    piece = step.data[start : start + SECTOR]
                    found.apply(Step("write", step.path, offset=step.offset + start, data=piece))
        return bytes(found.synced)


class Disk:
    """The files under one folder, as they are and as a power cut may leave them."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._now: dict[str, _File] = {}
        self._synced: dict[str, _File] = {}
        self.said = b""

    def take(self, step: Step) -> None:
        """Follow one step."""
        if step.kind == "said":
            self.said += step.data
            return
        if not step.path.startswith(self._folder):
            return
        if step.kind == "make":
            self._now.setdefault(step.path, _File())
        elif step.kind in ("move", "link"):
            file = self._now[step.path] if step.kind == "link" else self._now.pop(step.path)
            self._now[step.other] = file
        elif step.kind == "remove":
            self._now.pop(step.path, None)
        elif step.kind == "sync":
            self._sync(step.path)
        elif step.path in self._now:
            self._now[step.path].since.append(step)

    def _sync(self, path: str) -> None:
        file = self._now.get(path)
        if file is None:  # a folder: the names in it
            inside = {name for name in (*self._now, *self._synced) if name.rpartition("/")[0] == path}
            for name in inside:
                if name in self._now:
                    self._synced[name] = self._now[name]
                else:
                    self._synced.pop(name, None)
            return
        for step in file.since:
            file.apply(step)
        file.since.clear()

    def left(self, target: Path, dice: random.Random) -> None:
        """Write what a cut at this moment may leave into another folder."""
        for name in {*self._now, *self._synced}:
            now, synced = self._now.get(name), self._synced.get(name)
            file = now if now is synced else dice.choice((now, synced))
            if file is not None:
                place = target / name.removeprefix(self._folder).lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(file.left(dice))
                place.chmod(0o600)


def writer(folder: Path, count: int, group: int) -> list[str]:
    """The command that records and says what is on the disk."""
    return [sys.executable, "-m", "tests.store.recording", str(folder), "0", str(count), str(group), "k"]

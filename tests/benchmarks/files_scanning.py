"""Scanning end to end with a hundred rules, against a plain loop of yara-python over the same files."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.network_clock import Cost
from tests.benchmarks.network_peers import timed
from tests.benchmarks.network_wire import ROOT

RULES = 100
SOURCES = (ROOT / "samples", Path("/usr/share/doc"), Path("/usr/bin"), Path("/usr/share/sounds"), Path("/usr/lib"))
LARGEST_BYTES = 32_000_000
PACK = """id = "bench"
name = "Rules of the bench"
version = "1.0.0"
min_engine = "0.1"
licence = "Apache-2.0"
maintainers = ["Earwitness maintainers"]
description = "Rules as people write them, which find next to nothing."
timeout_s = 20
"""
LOOP = """
import os, sys, yara
rules = yara.compile(filepath=sys.argv[1])
for folder, _, names in os.walk(sys.argv[2]):
    for name in names:
        rules.match(os.path.join(folder, name))
"""


def table(cache: Path, megabytes: int, small: int) -> list[str]:
    """One line a tree and tool; the start of Earwitness, measured on an empty folder, stands for itself."""
    lines = [
        "\nscan with 100 rules",
        f"{'tree':<10}{'tool':<20}{'CPU s':>9}{'MB/CPU s':>10}{'opened MB/CPU s':>17}{'files/CPU s':>13}{'peak MB':>9}",
    ]
    with tempfile.TemporaryDirectory(prefix="earwitness-bench-") as name:
        work = Path(name)
        pack = write_pack(work / "pack")
        empty = work / "empty"
        empty.mkdir()
        trees = [
            ("empty", empty),
            ("mixed", mixed(cache / "mixed", megabytes)),
            ("small", tiny(cache / "small", small)),
        ]
        scanned(ROOT / "samples", pack, work)  # so that compiled code is there
        start: Cost | None = None
        for title, tree in trees:
            ours = scanned(tree, pack, work)
            opened = _opened(work / "said")
            loop = looped(tree, pack, work)
            start = start or ours
            size = [path.stat().st_size for path in tree.rglob("*") if path.is_file()]
            lines.append(_row(title, "earwitness scan", ours.cpu_s, size, opened, ours))
            if size:
                lines.append(_row(title, "without its start", ours.cpu_s - start.cpu_s, size, opened, ours))
            lines.append(_row(title, "yara-python loop", loop.cpu_s, size, sum(size), loop))
    return lines


def _row(title: str, tool: str, cpu_s: float, sizes: list[int], opened: int, cost: Cost) -> str:
    cpu_s = max(cpu_s, 1e-3)
    megabytes, files = sum(sizes) / 1e6 / cpu_s, len(sizes) / cpu_s
    inside = opened / 1e6 / cpu_s
    return f"{title:<10}{tool:<20}{cpu_s:9.2f}{megabytes:10.1f}{inside:17.1f}{files:13.0f}{cost.rss_mb:9.0f}"


def _opened(said: Path) -> int:
    """Bytes of all that was opened, as the scan said: the files, what they held, and what that held in turn."""
    return sum(int(json.loads(line)["size"]) for line in said.read_text().splitlines() if line.startswith("{"))


def scanned(tree: Path, pack: Path, work: Path) -> Cost:
    """`earwitness scan` of a folder with the bench's pack alone, into a store of its own."""
    shutil.rmtree(work / "store", ignore_errors=True)
    config = work / "config.toml"
    config.write_text(f"rules = ['{pack}']\n")
    program = [sys.executable, "-m", "forensics.cli", "--config", str(config), "--store", str(work / "store")]
    cost = timed([*program, "scan", "--json", str(tree)], work / "cost", work / "said")
    if cost.code not in (0, 1):
        raise SystemExit(f"earwitness scan ended with {cost.code}: {(work / 'said').read_text()[-2000:]}")
    return cost


def looped(tree: Path, pack: Path, work: Path) -> Cost:
    """The same rule file over the same files as they are, in one thread."""
    return timed(
        [sys.executable, "-c", LOOP, str(pack / "yara" / "bench.yar"), str(tree)], work / "cost", work / "said"
    )


def write_pack(folder: Path) -> Path:
    """A pack of 100 rules: a word, a hexadecimal string with gaps and a regular expression each."""
    (folder / "yara").mkdir(parents=True)
    (folder / "pack.toml").write_text(PACK)
    (folder / "yara" / "bench.yar").write_text("\n".join(rule(number) for number in range(RULES)))
    return folder


def rule(number: int) -> str:
    dice = random.Random(number)
    word = "".join(dice.choices("bcdfghklmnprstvwz", k=9))
    code = " ".join(f"{dice.randrange(256):02X}" for _ in range(6))
    return f"""rule bench_{number}
{{
    meta:
        id = "BENCH-{number}"
        title = "Rule {number} of the bench"
        description = "One of a hundred."
        severity = "low"
        category = "bench"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $word = "{word}" nocase ascii wide
        $code = {{ {code} [2-8] {code} }}
        $form = /{word[:5]}[_-][0-9]{{4,6}}\\.(wav|flac)/ nocase
    condition:
        any of them
}}
"""


def mixed(folder: Path, megabytes: int) -> Path:
    """Copies of programs, manuals, sounds, archives and the samples, up to that size; kept for the next run."""
    tree = folder / str(megabytes)
    if tree.exists():
        return tree
    part = tree.with_name(tree.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    share = megabytes * 1_000_000 // len(SOURCES)
    left = 0
    for source in SOURCES:
        left += share
        for number, path in enumerate(_files(source)):
            size = path.stat().st_size
            if size > min(left, LARGEST_BYTES):
                continue
            target = part / source.name / str(number // 500) / f"{number}-{path.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            left -= size
    part.rename(tree)
    return tree


def _files(source: Path) -> Iterator[Path]:
    """Regular files below a folder in an order that is the same every time, but not that of their names."""
    found = [
        Path(folder, name)
        for folder, _, names in os.walk(source)
        for name in names
        if not os.path.islink(os.path.join(folder, name)) and os.path.isfile(os.path.join(folder, name))
    ]
    found.sort()
    random.Random(5).shuffle(found)
    return (path for path in found if os.access(path, os.R_OK) and path.stat().st_size)


def tiny(folder: Path, count: int) -> Path:
    """Small text files, 200 bytes to 4 kB."""
    tree = folder / str(count)
    if tree.exists():
        return tree
    dice = random.Random(7)
    words = ["".join(dice.choices("abcdefghijklmnoprstuvwy", k=dice.randint(2, 11))) for _ in range(4000)]
    part = tree.with_name(tree.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    for number in range(count):
        place = part / str(number // 200)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.txt").write_text(" ".join(dice.choices(words, k=dice.randint(30, 600))))
    part.rename(tree)
    return tree

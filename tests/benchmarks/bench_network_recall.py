"""Recall of the network channel: `python -m tests.benchmarks.bench_network_recall`, as root.

Public captures against their truth, then traffic of real clients, as captured and on a worse network.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks import (
    network_recall_captures,
    network_recall_late,
    network_recall_line,
    network_recall_mail,
    network_recall_other,
    network_recall_web,
)
from tests.benchmarks.network_recall import Client, Place, Recall, recall
from tests.benchmarks.network_recall_web import SHORT
from tests.benchmarks.network_traffic import wav

SIZES = (20_000, 47_111, 90_000)
CLIENTS: tuple[Client, ...] = (
    *network_recall_web.CLIENTS,
    *network_recall_mail.CLIENTS,
    *network_recall_other.CLIENTS,
    *network_recall_late.CLIENTS,
)
SAID = 6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=16, help="how often each capture is disturbed")
    parser.add_argument("--lines", type=int, default=4, help="how often clients send over a bad line")
    parser.add_argument("--only", default="", help="clients with this in their name")
    parser.add_argument("--no-captures", action="store_true", help="leave the public captures out")
    asked = parser.parse_args()
    is_whole = True
    if not asked.no_captures:
        said, is_whole = network_recall_captures.lines()
        print("\n".join(said), flush=True)
    print(f"\nreal clients; disturbed with {asked.seeds} seeds")
    print(f"{'client':<26}{'disturbed':<11}{'sent':>5}{'exact':>7}{'disturbed exact':>18}{'same list':>11}", flush=True)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for number, client in enumerate(each for each in CLIENTS if asked.only in each.name):
            results.append(recall(client, place(Path(folder), number), range(asked.seeds)))
            print("\n".join(row(results[-1])), flush=True)
        print("\n".join(summary(results)))
        print(f"\nthe same over a bad line, {asked.lines} times\n{'client':<26}{'sent':>5}{'exact':>7}", flush=True)
        for name in network_recall_line.CLIENTS if asked.lines else ():
            if asked.only in name:
                crossed = network_recall_line.crossed(name, asked.lines, Path(folder))
                is_whole &= crossed.is_whole
                print("\n".join(network_recall_line.row(crossed)), flush=True)
    return int(not (is_whole and all(each.is_whole for each in results)))


def place(folder: Path, number: int) -> Place:
    """A folder with the files, and an address that no other process uses."""
    made = Place(folder / f"{number:02}", f"127.{20 + os.getpid() % 200}.{os.getpid() // 200 % 200}.{number + 1}")
    made.folder.mkdir()
    fill(made, number)
    return made


def fill(made: Place, number: int) -> None:
    """Put the files there."""
    noise = np.random.default_rng(number)
    for name, size in zip(SHORT, SIZES, strict=True):
        (made.folder / name).write_bytes(wav(noise.bytes(size)))


def row(result: Recall) -> list[str]:
    name, how = result.client.name, "all" if result.client.is_tcp else "no loss"
    lines = []
    if result.sent:
        total, reads = len(result.sent), result.reads
        lines.append(
            f"{name:<26}{how:<11}{total:5}{result.exact:7}{f'{result.disturbed}/{total * reads}':>18}"
            f"{f'{reads - len(result.differing)}/{reads}':>11}"
        )
    if result.trouble:
        lines.append(f"{name:<26}{result.trouble}")
    for what, where in result.missed.items():
        more = f" and {len(where) - SAID} more" if len(where) > SAID else ""
        lines.append(f"    missed {what}: {', '.join(where[:SAID])}{more}")
    return lines


def summary(results: list[Recall]) -> list[str]:
    """The objects of all clients together."""
    lines = [""]
    for title, chosen in (("TCP", True), ("UDP", False)):
        of = [each for each in results if each.client.is_tcp is chosen and each.sent]
        sent, wanted = sum(len(each.sent) for each in of), sum(len(each.sent) * each.reads for each in of)
        exact, disturbed = sum(each.exact for each in of), sum(each.disturbed for each in of)
        lines.append(f"{title}: {len(of)} clients, {exact}/{sent} exact as captured, {disturbed}/{wanted} disturbed")
    return lines


if __name__ == "__main__":
    raise SystemExit(main())

"""Registers made-up clips without sound; run as a program, it does so until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from forensics.register.storage import Issue, NewItem, RegisterWriter
from tests.fingerprints.audio.blobs import random_blob

CODES = 12


def made_up(first: int, count: int) -> list[NewItem]:
    """Clips `K-<number>` that hold nothing but codes."""
    return [
        NewItem(id=f"K-{n}", kind="clip", name=f"{n}.wav", sha256=f"{n:064x}", seconds=1.0, codes=random_blob(n, CODES))
        for n in range(first, first + count)
    ]


def issue(number: int) -> Issue:
    """A package to put them in."""
    return Issue(package=f"P-{number}", programme="p", recipient="r")


def main(folder: Path, size: int) -> None:
    """Register and remove packages of `size` clips without end, telling of each that is stored."""
    with RegisterWriter.open(folder) as writer:
        for number in range(10**6):
            writer.add_package(issue(number), made_up(number * size, size))
            print(number, flush=True)
            if number % 3 == 2:
                writer.remove(packages=[f"P-{number - 2}"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

"""Registers made-up clips without sound; run as a program, it does so until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from forensics.fingerprints.audio.codes import fingerprint
from forensics.register.storage import Issue, NewItem, RegisterWriter

EMPTY = fingerprint(np.zeros(0, np.int16))


def codes(number: int, size: int = 12) -> bytes:
    """A fingerprint of random codes."""
    values = np.random.default_rng(number).integers(0, 2**64, size, dtype=np.uint64)
    return EMPTY[:-4] + size.to_bytes(4, "little") + values.astype("<u8").tobytes() + b"\xff" * (size // 8) + b"\x0f"


def made_up(first: int, count: int) -> list[NewItem]:
    """Clips `K-<number>` that hold nothing but codes."""
    return [
        NewItem(id=f"K-{n}", kind="clip", name=f"{n}.wav", sha256=f"{n:064x}", seconds=1.0, codes=codes(n))
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

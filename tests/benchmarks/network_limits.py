"""What this machine can do at all: the rates that bound any tool that reads packets and writes hashed files."""

from __future__ import annotations

import base64
import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SIZE = 1 << 28
BLOCK = 1 << 20


def limits(folder: str | None) -> list[tuple[str, float]]:
    """(what, MB per CPU second) of each primitive, one thread; files lie in `folder`."""
    data = np.random.default_rng(1).bytes(SIZE)
    array, target = np.frombuffer(data, np.uint8), np.ones(SIZE, np.uint8)
    text = base64.b64encode(data[: SIZE // 4])
    with tempfile.TemporaryDirectory(dir=folder) as name:
        path = Path(name) / "file"
        return [
            ("sha256", rate(lambda: hashed(data), SIZE)),
            ("memcpy", rate(lambda: np.copyto(target, array), SIZE)),
            ("base64, of text", rate(lambda: base64.b64decode(text), len(text))),
            ("writing files in memory" if folder else "writing files", rate(lambda: written(path, data), SIZE)),
            ("reading them", rate(lambda: read(path, bytearray(BLOCK)), SIZE)),
        ]


def rate(do: Callable[[], object], size: int) -> float:
    """Megabytes per CPU second, the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        do()
        best = min(best, time.process_time() - began)
    return size / best / 1e6


def hashed(data: bytes) -> None:
    digest = hashlib.sha256()
    view = memoryview(data)
    for start in range(0, len(view), BLOCK):
        digest.update(view[start : start + BLOCK])


def written(path: Path, data: bytes) -> None:
    view = memoryview(data)
    with path.open("wb", buffering=0) as stream:
        for start in range(0, len(view), BLOCK):
            stream.write(view[start : start + BLOCK])


def read(path: Path, block: bytearray) -> None:
    with path.open("rb", buffering=0) as stream:
        while stream.readinto(block):
            pass

"""How long a person waits: `earwitness identify FILE` from the start of the command to its end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np

import forensics
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import RATE_HZ, Samples
from tests.benchmarks.audio_registry import Registry

COMMAND = str(Path(sys.executable).with_name("earwitness"))
CLIPS = 1000
RUNS = 5


def startup(registry: Registry, recording: Samples) -> str:
    """The median wall and CPU seconds of a few runs against a register of 1,000 clips."""
    store = _registered(registry)
    asked = store.with_suffix(".wav")
    _write(asked, recording)
    command = [COMMAND, "--store", str(store), "identify", str(asked)]
    walls, cpus = zip(*(_timed(command) for _ in range(RUNS + 1)), strict=True)
    return (
        f"identify, from the start of the command to its end, {CLIPS} clips registered: "
        f"{np.median(walls[1:]):.2f} s, {np.median(cpus[1:]):.2f} s of CPU (first run {walls[0]:.2f} s)"
    )


def _registered(registry: Registry) -> Path:
    """A store folder with the first clips of the registry, made anew when the product's source changes."""
    folder = Path(str(forensics.__file__)).parent
    key = shelf.digest([path.read_bytes() for path in sorted(folder.rglob("*.py"))], registry.key)
    store = shelf.SHELF / "startup" / key
    if not store.exists():
        shutil.rmtree(store.parent, ignore_errors=True)
        clips, partial = store.parent / "clips", store.with_suffix(".partial")
        clips.mkdir(parents=True)
        for number, clip in zip(range(CLIPS), registry, strict=False):
            _write(clips / f"clip-{number}.wav", clip.samples)
        to = ["--programme", "bench", "--recipient", "bench", "--package", "bench", str(clips)]
        command = [COMMAND, "--store", str(partial), "register", *to]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        partial.replace(store)
    return store


def _write(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.asarray(samples).astype("<i2").tobytes())


def _timed(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process with all its children."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime

"""A loss-free capture of real clients and servers, with the digest of every file that crossed.

    python -m tests.benchmarks.network_traffic CAPTURE --megabytes 300

A quarter of the bytes are uploads of audio and packages (HTTP PUT, POST, multipart and chunked, SMTP, FTP), the rest
downloads. The digests are beside the capture in `CAPTURE.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import struct
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from tests.benchmarks.network_clients import UPLOADS, Job, Plan
from tests.benchmarks.network_wire import ROOT, SERVER, Capture, environment, python, serving, wire

UPLOADED, OVER_FTP = 0.25, 0.05
UP_BYTES = (100_000, 5_000_000)
DOWN_BYTES = (2_000, 20_000_000)
NOISE_BYTES = 1 << 28
PARALLEL = 4
TRIES = 3
Maker = Callable[[int, int, np.random.Generator], tuple[str, bytes]]
FRAMING = 1.06
"""Captured bytes for each byte of a file: headers of packets and of records, and base64 in one upload of six."""


def capture(path: Path, *, megabytes: int, seed: int = 4) -> list[Job]:
    """Write a capture of about that many megabytes to `path`, and what crossed beside it.

    Raises SystemExit when every try lost packets.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=memory_folder(2 * NOISE_BYTES + megabytes * 400_000)) as name:
        folder = Path(name)
        plan = Plan(SERVER, folder / "files", PARALLEL, planned(folder, int(megabytes * 1e6 / FRAMING), seed))
        plan.save(folder / "plan")
        for _ in range(TRIES):
            ended, drops = _record(path, plan, folder)
            if drops == 0:
                break
            print(f"dumpcap dropped {drops} packets: again", flush=True)
        else:
            raise SystemExit("no loss-free capture: the machine is too busy")
    jobs = [replace(job, ended=ended[job.name]) for job in plan.jobs]
    path.with_name(path.name + ".json").write_text(json.dumps([asdict(job) for job in jobs], indent=0))
    return jobs


def _record(path: Path, plan: Plan, folder: Path) -> tuple[dict[str, float], int]:
    """Do the plan once; when each job was over, and how many packets were dropped."""
    done = folder / "done"
    with wire() as made, serving(made, folder), Capture(made, path) as captured:
        command = made.inside(made.near, python("network_clients", str(folder / "plan"), str(done)))
        subprocess.run(command, cwd=ROOT, check=True, env=environment())
    return json.loads(done.read_text()), captured.drops


def known(path: Path) -> list[Job]:
    """What crossed in a capture that was made before."""
    return [Job(**job) for job in json.loads(path.with_name(path.name + ".json").read_text())]


def memory_folder(size_bytes: int) -> str | None:
    """/dev/shm where that much fits twice, so that no disk is in the way; else the usual temporary folder."""
    shared = Path("/dev/shm")
    if not shared.is_dir():
        return None
    return str(shared) if available_bytes() > 2 * size_bytes else None


def available_bytes() -> int:
    """Memory that can be had without pushing anything out (proc(5))."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1])


def planned(
    folder: Path,
    size_bytes: int,
    seed: int,
    *,
    uploaded: float = UPLOADED,
    kinds: Sequence[str] = UPLOADS,
    make: Maker | None = None,
) -> list[Job]:
    """The jobs in random order, that share of their bytes uploads; the files they need are written to the folder."""
    picks, noise = random.Random(seed), np.random.default_rng(seed)
    (folder / "files").mkdir()
    (folder / "ftp").mkdir()
    jobs: list[Job] = []
    left = int(size_bytes * uploaded)
    while left > 0:
        number, size = len(jobs), log_uniform(picks, UP_BYTES)
        name, data = (make or file_of)(number, size, noise)
        (folder / "files" / name).write_bytes(data)
        jobs.append(Job(kinds[number % len(kinds)], name, len(data), hashlib.sha256(data).hexdigest()))
        left -= len(data)
    left = size_bytes - sum(job.size for job in jobs)
    if left > 0:
        jobs += downloads(folder, left, picks, noise)
    picks.shuffle(jobs)
    return jobs


def downloads(folder: Path, size_bytes: int, picks: random.Random, noise: np.random.Generator) -> list[Job]:
    """Slices of one file of noise over HTTP; a few are files of their own over FTP."""
    hiss = noise.bytes(NOISE_BYTES)
    (folder / "noise").write_bytes(hiss)
    jobs: list[Job] = []
    while size_bytes > 0:
        size = min(log_uniform(picks, DOWN_BYTES), size_bytes)
        offset, kind = picks.randrange(NOISE_BYTES - size), "retr" if picks.random() < OVER_FTP else "get"
        data, name = hiss[offset : offset + size], f"download-{len(jobs):05}.bin"
        if kind == "retr":
            (folder / "ftp" / name).write_bytes(data)
        jobs.append(Job(kind, name, size, hashlib.sha256(data).hexdigest(), offset))
        size_bytes -= size
    return jobs


def log_uniform(picks: random.Random, bounds: tuple[int, int]) -> int:
    return int(bounds[0] * (bounds[1] / bounds[0]) ** picks.random())


def file_of(number: int, size: int, noise: np.random.Generator) -> tuple[str, bytes]:
    """A name and the bytes of a WAV, an MP3 or a package of clips; the sound is noise, which no tool can shorten."""
    if number % 3 == 0:
        return f"clip-{number:05}.wav", wav(noise.bytes(size))
    if number % 3 == 1:
        return f"clip-{number:05}.mp3", mp3(noise, size)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for part in range(3):
            archive.writestr(zipfile.ZipInfo(f"clips/{number:05}-{part}.wav"), wav(noise.bytes(size // 3)))
    return f"package-{number:05}.zip", packed.getvalue()


def plain(number: int, size: int, noise: np.random.Generator) -> tuple[str, bytes]:
    """A name and bytes in no format, which nobody can open: only the channel has work with them."""
    return f"plain-{number:05}.dat", noise.bytes(size)


def wav(sound: bytes) -> bytes:
    """16 kHz, 16 bit, one channel."""
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(sound), b"WAVE")
        + head
        + struct.pack("<4sI", b"data", len(sound))
        + sound
    )


def mp3(noise: np.random.Generator, size: int) -> bytes:
    """MPEG-1 layer III frames of 128 kbit/s at 44.1 kHz, 417 bytes each, with noise for sound."""
    frames = np.frombuffer(noise.bytes(417 * (size // 417)), np.uint8).reshape(-1, 417).copy()
    frames[:, :4] = (0xFF, 0xFB, 0x90, 0x00)
    return frames.tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--megabytes", type=int, default=300)
    asked = parser.parse_args()
    began = time.monotonic()
    jobs = capture(asked.capture, megabytes=asked.megabytes)
    count = sum(job.is_upload for job in jobs)
    size = asked.capture.stat().st_size / 1e6
    print(f"{asked.capture}: {size:.0f} MB, {count} uploads of {len(jobs)} files, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()

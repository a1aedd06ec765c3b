"""`kill -9` of the monitor in mid-journey and a restart: no alert lost, none doubled, nothing left behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.demo.monitoring import Monitoring, earwitness
from forensics.demo.scratch import INTERFACE, Scratch
from forensics.demo.servers import serving
from forensics.sensors.network.ring import why_not_capture
from forensics.sensors.network.ringfolder import place
from forensics.store import reader

CLIPS = [f"TR-2041-c0{n}" for n in (1, 2, 3)] + [f"TR-2042-c0{n}" for n in (1, 2, 3)]
OBSTACLE = why_not_capture(INTERFACE)


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    """A scratch workstation whose register holds two packages."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as root, serving() as servers:
        station = Scratch(root=Path(root), servers=servers)
        station.lay_out(is_live=not OBSTACLE)
        for package in ("TR-2041", "TR-2042"):
            source = station.samples / "packages" / package
            subprocess.run(
                earwitness(station.config, "register", str(source), "--programme", "p", "--recipient", "r"),
                check=True,
                capture_output=True,
            )
        yield station


def alerts(scratch: Scratch) -> list[tuple[str, str]]:
    """Name and channel of every alert in the store."""
    connection = reader.open_reader(scratch.store)
    try:
        return sorted((alert.name, alert.channel) for alert in reader.queue(connection, limit=1000))
    finally:
        connection.close()


def upload(scratch: Scratch, path: Path, name: str) -> None:
    subprocess.run(
        ["curl", "-s", "-f", "--noproxy", "*", "-T", str(path), f"http://127.0.0.1:{scratch.servers.http}/x/{name}"],
        check=True,
        capture_output=True,
    )


def killed(monitoring: Monitoring) -> None:
    """End the monitor as a power cut would."""
    os.kill(monitoring.pid, signal.SIGKILL)
    monitoring.stop()


def test_nothing_is_lost_or_doubled(scratch: Scratch) -> None:
    dice = random.Random(20190807)
    expected: list[tuple[str, str]] = []
    monitoring = Monitoring(scratch.config, lambda line: None)
    monitoring.start()
    for number, clip in enumerate(CLIPS):
        source = scratch.samples / "packages" / clip[:7] / "audio" / f"{clip}.wav"
        shutil.copyfile(source, scratch.folder("removable") / f"copy-{number}.wav")
        expected.append((f"copy-{number}.wav", "removable"))
        if not OBSTACLE:
            upload(scratch, source, f"up-{number}.wav")
            expected.append((f"up-{number}.wav", "http"))
        time.sleep(dice.uniform(0.0, 2.0))
        if number % 2:
            killed(monitoring)
            shutil.copyfile(source, scratch.folder("outbox") / f"down-{number}.wav")
            expected.append((f"down-{number}.wav", "outbox"))
            if not OBSTACLE:
                upload(scratch, source, f"meanwhile-{number}.wav")
                expected.append((f"meanwhile-{number}.wav", "http"))
            monitoring = Monitoring(scratch.config, lambda line: None)
            monitoring.start()
    deadline = time.monotonic() + 180
    while alerts(scratch) != sorted(expected) and time.monotonic() < deadline:
        time.sleep(0.5)
    monitoring.stop()
    assert alerts(scratch) == sorted(expected)
    assert not rings(scratch)
    assert not place(scratch.store, None).exists()


def rings(scratch: Scratch) -> list[str]:
    """Processes that still keep the ring of this store."""
    folder = os.fsencode(place(scratch.store, None))
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if folder in command:
            found.append(process.name)
    return found

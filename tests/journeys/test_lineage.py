"""A leak told as one story: a clip is copied, renamed, transcoded, packed and uploaded with the usual tools."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.demo.monitoring import Monitoring, earwitness
from forensics.demo.scratch import INTERFACE, Scratch
from forensics.demo.servers import serving
from forensics.sensors.network.ring import why_not_capture

CLIP = "TR-2041-c01"
OBSTACLE = why_not_capture(INTERFACE)
SEEN_S = 60.0


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    """A scratch workstation whose register holds a package."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as root, serving() as servers:
        station = Scratch(root=Path(root), servers=servers)
        station.lay_out(is_live=True)
        package = station.samples / "packages" / "TR-2041"
        run(earwitness(station.config, "register", str(package), "--programme", "p", "--recipient", "r1"))
        yield station


def run(command: list[str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, start_new_session=True)
    return done.stdout


def seen(monitoring: Monitoring, name: str) -> None:
    """Wait until a file of this name was looked at."""
    assert monitoring.wait_for(lambda lines: any(line.names[:1] == [name] for line in lines), SEEN_S), name


@pytest.mark.skipif(bool(OBSTACLE), reason=f"no live capture: {OBSTACLE}")
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_a_clip_is_followed_from_its_issue_to_its_upload(scratch: Scratch) -> None:
    work = scratch.folder("work")
    source = scratch.samples / "packages" / "TR-2041" / "audio" / f"{CLIP}.wav"
    monitoring = Monitoring(scratch.config, lambda line: None)
    monitoring.start()
    try:
        run(["cp", str(source), str(work / "clip.wav")])
        seen(monitoring, "clip.wav")
        run(["mv", str(work / "clip.wav"), str(work / "holiday.wav")])
        seen(monitoring, "holiday.wav")
        run(["ffmpeg", "-v", "error", "-i", str(work / "holiday.wav"), "-b:a", "48k", str(work / "holiday.mp3")])
        seen(monitoring, "holiday.mp3")
        pack = "import sys, zipfile; zipfile.ZipFile(sys.argv[2], 'w').write(sys.argv[1], 'song.mp3')"
        run([sys.executable, "-c", pack, str(work / "holiday.mp3"), str(work / "trip.zip")])
        seen(monitoring, "trip.zip")
        run(["cp", str(work / "trip.zip"), str(work / "backup.zip")])
        seen(monitoring, "backup.zip")
        url = f"http://127.0.0.1:{scratch.servers.http}/x/trip-final.zip"
        run(["curl", "-s", "-f", "--noproxy", "*", "-T", str(work / "trip.zip"), url])
        seen(monitoring, "trip-final.zip")
        time.sleep(0.5)
    finally:
        monitoring.stop()
    incident = json.loads(run(earwitness(scratch.config, "show", "I1", "--json")))
    story = told(incident["lineage"])
    words = run(earwitness(scratch.config, "show", "I1"))
    is_heard = "had it open" in incident["lineage"]["edges"][-1]["evidence"]
    origin = "trip.zip" if is_heard else "backup.zip"
    assert "└ O" in words
    assert "renamed TR-2041-c01: same file" in words
    assert story == [
        ("TR-2041", "clip.wav", "issued"),
        ("clip.wav", "holiday.wav", "renamed"),
        ("holiday.wav", "holiday.mp3", "converted"),
        ("holiday.mp3", "trip.zip", "packed"),
        ("trip.zip", "backup.zip", "copied"),
        (origin, "trip-final.zip", "sent"),
    ]
    sure = [edge["confidence"] > 0.99 for edge in incident["lineage"]["edges"]]
    assert sure == [True] * 5 + [is_heard]


def told(lineage: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The edges by name: from what, what it became, how."""
    names = {each["id"]: each["name"] for each in lineage["sightings"]}
    return [
        (names.get(edge["origin"], edge["origin"].removeprefix("package:")), names[edge["derived"]], edge["kind"])
        for edge in lineage["edges"]
    ]

"""Voice a real program sends over the loopback: it comes out as it went in, and a clip played into a call is named."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from forensics.interception import objects_of
from forensics.model import WireObject
from forensics.resources import samples_folder
from tests.benchmarks.audio_corpus import decode
from tests.channels.calling import decoded, likeness
from tests.cli.test_scan import earwitness

CLIP = "TR-2041-c01"
CODECS = {
    "pcmu": ("-c:a", "pcm_mulaw", "-ar", "8000"),
    "pcma": ("-c:a", "pcm_alaw", "-ar", "8000"),
    "g722": ("-c:a", "g722", "-ar", "16000"),
    "opus": ("-c:a", "libopus", "-ar", "48000", "-b:a", "24k"),
}
LEAST = {"opus": 0.9}
MEAN_WHILE = (
    "Hello, are you still there? I wanted to ask how the garden is doing, since it has not rained.",
    "Thank you. Let us talk about the train tickets then, I think the early one would be best.",
)


def can_call() -> bool:
    if not all(map(shutil.which, ("dumpcap", "tshark", "ffmpeg", "espeak-ng"))):
        return False
    listed = subprocess.run(["dumpcap", "-D"], check=False, capture_output=True, text=True)
    return listed.returncode == 0 and "lo" in listed.stdout


pytestmark = pytest.mark.skipif(not can_call(), reason="no right to capture here, or no program to speak")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calls")


@pytest.fixture(scope="module")
def talk(folder: Path) -> Path:
    """Chatter, the registered clip, chatter again; 16 kHz."""
    parts = [spoken(MEAN_WHILE[0], folder), decode(clip(), 16_000), spoken(MEAN_WHILE[1], folder)]
    path = folder / "talk.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(np.concatenate(parts).astype("<i2").tobytes())
    return path


def clip() -> Path:
    return samples_folder() / "packages/TR-2041/audio" / f"{CLIP}.wav"


def spoken(text: str, folder: Path) -> np.ndarray:
    subprocess.run(["espeak-ng", "-w", folder / "said.wav", text], check=True)
    return decode(folder / "said.wav", 16_000)


@pytest.fixture(scope="module")
def capture(folder: Path, talk: Path) -> Path:
    """The talk sent in every format at once, faster than it is said."""
    path = folder / "lo.pcapng"
    ports = {name: free_port() for name in CODECS}
    filters = " or ".join(f"udp port {port}" for port in ports.values())
    dumpcap = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", filters, "-w", path], stderr=subprocess.PIPE)
    try:
        while b"File:" not in (line := dumpcap.stderr.readline()):
            assert line, "dumpcap did not start"
        senders = [
            subprocess.Popen(
                ["ffmpeg", "-v", "error", "-readrate", "10", "-i", talk, "-ac", "1", *CODECS[name], "-f", "rtp",
                 f"rtp://127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
            )
            for name, port in ports.items()
        ]  # fmt: skip
        assert [sender.wait(60) for sender in senders] == [0] * len(senders)
        time.sleep(0.5)
    finally:
        dumpcap.terminate()
        dumpcap.wait()
    return path


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_what_ffmpeg_sends_is_heard_as_it_was(capture: Path, talk: Path) -> None:
    found = [found for found in objects_of(capture) if isinstance(found, WireObject)]
    said = decode(talk)
    heard = sorted(likeness(decoded(each.content.bytes()), said) for each in found)
    assert len(heard) == len(CODECS)
    assert not [each for each in found if each.missing]
    assert heard[0] > LEAST["opus"]
    assert min(heard[1:]) > 0.99


def test_a_clip_played_into_a_call_is_named(capture: Path, folder: Path) -> None:
    store = folder / "store"
    package = samples_folder() / "packages/TR-2041"
    code, _, _ = earwitness(store, "register", str(package), "--programme", "translator", "--recipient", "r", "--json")
    assert code == 0
    code, lines, talk = earwitness(store, "scan", "--json", str(capture))
    assert code == 1
    calls = [line for line in lines if line["outcome"] == "matched"]
    assert len(calls) == len(CODECS), talk
    for line in calls:
        assert CLIP in {match["clip"] for match in line["matches"] if match["accepted"]}

"""Our own tap: packets are in the file at once, files turn over, drops and obstacles are said."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics.sensors.network import tap
from forensics.sensors.network.dumpcap import complaint, drops
from forensics.sensors.network.ringfiles import list_files

pytestmark = pytest.mark.skipif(not tap.is_allowed() or tap.library() is None, reason="no right to capture here")


def begin(folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", tap.__name__, "-i", "lo", "-b", "filesize:64", "-b", "duration:60", *more]
    running = subprocess.Popen([*command, "-w", str(folder / "g0001.pcap")], stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    assert "File: " in running.stderr.readline()
    return running


def test_packets_are_written_at_once_and_files_turn_over(tmp_path: Path) -> None:
    running = begin(tmp_path, "-f", "udp port 9")
    token = os.urandom(1000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(token, ("127.0.0.1", 9))
        deadline = time.monotonic() + 60
        while token not in list_files(tmp_path)[0].path.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.01)
        for _ in range(200):
            sender.sendto(token, ("127.0.0.1", 9))
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    ((interface, received, dropped),) = drops(said)
    files = list_files(tmp_path)
    assert (interface, dropped) == ("lo", 0)
    assert received >= 201
    assert len(files) > 1
    assert sum(file.path.read_bytes().count(token) for file in files) >= 201


@pytest.mark.parametrize(
    ("more", "why"), [(["-f", "no such filter"], "syntax error"), (["-i", "nowhere0"], "nowhere0")]
)
def test_what_keeps_it_from_capturing_is_said(tmp_path: Path, more: list[str], why: str) -> None:
    command = [sys.executable, "-m", tap.__name__, "-i", "lo", "-b", "filesize:64", "-b", "duration:60", *more]
    ended = subprocess.run([*command, "-w", str(tmp_path / "g0001.pcap")], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert why in complaint(ended.stderr)

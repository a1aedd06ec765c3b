"""Records the network journeys from real clients on loopback with dumpcap, one capture each.

Run `python samples/record.py` in a checkout where dumpcap may capture on lo. Times and ports differ from run to run.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from forensics.demo.journeys import all_journeys
from forensics.demo.play import capture_of
from forensics.demo.scratch import INTERFACE, Scratch
from forensics.demo.servers import serving

SETTLE_S = 1.0


def record(path: Path, ports: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """Start dumpcap and wait until it captures."""
    ports_filter = " or ".join(f"port {port}" for port in ports)
    process = subprocess.Popen(
        ["dumpcap", "-q", "-P", "-i", INTERFACE, "-f", f"tcp and ({ports_filter})", "-w", str(path)],
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    while (line := process.stderr.readline()) and not line.startswith(b"File:"):
        pass
    time.sleep(SETTLE_S)
    return process


def main() -> int:
    """Record every journey that goes over the network."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as root, serving() as servers:
        scratch = Scratch(root=Path(root), servers=servers)
        scratch.lay_out(is_live=True)
        for journey in all_journeys():
            if not journey.needs_network:
                continue
            path = capture_of(journey)
            path.parent.mkdir(exist_ok=True)
            process = record(path, servers.ports)
            journey.play(scratch)
            time.sleep(SETTLE_S)
            process.send_signal(signal.SIGINT)
            process.wait()
            sys.stderr.write(f"{path.name}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

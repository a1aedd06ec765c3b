"""Sets the scratch workstation up, registers the sample packages, starts the monitors and plays the journeys."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.demo.monitoring import Line, Monitoring, earwitness
from forensics.demo.play import Found, play
from forensics.demo.scratch import INTERFACE, Scratch
from forensics.demo.servers import serving
from forensics.errors import EarwitnessError
from forensics.sensors.network.ring import why_not_capture

Say = Callable[[str], None]


@contextmanager
def workstation(say: Say) -> Iterator[tuple[Scratch, bool]]:
    """A scratch workstation with its far ends, in memory; says whether live capture is possible and why not."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="earwitness-demo-", dir=memory) as root, serving() as servers:
        scratch = Scratch(root=Path(root), servers=servers)
        obstacle = why_not_capture(INTERFACE)
        if obstacle:
            say(f"no live capture here ({obstacle}); the network journeys are replayed from recorded captures")
        scratch.lay_out(is_live=not obstacle)
        yield scratch, not obstacle


def register_packages(scratch: Scratch, say: Say) -> None:
    """Register every sample package as issued. Raises EarwitnessError when one is not taken."""
    texts = tomllib.loads((scratch.samples / "texts.toml").read_text("utf-8"))
    for package in texts["package"]:
        done = subprocess.run(
            earwitness(
                scratch.config,
                "register",
                str(scratch.samples / "packages" / package["id"]),
                "--programme",
                package["programme"],
                "--recipient",
                package["recipient"],
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EarwitnessError(f"{package['id']} was not registered: {done.stderr.strip()}")
        say(f"registered {package['id']} ({package['programme']}) for {package['recipient']}")


def run_plain(scratch: Scratch, *, is_live: bool, say: Say) -> list[Found]:
    """Without a terminal: alerts are printed as they come."""

    def on_line(line: Line) -> None:
        alert = line.record.get("alert")
        if alert and alert["id"] not in told:
            told.add(alert["id"])
            say(f"    ALERT {alert['id']} ({alert['incident']}) {alert['severity']}: {alert['title']}")
        if gap := line.record.get("gap"):
            say(f"    GAP {gap['channel']}: {gap['cause']} {gap['detail']}")

    told: set[str] = set()
    return _monitored(scratch, on_line, is_live=is_live, say=say)


def run_in_terminal(scratch: Scratch, *, is_live: bool) -> list[Found]:
    """In a terminal: the journeys are played in the background while the terminal UI runs; it stays until left."""
    outcome: list[list[Found]] = []
    failures: list[BaseException] = []

    def background() -> None:
        try:
            outcome.append(_monitored(scratch, lambda line: None, is_live=is_live, say=lambda text: None))
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that can show it
            failures.append(error)

    thread = threading.Thread(target=background, name="journeys")
    thread.start()
    subprocess.run(earwitness(scratch.config, "tui"), check=False)
    if thread.is_alive():
        sys.stderr.write("waiting for the last journeys ...\n")
    thread.join()
    if failures:
        raise failures[0]
    return outcome[0]


def _monitored(scratch: Scratch, on_line: Callable[[Line], None], *, is_live: bool, say: Say) -> list[Found]:
    monitoring = Monitoring(scratch.config, on_line)
    say("starting the monitors ...")
    monitoring.start()
    try:
        found = play(scratch, monitoring, is_live=is_live, say=say)
    finally:
        monitoring.stop()
    return found

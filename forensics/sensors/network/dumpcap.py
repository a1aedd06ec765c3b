"""How dumpcap is called and what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from forensics.config import Network
from forensics.errors import CaptureError, MissingToolError
from forensics.sensors.network import tap

_BUFFER_MIB = 64
_ASK_S = 10.0
_DROPS = re.compile(r"received/dropped on interface '([^']*)': (\d+)/(\d+)")
_GET_IT = "dumpcap is missing: install wireshark-common (or tshark)"
_FORBIDDEN = "no right to capture"
_RIGHTS = (
    "no right to capture on {name}: join the group wireshark (dpkg-reconfigure wireshark-common), then log in again"
)


def program() -> str:
    """Where dumpcap is; MissingToolError says how to get it."""
    path = shutil.which("dumpcap") or shutil.which("dumpcap", path="/usr/sbin:/usr/local/bin:/usr/local/sbin")
    if path is None:
        raise MissingToolError(_GET_IT)
    return path


def command(interfaces: Sequence[str], settings: Network) -> tuple[str, list[str]]:
    """What captures, and its arguments: our tap of one interface where this process may, else dumpcap.

    Raises MissingToolError without dumpcap, which is asked for what interfaces there are in any case.
    """
    given = arguments(interfaces, settings)
    if len(interfaces) == 1 and interfaces[0] != "any" and tap.is_allowed() and tap.library() is not None:
        return sys.executable, ["-P", "-m", tap.__name__, *given]
    return program(), given


def arguments(interfaces: Sequence[str], settings: Network) -> list[str]:
    """dumpcap's arguments for an endless series of ring files: classic pcap for one interface, pcapng for several."""
    call = ["-q", "-p", "-B", str(_BUFFER_MIB)]
    if settings.capture_filter:
        call += ["-f", settings.capture_filter]
    for name in interfaces:
        call += ["-i", name]
    if len(interfaces) == 1:
        call.append("-P")
    seconds = f"{settings.ring_seconds:g}"
    return [*call, "-b", f"filesize:{settings.ring_file_mib * 1024}", "-b", f"duration:{seconds}"]


def why_not_capture(interface: str) -> str:
    """Why this user cannot capture on an interface, in words with the mend; empty when it works."""
    try:
        asked = _ask(["-L", "-i", interface])
    except (MissingToolError, CaptureError) as error:
        return str(error)
    if asked.returncode == 0:
        return ""
    said = asked.stderr + asked.stdout
    if "permi" in said.lower():
        return _RIGHTS.format(name=interface)
    if "No such device" in said or "no device" in said.lower():
        return f"there is no interface {interface}"
    return complaint(said) or f"dumpcap cannot open {interface}"


def is_forbidden(obstacle: str) -> bool:
    """Say whether an obstacle is a missing right, which no waiting mends."""
    return _FORBIDDEN in obstacle


def is_present(interface: str) -> bool:
    """Say whether an interface exists; cheap where the kernel lists it."""
    return interface == "any" or Path("/sys/class/net", interface).exists() or not why_not_capture(interface)


def check_filter(interface: str, capture_filter: str) -> None:
    """Raise CaptureError when the capture filter does not compile."""
    if not capture_filter:
        return
    said = _ask(["-d", "-i", interface, "-f", capture_filter])
    if "Invalid capture filter" in said.stderr + said.stdout:
        lines = [line for line in (said.stderr + said.stdout).splitlines() if line.startswith("That string")]
        raise CaptureError(f"network.capture_filter {capture_filter!r}: {lines[0] if lines else 'not valid'}")


def complaint(said: str) -> str:
    """The line in which dumpcap says what went wrong."""
    lines = [line for line in said.splitlines() if line.startswith(("dumpcap:", "tap:"))]
    return lines[0].partition(": ")[2] if lines else ""


def drops(said: str) -> list[tuple[str, int, int]]:
    """(interface, packets received, packets dropped) from what dumpcap says when it ends."""
    return [(name, int(received), int(dropped)) for name, received, dropped in _DROPS.findall(said)]


def _ask(call: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [program(), *call],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_ASK_S,
        )
    except OSError as error:
        if isinstance(error, PermissionError):
            raise MissingToolError(_RIGHTS.format(name="any interface")) from error
        raise MissingToolError(_GET_IT) from error
    except subprocess.TimeoutExpired as error:
        raise CaptureError("dumpcap does not answer") from error

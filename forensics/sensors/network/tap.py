"""Capture by libpcap where this process may, since dumpcap holds packets back. Standard library only.

    python -m forensics.sensors.network.tap -i INTERFACE [-f FILTER] -b filesize:KB -b duration:S -B MIB -w TARGET.pcap

It takes dumpcap's arguments for one interface, names its files and says drops as dumpcap does, and ends by SIGINT. No
packet passes through Python: libpcap hands each to its own writer. It is for root and for who has CAP_NET_RAW; others
capture by dumpcap, whose waits for packets and for writing them cannot be set.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

SNAP_BYTES = 262_144
HAND_OVER_MS = 10
"""How long the kernel keeps packets before it hands them over."""
_ERROR_BYTES = 256
_NO_NETMASK = 0xFFFFFFFF
_CAP_NET_RAW = 13
_PRIORITY = -10


class TapError(Exception):
    """Capture is not possible; the message says why."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.c_void_p))


class _Statistics(ctypes.Structure):
    _fields_ = (("received", ctypes.c_uint), ("dropped", ctypes.c_uint), ("dropped_by_interface", ctypes.c_uint))


def library() -> ctypes.CDLL | None:
    """libpcap, or None where it is not installed."""
    name = ctypes.util.find_library("pcap") or "libpcap.so.0.8"
    try:
        pcap = ctypes.CDLL(name)
    except OSError:
        return None
    pcap.pcap_create.restype = pcap.pcap_dump_open.restype = ctypes.c_void_p
    pcap.pcap_geterr.restype = pcap.pcap_statustostr.restype = ctypes.c_char_p
    pcap.pcap_dump_ftell.restype = ctypes.c_long
    return pcap


def is_allowed() -> bool:
    """Say whether this process may open a raw socket."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return os.geteuid() == 0
    effective = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return bool(effective >> _CAP_NET_RAW & 1)


class Tap:
    """One interface, captured into a series of files."""

    def __init__(self, pcap: ctypes.CDLL, interface: str, *, capture_filter: str, buffer_mib: int) -> None:
        self._pcap = pcap
        self._interface = interface
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        handle = pcap.pcap_create(os.fsencode(interface), error)
        if not handle:
            raise TapError(error.value.decode("utf-8", "replace"))
        self._handle = ctypes.c_void_p(handle)
        pcap.pcap_set_snaplen(self._handle, SNAP_BYTES)
        pcap.pcap_set_timeout(self._handle, HAND_OVER_MS)
        pcap.pcap_set_buffer_size(self._handle, buffer_mib << 20)
        if (status := pcap.pcap_activate(self._handle)) < 0:
            why = self._why().rstrip(": ")
            raise TapError(f"{why}: {pcap.pcap_statustostr(status).decode('utf-8', 'replace')}")
        if capture_filter:
            program = _Program()
            text = capture_filter.encode()
            if pcap.pcap_compile(self._handle, ctypes.byref(program), text, 1, _NO_NETMASK) < 0:
                raise TapError(self._why())
            if pcap.pcap_setfilter(self._handle, ctypes.byref(program)) < 0:
                raise TapError(self._why())
        if pcap.pcap_setnonblock(self._handle, 1, error) < 0:
            raise TapError(error.value.decode("utf-8", "replace"))
        self.descriptor: int = pcap.pcap_get_selectable_fd(self._handle)
        self._file: ctypes.c_void_p | None = None
        self._write = ctypes.cast(pcap.pcap_dump, ctypes.c_void_p)

    @property
    def size(self) -> int:
        """Bytes of the file that is written."""
        return int(self._pcap.pcap_dump_ftell(self._file))

    def begin(self, path: Path) -> None:
        """Go on in another file."""
        self._end_file()
        file = self._pcap.pcap_dump_open(self._handle, os.fsencode(path))
        if not file:
            raise TapError(self._why())
        self._file = ctypes.c_void_p(file)
        self._pcap.pcap_dump_flush(self._file)

    def take(self) -> None:
        """Write what the kernel has."""
        count = self._pcap.pcap_dispatch(self._handle, -1, self._write, self._file)
        if count < 0:
            raise TapError(self._why())
        if count and self._pcap.pcap_dump_flush(self._file) < 0:
            raise TapError("the file could not be written")

    def close(self) -> str:
        """End; what was received and dropped, in dumpcap's words."""
        found = _Statistics()
        self._pcap.pcap_stats(self._handle, ctypes.byref(found))
        self._end_file()
        self._pcap.pcap_close(self._handle)
        return f"Packets received/dropped on interface '{self._interface}': {found.received}/{found.dropped}"

    def _end_file(self) -> None:
        if self._file is not None:
            self._pcap.pcap_dump_close(self._file)
            self._file = None

    def _why(self) -> str:
        return f"{self._interface}: {self._pcap.pcap_geterr(self._handle).decode('utf-8', 'replace')}"


def run(options: argparse.Namespace) -> None:
    """Capture until SIGINT or SIGTERM. Raises TapError."""
    is_stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_stopping
        is_stopping = True

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, stop)
    pcap = library()
    if pcap is None:
        raise TapError("libpcap is not installed")
    bounds = dict(bound.split(":", 1) for bound in options.bounds)
    largest, longest_s = int(bounds["filesize"]) * 1024, float(bounds["duration"])
    with suppress(OSError):  # packets wait for nobody; without the right to it, they wait in the buffer
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    tap = Tap(pcap, options.interface, capture_filter=options.capture_filter, buffer_mib=options.buffer_mib)
    number, began, target = 0, 0.0, Path(options.target)
    try:
        while not is_stopping:
            if not number or tap.size >= largest or time.monotonic() - began >= longest_s:
                number, began = number % 99_999 + 1, time.monotonic()
                path = target.with_name(f"{target.stem}_{number:05}_{time.strftime('%Y%m%d%H%M%S')}{target.suffix}")
                tap.begin(path)
                _say(f"File: {path}")
            readable, _, _ = select.select([tap.descriptor], [], [], 0.05)
            if readable:
                tap.take()
        tap.take()
    finally:
        _say(tap.close())


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    """Read dumpcap's arguments and capture; exit 1 with a line that says why it ended by itself."""
    parser = argparse.ArgumentParser(prog="tap")
    parser.add_argument("-i", dest="interface", required=True)
    parser.add_argument("-f", dest="capture_filter", default="")
    parser.add_argument("-b", dest="bounds", action="append", required=True)
    parser.add_argument("-B", dest="buffer_mib", type=int, default=64)
    parser.add_argument("-w", dest="target", required=True)
    for ignored in ("-q", "-p", "-P"):
        parser.add_argument(ignored, action="store_true")
    try:
        run(parser.parse_args())
    except TapError as error:
        _say(f"tap: {error}")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()

"""Deep dissection: the only door to pyshark. Captures become segments, read in a child that can be killed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from forensics.errors import CaptureError, MissingToolError
from forensics.model import Gap, Segment
from forensics.wire.capture import is_capture, plain_head
from forensics.wire.child import Child, ChildDied
from forensics.wire.dissect import Batch, Options
from forensics.wire.ek import SegmentReader

SENSOR = "wire"
BROKEN = "broken capture"
"""Cause of a Gap: the capture ends in the middle of a packet or holds a block that cannot be read."""
DISSECTOR_DIED = "dissector died"
"""Cause of a Gap: the child that read the capture was killed, stood still or crashed."""

MEMORY_MIB = 4096
STALL_S = 120.0
SESSION_PACKETS = 200_000
"""tshark forgets its conversations after so many packets, so that its memory does not grow with the capture."""

_READ_BYTES = 1 << 20
_BAD_FILE = 2
"""tshark's exit code for a file it cannot read, or not to its end."""

_PREFERENCES = {
    "tcp.desegment_tcp_streams": "FALSE",
    "tcp.analyze_sequence_numbers": "FALSE",
    "tcp.relative_sequence_numbers": "FALSE",
    "tcp.no_subdissector_on_error": "TRUE",
    "tcp.check_checksum": "FALSE",
    "ip.check_checksum": "FALSE",
    "udp.check_checksum": "FALSE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the reading of a capture went: the last frame's time, what broke it or nothing, and whether it crashed."""

    time: float
    broken: str
    is_crash: bool


def segments(capture: Path, *, memory_mib: int = MEMORY_MIB, stall_s: float = STALL_S) -> Iterator[Segment | Gap]:
    """Every TCP segment and UDP datagram of a capture in its order, innermost addresses, plain or compressed.

    A broken capture yields what was read before and then a Gap; so does a child that died or stood still for
    `stall_s` seconds. Raises InputError when there is no such file, CaptureError when it is no capture and
    MissingToolError without tshark.
    """
    size = _check(capture)
    options = Options(
        capture=str(capture),
        parent=os.getpid(),
        memory_bytes=memory_mib << 20,
        cpu_s=60 + (size >> 18),
    )
    decoder = msgspec.msgpack.Decoder(Batch)
    last_time = 0.0
    end: Batch | None = None
    with Child("forensics.wire.dissect", [msgspec.json.encode(options).decode()], stall_s=stall_s) as child:
        try:
            for frame in child.frames():
                batch = decoder.decode(frame)
                yield from batch.segments
                if batch.segments:
                    last_time = batch.segments[-1].time
                if batch.is_end:
                    end = batch
            reason = "" if end else f"the dissector ended early ({child.why_ended()})"
        except ChildDied as died:
            reason = str(died)
    if end is None:
        yield _gap(capture, last_time, cause=DISSECTOR_DIED, detail=reason)
    elif end.error:
        raise (MissingToolError if end.is_tool_missing else CaptureError)(end.error)
    elif end.broken:
        cause = DISSECTOR_DIED if end.is_crash else BROKEN
        yield _gap(capture, end.time or last_time, cause=cause, detail=end.broken)


def _check(capture: Path) -> int:
    """The capture's size in bytes once its head has been believed."""
    head = plain_head(capture)
    if not is_capture(head):
        raise CaptureError(f"{capture}: {'not a capture file' if head else 'empty'}")
    return capture.stat().st_size


def _gap(capture: Path, time: float, *, cause: str, detail: str) -> Gap:
    return Gap(sensor=SENSOR, channel="network", start=time, end=time, cause=cause, detail=f"{capture.name}: {detail}")


def read(capture: Path, put: Callable[[Segment], None]) -> Ending:
    """In the child: run pyshark over the capture and hand each segment to `put`.

    Raises CaptureError when tshark does not take the file and MissingToolError when there is no tshark.
    """
    from packaging.version import Version
    from pyshark import FileCapture
    from pyshark.tshark.output_parser.tshark_ek import TsharkEkJsonParser
    from pyshark.tshark.tshark import TSharkNotFoundException

    reader = SegmentReader()

    class Lines(TsharkEkJsonParser):  # type: ignore[misc]
        """pyshark's reader of EK lines; the lines of a read become Segments at once, not packets one by one."""

        async def get_packets_from_stream(
            self, stream: Any, existing_data: bytes, got_first_packet: bool = True
        ) -> tuple[list[Segment], bytes]:
            chunk = await stream.read(_READ_BYTES)
            if not chunk:
                raise EOFError
            *lines, rest = (existing_data + chunk).split(b"\n")
            return reader.segments(lines), rest

    class Capture(FileCapture):  # type: ignore[misc]
        """pyshark's file capture with that reader."""

        def _setup_tshark_output_parser(self) -> Lines:
            return Lines()

        def _get_tshark_version(self) -> Version:
            """Every tshark in use has EK output; asking for the version costs as much as a small capture."""
            return Version("4.0.0")

    parameters = ["-M", str(SESSION_PACKETS), "-d", "tcp.port==1-65535,data"]
    for field in reader.FIELDS:
        parameters += ["-e", field]
    capturing = Capture(
        capture, use_ek=True, keep_packets=False, override_prefs=_PREFERENCES, custom_parameters=parameters
    )
    try:
        code, message = capturing.eventloop.run_until_complete(_run(capturing, put))
    except TSharkNotFoundException as error:
        raise MissingToolError("tshark is not installed: apt-get install tshark") from error
    is_crash = code not in (0, _BAD_FILE)
    if code == _BAD_FILE and not reader.frames and "cut short" not in message:
        raise CaptureError(f"{capture}: {message}")
    broken = f"tshark ended with {code}: {message}" if code else ""
    return Ending(time=reader.time, broken=broken, is_crash=is_crash)


async def _run(capturing: Any, put: Callable[[Segment], None]) -> tuple[int, str]:
    """Let tshark run to its end; its exit code and the last complaint."""
    process = await capturing._get_tshark_process()

    def put_all(batch: list[Segment]) -> None:
        for segment in batch:
            put(segment)

    await capturing._go_through_packets_from_fd(process.stdout, put_all)
    code: int = await process.wait()
    await asyncio.gather(*capturing._stderr_handling_tasks)
    capturing._running_processes.discard(process)
    message = capturing._last_error_line or ""
    return code, message.removeprefix("tshark: ")

"""The child process of the deep tier: `python -m forensics.wire.dissect OPTIONS`, segments out on stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from forensics.errors import CaptureError, MissingToolError
from forensics.model import Segment
from forensics.wire.child import confine, send

BATCH_BYTES = 1 << 18


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the parent asks for; one JSON argument."""

    capture: str
    parent: int
    memory_bytes: int
    cpu_s: int


class Batch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message: segments, and at the end how the reading went. `time` is the last frame's, Unix seconds."""

    segments: list[Segment] = []
    is_end: bool = False
    time: float = 0.0
    broken: str = ""
    is_crash: bool = False
    error: str = ""
    is_tool_missing: bool = False


class Outbox:
    """Collects segments into batches on the real stdout."""

    def __init__(self, fd: int) -> None:
        self._stream = os.fdopen(fd, "wb")
        self._encoder = msgspec.msgpack.Encoder()
        self._segments: list[Segment] = []
        self._size = 0

    def put(self, segment: Segment) -> None:
        """Add one segment; sends when the batch is full."""
        self._segments.append(segment)
        self._size += len(segment.payload) + 64
        if self._size >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what was collected."""
        if self._segments:
            self.send(Batch(segments=self._segments))
            self._segments, self._size = [], 0

    def send(self, batch: Batch) -> None:
        """Send one message as it is."""
        send(self._stream, self._encoder.encode(batch))


def main() -> None:
    """Read the capture named by the options and report how it went; always ends with an end message if it can."""
    options = msgspec.json.decode(sys.argv[1], type=Options)
    outbox = Outbox(os.dup(1))
    os.dup2(2, 1)
    capture = Path(options.capture)
    confine(parent=options.parent, memory_bytes=options.memory_bytes, cpu_s=options.cpu_s, readable=capture)
    from forensics.wire import deep

    try:
        ending = deep.read(capture, outbox.put)
        end = Batch(is_end=True, time=ending.time, broken=ending.broken, is_crash=ending.is_crash)
    except MissingToolError as error:
        end = Batch(is_end=True, error=str(error), is_tool_missing=True)
    except CaptureError as error:
        end = Batch(is_end=True, error=str(error))
    except MemoryError:
        end = Batch(is_end=True, broken="the dissector ran out of its memory limit", is_crash=True)
    outbox.flush()
    outbox.send(end)


if __name__ == "__main__":
    main()

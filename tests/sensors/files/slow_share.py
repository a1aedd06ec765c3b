"""A file system with one file that a program answers for: `python -m tests.sensors.files.slow_share POINT`, as root.

Speaks the FUSE protocol (linux/fuse.h) on /dev/fuse, as much of it as looking and reading need. Stopped by SIGSTOP, it
answers no more, as a server does that is gone; with `stops` as second argument it stops itself when the file is read.
Prints a line once it is mounted.
"""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import struct
import sys

KIND, NAME, TEXT = "fuse.slow", b"clip.txt", b"words on a share\n"
_HEADER = struct.Struct("=IIQQIIII")
_LOOKUP, _FORGET, _GETATTR, _OPEN, _READ, _STATFS, _RELEASE, _FLUSH = 1, 2, 3, 14, 15, 17, 18, 25
_INIT, _OPENDIR, _READDIR, _RELEASEDIR, _INTERRUPT, _FORGET_MANY = 26, 27, 28, 29, 36, 42
_ROOT, _FILE = 1, 2
_ABSENT, _UNKNOWN = -2, -38


def main(point: str, when: str = "") -> None:
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"slow", os.fsencode(point), KIND.encode(), 0, options) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    print("mounted", flush=True)
    while True:
        try:
            request = os.read(fuse, 1 << 17)
        except OSError:
            return
        _, opcode, unique, node, *_ = _HEADER.unpack_from(request)
        if opcode in (_FORGET, _INTERRUPT, _FORGET_MANY):
            continue
        if when == "stops" and opcode == _READ:
            os.kill(os.getpid(), signal.SIGSTOP)
        error, body = _answer(opcode, node, request[_HEADER.size :])
        os.write(fuse, struct.pack("=IiQ", 16 + len(body), error, unique) + body)


def _answer(opcode: int, node: int, asked: bytes) -> tuple[int, bytes]:
    if opcode == _INIT:
        return 0, struct.pack("=IIIIHHIIHHI28x", 7, 31, 0, 0, 8, 6, 1 << 16, 1, 1, 0, 0)
    if opcode == _LOOKUP:
        is_there = asked.rstrip(b"\0") == NAME
        return (0, struct.pack("=QQQQII", _FILE, 0, 0, 0, 0, 0) + _attributes(_FILE)) if is_there else (_ABSENT, b"")
    if opcode == _GETATTR:
        return 0, struct.pack("=QII", 0, 0, 0) + _attributes(node)
    if opcode in (_OPEN, _OPENDIR):
        return 0, struct.pack("=QIi", 0, 0, 0)
    if opcode in (_READ, _READDIR):
        _, offset, size = struct.unpack_from("=QQI", asked)
        return 0, TEXT[offset : offset + size] if opcode == _READ else b"" if offset else _entry()
    if opcode in (_RELEASE, _RELEASEDIR, _FLUSH):
        return 0, b""
    return (0, struct.pack("=QQQQQIIII24x", 1, 0, 0, 1, 0, 512, 255, 512, 0)) if opcode == _STATFS else (_UNKNOWN, b"")


def _attributes(node: int) -> bytes:
    mode, size = (stat.S_IFDIR | 0o755, 0) if node == _ROOT else (stat.S_IFREG | 0o644, len(TEXT))
    return struct.pack("=QQQQQQIIIIIIIIII", node, size, 1, 1, 1, 1, 0, 0, 0, mode, 1, 0, 0, 0, 512, 0)


def _entry() -> bytes:
    entry = struct.pack("=QQII", _FILE, 1, len(NAME), stat.S_IFREG >> 12) + NAME
    return entry + bytes(-len(entry) % 8)


if __name__ == "__main__":
    main(*sys.argv[1:])

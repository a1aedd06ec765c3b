"""Compiled rules as one worker hands them to the next: a sealed file in memory that nobody can change any more.

Compiling thousands of rules takes seconds, loading them what they compiled to hundredths. Crafted compiled rules are
known to crash the engine, so only what a worker of the same pool compiled from the same source is ever loaded: it comes
as a descriptor, never by a name, and each set says of which source it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import yara

SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
MOST_SETS = 8
"""Sets that are kept for when the same sources are asked for again."""
_HEAD = struct.Struct("<32sQ")

_sets: OrderedDict[bytes, Any] = OrderedDict()
_saved: dict[bytes, bytes] = {}


def compiled(sources: Mapping[str, str], compile: Callable[[], Any]) -> Any:
    """What these sources compile to: as it was compiled before, as it was handed over, or compiled now."""
    name = _name(sources)
    if name in _sets:
        _sets.move_to_end(name)
        return _sets[name]
    saved = _saved.get(name)
    rules = yara.load(file=io.BytesIO(saved)) if saved is not None else compile()
    _sets[name] = rules
    while len(_sets) > MOST_SETS:
        _sets.popitem(last=False)
    return rules


def seal() -> int:
    """All sets there are, in a sealed file in memory; its descriptor belongs to the caller. Raises OSError."""
    fd = os.memfd_create("earwitness-rules", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with open(fd, "wb", closefd=False) as file:
            for name, rules in _sets.items():
                saved = io.BytesIO()
                rules.save(file=saved)
                file.write(_HEAD.pack(name, saved.tell()) + saved.getbuffer())
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
    except BaseException:
        os.close(fd)
        raise
    return fd


def is_sealed(fd: int) -> bool:
    """Say whether nobody can change what a descriptor holds."""
    try:
        return fcntl.fcntl(fd, fcntl.F_GET_SEALS) & SEALS == SEALS
    except OSError:
        return False


def take(fd: int) -> None:
    """Have the sets of `seal` at hand for when their sources are asked for; closes the descriptor."""
    with open(fd, "rb") as file:
        file.seek(0)
        while head := file.read(_HEAD.size):
            name, size = _HEAD.unpack(head)
            _saved[name] = file.read(size)


def _name(sources: Mapping[str, str]) -> bytes:
    digest = hashlib.sha256()
    for namespace, text in sources.items():
        for part in (namespace, text):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(struct.pack("<Q", len(data)) + data)
    return digest.digest()

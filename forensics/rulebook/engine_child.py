"""The process an engine runs in: it shuts itself in and answers on standard output until its input closes."""

from __future__ import annotations

import os
import struct
import sys
from typing import IO, Literal

import msgspec

from forensics.cage import cage
from forensics.errors import LimitReached, RuleError, TimedOut
from forensics.rulebook.engines import ENGINES, Engine, Hit

MEMORY_MIB = 2048
CPU_S = 60
"""Processor time one question may take: longer than any time limit of a pack that is sound."""
_LENGTH = struct.Struct(">I")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Texts to compile, or bytes to scan."""

    sources: dict[str, str] | None = None
    data: bytes = b""
    variables: dict[str, str | int] = {}
    timeout_s: int = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What matched, or why there is no answer."""

    hits: list[Hit] = []
    problem: Literal["", "rules", "late", "limit"] = ""
    reason: str = ""


def send(pipe: IO[bytes], message: Ask | Answer) -> None:
    """Write one message: four bytes of length, then msgpack."""
    data = msgspec.msgpack.encode(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """The next message. Raises EOFError when there is none."""
    head = pipe.read(_LENGTH.size)
    data = pipe.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if not data:
        raise EOFError
    return data


def main(name: str) -> None:
    """Serve one engine."""
    engine = ENGINES[name][1]()
    cage.enter(cage.Cage(memory_bytes=MEMORY_MIB << 20, file_bytes=0))
    while True:
        cage.allow_cpu(CPU_S)
        try:
            asked = msgspec.msgpack.decode(receive(sys.stdin.buffer), type=Ask)
        except EOFError:
            return
        send(sys.stdout.buffer, _answer(engine, asked))


def _answer(engine: Engine, asked: Ask) -> Answer:
    try:
        if asked.sources is not None:
            engine.compile(asked.sources)
            return Answer()
        return Answer(hits=engine.scan(asked.data, asked.variables, timeout_s=asked.timeout_s))
    except RuleError as error:
        return Answer(problem="rules", reason=str(error))
    except TimedOut as error:
        return Answer(problem="late", reason=str(error))
    except LimitReached as error:
        return Answer(problem="limit", reason=str(error))


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)

"""Near misses made from an example: all of it, but for one of the strings that a draft asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.rulebook.drafting import Chosen, Draft

_WORD = re.compile(rb"[A-Za-z0-9_.:/-]*[A-Za-z0-9_]")
MOST = 2
_LEAST_BYTES = 8


def near_misses(example: bytes, draft: Draft) -> Iterator[tuple[str, bytes]]:
    """What makes each a miss, in words for its name, and its bytes; at most two, the most telling strings first.

    The begin stays where anything else can go: of a container it is what has it opened. Where too little else is asked
    for, how the example begins is a near miss too.
    """
    count = 0
    others = [each for each in draft.strings if not each.piece.is_first]
    for chosen in sorted(others or draft.strings, key=lambda each: each.ordinary):
        data = _without(example, chosen)
        if data != example and count < MOST:
            count += 1
            yield f"without-{chosen.name.removeprefix('$')}", data
    first = min((at for each in others if (at := example.find(each.piece.data)) >= 0), default=0)
    if count < MOST and first >= _LEAST_BYTES:
        yield "begin", example[:first]


def _without(example: bytes, chosen: Chosen) -> bytes:
    """The example with the word in the string, wherever it stands, or the begin, in other bytes of the same length."""
    data = chosen.piece.data
    if chosen.piece.is_first:
        return _other(example[: len(data)]) + example[len(data) :]
    words = _WORD.findall(data)
    word = max(words, key=len) if words and b" " not in data.strip() else data
    return example.replace(word, _other(word))


def _other(data: bytes) -> bytes:
    """Letters become `x`, `X` becomes `y`, what is no letter or digit stays; bytes that are none of both are turned."""
    new = re.sub(rb"[A-Za-z0-9]", b"x", data)
    return new if new != data else bytes(byte ^ 0x55 for byte in data)

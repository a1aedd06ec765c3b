"""The pieces a RAR archive is written anew from, its members in the clear but packed as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from forensics.content import Content
from forensics.formats.rar_blocks import Block, Cipher

_BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A block in the clear: its header, then its data; `is_proof` for a member with bytes whose cipher came off."""

    header: bytes
    data: Iterator[bytes]
    is_member: bool = False
    is_proof: bool = False


def cbc(key: bytes, vector: bytes) -> Cipher:
    """AES in chained blocks, backwards."""
    from cryptography.hazmat.primitives import ciphers

    return ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CBC(vector)).decryptor()


def clear(content: Content, block: Block, cipher: Cipher, size: int, check_time: Callable[[], None]) -> Iterator[bytes]:
    """The data of a block in the clear, its first `size` bytes."""
    for chunk in copied(content, block, check_time):
        clear = cipher.update(chunk[: len(chunk) & ~15])[:size]
        size -= len(clear)
        yield clear


def copied(content: Content, block: Block, check_time: Callable[[], None]) -> Iterator[bytes]:
    """The data of a block as it is, as far as the archive goes."""
    end = min(block.start + block.size, content.size)
    for at in range(block.start, end, _BLOCK_BYTES):
        check_time()
        yield content.pread(min(_BLOCK_BYTES, end - at), at)

"""Says where an archive ends by its own account: what follows is another file, glued on.

Each walk gives the offset after the end, or -1 where the archive does not say or is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.rar_blocks import END_4, END_5, MAGIC_5, Block, blocks_4, blocks_5

_MOST_MEMBERS: Final = 200_000
_SECTOR_BYTES: Final = 2048


def _sevenzip(content: Content) -> int:
    head = content.pread(32, 0)
    return 32 + int.from_bytes(head[12:20], "little") + int.from_bytes(head[20:28], "little")


def _rar(content: Content) -> int:
    """Only a last block ends a RAR archive for certain."""
    is_new = content.head(len(MAGIC_5)) == MAGIC_5
    try:
        blocks: Iterator[Block] = blocks_5(content) if is_new else blocks_4(content)
        return next((b.start + b.size for b in blocks if b.kind == (END_5 if is_new else END_4)), -1)
    except Malformed:
        return -1


def _cab(content: Content) -> int:
    return int.from_bytes(content.pread(4, 8), "little") or -1


def _iso(content: Content) -> int:
    """The volume's size stands in its first descriptor."""
    descriptor = content.pread(88, 16 * _SECTOR_BYTES)
    sectors = int.from_bytes(descriptor[80:84], "little")
    return sectors * _SECTOR_BYTES if descriptor[:6] == b"\x01CD001" and sectors else -1


def _tar(content: Content) -> int:
    """Headers and data in blocks of 512 bytes up to one of zeros; padding belongs to the archive, so does another."""
    at = 0
    for _ in range(_MOST_MEMBERS):
        head = content.pread(512, at)
        if len(head) == 512 and not any(head):
            at = _after_zeros(content, at)
            head = content.pread(512, at)
            if len(head) < 512 or not _is_tar_sum(head):
                return at
        if len(head) < 512:
            return -1
        size = _tar_number(head[124:136])
        if size < 0 or not _is_tar_sum(head):
            return -1
        at += 512 + -(-size // 512) * 512
    return -1


def _tar_number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(field[1:])
    text = field.strip(b"\0 ")
    return int(text, 8) if text and all(byte in b"01234567" for byte in text) else 0 if not text else -1


def _is_tar_sum(head: bytes) -> bool:
    return _tar_number(head[148:156]) == sum(head[:148]) + 8 * 0x20 + sum(head[156:])


def _after_zeros(content: Content, at: int) -> int:
    """The first block that is not all zeros."""
    while any(block := content.pread(512, at)) is False and block:
        at += 512
    return at


def _ar(content: Content) -> int:
    at = 8
    for _ in range(_MOST_MEMBERS):
        head = content.pread(60, at)
        if len(head) < 60 or head[58:60] != b"`\n":
            return at
        size = head[48:58].strip()
        if not size.isdigit():
            return -1
        at += 60 + int(size) + int(size) % 2
    return -1


def _cpio(content: Content) -> int:
    """The portable form, whose last member has a name of its own; padding belongs to the archive."""
    at = 0
    for _ in range(_MOST_MEMBERS):
        head = content.pread(110, at)
        sizes = _cpio_sizes(head)
        if sizes is None:
            return -1
        header_bytes, name_bytes, file_bytes, step = sizes
        name = content.pread(name_bytes, at + header_bytes)
        at += -(-(header_bytes + name_bytes) // step) * step + -(-file_bytes // step) * step
        if name == b"TRAILER!!!\0":
            return _after_zeros(content, at)
    return -1


def _cpio_sizes(head: bytes) -> tuple[int, int, int, int] | None:
    """Bytes of header, name and file, and what each is filled up to."""
    try:
        if head[:6] in (b"070701", b"070702"):
            return 110, int(head[94:102], 16), int(head[54:62], 16), 4
        if head[:6] == b"070707":
            return 76, int(head[59:65], 8), int(head[65:76], 8), 1
    except ValueError:
        return None
    return None


def _lzh(content: Content) -> int:
    """Levels 0 and 1, whose headers say how long they are and what follows."""
    at = 0
    for _ in range(_MOST_MEMBERS):
        head = content.pread(22, at)
        if head[:1] == b"\0":
            return at + 1
        if len(head) < 22 or head[2:4] != b"-l" or head[20] not in (0, 1):
            return -1
        at += 2 + head[0] + int.from_bytes(head[7:11], "little")
    return -1


WALKS: Final[dict[str, Callable[[Content], int]]] = {
    "application/x-7z-compressed": _sevenzip,
    "application/vnd.rar": _rar,
    "application/vnd.ms-cab-compressed": _cab,
    "application/x-iso9660-image": _iso,
    "application/x-tar": _tar,
    "application/x-archive": _ar,
    "application/x-cpio": _cpio,
    "application/x-lzh-compressed": _lzh,
}

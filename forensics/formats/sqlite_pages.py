"""Puts together what a SQLite database no longer lists: free pages, of which SQLite keeps the content.

A long cell lies in a chain of overflow pages, each beginning with the number of the next. When it is deleted, they
become leaves of the free list, which stay as they were, and a few trunks, which lose their first bytes to the list. The
beginning of the cell stays in its table's page until something else is written there
(https://www.sqlite.org/fileformat2.html, 1.5 and 1.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAGIC = b"SQLite format 3\x00"
MEDIA_TYPE = "application/vnd.sqlite3"
MOST_IMAGE_BYTES = 128 << 20
"""A larger database is not read cell by cell: that is done in memory, where SQLite holds it a second time."""
_MOST_CHAINS = 200
_LEAST_CHAIN = 4
"""Pages; shorter chains are given joined."""
_MOST_BEGINNINGS = 16
_TABLE_LEAF = 0x0D


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of an image, numbered from 1; `usable` bytes of each hold content."""

    image: bytes
    size: int
    usable: int

    @property
    def count(self) -> int:
        """Pages there are, whatever the header says."""
        return len(self.image) // self.size

    @property
    def end(self) -> int:
        """Where the last page ends that the header knows of, as far as that was kept up to date."""
        said = int.from_bytes(self.image[28:32], "big") * self.size
        return said if self.image[24:28] == self.image[92:96] and said > 0 else len(self.image)

    def page(self, number: int) -> bytes:
        """What of a page may hold content."""
        return self.image[(number - 1) * self.size : (number - 1) * self.size + self.usable]

    def number(self, page: int, at: int) -> int:
        """Four bytes of a page as the number of a page."""
        place = (page - 1) * self.size + at
        return int.from_bytes(self.image[place : place + 4], "big")


def pages_of(image: bytes) -> Pages | None:
    """The pages, or None when the header tells no size."""
    size = int.from_bytes(image[16:18], "big")
    size = 65536 if size == 1 else size
    is_size = size >= 512 and size & (size - 1) == 0
    return Pages(image, size, size - image[20]) if image.startswith(MAGIC) and is_size and image[20] <= 32 else None


def free_pages(pages: Pages) -> tuple[list[int], set[int]]:
    """The trunks and the leaves of the free list, as far as it makes sense."""
    trunks: list[int] = []
    leaves: set[int] = set()
    trunk = pages.number(1, 32)
    while 1 < trunk <= pages.count and trunk not in trunks[-1:] and len(trunks) <= pages.count:
        if trunk in leaves:
            break
        trunks.append(trunk)
        count = min(pages.number(trunk, 4), pages.usable // 4 - 2)
        numbers = (pages.number(trunk, 8 + 4 * index) for index in range(count))
        leaves.update(number for number in numbers if 1 < number <= pages.count)
        trunk = pages.number(trunk, 0)
    return trunks, leaves - set(trunks)


def lost_content(pages: Pages, check_time: Callable[[], None], *, is_listed: bool = True) -> Iterator[bytes]:
    """Yield the content of long chains of free pages, each with what may be its beginning, then of the others joined.

    Without a list that can be trusted (`is_listed`) every page counts as free.
    """
    trunks, leaves = free_pages(pages) if is_listed else ([], set(range(2, pages.count + 1)))
    leaves = {number for number in leaves if pages.page(number).strip(b"\0")}  # others were wiped when they were freed
    chains = _chains(pages, trunks, leaves, check_time)
    long = sorted((chain for chain in chains if len(chain) >= _LEAST_CHAIN), key=len, reverse=True)[:_MOST_CHAINS]
    for place, chain in enumerate(long):
        check_time()
        beginning = _beginning(pages, chain[0]) if place < _MOST_BEGINNINGS else b""
        yield beginning + b"".join(pages.page(number)[4:] for number in chain)
    taken = {chain[0] for chain in long}
    rest = sorted(number for chain in chains if chain[0] not in taken for number in chain)
    if leaves and rest:
        yield b"".join(map(pages.page, rest))


def _chains(pages: Pages, trunks: list[int], leaves: set[int], check_time: Callable[[], None]) -> list[list[int]]:
    """Pages in the order in which they hold one cell. What followed a trunk is taken to be the page after it."""
    after = {number: following for number in leaves if (following := pages.number(number, 0)) in leaves}
    after |= {number: number + 1 for number in trunks if number + 1 in leaves and number + 1 not in after.values()}
    heads = sorted((leaves | set(trunks)) - set(after.values()))
    chains = []
    seen: set[int] = set()
    for head in heads:
        check_time()
        chain, number = [], head
        while number and number not in seen:
            seen.add(number)
            chain.append(number)
            number = after.get(number, 0)
        chains.append(chain)
    return chains


def _beginning(pages: Pages, head: int) -> bytes:
    """What stands in a page of a table before the number of this page, where the cell it goes on from lay."""
    wanted = head.to_bytes(4, "big")
    at = pages.image.find(wanted, 100)
    while at >= 0:
        number = at // pages.size + 1
        start = (number - 1) * pages.size
        if number != head and pages.image[start + (100 if number == 1 else 0)] == _TABLE_LEAF and at > start + 8:
            return pages.image[start + 8 : at]
        at = pages.image.find(wanted, at + 1)
    return b""

"""The register as matchers read it: what was issued, to whom, and the indexes that recognise it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from forensics.database import Connection, DatabaseError, Row
from forensics.errors import Malformed, StoreError
from forensics.fingerprints.text.index import TextIndex, TextItem
from forensics.fingerprints.text.shingles import KEY_BYTES, TextPrint
from forensics.memory import give_back
from forensics.register import questions
from forensics.register.issues import Issues
from forensics.register.schema import FILE, check_engine, open_register, signature
from forensics.register.segments import SegmentFolder

if TYPE_CHECKING:
    from forensics.fingerprints.audio.index import AudioIndex
    from forensics.fingerprints.audio.segment import Segment
    from forensics.fingerprints.image.search import ImageIndex
    from forensics.register.references import References

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One issued package. `recipient` is who got it, several in the order of issue, separated by a comma."""

    id: str
    programme: str
    recipient: str
    issued: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One registered thing. `kind`: clip, text or file; `role` of a text: source, candidate, target.

    `package` is the one it was first issued in; `Register.packages_of` names them all.
    """

    id: str
    kind: str
    package: str
    name: str
    sha256: str = ""
    role: str = ""
    seconds: float = 0.0
    words: int = 0


class Register:
    """A read-only register at one generation: what is added later is not seen, what is removed later is gone.

    Nothing but its header and the tables of the acoustic index is read when it is loaded; items are looked up as
    they are asked for, and the text index is built when it is first asked for.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._signature = signature(path)
        self._connection: Connection | None = None
        self._lock = Lock()
        self._segments: dict[str, Segment] = {}
        self._key = bytes(KEY_BYTES)
        self._count = 0
        self.generation = 0
        self.version = "none"
        self.references: References | None = None

    @classmethod
    def empty(cls) -> Register:
        """A register in which nothing was ever registered."""
        return cls()

    @classmethod
    def load(cls, folder: Path) -> Register:
        """Open the register of a store folder; empty when there is none.

        Raises StoreError for a file that is no register, is damaged, or was made by another engine, and for an
        acoustic index of which that is true.
        """
        path = folder / FILE
        book = cls(path)
        opened = open_register(path)
        if opened is None:
            return book
        book._connection, header = opened
        with _damage_named(path):
            check_engine(header, path)
            book._key = header["key"]
            book._count = header["items"]
            book.generation = header["generation"]
            book.version = _version(header)
            book._retried(book._mapped)
        return book

    @cached_property
    def audio(self) -> AudioIndex:
        """The registered clips, by their sound. Raises StoreError when the codes cannot be read."""
        from forensics.fingerprints.audio.index import AudioIndex
        from forensics.fingerprints.audio.segment import Segment

        if self._connection is None:
            return AudioIndex([])
        with self._lock, _damage_named(self._path):
            segments, fresh, removed = self._retried(self._audio_state)
            if fresh:
                segments.append(
                    Segment.build(((row["id"], row["codes"]) for row in fresh), [row["number"] for row in fresh])
                )
            return AudioIndex(segments, np.array(removed, np.int64))

    @cached_property
    def text(self) -> TextIndex:
        """The registered passages, by their words. Raises StoreError when the shingles cannot be read."""
        with _damage_named(self._path):
            index = TextIndex(self._key, [_text_item(row) for row in self._ask(questions.TEXTS)])
        give_back()
        return index

    @cached_property
    def has_pictures(self) -> bool:
        """Say whether a picture is registered that can be known again. Raises StoreError."""
        return bool(self._ask(questions.HAS_TABLE, "pictures") and self._ask(questions.HAS_PICTURES))

    @cached_property
    def pictures(self) -> ImageIndex:
        """The registered pictures, by their prints. Raises StoreError for what is no print."""
        from forensics.fingerprints.image.search import ImageIndex

        rows = self._ask(questions.PICTURES) if self.has_pictures else []
        with _damage_named(self._path):
            return ImageIndex((row["id"], row["print"]) for row in rows)

    @cached_property
    def issues(self) -> Issues:
        """Who was issued what on which terms, and what was decided about it since."""
        return Issues(self._ask, self._key)

    @cached_property
    def packages(self) -> Mapping[str, Package]:
        """Every package, in the order of issue."""
        return {row["id"]: Package(**row) for row in map(dict, self._ask(questions.PACKAGES))}

    def item(self, identity: str) -> Item | None:
        """The item with that id."""
        return next(iter(self._items(questions.ITEM, identity)), None)

    def package(self, identity: str) -> Package | None:
        """The package with that id."""
        return next((Package(**dict(row)) for row in self._ask(questions.PACKAGE, identity)), None)

    def packages_of(self, identity: str) -> tuple[str, ...]:
        """Every package an item was issued in, the first first."""
        return tuple(row["package"] for row in self._ask(questions.PACKAGES_OF, identity))

    def items_of(self, package: str) -> tuple[Item, ...]:
        """Every item of a package, in the order of registration."""
        return self._items(questions.ITEMS_OF, package)

    def digest(self, sha256: str) -> tuple[Item, ...]:
        """The clips and files with exactly these bytes."""
        return self._items(questions.DIGEST, sha256) if sha256 else ()

    def of_size(self, size: int, crc32: int | None = None) -> tuple[Item, ...]:
        """The clips and files of that many bytes and with that CRC-32, or any where none is given.

        What was registered before checksums were kept is not among them.
        """
        if not self._has_checksums:
            return ()
        with self._lock, _damage_named(self._path):
            assert self._connection is not None
            values = {"now": self.generation, "size": size, "value": crc32}
            return tuple(Item(**dict(row)) for row in self._connection.execute(questions.OF_SIZE, values))

    @cached_property
    def _has_checksums(self) -> bool:
        return bool(self._ask(questions.HAS_CHECKSUMS))

    def waveform(self, identity: str) -> NDArray[np.int16] | None:
        """The waveform of a clip, mono at 8,000 Hz; None when it was not kept or there is no key to open it.

        Raises Malformed when it was changed since, StoreError when it cannot be read.
        """
        item = self.item(identity) if self.references else None
        return self.references.waveform(item.sha256) if self.references and item else None

    def __len__(self) -> int:
        return self._count

    def is_stale(self) -> bool:
        """Say whether something was registered since this was loaded; costs two `stat` calls when nothing was."""
        if self._path is None:
            return False
        seen = signature(self._path)
        if seen == self._signature:
            return False
        opened = open_register(self._path)
        if opened is None:
            return False
        connection, header = opened
        connection.close()
        if _version(header) != self.version and (header["generation"] or self.generation):
            return True
        self._signature = seen
        return False

    def _items(self, question: str, value: str) -> tuple[Item, ...]:
        return tuple(Item(**dict(row)) for row in self._ask(question, value))

    def _ask(self, question: str, value: str = "") -> list[Row]:
        """Rows as they were at this generation. Raises StoreError."""
        if self._connection is None:
            return []
        with self._lock, _damage_named(self._path):
            return self._connection.execute(question, {"now": self.generation, "value": value}).fetchall()

    def _audio_state(self) -> tuple[list[Segment], list[Row], list[int]]:
        """The segments in order, the fresh clips and the removed items: all of one moment."""
        assert self._connection is not None
        self._connection.execute("BEGIN")
        try:
            segments = self._mapped()
            fresh = self._connection.execute(questions.FRESH).fetchall()
            removed = [row[0] for row in self._connection.execute(questions.REMOVED)]
        finally:
            self._connection.execute("COMMIT")
        return segments, fresh, removed

    def _mapped(self) -> list[Segment]:
        """The segments as the register lists them now; those that are mapped already are not mapped again."""
        assert self._path is not None
        assert self._connection is not None
        folder = SegmentFolder(self._path)
        files = questions.segment_files(self._connection)
        self._segments = {file: self._segments.get(file) or folder.open(file) for file in files}
        return list(self._segments.values())

    def _retried(self, read: Callable[[], T]) -> T:
        """Read once more when a listed file was missing: it may have been joined into another in between."""
        try:
            return read()
        except FileNotFoundError:
            pass
        try:
            return read()
        except FileNotFoundError as error:
            raise StoreError(f"{error.filename}: a part of the acoustic index is missing") from error


def _version(header: Row) -> str:
    return f"{header['id']}-{header['generation']}"


@contextmanager
def _damage_named(path: Path | None) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, IndexError, Malformed) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error


def _text_item(row: Row) -> TextItem:
    print_ = TextPrint(
        elements=row["elements"],
        words=row["words"],
        bits=row["bits"],
        is_weak=bool(row["is_weak"]),
        packed=row["shingles"],
    )
    return TextItem(id=row["id"], group=row["id"].rpartition(":")[0], package=row["package"], print=print_)

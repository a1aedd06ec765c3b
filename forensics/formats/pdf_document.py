"""The door to pypdf: pages as text, embedded files and sounds as bytes; its errors become problems in words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from forensics.errors import Encrypted, LimitReached, Malformed
from forensics.formats.passwords import Password, Passwords

MAX_PAGES = 5000
MAX_OBJECTS = 50_000
MAX_EMBEDDED = 500
MAX_REMARKS = 20_000
_REMARKS = ("/Contents", "/T", "/Subj", "/V")
_EMBEDDED_TYPES = ("/EmbeddedFile", "/Sound")


@dataclass(slots=True)
class PdfDocument:
    """An open document. `problems` tells what could not be read so far."""

    reader: Any
    problems: list[str] = field(default_factory=list)

    def properties(self) -> list[str]:
        """`key: value` lines of the document information."""
        try:
            return [f"{str(key).lstrip('/')}: {value}" for key, value in (self.reader.metadata or {}).items()]
        except Exception as error:  # noqa: BLE001 - the library raises anything on hostile files
            self._note("properties", error)
            return []

    def pages(self) -> Iterator[str]:
        """The text of each page; a page that cannot be read is passed over."""
        try:
            count = len(self.reader.pages)
        except Exception as error:  # noqa: BLE001
            self._note("page list", error)
            return
        if count > MAX_PAGES:
            self.problems.append(f"only {MAX_PAGES} of {count} pages were read")
        for number in range(min(count, MAX_PAGES)):
            try:
                text = str(self.reader.pages[number].extract_text() or "")
            except LimitReached:
                raise
            except Exception as error:  # noqa: BLE001
                self._note(f"page {number + 1}", error)
                text = ""
            yield text

    def remarks(self) -> Iterator[str]:
        """What stands beside the pages: notes and fields on each, the outline."""
        try:
            pages = list(self.reader.pages[:MAX_PAGES])
            annotations = (note.get_object() for page in pages for note in page.get("/Annots", ()) or ())
            for annotation in islice(annotations, MAX_REMARKS):
                yield from (str(annotation[key]) for key in _REMARKS if isinstance(annotation.get(key), str))
            for value in (self.reader.get_form_text_fields() or {}).values():
                yield str(value or "")
            yield from islice(_titles(self.reader.outline), MAX_REMARKS)
        except Exception as error:  # noqa: BLE001
            self._note("notes", error)

    def embedded(self, check_time: Callable[[], None]) -> Iterator[tuple[str, bytes]]:
        """Attached files by name, then sounds and embedded streams no attachment names."""
        seen: set[int] = set()
        for name, data in self._attachments():
            seen.add(hash(data))
            yield name, data
        found = 0
        for number in self._object_numbers():
            check_time()
            data = self._stream(number)
            if found >= MAX_EMBEDDED:
                self.problems.append(f"only the first {MAX_EMBEDDED} embedded streams were opened")
                return
            if data and hash(data) not in seen:
                seen.add(hash(data))
                found += 1
                yield f"object-{number}", data

    def _attachments(self) -> Iterator[tuple[str, bytes]]:
        try:
            for name, contents in self.reader.attachments.items():
                for data in contents if isinstance(contents, list) else [contents]:
                    yield str(name).encode("utf-8", "replace").decode(), bytes(data)
        except Exception as error:  # noqa: BLE001
            self._note("attachments", error)

    def _object_numbers(self) -> list[int]:
        try:
            tables = self.reader.xref.values()
            numbers = {number for table in tables for number in table} | set(self.reader.xref_objStm)
        except Exception:  # noqa: BLE001
            return []
        return sorted(numbers)[:MAX_OBJECTS]

    def _stream(self, number: int) -> bytes:
        """The data of an object that embeds a file or a sound."""
        try:
            item = self.reader.get_object(number)
            if hasattr(item, "get_data") and (item.get("/Type") in _EMBEDDED_TYPES or _looks_like_media(item)):
                return bytes(item.get_data())
        except Exception as error:  # noqa: BLE001
            self._note(f"object {number}", error)
        return b""

    def _note(self, what: str, error: Exception) -> None:
        if len(self.problems) < 50:
            self.problems.append(f"{what}: {type(error).__name__}")


def _looks_like_media(item: Any) -> bool:
    """The MIME type of an embedded file says so, or it has a sound's rate and bits."""
    subtype = str(item.get("/Subtype", "")).lower()
    return "audio" in subtype or "video" in subtype or ("/R" in item and "/B" in item)


def _titles(outline: Any) -> Iterator[str]:
    """Titles of an outline: a list whose lists are what lies below the entry before."""
    ahead = [iter(outline)]
    while ahead:
        entry = next(ahead[-1], None)
        if entry is None:
            ahead.pop()
        elif isinstance(entry, list):
            ahead.append(iter(entry))
        else:
            yield str(entry.title or "")


def open_pdf(stream: BinaryIO, passwords: Passwords) -> tuple[PdfDocument, Password | None]:
    """Open a document with the password that opened it, if one was needed.

    Raises Encrypted when neither the empty one nor any of the list does, Malformed when it is no PDF.
    """
    import pypdf

    logging.getLogger("pypdf").disabled = True
    try:
        reader = pypdf.PdfReader(stream, strict=False)
        is_locked = reader.is_encrypted and not reader.decrypt("")
        fitting = _fitting(reader, passwords) if is_locked else None
    except Exception as error:
        if "crypt" in str(error).lower():
            raise Encrypted(f"PDF encryption: {error}") from error
        raise Malformed(f"not readable as PDF: {type(error).__name__}") from error
    if is_locked and fitting is None:
        raise Encrypted("; ".join(filter(None, ["the PDF needs a password", passwords.refusal()])))
    return PdfDocument(reader=reader), fitting


def _fitting(reader: Any, passwords: Passwords) -> Password | None:
    for password in passwords.tries():
        if reader.decrypt(password.word):
            passwords.keep(password)
            return password
    return None

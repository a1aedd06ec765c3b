"""Opens OLE compound files: Outlook messages, older Office documents, and packages locked with a password."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.errors import Encrypted, Malformed
from forensics.formats.compound_file import CompoundFile, Stream
from forensics.formats.office_lock import unlocked_office
from forensics.formats.text_parts import limited_view
from forensics.model import Artifact, Part

_LOCKED = ("EncryptedPackage", "EncryptionInfo")
_PROPERTY = re.compile(r"^(?:(?P<folder>.*)/)?__substg1\.0_(?P<tag>[0-9A-Fa-f]{4})(?P<kind>[0-9A-Fa-f]{4})$")
_SHOWN = {"0037": "Subject", "0C1A": "From", "0E04": "To", "0E03": "Cc", "0C1F": "Sender"} | dict.fromkeys(
    ("1000", "1013", "007D"), ""
)
_TEXT_STREAMS = re.compile(r"(?:^|/)(?:WordDocument|[01]Table|Workbook|Book|PowerPoint Document|\x05\w+)$")
_WIDE_RUN = re.compile(
    rb"(?:[\x20-\x7e\t\r\n\xa0-\xff]\x00|[\x00-\xff][\x01-\x06\x0e\x20-\x26\x30\x4e-\x9f\xac-\xd7]){8,}"
)
_NARROW_RUN = re.compile(rb"[\x20-\x7e\t\r\n\x91-\x97\xa0-\xff]{8,}")


class Ole(Decoder):
    """MS-CFB files; text of older Office files is taken as runs of characters."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/x-ole-storage"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the text, then every other stream as a part: attachments, embedded objects, pictures."""
        compound = CompoundFile(artifact.content)
        if any(stream.name.endswith(_LOCKED) for stream in compound.streams):
            yield _unlocked(compound, budget)
            return
        limit = budget.limits.text_mib << 20
        yield from limited_view("body", _texts(compound, budget), "body", limit)
        names = _attachment_names(compound, budget)
        problems: list[str] = []
        for stream in compound.streams:
            budget.check_time()
            if _is_text(stream) or stream.size < 64:
                continue
            spool = budget.spool()
            try:
                for chunk in compound.chunks(stream):
                    spool.write(chunk)
            except Malformed as error:
                problems.append(str(error))
            folder = stream.name.rpartition("/")[0]
            is_data = stream.name.endswith("__substg1.0_37010102")
            yield Part(name=names.get(folder, stream.name) if is_data else stream.name, content=spool.close())
        if problems:
            raise Malformed("; ".join(problems[:20]))


def _unlocked(compound: CompoundFile, budget: Budget) -> Part:
    """The package in the clear; raises Encrypted when no password opens it."""
    streams = {stream.name: stream for stream in compound.streams}
    info, package = streams.get("EncryptionInfo"), streams.get("EncryptedPackage")
    words = ["the document is locked with a password"]
    if info is not None and package is not None and len(budget.passwords):
        try:
            told = _bytes(compound, info, budget)
            opened = unlocked_office(told, lambda: compound.chunks(package), budget.passwords, budget.spool)
        except Malformed as error:
            raise Encrypted("; ".join([*words, str(error)])) from error
        if opened is not None:
            return Part(name="unlocked", content=opened.content, facts=opened.password.facts)
        words.append(budget.passwords.refusal())
    raise Encrypted("; ".join(words))


def _is_text(stream: Stream) -> bool:
    match = _PROPERTY.match(stream.name)
    if match:
        return match["kind"].upper() in ("001E", "001F") or "__nameid" in stream.name
    return stream.name.endswith("__properties_version1.0") or bool(_TEXT_STREAMS.search(stream.name))


def _texts(compound: CompoundFile, budget: Budget) -> Iterator[str]:
    for stream in compound.streams:
        budget.check_time()
        if not _is_text(stream):
            continue
        data = _bytes(compound, stream, budget)
        match = _PROPERTY.match(stream.name)
        if match is None:
            yield from _runs(data)
        elif match["tag"].upper() in _SHOWN:
            label = _SHOWN[match["tag"].upper()]
            yield f"{label}: {_decoded(data, match['kind'])}\n" if label else f"{_decoded(data, match['kind'])}\n"


def _attachment_names(compound: CompoundFile, budget: Budget) -> dict[str, str]:
    """Folder of an attachment -> its long or short file name."""
    names: dict[str, str] = {}
    for stream in sorted(compound.streams, key=lambda stream: stream.name):
        match = _PROPERTY.match(stream.name)
        if match and match["tag"].upper() in ("3704", "3707"):
            names[match["folder"] or ""] = _decoded(_bytes(compound, stream, budget), match["kind"])
    return names


def _bytes(compound: CompoundFile, stream: Stream, budget: Budget) -> bytes:
    kept = bytearray()
    try:
        for chunk in compound.chunks(stream):
            kept += chunk
            if len(kept) > budget.limits.text_mib << 20:
                break
    except Malformed:
        pass
    return bytes(kept)


def _decoded(data: bytes, kind: str) -> str:
    return data.decode("utf-16-le" if kind.upper() == "001F" else "cp1252", "replace").strip("\0")


def _runs(data: bytes) -> Iterator[str]:
    """Runs of characters, wide and narrow; fields and styles between them are noise matchers pass over."""
    for match in _WIDE_RUN.finditer(data):
        yield match[0].decode("utf-16-le", "replace").replace("\r", "\n") + "\n"
    for match in _NARROW_RUN.finditer(data):
        yield match[0].decode("cp1252", "replace").replace("\r", "\n") + "\n"

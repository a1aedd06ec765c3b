"""Files made to break who opens them: they expand without end, lie of sizes, nest, or want to be written elsewhere."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

ESCAPE = "earwitness-escaped"
"""The names that want out hold this word; wherever it turns up afterwards, something was written by name."""
GIB = 1 << 30


def bombs() -> Iterator[tuple[str, bytes]]:
    """File names and contents, made one by one."""
    yield "flat-2g.zip", flat_zip(2 * GIB)
    yield "flat-1g.gz", gzip.compress(bytes(1 << 20)) * 1024
    yield "flat-1g.bz2", bz2.compress(bytes(1 << 25)) * 32
    yield "flat-1g.xz", lzma.compress(bytes(1 << 25), preset=0) * 32
    yield "nested-flat.zip", zipped({"inner.zip": flat_zip(GIB)})
    yield "overlap.zip", overlapping(2000)
    yield "six-levels.zip", nest(zipped({"core": bytes(1 << 20)}), levels=6, width=10)
    yield "forty-levels.zip", nest(b"the end", levels=40, width=1)
    yield "forty-levels.gz", packed_again(40)
    yield "many-entries.zip", zipped({f"{number:06}": b"" for number in range(30_000)})
    yield "many-streams.gz", gzip.compress(b"x") * 100_000
    yield "long-names.zip", zipped({f"{number}" + "n" * 65_000: b"long" for number in range(60)})
    yield "long-names.tar", tarred([(f"{'d' * 200}/" * 200 + str(number), b"deep") for number in range(20)])
    yield "escape.zip", zipped(dict(escapes()))
    yield "escape.tar", links() + tarred(list(escapes()))
    yield "sparse-8t.tar", sparse(1 << 43)
    yield "dictionary.lzma", b"]\0\0\0\xf0" + b"\xff" * 8 + lzma.compress(bytes(99), lzma.FORMAT_ALONE)[13:]
    yield "laughs.docx", package("word/document.xml", laughs())
    yield "deep.docx", package("word/document.xml", "<w:p>" * 200_000)
    yield "deep.json", b"[" * 500_000
    yield "deep.html", b"<div>" * 300_000
    yield "deep.rtf", b"{\\rtf1" + b"{" * 500_000
    yield "multiparts.eml", multiparts(400)
    yield "wrapped.txt", wrapped(12)
    yield "filters.pdf", filtered_pdf()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def flat_zip(size: int) -> bytes:
    """Zeros, packed a MiB at a time: one block of the stream, over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    count = size >> 20
    packed = first * count + packer.flush()
    crc = 0
    for _ in range(count):
        crc = zlib.crc32(bytes(1 << 20), crc)
    fields = struct.pack("<5H3L2H", 20, 0, 8, 0, 33, crc, len(packed), size, 5, 0)
    local = b"PK\3\4" + fields + b"zeros"
    central = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<3H2L", 0, 0, 0, 0, 0) + b"zeros"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    return local + packed + central + end


def overlapping(count: int) -> bytes:
    """Many names for one body."""
    whole = zipped({"a": bytes(10 << 20)})
    start, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    entry = whole[start:end]
    listed = b"".join(entry[:28] + b"\5\0" + entry[30:46] + f"{n:05}".encode() + entry[47:] for n in range(count))
    return whole[:start] + listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listed), start, 0)


def nest(core: bytes, *, levels: int, width: int) -> bytes:
    for level in range(levels):
        core = zipped({f"{level}-{number}.zip": core for number in range(width)})
    return core


def packed_again(levels: int) -> bytes:
    data = b"the end"
    for _ in range(levels):
        data = gzip.compress(data)
    return data


def escapes() -> Iterator[tuple[str, bytes]]:
    """Names that lead out of any folder."""
    for place in ("../" * 12 + "tmp/", "/tmp/", "/dev/shm/", "..\\..\\", "C:\\", "~/", "./", ""):
        yield f"{place}{ESCAPE}", b"written by name"


def tarred(files: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def links() -> bytes:
    """A link out of the folder, then a file through it; and a device."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (("out", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("null", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/tmp"
            archive.addfile(info)
        through = tarfile.TarInfo(f"out/{ESCAPE}")
        through.size = 4
        archive.addfile(through, io.BytesIO(b"evil"))
    return out.getvalue()[:-1024]


def sparse(size: int) -> bytes:
    """A file of that size that is one hole, in the form of GNU tar 1.0."""
    headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(size)}
    info = tarfile.TarInfo("hole")
    info.size, info.pax_headers = 512, {**headers, "GNU.sparse.name": "hole"}
    return info.tobuf(tarfile.PAX_FORMAT) + f"1\n{size}\n0\n".encode().ljust(512, b"\0") + bytes(1024)


def package(member: str, text: str) -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", member: text.encode()})


def laughs() -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE d [<!ENTITY e0 "ha">{entities}]><d>&e11;</d>'


def multiparts(levels: int) -> bytes:
    lines = [b"From: a@b.c\r\nMIME-Version: 1.0\r\n"]
    lines += [f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n'.encode() for n in range(levels)]
    return b"".join(lines) + b"Content-Type: text/plain\r\n\r\nthe end\r\n"


def wrapped(levels: int) -> bytes:
    import base64

    data = zipped({"core": b"the end" * 99})
    for _ in range(levels):
        data = base64.encodebytes(data)
    return data


def filtered_pdf() -> bytes:
    """A page whose content was packed four times over."""
    data = bytes(1 << 27)
    for _ in range(4):
        data = zlib.compress(data, 9)
    filters = b"/Filter [" + b"/FlateDecode " * 4 + b"]"
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<<%s/Length %d>>stream\n%s\nendstream" % (filters, len(data), data),
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 5\n0000000000 65535 f \n" + table
    return out + head + b"trailer<</Size 5/Root 1 0 R>>startxref\n%d\n%%%%EOF" % len(out)


def escaped(places: tuple[Path, ...]) -> list[Path]:
    """What was written by the names of `escapes` into these folders."""
    return [path for place in places for path in place.glob(f"*{ESCAPE}*")]

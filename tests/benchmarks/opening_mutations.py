"""Real files of every format, and damaged forms of them: bytes changed, cut, doubled, moved; the same for each seed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.network_wire import ROOT
from tests.decoders import test_archives, test_documents
from tests.decoders.opening import encoded, wav
from tests.decoders.rar_archives import rar4, rar5

WORD = "secret"


def seeds() -> Iterator[tuple[str, bytes]]:
    """One sound file of each format that is opened."""
    files = {"clip.opus": encoded("opus"), "notes/ü.txt": b"some notes\n" * 9}
    tar = test_archives.tarred(files)
    yield "a.tar", tar
    for pack, ending in ((gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")):
        yield f"a.tar.{ending}", pack(tar)
    for kind in ("cpio", "iso9660", "7zip", "zip", "ar_bsd", "xar"):
        yield f"a.{kind}", test_archives.written(kind)
    for made in (rar4, rar5):
        yield f"{made.__name__}.rar", made(files)
        yield f"{made.__name__}-locked.rar", made(files, WORD)
        yield f"{made.__name__}-hidden.rar", made(files, WORD, is_list_locked=True)
    yield "a.cab", test_archives.cab(b"clip.wav", wav())
    yield "a.lzh", test_archives.lzh(b"clip.wav", wav())
    yield "a.docx", test_documents.docx()
    yield "a.pdf", test_documents.pdf()
    yield "locked.pdf", test_documents.pdf(WORD)
    yield "a.msg", test_documents.compound({"__substg1.0_37010102": encoded("opus"), "WordDocument": b"text " * 99})
    for path in sorted((ROOT / "samples/locked").iterdir()):
        yield path.name, path.read_bytes()
    for extension in ("mp3", "flac", "m4a", "opus", "ogg", "aac", "wav"):
        yield f"a.{extension}", encoded(extension)


def mutated(data: bytes, draw: random.Random) -> bytes:
    """One of the ways files come to harm."""
    out = bytearray(data)
    at = draw.randrange(len(out))
    match draw.randrange(6):
        case 0:
            for _ in range(draw.randint(1, 8)):
                out[draw.randrange(len(out))] = draw.randrange(256)
        case 1:
            for place in range(at, min(len(out), at + 4)):
                out[place] = 0xFF
        case 2:
            del out[at:]
        case 3:
            del out[at : at + draw.randint(1, 64)]
        case 4:
            out[at:at] = out[at : at + draw.randint(1, 4096)]
        case _:
            out[at : at + 16] = draw.randbytes(16)
    return bytes(out)


def write(folder: Path, count: int) -> None:
    """Every seed, and `count` damaged files of them in turn."""
    folder.mkdir(parents=True)
    known = list(seeds())
    draw = random.Random(20)
    for name, data in known:
        (folder / f"sound-{name}").write_bytes(data)
    for number in range(count):
        name, data = known[number % len(known)]
        (folder / f"{number:05}-{name}").write_bytes(mutated(data, draw))


def unpack_corpus(source: Path, folder: Path) -> None:
    """Other projects' odd files: every `*.uu` decoded, every archive of files as it is, out of a folder or archives."""
    import binascii

    folder.mkdir(parents=True)
    for number, (name, data) in enumerate(_files(source)):
        if not name.endswith(".uu"):
            (folder / f"{number:05}-{name}").write_bytes(data)
            continue
        lines = data.split(b"\n")
        begin = next((n for n, line in enumerate(lines) if line.startswith(b"begin ")), len(lines))
        out = bytearray()
        for line in lines[begin + 1 :]:
            if line.startswith(b"end"):
                break
            length = ((line[0] - 32 & 63) * 4 + 5) // 3 if line else 0
            out += binascii.a2b_uu(line[:length]) if length else b""
        (folder / f"{number:05}-{name.removesuffix('.uu')}").write_bytes(bytes(out))


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(source.rglob("*") if source.is_dir() else [source]):
        if path.is_dir():
            continue
        if tarfile.is_tarfile(path) and ".orig.tar" in path.name:
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.isfile() and member.name.endswith(".uu"):
                        file = archive.extractfile(member)
                        yield Path(member.name).name, file.read() if file else b""
        elif zipfile.is_zipfile(path) or path.is_file():
            yield path.name, path.read_bytes()

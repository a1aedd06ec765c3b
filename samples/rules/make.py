"""Makes the binary rule samples: short tones, tiny pictures and hand-built containers; the same bytes every time.

Run `python samples/rules/make.py` in a checkout. Text samples are written by hand and lie beside.
"""

from __future__ import annotations

import base64
import io
import math
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import av
import numpy as np

HERE = Path(__file__).resolve().parent
RATE = 8000


def tone(seconds: float = 0.3, pitch: float = 440.0) -> np.ndarray:
    """A sine as int16 mono at 8 kHz."""
    t = np.arange(int(seconds * RATE)) / RATE
    return (9000 * np.sin(2 * math.pi * pitch * t)).astype("<i2")


def wav(seconds: float = 0.3) -> bytes:
    """The tone as a WAV file."""
    data = tone(seconds).tobytes()
    head = (
        b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16) + b"data" + struct.pack("<I", len(data))
    )
    return b"RIFF" + struct.pack("<I", len(head) + len(data)) + head + data


def coded(codec: str, container: str, rate: int = RATE, tags: dict[str, str] | None = None) -> bytes:
    """The tone through an FFmpeg encoder, without date or version in it."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options={"fflags": "+bitexact"}) as file:
        file.metadata.update(tags or {})
        stream = file.add_stream(codec, rate=rate)
        stream.layout = "mono"
        stream.bit_rate = 16_000
        resampler = av.AudioResampler(stream.format, "mono", rate)
        frame = av.AudioFrame.from_ndarray(tone(0.5).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            piece.pts = None
            fifo.write(piece)
        while piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*texts: tuple[str, str]) -> bytes:
    """A grey PNG of 24 x 16 with text chunks."""
    rows = b"".join(b"\0" + bytes(8 * (x + y) % 256 for x in range(24)) for y in range(16))
    said = b"".join(chunk(b"tEXt", key.encode("latin-1") + b"\0" + text.encode("latin-1")) for key, text in texts)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 24, 16, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + said + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def jpeg(comment: bytes = b"") -> bytes:
    """A grey JPEG of 32 x 32, with a comment segment where one is given."""
    out = io.BytesIO()
    with av.open(out, "w", format="mjpeg", options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream("mjpeg", rate=1)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuvj420p"
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8), format="rgb24")
        file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
    data = out.getvalue()
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    return data[:2] + segment + data[2:]


def exif(comment: bytes) -> bytes:
    """A JPEG whose EXIF user comment is the given text, as telephones mark pictures of their screens."""
    value = b"ASCII\0\0\0" + comment
    first = struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 26) + struct.pack("<I", 0)
    inner = struct.pack("<H", 1) + struct.pack("<HHII", 0x9286, 7, len(value), 44) + struct.pack("<I", 0) + value
    block = b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + inner
    data = jpeg()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def pdf() -> bytes:
    """A PDF of one empty page."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def zipped(members: dict[str, bytes], *, is_locked: bool = False) -> bytes:
    """A ZIP without times. Locked: members are stored, marked as encrypted, and their bytes are noise."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if is_locked else zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), noise(len(data)) if is_locked else data)
    return lock(out.getvalue()) if is_locked else out.getvalue()


def lock(data: bytes) -> bytes:
    """Set the encryption bit in every local and central header."""
    out = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            out[at + place] |= 1
            at = data.find(mark, at + 4)
    return bytes(out)


def noise(size: int) -> bytes:
    """Bytes that look encrypted."""
    return np.random.default_rng(11).bytes(size)


def tarred(members: dict[str, bytes]) -> bytes:
    """A tar without times or owners."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sevenzip(header: bytes, packed: bytes) -> bytes:
    """A 7z around a ready header (7zFormat.txt)."""
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


def open_sevenzip(name: str, data: bytes) -> bytes:
    """A sound 7z of one file of 128 to 16,000 bytes, held in an uncompressed LZMA2 chunk: the same for ever."""
    packed = b"\x01" + struct.pack(">H", len(data) - 1) + data + b"\x00"
    unpack = b"\x07\x0b\x01\x00\x01\x21\x21\x01\x01\x0c" + number(len(data)) + b"\x00"
    streams = b"\x06\x00\x01\x09" + number(len(packed)) + b"\x00" + unpack
    streams += b"\x08\x0a\x01" + struct.pack("<I", zlib.crc32(data)) + b"\x00"
    names = b"\x00" + (name + "\0").encode("utf-16-le")
    files = b"\x01\x11" + bytes([len(names)]) + names + b"\x15\x06\x01\x00" + struct.pack("<I", 0x20)
    return sevenzip(b"\x01\x04" + streams + b"\x00\x05" + files + b"\x00\x00", packed)


def number(value: int) -> bytes:
    """A 7z number of two bytes: 128 to 16,383."""
    return bytes([0x80 | value >> 8, value & 0xFF])


# The locked archives have true headers around noise: nobody has a password, so `7z t` and `unzip -t` fail on purpose.
LOCKED_NAMES = bytes.fromhex(
    "1706939001097000070b0100012406f1070112530fab128c2548fadd81c780da645ef5f63f0c620a010947696e0000"
)
LOCKED_CLIP = bytes.fromhex(
    "010406000109939000070b0100022406f1070112530f659ad4c60ebea1d1ec510ac2535968752121010101000c938c938800080a01d6adb7"
    "3800000501110d0061002e007700610076000000140a0100fbc163dd327add01150601002080a4810000"
)
MANIFEST = (
    b'{"package": "TR-9001", "clips": [{"id": "c1", "audio": "audio/c1.wav"}, {"id": "c2", "audio": "audio/c2.wav"}]}\n'
)


def workbook(rows: list[list[str]]) -> bytes:
    """An XLSX of one sheet with its texts in line (ECMA-376)."""
    main, office = "application/vnd.openxmlformats-officedocument.spreadsheetml", "schemas.openxmlformats.org"
    rels = f"http://{office}/officeDocument/2006/relationships"
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    relation = f'<Relationships xmlns="http://{office}/package/2006/relationships">'
    relation += f'<Relationship Id="r1" Type="{rels}/{{}}" Target="{{}}"/></Relationships>'
    kinds = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{main}.{kind}+xml"/>'
        for part, kind in (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"))
    )
    space = f'xmlns="http://{office}/spreadsheetml/2006/main"'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="http://{office}/package/2006/content-types">{kinds}</Types>',
        "_rels/.rels": relation.format("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook {space} xmlns:r="{rels}"><sheets><sheet name="a" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relation.format("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{cells}</sheetData></worksheet>",
    }
    return zipped({name: text.encode() for name, text in parts.items()})


def sheet(*extra: str) -> list[list[str]]:
    """Rows of a dictation batch."""
    heading = ["path", "sentence", "hyp1", "hyp2", "device serial"]
    row = ["The lease ends in May.", "the lease ends in may", "the leash ends in may", *extra]
    return [heading[: 4 + len(extra)]] + [[f"clips/d{n}.mp3", *row] for n in range(1, 5)]


def lines(text: str, width: int = 76) -> str:
    """Text broken into lines."""
    return "".join(text[at : at + width] + "\n" for at in range(0, len(text), width))


def cases() -> dict[str, bytes]:
    """Every binary sample: path below this folder -> bytes."""
    sound, mp3, ogg = wav(), coded("libmp3lame", "mp3"), coded("libopus", "ogg", 48_000)
    m4a = coded("aac", "ipod", 16_000)
    flac = coded("flac", "flac")
    clips = {"audio/c1.wav": sound, "audio/c2.wav": wav(0.2)}
    songs = {f"Album/{n:02d} Song.mp3": mp3 for n in range(1, 5)} | {"Album/cover.jpg": jpeg()}
    many = {f"clip_{n:02d}.opus": ogg[:200] for n in range(12)}
    encoded = base64.b64encode(sound).decode()
    return {
        "EW-EVA-AUDIO-AS-PICTURE/hit/holiday.jpg": sound,
        "EW-EVA-AUDIO-AS-PICTURE/hit/scan.png": ogg,
        "EW-EVA-AUDIO-AS-PICTURE/hit/beach.heic": m4a,
        "EW-EVA-AUDIO-AS-PICTURE/miss/holiday.jpg": jpeg(),
        "EW-EVA-AUDIO-AS-PICTURE/miss/note.wav": sound,
        "EW-EVA-AUDIO-AS-DOCUMENT/hit/invoice.pdf": mp3,
        "EW-EVA-AUDIO-AS-DOCUMENT/hit/table.xlsx": flac,
        "EW-EVA-AUDIO-AS-DOCUMENT/miss/invoice.pdf": pdf(),
        "EW-EVA-AUDIO-AS-DOCUMENT/miss/song.mp3": mp3,
        "EW-EVA-AUDIO-AS-DATA/hit/settings.dat": sound,
        "EW-EVA-AUDIO-AS-DATA/hit/archive.001": ogg,
        "EW-EVA-AUDIO-AS-DATA/miss/noise.dat": noise(2000),
        "EW-EVA-AUDIO-AS-DATA/miss/memo.m4a": m4a,
        "EW-EVA-AUDIO-UNNAMED/hit/blob": ogg,
        "EW-EVA-AUDIO-UNNAMED/miss/memo.ogg": ogg,
        "EW-EVA-AUDIO-AFTER-JPEG/hit/sea.jpg": jpeg() + sound,
        "EW-EVA-AUDIO-AFTER-JPEG/hit/sun.jpg": jpeg() + mp3,
        "EW-EVA-AUDIO-AFTER-JPEG/miss/sea.jpg": jpeg(b"tone.wav was playing"),
        "EW-EVA-AUDIO-AFTER-JPEG/miss/motion.jpg": jpeg(b"GCamera:MotionPhoto=1")
        + b"\0\0\0\x18ftypmp42\0\0\0\0isommp42"
        + noise(400),
        "EW-EVA-AUDIO-AFTER-PNG/hit/plan.png": png() + ogg,
        "EW-EVA-AUDIO-AFTER-PNG/hit/map.png": png() + sound,
        "EW-EVA-AUDIO-AFTER-PNG/miss/plan.png": png(("Comment", "RIFF and WAVE are words")),
        "EW-EVA-AUDIO-AFTER-PDF/hit/letter.pdf": pdf() + flac,
        "EW-EVA-AUDIO-AFTER-PDF/hit/form.pdf": pdf() + mp3,
        "EW-EVA-AUDIO-AFTER-PDF/miss/letter.pdf": pdf() + pdf(),
        "EW-EVA-AUDIO-AFTER-ARCHIVE/hit/backup.zip": zipped({"notes.txt": b"nothing\n"}) + sound,
        "EW-EVA-AUDIO-AFTER-ARCHIVE/miss/backup.zip": zipped({"notes.txt": b"nothing\n", "song.wav": sound}),
        "EW-EVA-ARCHIVE-AFTER-MEDIA/hit/cat.png": png() + zipped({"c1.wav": sound}),
        "EW-EVA-ARCHIVE-AFTER-MEDIA/hit/song.mp3": mp3 + zipped({"c1.wav": sound}),
        "EW-EVA-ARCHIVE-AFTER-MEDIA/miss/pictures.zip": zipped({"cat.png": png()}),
        "EW-EVA-ARCHIVE-AFTER-MEDIA/miss/cat.png": png(),
        "EW-EVA-BASE64-AUDIO/hit/readme.txt": ("Appendix\n\n" + lines(encoded)).encode(),
        "EW-EVA-BASE64-AUDIO/hit/shifted.txt": base64.b64encode(b"xy" + sound[:1500]),
        "EW-EVA-BASE64-AUDIO/hit/call.json": b'{"content": "' + base64.b64encode(mp3) + b'"}\n',
        "EW-EVA-BASE64-AUDIO/hit/notes.txt": lines(base64.b64encode(ogg).decode()).encode(),
        "EW-EVA-BASE64-AUDIO/miss/key.txt": lines(base64.b64encode(noise(900)).decode()).encode(),
        "EW-EVA-BASE64-AUDIO/miss/memo.eml": mail(encoded),
        "EW-EVA-INLINE-AUDIO/hit/page.html": b'<audio src="data:audio/wav;base64,' + encoded.encode() + b'"></audio>\n',
        "EW-EVA-INLINE-AUDIO/miss/page.html": b'<img src="data:image/png;base64,' + base64.b64encode(png()) + b'">\n',
        "EW-EVA-HEX-AUDIO/hit/dump.txt": lines(sound[:1200].hex()).encode(),
        "EW-EVA-HEX-AUDIO/hit/spaced.txt": lines(ogg[:600].hex(" ").upper(), 48).encode(),
        "EW-EVA-HEX-AUDIO/miss/dump.txt": lines(noise(1200).hex()).encode(),
        "EW-EVA-MASKED-AUDIO/hit/state.bin": bytes(byte ^ 0x5A for byte in sound),
        "EW-EVA-MASKED-AUDIO/hit/backwards.bin": sound[::-1],
        "EW-EVA-MASKED-AUDIO/miss/clip.wav": sound,
        "EW-EVA-MASKED-AUDIO/miss/noise.bin": noise(1500),
        "EW-STG-ZIP-PACKAGE/hit/TR-9001.zip": zipped(clips | {"manifest.json": MANIFEST}),
        "EW-STG-ZIP-PACKAGE/hit/work.zip": zipped(clips | {"fr/menu.xliff": b"<xliff/>"}),
        "EW-STG-ZIP-PACKAGE/miss/album.zip": zipped(songs),
        "EW-STG-ZIP-PACKAGE/miss/game.apk": zipped(clips | {"AndroidManifest.xml": b"\x03\0", "manifest.json": b"{}"}),
        "EW-STG-ZIP-CLIPS/hit/batch.zip": zipped(many),
        "EW-STG-ZIP-CLIPS/miss/album.zip": zipped(songs),
        "EW-STG-TAR-PACKAGE/hit/TR-9001.tar": tarred(clips | {"manifest.json": MANIFEST}),
        "EW-STG-TAR-PACKAGE/hit/first.tar": tarred({"pkg/clips.tsv": b"path\n"} | clips),
        "EW-STG-TAR-PACKAGE/miss/album.tar": tarred(
            {"Album/1.mp3": mp3, "Album/2.mp3": mp3, "Album/notes.txt": b"-\n"}
        ),
        "EW-EVA-ZIP-LOCKED-AUDIO/hit/private.zip": zipped(clips, is_locked=True),
        "EW-EVA-ZIP-LOCKED-AUDIO/miss/private.zip": zipped({"tax.pdf": pdf()}, is_locked=True),
        "EW-EVA-ZIP-LOCKED-AUDIO/miss/open.zip": zipped(clips),
        "EW-EVA-7Z-LOCKED-AUDIO/hit/private.7z": sevenzip(LOCKED_CLIP, noise(5008)),
        "EW-EVA-7Z-LOCKED-AUDIO/miss/open.7z": open_sevenzip("a.wav", sound),
        "EW-EVA-ARCHIVE-HIDES-NAMES/hit/private.7z": sevenzip(LOCKED_NAMES, noise(5120)),
        "EW-EVA-ARCHIVE-HIDES-NAMES/miss/private.7z": sevenzip(LOCKED_CLIP, noise(5008)),
        "EW-BIL-TRANSLATION-PACKAGE/hit/work.sdlppx": zipped(
            {"project.sdlproj": b"<x/>", "fr-FR/menu.sdlxliff": b"<x/>"}
        ),
        "EW-BIL-TRANSLATION-PACKAGE/hit/work.mqxlz": zipped({"document.mqxliff": b"<x/>"}),
        "EW-BIL-TRANSLATION-PACKAGE/miss/project.zip": zipped(
            {"locale/messages.xliff": b"<x/>", "src/main.py": b"1\n"}
        ),
        "EW-PKG-CANDIDATES/hit/batch.xlsx": workbook(sheet()),
        "EW-PKG-CANDIDATES/miss/words.xlsx": workbook([["word", "one", "two"], ["chien", "dog", "hound"]]),
        "EW-ID-SERIAL/hit/batch.xlsx": workbook(sheet("C02XG0FDJHD5")),
        "EW-ID-SERIAL/hit/tagged.flac": coded("flac", "flac", tags={"comment": "serial number: C02XG0FDJHD5"}),
        "EW-ID-SERIAL/miss/song.flac": coded("flac", "flac", tags={"title": "Serial No. 1", "track": "12345678"}),
        "EW-SCR-SCREENSHOT/hit/desk.png": png(("Software", "gnome-screenshot")),
        "EW-SCR-SCREENSHOT/hit/IMG_0142.jpg": exif(b"Screenshot"),
        "EW-SCR-SCREENSHOT/hit/Screenshot 2026-11-03 at 10.12.44.png": png(),
        "EW-SCR-SCREENSHOT/miss/drawing.png": png(("Software", "Inkscape")),
        "EW-SCR-SCREENSHOT/miss/IMG_0143.jpg": exif(b"Beach"),
        "EW-SCR-WORK-TOOL/hit/desk.png": png(
            ("Software", "Flameshot"), ("Title", "Utterance 14 of 200 - Speech review tool")
        ),
        "EW-SCR-WORK-TOOL/hit/Screenshot_review queue.png": png(),
        "EW-SCR-WORK-TOOL/miss/desk.png": png(("Software", "Flameshot"), ("Title", "Holiday flights - Browser")),
        "EW-SCR-WORK-TOOL/miss/poster.png": png(("Software", "Inkscape"), ("Title", "Annotation tool poster")),
    }


def mail(encoded: str) -> bytes:
    """A mail with a recording attached, as every mail programme writes it."""
    head = "From: ann@example.org\nTo: user2@example.org\nSubject: memo\nMIME-Version: 1.0\n"
    head += "Content-Type: audio/x-wav; name=memo.wav\n"
    return (head + "Content-Transfer-Encoding: base64\n\n" + lines(encoded)).encode()


def main() -> None:
    """Write every sample."""
    for name, data in cases().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()

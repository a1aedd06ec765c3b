"""Files that carry a text where a reader of the file would not look: one maker for each carrier."""

from __future__ import annotations

import io
import json
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable, Mapping

import av
import numpy as np

from tests.benchmarks.text_wraps import docx, pdf, xlsx

RATE = 16_000
_RATES = {"libopus": 48_000, "wmav2": 44_100}
Maker = Callable[[str], tuple[str, bytes]]
"""From a text to the name and the bytes of a file that carries it."""


def wav(chunks: bytes = b"", seconds: float = 0.5) -> bytes:
    """A short hum as a WAV file, with more chunks behind the samples."""
    out = io.BytesIO()
    samples = (6000 * np.sin(2 * np.pi * 180 * np.arange(int(RATE * seconds)) / RATE)).astype("<i2")
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    data = out.getvalue() + chunks
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A RIFF chunk."""
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def media(suffix: str, codec: str, tags: Mapping[str, str], **options: str) -> bytes:
    """A short hum in a container of FFmpeg's, with tags."""
    out = io.BytesIO()
    with av.open(out, "w", format=suffix, options=dict(options)) as container:
        stream = container.add_stream(codec, rate=_RATES.get(codec, RATE))
        stream.codec_context.layout = "mono"
        stream.bit_rate = 64_000
        container.metadata.update(tags)
        rate = stream.codec_context.sample_rate
        samples = (6000 * np.sin(2 * np.pi * 180 * np.arange(rate // 2) / rate)).astype("<i2")
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = rate
        for resampled in av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate).resample(
            frame
        ):
            size = stream.codec_context.frame_size or resampled.samples
            fifo = av.AudioFifo()
            fifo.write(resampled)
            while (part := fifo.read(size, partial=True)) is not None:
                container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return out.getvalue()


def id3(kind: bytes, data: bytes) -> bytes:
    """An MP3 whose ID3v2.3 tag holds one more frame."""
    frame = kind + struct.pack(">I", len(data)) + b"\0\0" + data
    size = len(frame)
    head = b"ID3\3\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    return head + frame + media("mp3", "libmp3lame", {}, write_xing="0", id3v2_version="0")


def tiff(entries: Mapping[int, bytes], gps: Mapping[int, tuple[int, bytes]] | None = None) -> bytes:
    """An Exif structure with ASCII entries in the Exif folder, and a GPS folder."""

    def folder(items: list[tuple[int, int, int, bytes]], at: int) -> bytes:
        place, head, body = at + 2 + 12 * len(items) + 4, b"", b""
        for tag, kind, count, data in items:
            inline = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", place + len(body))
            head += struct.pack("<HHI", tag, kind, count) + inline
            body += data if len(data) > 4 else b""
        return struct.pack("<H", len(items)) + head + b"\0\0\0\0" + body

    inner = [(tag, 2, len(data) + 1, data + b"\0") for tag, data in sorted(entries.items())]
    places = [(tag, kind, 3 if kind == 5 else len(data), data) for tag, (kind, data) in sorted((gps or {}).items())]
    top = 8
    size = 2 + 12 * 2 + 4
    second = folder(inner, top + size)
    third = folder(places, top + size + len(second))
    pointers = [
        (0x8769, 4, 1, struct.pack("<I", top + size)),
        (0x8825, 4, 1, struct.pack("<I", top + size + len(second))),
    ]
    return b"II*\0" + struct.pack("<I", top) + folder(pointers, top) + second + third


def degrees(value: float) -> bytes:
    """A place as three rational numbers."""
    value = abs(value)
    minutes = 60 * (value % 1)
    parts = (int(value), 1, int(minutes), 1, round(60 * (minutes % 1) * 10_000), 10_000)
    return struct.pack("<6I", *parts)


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """The smallest grey JPEG that decodes, with segments before the rest."""
    out = io.BytesIO()
    with av.open(out, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuvj420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((16, 16, 3), 90, np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    data = out.getvalue()
    made = b"".join(bytes((0xFF, kind)) + struct.pack(">H", len(body) + 2) + body for kind, body in segments)
    return data[:2] + made + data[2:]


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A grey PNG with chunks before the pixels."""

    def one(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = one(b"IHDR", struct.pack(">2I5B", 8, 8, 8, 0, 0, 0, 0))
    pixels = one(b"IDAT", zlib.compress(b"\0" + bytes(8) * 8 + bytes(7)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(one(*each) for each in chunks) + pixels + one(b"IEND", b"")


def zipped(members: Mapping[str, bytes], *, comment: bytes = b"", extra: bytes = b"") -> bytes:
    """A ZIP, with a comment on it and an extra field on each member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2026, 11, 23, 9, 0, 0))
            info.extra = struct.pack("<HH", 0x4B4C, len(extra)) + extra if extra else b""
            archive.writestr(info, data)
    return out.getvalue()


def document(member: str, text: str) -> bytes:
    """A Word file with one more part."""
    out = io.BytesIO(docx("A page of plain words."))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(member, text)
    return out.getvalue()


def mp4_user_data(text: str) -> bytes:
    """An MP4 with a box of user data of its own inside the movie."""
    data = media("mp4", "aac", {})
    at = data.index(b"moov") - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    body = text.encode()
    own = struct.pack(">I", len(body) + 12) + b"\xa9ser" + struct.pack(">HH", len(body), 0) + body
    box = struct.pack(">I", len(own) + 8) + b"udta" + own
    end = at + size
    return data[:at] + struct.pack(">I", size + len(box)) + data[at + 4 : end] + box + data[end:]


def manifest(**extra: object) -> bytes:
    """A package's manifest with more in its first clip."""
    clip = {
        "id": "TR-7-c1",
        "audio": "c1.wav",
        "transcript": "Guten Abend.",
        "candidates": ["Good evening.", "Evening."],
    }
    return json.dumps({"package": "TR-7", "programme": "translator", "clips": [{**clip, **extra}]}, indent=1).encode()


_XLIFF = """<?xml version="1.0"?><xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="TR-7" source-language="de" target-language="en" datatype="plaintext"><header>{header}</header><body>
<trans-unit id="1"{unit}><source>Guten Abend.</source><target>Good evening.</target>{inner}</trans-unit>
</body></file></xliff>"""


def xliff(header: str = "", unit: str = "", inner: str = "") -> bytes:
    """A bilingual file with more in its head, in a unit's tag, in a unit."""
    return _XLIFF.format(header=header, unit=unit, inner=inner).encode()


def _cell(text: str) -> bytes:
    return b"clip,transcript,note\nc1.wav,Guten Abend.,\n" + f'c2.wav,Danke.,"{text}"\n'.encode()


def _bext(text: str, at: int) -> bytes:
    fields = bytearray(602)
    data = text.encode()
    fields[at : at + len(data)] = data
    return wav(chunk(b"bext", bytes(fields)))


CARRIERS: Mapping[str, Maker] = {
    "bext description": lambda t: ("a.wav", _bext(t, 0)),
    "bext coding history": lambda t: ("a.wav", wav(chunk(b"bext", bytes(602) + t.encode()))),
    "iXML": lambda t: ("a.wav", wav(chunk(b"iXML", f"<BWFXML><USER><NOTE>{t}</NOTE></USER></BWFXML>".encode()))),
    "LIST INFO": lambda t: ("a.wav", wav(chunk(b"LIST", b"INFO" + chunk(b"ICMT", t.encode() + b"\0")))),
    "cue label": lambda t: ("a.wav", wav(chunk(b"LIST", b"adtl" + chunk(b"labl", b"\1\0\0\0" + t.encode() + b"\0")))),
    "unknown RIFF chunk": lambda t: ("a.wav", wav(chunk(b"devc", t.encode()))),
    "ID3 comment": lambda t: ("a.mp3", media("mp3", "libmp3lame", {"comment": t})),
    "ID3 TENC": lambda t: ("a.mp3", media("mp3", "libmp3lame", {"encoded_by": t})),
    "ID3 PRIV": lambda t: ("a.mp3", id3(b"PRIV", b"device\0" + t.encode())),
    "ID3 UFID": lambda t: ("a.mp3", id3(b"UFID", b"http://device\0" + t.encode())),
    "ID3 GEOB": lambda t: ("a.mp3", id3(b"GEOB", b"\0text/plain\0a\0b\0" + t.encode())),
    "ID3 TXXX in UTF-16": lambda t: ("a.mp3", id3(b"TXXX", b"\1" + "x\0".encode("utf-16") + t.encode("utf-16"))),
    "MP4 comment": lambda t: ("a.m4a", media("mp4", "aac", {"comment": t})),
    "MP4 user data": lambda t: ("a.m4a", mp4_user_data(t)),
    "Vorbis comment (Opus)": lambda t: ("a.opus", media("ogg", "libopus", {"comment": t})),
    "Vorbis comment (FLAC)": lambda t: ("a.flac", media("flac", "flac", {"comment": t})),
    "Matroska tag": lambda t: ("a.mka", media("matroska", "libopus", {"comment": t})),
    "ASF attribute": lambda t: ("a.wma", media("asf", "wmav2", {"comment": t})),
    "AIFF annotation": lambda t: ("a.aiff", media("aiff", "pcm_s16be", {"comment": t}, write_id3v2="1")),
    "EXIF serial number": lambda t: ("a.jpg", jpeg((0xE1, b"Exif\0\0" + tiff({0xA431: t.encode()})))),
    "EXIF user comment": lambda t: ("a.jpg", jpeg((0xE1, b"Exif\0\0" + tiff({0x010E: t.encode()})))),
    "XMP": lambda t: (
        "a.jpg",
        jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + f"<x:xmpmeta><dc:d>{t}</dc:d></x:xmpmeta>".encode())),
    ),
    "JPEG comment": lambda t: ("a.jpg", jpeg((0xFE, t.encode()))),
    "PNG tEXt": lambda t: ("a.png", png((b"tEXt", b"Comment\0" + t.encode()))),
    "PNG zTXt": lambda t: ("a.png", png((b"zTXt", b"Comment\0\0" + zlib.compress(t.encode())))),
    "PNG iTXt": lambda t: ("a.png", png((b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(t.encode())))),
    "PNG eXIf": lambda t: ("a.png", png((b"eXIf", tiff({0xA430: t.encode()})))),
    "docx core properties": lambda t: (
        "a.docx",
        document("docProps/core.xml", f"<cp:coreProperties><dc:creator>{t}</dc:creator></cp:coreProperties>"),
    ),
    "docx custom properties": lambda t: (
        "a.docx",
        document(
            "docProps/custom.xml", f'<Properties><property name="x"><vt:lpwstr>{t}</vt:lpwstr></property></Properties>'
        ),
    ),
    "docx comment": lambda t: (
        "a.docx",
        document(
            "word/comments.xml", f"<w:comments><w:comment><w:p><w:r><w:t>{t}</w:t></w:r></w:p></w:comment></w:comments>"
        ),
    ),
    "docx text": lambda t: ("a.docx", docx(f"They said: {t}")),
    "xlsx cell": lambda t: ("a.xlsx", xlsx(f"They said: {t}")),
    "pdf text": lambda t: ("a.pdf", pdf(f"They said: {t}")),
    "XLIFF tool": lambda t: ("a.xlf", xliff(header=f'<tool tool-id="{t}" tool-name="x"/>')),
    "XLIFF user attribute": lambda t: ("a.xlf", xliff(unit=f' xmlns:m="urn:m" m:modified-by="{t}"')),
    "XLIFF note": lambda t: ("a.xlf", xliff(inner=f"<note>{t}</note>")),
    "TMX property": lambda t: (
        "a.tmx",
        (
            '<tmx version="1.4"><header/><body><tu>'
            f'<prop type="x">{t}</prop><tuv xml:lang="de"><seg>Ja.</seg></tuv></tu></body></tmx>'
        ).encode(),
    ),
    "manifest field": lambda t: ("manifest.json", manifest(device=t)),
    "manifest transcript": lambda t: ("manifest.json", manifest(transcript=f"Ja, also {t}, danke.")),
    "table cell": lambda t: ("clips.csv", _cell(t)),
    "UTF-16 text": lambda t: ("a.txt", f"Notes\n{t}\n".encode("utf-16")),
    "mail header": lambda t: (
        "a.eml",
        f"From: a\nTo: b\nX-Note: {t}\nSubject: x\nContent-Type: text/plain\n\nHello there.\n".encode(),
    ),
    "ZIP comment": lambda t: ("a.zip", zipped({"a.txt": b"words"}, comment=t.encode())),
    "ZIP extra field": lambda t: ("a.zip", zipped({"a.txt": b"words"}, extra=t.encode())),
    "member of a ZIP": lambda t: ("a.zip", zipped({"note.txt": t.encode()})),
    "file name": lambda t: (f"rec {t.replace('/', '-')} take.txt", b"words alone"),
    "name in a ZIP": lambda t: ("a.zip", zipped({f"rec {t.replace('/', '-')} take.txt": b"words alone"})),
}

"""Magic numbers that are validated before they are believed: what a run of bytes is, wherever it was found.

Shared by typing, by the carver of hidden content and by the search for base64-wrapped content.
"""

from __future__ import annotations

import lzma
import re
from dataclasses import dataclass

from forensics.formats.amr_frames import is_amr
from forensics.formats.audio_frames import adts_chain, mpeg_chain
from forensics.formats.deflate_streams import is_stream
from forensics.formats.flac_frames import is_flac
from forensics.formats.stream_syncs import is_gsm, is_loas, is_mlp, is_transport


@dataclass(frozen=True, slots=True)
class Kind:
    """A recognised format: its media type and the extension a carved child gets."""

    media_type: str
    extension: str


_FORM = {
    b"WAVE": Kind("audio/wav", "wav"),
    b"AVI ": Kind("video/x-msvideo", "avi"),
    b"WEBP": Kind("image/webp", "webp"),
}
_AIFF = (b"AIFF", b"AIFC")
_GUID_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_GUID_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_BRANDS_AUDIO = (b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B ")
_BRAND = re.compile(rb"[A-Za-z0-9 _.+-]{4}")


def identify(data: bytes) -> Kind | None:
    """What these bytes are if their header is a valid one of a known audio, archive or document format.

    `data` should hold at least a few hundred bytes; for MPEG audio several frames are followed.
    """
    for check in (_chunked, _ogg, _flac, _id3, _ftyp, _amr, _rare_audio, _marked, _frames, _identify_container):
        if kind := check(data):
            return kind
    return None


def _chunked(data: bytes) -> Kind | None:
    """RIFF and its 64-bit and big-endian relatives, and AIFF."""
    if data[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX") and re.fullmatch(rb"[ -~]{4}", data[12:16]):
        return _FORM.get(data[8:12])
    return Kind("audio/aiff", "aiff") if data[:4] == b"FORM" and data[8:12] in _AIFF else None


def _ogg(data: bytes) -> Kind | None:
    """RFC 3533: version 0, and a first page that names its codec; later pages alone are another thing."""
    if data[:4] != b"OggS" or len(data) < 28 or data[4] != 0 or data[5] > 7:
        return None
    if not data[5] & 2:
        return Kind("audio/x-ogg-pages", "oga")
    body = data[27 + data[26] : 27 + data[26] + 16]
    if body[:7] in (b"\x80theora", b"\x01video\x00") or body[:5] == b"BBCD\x00":
        return Kind("video/ogg", "ogv")
    return Kind("audio/ogg", "opus" if body[:8] == b"OpusHead" else "ogg")


def _flac(data: bytes) -> Kind | None:
    """RFC 9639: the first block is STREAMINFO of 34 bytes."""
    is_flac = data[:4] == b"fLaC" and data[4:5] in (b"\x00", b"\x80") and data[5:8] == b"\x00\x00\x22"
    return Kind("audio/flac", "flac") if is_flac else None


def _id3(data: bytes) -> Kind | None:
    """ID3v2: a known version and a size of four seven-bit bytes."""
    if data[:3] != b"ID3" or len(data) < 10 or data[3] not in (2, 3, 4) or data[4] == 0xFF:
        return None
    return Kind("audio/mpeg", "mp3") if all(byte < 0x80 for byte in data[6:10]) else None


def _ftyp(data: bytes) -> Kind | None:
    size = int.from_bytes(data[:4], "big")
    if data[4:8] != b"ftyp" or not 16 <= size <= 4096 or not _BRAND.fullmatch(data[8:12]):
        return None
    if data[8:12] in (b"heic", b"heix", b"mif1", b"avif"):
        return Kind("image/heif", "heif")
    if data[8:12] in _BRANDS_AUDIO:
        return Kind("audio/mp4", "m4a")
    return Kind("video/mp4", "mp4")


def _amr(data: bytes) -> Kind | None:
    """RFC 4867 section 5: the magic line, then at least one frame whose padding bits are zero."""
    for magic, kind in (
        (b"#!AMR\n", Kind("audio/amr", "amr")),
        (b"#!AMR-WB\n", Kind("audio/amr-wb", "awb")),
        (b"#!AMR_MC1.0\n", Kind("audio/amr", "amr")),
        (b"#!AMR-WB_MC1.0\n", Kind("audio/amr-wb", "awb")),
    ):
        if data.startswith(magic):
            rest = data[len(magic) : len(magic) + 1]
            return kind if not rest or rest[0] & 0x83 == 0 or b"_MC" in magic else None
    return None


_RARE_AUDIO = (
    (b"#!SILK_V3", Kind("audio/silk", "silk"), 9),
    (b"\x02#!SILK_V3", Kind("audio/silk", "silk"), 10),
    (_GUID_ASF, Kind("video/x-ms-asf", "wma"), 30),
    (_GUID_W64, Kind("audio/x-w64", "w64"), 40),
    (b"caff\x00\x01\x00\x00", Kind("audio/x-caf", "caf"), 20),
    (b"NIST_1A\n", Kind("audio/x-nist", "sph"), 16),
    (b"wvpk", Kind("audio/x-wavpack", "wv"), 32),
    (b"MAC ", Kind("audio/x-ape", "ape"), 32),
    (b"TTA1", Kind("audio/x-tta", "tta"), 22),
    (b"Creative Voice File\x1a", Kind("audio/x-voc", "voc"), 26),
    (b"nut/multimedia container\x00", Kind("video/x-nut", "nut"), 64),
    (b".SoX", Kind("audio/x-sox", "sox"), 32),
    (b"XoS.", Kind("audio/x-sox", "sox"), 32),
    (b"MMMD", Kind("audio/x-smaf", "mmf"), 32),
    (b"DSD \x1c\x00\x00\x00", Kind("audio/x-dsf", "dsf"), 80),
    (b"FRM8\x00", Kind("audio/x-dff", "dff"), 32),
    (b"tBaK", Kind("audio/x-tak", "tak"), 32),
    (b"ajkg", Kind("audio/x-shorten", "shn"), 32),
    (b"qoaf", Kind("audio/x-qoa", "qoa"), 32),
    (b"MPCK", Kind("audio/x-musepack", "mpc"), 32),
    (b"ea3\x03\x00", Kind("audio/x-oma", "oma"), 64),
    (bytes.fromhex("b7d800203749da11a64e0007e95ead8d"), Kind("video/x-wtv", "wtv"), 64),
    (b"\x72\xf8\x1f\x4e", Kind("audio/x-spdif", "spdif"), 64),
    *(
        (bytes.fromhex(sync), Kind("audio/vnd.dts", "dts"), 64)
        for sync in ("7ffe8001", "fe7f0180", "1fffe800", "ff1f00e8")
    ),
)


def _rare_audio(data: bytes) -> Kind | None:
    for magic, kind, least in _RARE_AUDIO:
        if data.startswith(magic) and len(data) >= least:
            return kind
    if data[:4] == b".snd" and len(data) >= 24 and 24 <= int.from_bytes(data[4:8], "big") <= 1 << 16:
        return Kind("audio/basic", "au")
    if data[:4] == b"\x1a\x45\xdf\xa3":
        is_webm = b"webm" in data[:64]
        return Kind("video/webm", "webm") if is_webm else Kind("video/x-matroska", "mkv")
    return None


def _marked(data: bytes) -> Kind | None:
    """Streams that have a mark every so often."""
    for is_stream_of, kind in _MARKED:
        if is_stream_of(data):
            return kind
    return None


_MARKED = (
    (is_transport, Kind("video/mp2t", "ts")),
    (is_loas, Kind("audio/x-mp4a-latm", "latm")),
    (is_mlp, Kind("audio/x-mlp", "mlp")),
    (is_gsm, Kind("audio/gsm", "gsm")),
)


def _frames(data: bytes) -> Kind | None:
    if adts_chain(data, 0) >= 4:
        return Kind("audio/aac", "aac")
    if mpeg_chain(data, 0) >= 4:
        return Kind("audio/mpeg", "mp3")
    if is_flac(data):
        return Kind("audio/x-flac-frames", "flac")
    is_wide = is_amr(data) if data[:1] and data[0] & 0x87 == 0x04 else None
    return None if is_wide is None else Kind(f"audio/x-amr-{'wb-' * is_wide}frames", "awb" if is_wide else "amr")


_CONTAINERS = (
    (b"PK\x03\x04", Kind("application/zip", "zip"), 30),
    (b"7z\xbc\xaf\x27\x1c\x00", Kind("application/x-7z-compressed", "7z"), 32),
    (b"Rar!\x1a\x07", Kind("application/vnd.rar", "rar"), 16),
    (b"\xfd7zXZ\x00", Kind("application/x-xz", "xz"), 12),
    (b"\x28\xb5\x2f\xfd", Kind("application/zstd", "zst"), 9),
    (b"MSCF\x00\x00\x00\x00", Kind("application/vnd.ms-cab-compressed", "cab"), 36),
    (b"%PDF-1.", Kind("application/pdf", "pdf"), 32),
    (b"%PDF-2.", Kind("application/pdf", "pdf"), 32),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("application/x-ole-storage", "ole"), 512),
    (b"\xff\xd8\xff", Kind("image/jpeg", "jpg"), 64),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Kind("image/png", "png"), 40),
    (b"GIF89a", Kind("image/gif", "gif"), 20),
    (b"GIF87a", Kind("image/gif", "gif"), 20),
)


def _identify_container(data: bytes) -> Kind | None:
    if data[:3] == b"\x1f\x8b\x08" and len(data) >= 18 and data[3] & 0xE0 == 0:
        return Kind("application/gzip", "gz")
    if data[:3] == b"BZh" and data[3:4].isdigit() and data[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return Kind("application/x-bzip2", "bz2")
    if data[257:262] == b"ustar":
        return Kind("application/x-tar", "tar")
    for magic, kind, least in _CONTAINERS:
        if data.startswith(magic) and len(data) >= least:
            return kind
    if is_stream(data):
        return Kind("application/zlib", "zlib")
    return Kind("application/x-lzma", "lzma") if _is_lzma(data) else None


def _is_lzma(data: bytes) -> bool:
    """LZMA without a magic number: properties and a dictionary tools write, a length, and a stream that unpacks."""
    if len(data) < 32 or data[0] >= 225 or data[13]:
        return False
    dictionary, size = int.from_bytes(data[1:5], "little"), int.from_bytes(data[5:13], "little")
    is_usual = dictionary >= 4096 and bin(dictionary).rstrip("0") in ("0b1", "0b11")
    if not is_usual or (size >= 1 << 38 and size != (1 << 64) - 1) or not size:
        return False
    try:
        return bool(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=128 << 20).decompress(data, 4096))
    except lzma.LZMAError:
        return False

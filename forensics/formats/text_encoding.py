"""Turns bytes of unknown encoding into text: marks, UTF-8, UTF-16 without mark, then legacy encodings by trial.

A legacy encoding is chosen by how much of the result is what people write in it: a strict decode, then a score
over the letters outside ASCII. Wrong guesses between neighbours (cp1250 and cp1252) lose single accents, no words.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache

SAMPLE_BYTES = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHAT = (b"@UTF8", b"@Begin")
"""How transcripts in CHAT begin, where times stand between two control characters."""
WIDE = ("utf-16", "utf16", "utf-32", "ucs", "iso-10646", "unicode")
"""How the names of encodings with several bytes to a character begin: no text without zero bytes is in one."""
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x14\x16-\x1a\x1c-\x1f]")
_MULTI_BYTE = ("cp932", "gb18030", "euc_kr", "big5", "euc_jp")
_SINGLE_BYTE = ("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874")
_COMMON = {
    "cp1252": "éèàùâêîôûçäöüßñáíóúãõåæøëïœ«»“”„‚‘’–—…°·©®™€£§¿¡ª\xa0",
    "cp1250": "ąćęłńśźżčřšžěůýáéíóúďťňőűäöüđ“”„’–…\xa0",
    "cp1251": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъії",
    "koi8_r": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъ",
    "cp1253": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ",
    "cp1254": "ığşçöüâîİŞĞÇÖÜ",
    "cp1255": "אבגדהוזחטיכלמנסעפצקרשתםןףץך",
    "cp1256": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآءئؤ",
    "cp1257": "ąčęėįšųūžāēģīķļņõäöü",
    "cp874": "".join(chr(code) for code in (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4E))),
}
_SCRIPTS = {
    "cp932": ("HIRAGANA", "KATAKANA", "CJK", "IDEOGRAPHIC", "FULLWIDTH"),
    "euc_jp": ("HIRAGANA", "KATAKANA", "CJK", "IDEOGRAPHIC", "FULLWIDTH"),
    "gb18030": ("CJK", "IDEOGRAPHIC", "FULLWIDTH"),
    "big5": ("CJK", "IDEOGRAPHIC", "FULLWIDTH"),
    "euc_kr": ("HANGUL", "IDEOGRAPHIC", "FULLWIDTH"),
}

_COMMON_IDEOGRAPHS = {
    "gb18030": (0xB0, 0xD7),
    "cp932": (0x88, 0x97),
    "euc_jp": (0xB0, 0xCF),
    "big5": (0xA4, 0xC6),
    "euc_kr": (0xFF, 0xFF),
}
_LATIN = frozenset(("cp1252", "cp1250", "cp1254", "cp1257"))
_MIXED = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]+|(?<![^\x00-\x7f])[^\x00-\x7f]+(?=[A-Za-z])")
"""Runs outside ASCII beside a letter of it; tried at the beginning of each only: a long one has as many places."""
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]+")
_ODDITIES = {
    "cp1251": (re.compile(r"[а-я][А-Я]|[^аеиоуыэюяіїєАЕИОУЫЭЮЯA-Za-z\W\d_]{5}"), 0.02),
    "koi8_r": (re.compile(r"[а-я][А-Я]|[^аеиоуыэюяАЕИОУЫЭЮЯA-Za-z\W\d_]{5}"), 0.02),
    "cp1253": (re.compile(r"[α-ω][Α-Ω]|ς[α-ω]"), 0.02),
    "cp1255": (re.compile(r"[ךםןףץ][א-ת]"), 0.02),
    "cp874": (re.compile(r"(?:^|[^\u0e01-\u0e4e])[\u0e30-\u0e3a\u0e45-\u0e4e]|[\u0e40-\u0e44][^\u0e01-\u0e2e]"), 0.02),
}


def declared_encoding(data: bytes) -> str:
    """The encoding that an XML declaration of one byte a character names, in lower case; empty without."""
    found = _DECLARED.match(data[:400])
    return found[1].decode("ascii").lower() if found else ""


def encoding_of(data: bytes) -> str | None:
    """The codec these bytes are text in, or None when they are not text. Looks at the first 64 KiB."""
    return _encoding_of(data[:SAMPLE_BYTES])


@lru_cache(maxsize=4)
def _encoding_of(sample: bytes) -> str | None:
    """Several decoders ask in turn of the same bytes."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name if _decodes(sample, name) else None
    if b"\x00" in sample:
        return _wide_encoding(sample)
    if sample.startswith(_CHAT):
        sample = sample.replace(b"\x15", b" ")
    if sample.translate(None, _CONTROLS) != sample:
        return None
    if sample.isascii() or _decodes(sample, "utf-8"):
        return "utf-8"
    return _kept_promise(sample) or _legacy_encoding(sample)


def decode_text(data: bytes) -> str | None:
    """The text, with bytes that do not fit replaced; None when the bytes are not text."""
    encoding = encoding_of(data)
    return None if encoding is None else data.decode(encoding, "replace")


def looks_like_text(head: bytes) -> bool:
    """Say whether these leading bytes are text in some encoding; an empty head is not."""
    return bool(head) and encoding_of(head) is not None


def _decodes(sample: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(sample, final=len(sample) < SAMPLE_BYTES and encoding not in ("utf-16", "utf-32"))
    except UnicodeDecodeError:
        return False
    return _NO_TEXT.search(text, 0, 4096) is None


def _kept_promise(sample: bytes) -> str:
    """What an XML declaration says, where the bytes are text in it."""
    declared = declared_encoding(sample)
    try:
        is_possible = declared and not declared.startswith(WIDE)
        return declared if is_possible and _decodes(sample, declared) else ""
    except LookupError:
        return ""


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: half of the bytes are zero on one side in European text."""
    if len(sample) < 4:
        return None
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if zeros.count(0) * 10 >= len(zeros) * 6 and _decodes(sample[: len(sample) & ~1], encoding):
            return encoding
    return None


def _legacy_encoding(sample: bytes) -> str | None:
    scored = [(_multi_byte_score(sample, name), name) for name in _MULTI_BYTE]
    scored += [(_single_byte_score(sample, name), name) for name in _SINGLE_BYTE]
    score, name = max(scored)
    if score >= 0.5:
        return name
    foreign = sum(byte >= 0x80 for byte in sample)
    return "cp1252" if foreign * 8 < len(sample) and _strict(sample, "cp1252") is not None else None


def _strict(sample: bytes, encoding: str) -> str | None:
    """The text when the bytes decode strictly (a cut last character forgiven)."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=False)[:20_000]
    except UnicodeDecodeError:
        return None


def _multi_byte_score(sample: bytes, encoding: str) -> float:
    """Share of the characters that are of the encoding's own scripts; rare ideographs count a third."""
    foreign = "".join(_FOREIGN_RUN.findall(_strict(sample, encoding) or ""))
    if not foreign:
        return 0.0
    return sum(_weight(char, encoding) for char in foreign) / len(foreign)


def _weight(char: str, encoding: str) -> float:
    name = unicodedata.name(char, "")
    if not name.startswith(_SCRIPTS[encoding]) or name.startswith("HALFWIDTH"):
        return 0.0
    if not name.startswith("CJK UNIFIED"):
        return 1.0
    first, last = _COMMON_IDEOGRAPHS[encoding]
    legacy = char.encode(encoding, "replace")
    return 0.97 if len(legacy) == 2 and first <= legacy[0] <= last else 0.3


def _single_byte_score(sample: bytes, encoding: str) -> float:
    """Share of frequent letters, weighed by where they stand: accents stand among ASCII letters, scripts alone."""
    text = _strict(sample, encoding) or ""
    runs = _FOREIGN_RUN.findall(text)
    foreign = "".join(runs)
    if not foreign:
        return 0.0
    common = _COMMON[encoding]
    good = sum(1.0 if char in common else 0.6 if char.lower() in common else 0.0 for char in foreign)
    mixed = len(_MIXED.findall(text)) / len(runs)
    place = 0.3 + 0.7 * mixed if encoding in _LATIN else 1.0 - 0.7 * mixed
    return 0.95 * place * _plausibility(text, encoding, len(foreign)) * good / len(foreign)


def _plausibility(text: str, encoding: str, letters: int) -> float:
    """Lower when the script's own spelling is broken: case inside words, Hebrew finals, Thai without consonants.

    `letters` of the text are no ASCII.
    """
    pattern, most = _ODDITIES.get(encoding, (None, 0.0))
    if pattern is None:
        return 1.0
    return 1.0 if len(pattern.findall(text)) <= most * letters else 0.4

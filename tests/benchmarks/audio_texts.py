"""Sentences in many languages for synthetic voices: the tutors of Debian's vim-runtime, each said to be one half's.

Registered filler speaks sentences of one half, negatives those of the other; equal words are always in the same half.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

VIM = Path("/usr/share/vim")
VOICES = {
    "": "en-us",
    "de": "de",
    "fr": "fr-fr",
    "es": "es-419",
    "it": "it",
    "pt": "pt-br",
    "nl": "nl",
    "da": "da",
    "sv": "sv",
    "nb": "nb",
    "pl": "pl",
    "cs": "cs",
    "sk": "sk",
    "hr": "hr",
    "hu": "hu",
    "tr": "tr",
    "ru": "ru",
    "uk": "uk",
    "bg": "bg",
    "el": "el",
    "lv": "lv",
    "ca": "ca",
    "eo": "eo",
    "vi": "vi",
    "ko": "ko",
    "zh_cn": "cmn",
}
VARIANTS = ("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+m8", "+f1", "+f2", "+f3", "+f4", "+f5")
PHRASE_LETTERS = {"cmn": 3, "ko": 4}
"""Letters of half a second of speech, where they are fewer than 8."""
_MARKUP = re.compile(r"[~*<>`'\"=|]|--+>?|^\s*(?:\d+\.|[A-Z]+:)", re.MULTILINE)
_ENDS = re.compile(r"(?<=[.!?。！？:])\s+|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words and the espeak-ng voice of their language."""

    text: str
    voice: str


def sentences(part: str) -> list[Sentence]:
    """The sentences of 4 to 16 words (or 15 to 60 characters without spaces) of half `filler` or `negative`."""
    parity = {"filler": 0, "negative": 1}[part]
    found: dict[str, Sentence] = {}
    for language, voice in VOICES.items():
        name = "tutor" + (f".{language}" if language else "") + ".utf-8"
        for path in sorted(VIM.glob(f"vim*/tutor/{name}")):
            for text in _ENDS.split(_MARKUP.sub(" ", path.read_text("utf-8", "replace"))):
                plain = " ".join(text.split())
                if _is_sayable(plain) and _half(plain) == parity:
                    found.setdefault(plain.casefold(), Sentence(plain, voice))
    return list(found.values())


def phrases(sentence: Sentence) -> set[str]:
    """Every run of letters that takes about half a second to say."""
    letters = "".join(char for char in sentence.text.casefold() if char.isalpha())
    length = PHRASE_LETTERS.get(sentence.voice, 8)
    return {letters[start : start + length] for start in range(len(letters) - length + 1)}


def _is_sayable(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    is_long_enough = 4 <= len(text.split()) <= 16 or (" " not in text and 15 <= len(text) <= 60)
    return is_long_enough and letters > 0.7 * len(text.replace(" ", ""))


def _half(text: str) -> int:
    words = "".join(char for char in text.casefold() if char.isalpha())
    return hashlib.sha256(words.encode()).digest()[0] % 2

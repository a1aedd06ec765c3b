"""Passages to register and passages that must not match: written dialogues from templates, and manuals on this machine.

The dialogues are as alike as customer calls are: a few openings that many share, then about three bits a word, which
is less than people use. The manuals are Vim's tutor in thirty languages (Vim licence), where it is installed, against
its handbook and its messages, which other people wrote about the same things.
"""

from __future__ import annotations

import gzip
import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import polib

MANUALS = Path("/usr/share/vim/vim90")
UNSPACED = ("zh",)
DIALOGUES = tomllib.loads(Path(__file__).with_name("text_dialogues.toml").read_text("utf-8"))
LANGUAGES = tuple(DIALOGUES)


@dataclass(frozen=True, slots=True)
class Corpus:
    """One body of alike passages, shuffled: some get registered, the others must stay silent."""

    name: str
    registered: list[str]
    negatives: list[str]


def turn(language: str, rng: random.Random) -> str:
    """One turn of a call: perhaps one of a few openings that all callers share, then who did what to which thing."""
    said = [rng.choice(words) for words in DIALOGUES[language]["words"]]
    if language == "en":
        said.insert(2, rng.choice(("the", "a", "that", "this")))
    opening = [rng.choice(DIALOGUES[language]["openings"])] if rng.random() < 0.5 else []
    return ("" if language in UNSPACED else " ").join(opening + said) + ("。" if language in UNSPACED else ".")


def dialogues(language: str, seed: int, *, registered: int, negatives: int) -> Corpus:
    """Passages of one turn (5-8 words, 13-17 with an opening) up to four."""
    rng = random.Random(f"{language}-{seed}")
    texts = [
        " ".join(turn(language, rng) for _ in range(rng.choice((1, 2, 2, 3, 4)))) for _ in range(registered + negatives)
    ]
    texts = list(dict.fromkeys(texts))
    return Corpus(f"dialogues {language}", texts[:registered], texts[registered:])


def manuals() -> list[Corpus]:
    """Vim's tutor in every language, all of it registered; the negatives are messages, which others wrote."""
    found = []
    for path in sorted((MANUALS / "tutor").glob("tutor.*.utf-8")):
        language = path.name.split(".")[1]
        if language not in ("nb", "bar", "zh_tw", "eo"):  # the same text again, in a sister language or script
            found.append(
                Corpus(f"manual {language}", _passages(path.read_text("utf-8", "replace")), _messages(language))
            )
    return found


def handbook(*, limit: int) -> list[str]:
    """Passages of Vim's English handbook, about the same things as the tutor."""
    found: list[str] = []
    for path in sorted((MANUALS / "doc").glob("*.txt*")):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found += _passages(text.decode("utf-8", "replace"))
    return random.Random(0).sample(found, min(limit, len(found)))


def prose(seed: int) -> list[str]:
    """Passages of two to five sentences in a row out of Vim's handbook, without its lists of files and tables."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    for path in sorted((MANUALS / "doc").glob("*.txt*")):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        sentences = [each for each in _passages(text.decode("utf-8", "replace")) if _is_prose(each)]
        while sentences:
            count = rng.randint(2, 5)
            found[" ".join(sentences[:count])] = None
            del sentences[:count]
    texts = list(found)
    rng.shuffle(texts)
    return texts


def _is_prose(sentence: str) -> bool:
    words = sentence.split()
    return len(words) >= 6 and sum(word.strip(".,;:()\"'").isalpha() for word in words) >= 0.85 * len(words)


def _passages(text: str) -> list[str]:
    sentences = [" ".join(s.split()) for s in re.split(r"(?<=[.!?。？！:])\s+|\n\s*\n", text)]
    return list(dict.fromkeys(s for s in sentences if len(s) > 40 and sum(c.isalpha() for c in s) > 0.6 * len(s)))


def _messages(language: str) -> list[str]:
    """What Vim says in that language: the translations of its message catalogue, some a passage."""
    for name in (f"{language}.UTF-8", language):
        path = MANUALS / "lang" / name / "LC_MESSAGES" / "vim.mo"
        if path.exists():
            texts = [entry.msgstr for entry in polib.mofile(str(path)) if len(entry.msgstr) > 15]
            return [" ".join(texts[i : i + 3]) for i in range(1, len(texts), 3)]
    return []

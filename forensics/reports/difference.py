"""How two passages differ, word by word: what both say, what only the one or the other says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "changed", "added", "missing", "unkept"]
_KINDS: Mapping[str, Kind] = {"equal": "same", "replace": "changed", "delete": "added", "insert": "missing"}
MOST_WORDS = 10_000
"""Words of a passage that are compared: difflib takes some hundredths of a second for as many."""
_WORD = re.compile(r"\s*\S+")
_POINTS = " \t\r\n.,;:!?…\"'()[]«»“”„‘’¿¡"
"""What does not count at the ends of a word: an excerpt ends with a word, not with the point behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Words of both passages that belong together.

    `kind`: same, changed, added (only left), missing (only issued), unkept (issued, of what left no more is known).
    """

    kind: Kind
    left: str
    issued: str


def difference(left: str, issued: str, *, is_cut: bool = False) -> tuple[Stretch, ...]:
    """The stretches in order; case counts, white space and punctuation around words do not.

    `is_cut`: only the beginning of what left is known, so of the end of what was issued nothing can be said.
    """
    one, other = (_WORD.findall(text)[:MOST_WORDS] for text in (left, issued))
    matcher = SequenceMatcher(None, [_bare(word) for word in one], [_bare(word) for word in other], autojunk=False)
    found = [_stretch(_KINDS[tag], one[a:b], other[c:d]) for tag, a, b, c, d in matcher.get_opcodes()]
    if is_cut and found and found[-1].kind in ("changed", "missing"):
        *_, (_, a, b, c, d) = matcher.get_opcodes()
        known, beyond = other[c : c + b - a], other[c + b - a : d]
        found[-1:] = [_stretch("changed", one[a:b], known)] if known else []
        found += [_stretch("unkept", [], beyond)] if beyond else []
    return tuple(found)


def _stretch(kind: Kind, left: Sequence[str], issued: Sequence[str]) -> Stretch:
    return Stretch(kind=kind, left="".join(left).strip(), issued="".join(issued).strip())


def _bare(word: str) -> str:
    return word.strip(_POINTS) or word.strip()

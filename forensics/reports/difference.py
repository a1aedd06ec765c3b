"""How two passages differ, word by word: what both say, what only the one or the other says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST_WORDS = 10_000
"""Words of a passage that are compared: difflib takes some hundredths of a second for as many."""
_WORD = re.compile(r"\s*\S+")
_POINTS = " \t\r\n.,;:!?…\"'()[]«»“”„‘’¿¡"
"""What does not count at the ends of a word: an excerpt ends with a word, not with the point behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Words of both passages that belong together; `kind`: same, changed, added (only left), missing (only issued)."""

    kind: Literal["same", "changed", "added", "missing"]
    left: str
    issued: str


def difference(left: str, issued: str) -> tuple[Stretch, ...]:
    """The stretches in order; case counts, white space and punctuation around words do not."""
    one, other = (_WORD.findall(text)[:MOST_WORDS] for text in (left, issued))
    matcher = SequenceMatcher(None, [_bare(word) for word in one], [_bare(word) for word in other], autojunk=False)
    kinds: dict[str, Literal["same", "changed", "added", "missing"]] = {
        "equal": "same",
        "replace": "changed",
        "delete": "added",
        "insert": "missing",
    }
    return tuple(
        Stretch(kind=kinds[tag], left="".join(one[a:b]).strip(), issued="".join(other[c:d]).strip())
        for tag, a, b, c, d in matcher.get_opcodes()
    )


def _bare(word: str) -> str:
    return word.strip(_POINTS) or word.strip()

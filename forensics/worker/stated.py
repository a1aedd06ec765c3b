"""What a manifest says of its own issue: consent, agreement, notice, due date, scope. JSON alone says such things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from forensics.errors import Malformed
from forensics.formats import json_records
from forensics.formats.text_encoding import decode_text
from forensics.model import Artifact

Stated = Mapping[str, tuple[str, ...]]
"""By word: consent, agreement, notice, due, languages, purposes."""
MOST_BYTES: Final = 4 << 20
MOST_VALUES: Final = 1000
LONGEST: Final = 500
_WORDS: Final = {
    **dict.fromkeys(("consent", "consents", "consenttoken", "consenttokens"), "consent"),
    **dict.fromkeys(("agreement", "nda", "ndaversion"), "agreement"),
    **dict.fromkeys(("notice", "monitoringnotice", "noticeversion"), "notice"),
    **dict.fromkeys(("due", "duedate", "returnby", "deadline"), "due"),
    **dict.fromkeys(("languages", "language"), "languages"),
    **dict.fromkeys(("purposes", "purpose"), "purposes"),
}
_OF_SCOPE: Final = ("languages", "purposes")


def stated(piece: Artifact) -> Stated:
    """What the outermost object of a JSON manifest says of its issue; empty for what is none."""
    if piece.media_type != "application/json" or piece.content.size > MOST_BYTES:
        return {}
    try:
        value = json_records.parse(decode_text(piece.content.pread(MOST_BYTES, 0)) or "")
    except Malformed:
        return {}
    if not isinstance(value, dict):
        return {}
    found = {word: texts for word, texts in _said(value) if word not in _OF_SCOPE}
    scope = next((each for name, each in value.items() if _plain(name) == "scope"), None)
    return found | ({word: texts for word, texts in _said(scope) if word in _OF_SCOPE} if scope is not None else {})


def _said(value: Any) -> list[tuple[str, tuple[str, ...]]]:
    if not isinstance(value, dict):
        return []
    pairs = [(_WORDS.get(_plain(name), ""), _texts(each)) for name, each in value.items()]
    return [(word, texts) for word, texts in pairs if word and texts]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    texts = (str(each).strip() for each in values[:MOST_VALUES] if isinstance(each, (str, int, float)))
    return tuple(text for text in texts if text and len(text) <= LONGEST)

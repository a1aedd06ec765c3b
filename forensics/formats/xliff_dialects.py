"""What the dialects of translation tools say about a translation: whether anybody chose it, and who did when.

XLIFF 1.2 and 2.1 states; Trados Studio (`sdl:seg`), Phrase (`m:confirmed`), memoQ (`mq:status`), WorldServer (`iws`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

CANDIDATES = frozenset(("alt-trans", "match", "insertedmatch", "historical-unit"))
"""Elements whose targets nobody chose: proposals, matches of a memory, earlier versions."""
_UNCHOSEN_STATES = frozenset(("new", "needs-translation", "needs-adaptation", "needs-l10n", "initial"))
_MACHINE = re.compile(r"(?:leveraged|exact|fuzzy|id|tm|mt|ice)[-_](?:\w+-)?(?:match|mt|tm|suggestion|inherited)", re.I)
_DONE_STATES = frozenset(("translated", "final", "signed-off", "reviewed", "needs-review-translation"))
_UNCONFIRMED = frozenset(
    (
        *("notstarted", "pretranslated", "assembledfromfragments", "machinetranslated", "partiallyedited", "edited"),
        *("rejected", "pending"),
    )
)
_CHOSEN_SEGMENTS = frozenset(("translated", "approvedtranslation", "approvedsignoff"))
_WHO = re.compile(
    r"user|author|creat|modif|chang|translator|review|operator|phase-name|company|contact|owner|assign|person|login|mail|"
    r"machine|computer|host|product|build|(?:^|[-_.])(?:by|at|on|date|time|tool|tool-id|original)$|timestamp",
    re.I,
)
_PHRASE = "http://www.memsource.com/mxlf/"
_PHRASE_PAIR = re.compile(r"\{(?:\d{1,4}|[A-Za-z_^])>|<(?:\d{1,4}|[A-Za-z_^])\}")
_PHRASE_CODE = re.compile(r"\{\d{1,4}\}")


def is_unchosen(state: str, qualifier: str) -> bool:
    """Say whether the state of a target says that a machine put it there, or that it is still to be translated."""
    state = state.lower()
    return state in _UNCHOSEN_STATES or (state not in _DONE_STATES and bool(_MACHINE.fullmatch(qualifier)))


def is_unconfirmed(attributes: Mapping[str, str]) -> bool:
    """Say whether a unit's own attributes say that nobody has confirmed its translation."""
    if attributes.get("approved") == "yes":
        return False
    if attributes.get("confirmed", "1").lower() in ("0", "false"):
        return True
    status = attributes.get("status", "") or attributes.get("translation_status", "")
    return status.lower() in _UNCONFIRMED


def is_draft(segment: Mapping[str, str]) -> bool:
    """Say whether a segment of Trados Studio, told by its `sdl:seg`, is not translated, a draft or rejected."""
    return segment.get("conf", "").lower() not in _CHOSEN_SEGMENTS


def is_telling(key: str) -> bool:
    """Say whether an attribute names a person, a time, a machine or a tool."""
    return _WHO.search(key) is not None


def is_phrase(root: Mapping[str, str]) -> bool:
    """Say whether the root element is that of Phrase (Memsource), which writes its tags into the text."""
    return any(value.startswith(_PHRASE) for value in root.values())


def without_phrase_tags(text: str) -> str:
    """The text without `{1>`, `<1}` and `{1}`; a single tag keeps the words on its sides apart."""
    if "{" not in text and "}" not in text:
        return text
    return " ".join(_PHRASE_CODE.sub(" ", _PHRASE_PAIR.sub("", text)).split())

"""Rules of the kind `fuzzy`: a whole file known by a digest that stays near when the file is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from forensics.errors import Malformed
from forensics.rulebook.rule import Rule

if TYPE_CHECKING:
    from forensics.fingerprints.fuzzy import Fuzzy

FUZZY = "fuzzy"
DISTANCE, MOST_DISTANCE = 40, 100
"""One of 60,000 pairs of unrelated files is nearer than the first (rules/README.md), one of 1,000 than the second."""


class Like(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[rule.match]` of a rule of the kind `fuzzy`: the digest, and how far a file may be from it at most."""

    digest: str
    distance: int = DISTANCE


def problem(like: Like) -> str:
    """What is wrong with it; empty when nothing is."""
    try:
        digest_of(like)
    except Malformed as error:
        return f"has a digest that {error}"
    if not 0 <= like.distance <= MOST_DISTANCE:
        return f"asks for a distance of {like.distance}: beyond {MOST_DISTANCE} files have nothing in common"
    return ""


def like_of(rule: Rule) -> Like:
    """What a rule of this kind asks."""
    return msgspec.convert(rule.meta["match"], Like)


def digest_of(like: Like) -> Fuzzy:
    """The digest. Raises Malformed."""
    from forensics.fingerprints.fuzzy import Fuzzy

    return Fuzzy.read(like.digest)

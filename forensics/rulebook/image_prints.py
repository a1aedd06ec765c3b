"""Rules of the kind `image`: a picture known by what is lighter and darker in it, however it was saved or scaled."""

from __future__ import annotations

from pathlib import Path

import msgspec

from forensics.errors import Malformed, RuleError
from forensics.rulebook.prints import Printed
from forensics.rulebook.rule import Rule

IMAGE = "image"
DISTANCE, MOST_DISTANCE = 12.0, 40.0
"""Percent of a picture that may be otherwise; other screens of one layout lie between the two."""
DISTINCTIVE_TILES = 28
"""Parts, of 64, with marks in them, from which on a picture is told apart well."""


class Seen(Printed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[rule.match]` of a rule of the kind `image`: its print, and what percentage of it may be otherwise at most."""

    distance: float = DISTANCE


def problem(seen: Seen, folder: Path) -> str:
    """What is wrong with it; empty when nothing is."""
    try:
        tiles(seen.read(folder))
    except (Malformed, RuleError) as error:
        return str(error)
    if not 0 <= seen.distance <= MOST_DISTANCE:
        return f"asks for a distance of {seen.distance:g}: beyond {MOST_DISTANCE:g} pictures have nothing in common"
    return ""


def seen_by(rule: Rule) -> Seen:
    """What a rule of this kind asks."""
    return msgspec.convert(rule.meta["match"], Seen)


def print_of(rule: Rule) -> bytes:
    """The print of a rule of this kind. Raises RuleError."""
    try:
        return seen_by(rule).read(rule.path.parent)
    except RuleError as error:
        raise RuleError(f"{rule.path}:{rule.line}: {rule.id} {error}") from error


def tiles(data: bytes) -> int:
    """How many of the 64 parts of a print have marks. Raises Malformed for too few, or for what is no print."""
    from forensics.fingerprints.image.prints import LEAST_TILES, Print

    try:
        found = Print.unpack(data).tiles
    except Malformed as error:
        raise Malformed(f"has {error}") from error
    if found < LEAST_TILES:
        raise Malformed(f"has a print with marks in {found} of 64 parts: too flat to be known again")
    return found

"""Rules of the kind `audio`: a recording known by its acoustic codes, however it is encoded, cut or wrapped."""

from __future__ import annotations

from pathlib import Path

import msgspec

from forensics.errors import Malformed, RuleError
from forensics.rulebook.prints import Printed
from forensics.rulebook.rule import Rule

AUDIO = "audio"
LEAST_S = 0.8
"""Seconds of speech below which nothing is known again."""
DISTINCTIVE_S = 3.0
"""Seconds of speech that tell one sentence from another in a large index (forensics/fingerprints/audio/README.md)."""


class Heard(Printed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[rule.match]` of a rule of the kind `audio`: its print, and how many seconds of it must be there at least."""

    least_s: float = 0.0


def problem(heard: Heard, folder: Path) -> str:
    """What is wrong with it; empty when nothing is."""
    try:
        seconds = speech_s(heard.read(folder))
    except (Malformed, RuleError) as error:
        return str(error)
    if seconds < LEAST_S:
        return f"has a print of {seconds:.1f} s of speech, in which nothing is known again"
    if not 0 <= heard.least_s <= seconds:
        return f"asks for {heard.least_s:g} s of a print of {seconds:.1f} s of speech"
    return ""


def heard_by(rule: Rule) -> Heard:
    """What a rule of this kind asks."""
    return msgspec.convert(rule.meta["match"], Heard)


def codes_of(rule: Rule) -> bytes:
    """The acoustic codes of a rule of this kind. Raises RuleError."""
    try:
        return heard_by(rule).read(rule.path.parent)
    except RuleError as error:
        raise RuleError(f"{rule.path}:{rule.line}: {rule.id} {error}") from error


def speech_s(blob: bytes) -> float:
    """Seconds of speech in acoustic codes. Raises Malformed for what are none of this version."""
    from forensics.fingerprints.audio.codes import STEP, usable_count
    from forensics.fingerprints.audio.features import HOP, RATE_HZ

    return usable_count(blob) * STEP * HOP / RATE_HZ

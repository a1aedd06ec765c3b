"""What a person reads of an alert: what was recognised, and by which rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forensics.model import Match

REGISTERED = ("digest", "audio", "image", "text")


def reason(matches: Sequence[Match]) -> str:
    """The rules that found something, the gravest first, each with its title."""
    by_rule: dict[str, Match] = {}
    for match in sorted(matches, key=lambda m: -m.severity.rank):
        by_rule.setdefault(match.rule, match)
    return "; ".join(f"{rule}: {match.title or match.item or match.matcher}" for rule, match in by_rule.items())


def what(matches: Sequence[Match]) -> str:
    """What was recognised, as the subject of a sentence."""
    registered = [m for m in matches if m.matcher in ("digest", "audio", "image") and m.item]
    clips = takes(matches)
    files = _distinct(m.item for m in registered if not m.duration_s)
    texts = _distinct(m.item for m in matches if m.matcher == "text" and m.item)
    packages = _distinct(m.package for m in matches if m.matcher in REGISTERED and m.package)
    if len(clips) > 1:
        return f"{len(clips)} clips of {few(packages)}" if packages else f"clips {few(clips)}"
    if clips:
        return f"Clip {clips[0]}"
    if files:
        return f"Issued file {few(files)}"
    if texts:
        return f"Text {few(texts)}"
    strongest = max(matches, key=lambda m: m.severity.rank)
    return strongest.title or strongest.rule


def takes(matches: Sequence[Match]) -> list[str]:
    """The clips that were heard or are there byte by byte; of a take that is registered several times, the first."""
    found: dict[str, None] = {}
    family: set[str] = set()
    heard = [m for m in matches if m.matcher in ("digest", "audio") and m.item and m.duration_s]
    for match in sorted(heard, key=lambda m: m.sound is None):
        if match.item not in family:
            found[match.item] = None
            family.update(match.sound.family if match.sound else ())
    return [item for item in _distinct(m.item for m in heard) if item in found]


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def few(names: Sequence[str]) -> str:
    """The first two of some names, and how many more there are."""
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")

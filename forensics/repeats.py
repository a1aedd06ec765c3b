"""One clip heard in several views of a recording, its mix and a channel or two overlapping windows, is one match."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.model import Match

LEAST_SHARE = 0.5
"""Of the shorter of two matches, in the recording: from here on they are the same."""


def without_repeats(matches: Iterable[Match]) -> list[Match]:
    """The matches in their order, of the same sound only the best: accepted, then highest score.

    Of clips below the threshold, only the best place in each artifact stays, and none beside an accepted one.
    """
    matches = list(matches)
    kept: dict[tuple[int, str, str], list[Match]] = {}
    for match in sorted(matches, key=lambda each: (not each.accepted, -each.score)):
        if match.matcher != "audio":
            continue
        others = kept.setdefault((match.artifact, match.rule, match.item), [])
        is_repeat = any(_share(match, other) > LEAST_SHARE for other in others)
        if not is_repeat and (match.accepted or not others):
            others.append(match)
    stays = {id(match) for group in kept.values() for match in group}
    return [match for match in matches if match.matcher != "audio" or id(match) in stays]


def _share(one: Match, other: Match) -> float:
    """How much of the shorter match the two have in common, in the recording."""
    lengths = [each.duration_s / max(each.speed, 0.01) for each in (one, other)]
    ends = [each.query_start_s + length for each, length in zip((one, other), lengths, strict=True)]
    return (min(ends) - max(one.query_start_s, other.query_start_s)) / max(min(lengths), 0.001)

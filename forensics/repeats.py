"""One clip heard in several views of a recording, its mix and a channel or two overlapping windows, is one match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from forensics.model import Match

LEAST_SHARE = 0.5
"""Of the shorter of two matches, in the recording: from here on they are the same."""
OUT_OF_STEP_S = 0.3
"""Seconds of the clip by which two stretches of it may be out of step and still be one."""
LONGEST_GAP_S = 1.0
"""Seconds between two stretches of a clip that are still one."""


def without_repeats(matches: Iterable[Match]) -> list[Match]:
    """The matches in their order, of the same sound only the best: accepted, then highest score.

    Accepted stretches of one playing of a clip, which a window cut, become one match: the best, as long as all of
    them. Of clips below the threshold, only the best place in each artifact stays, and none beside an accepted one.
    """
    matches = list(matches)
    stays: dict[int, Match] = {}
    kept: dict[tuple[int, str, str], list[int]] = {}
    for number in sorted(range(len(matches)), key=lambda each: (not matches[each].accepted, -matches[each].score)):
        match = matches[number]
        if match.matcher != "audio":
            stays[number] = match
            continue
        others = kept.setdefault((match.artifact, match.rule, match.item), [])
        same = [each for each in others if _is_one(stays[each], match)]
        if same:
            stays[same[0]] = _joined(stays[same[0]], match)
            for each in same[1:]:
                if _continues(stays[same[0]], stays[each]):
                    others.remove(each)
                    stays[same[0]] = _joined(stays[same[0]], stays.pop(each))
        elif match.accepted or not others:
            others.append(number)
            stays[number] = match
    return [stays[number] for number in sorted(stays)]


def _is_one(one: Match, other: Match) -> bool:
    """Say whether they share most of the shorter, or are stretches of one playing of the clip."""
    return _share(one, other) > LEAST_SHARE or _continues(one, other)


def _share(one: Match, other: Match) -> float:
    """How much of the shorter match the two have in common, in the recording."""
    lengths = [_end_s(each) - each.query_start_s for each in (one, other)]
    return _common_s(one, other) / max(min(lengths), 0.001)


def _continues(one: Match, other: Match) -> bool:
    if not one.accepted or not other.accepted or _common_s(one, other) < -LONGEST_GAP_S:
        return False
    later_s = max(one.query_start_s, other.query_start_s)
    first_s, second_s = (each.clip_start_s + (later_s - each.query_start_s) * each.speed for each in (one, other))
    return abs(first_s - second_s) <= OUT_OF_STEP_S


def _joined(best: Match, other: Match) -> Match:
    """The best, as long as both; the *why* of both where the other adds to it."""
    if not _continues(best, other):
        return best
    clip_start_s = min(best.clip_start_s, other.clip_start_s)
    clip_end_s = max(each.clip_start_s + each.duration_s for each in (best, other))
    if clip_end_s - clip_start_s < best.duration_s + OUT_OF_STEP_S:
        return best
    return replace(
        best,
        query_start_s=min(best.query_start_s, other.query_start_s),
        clip_start_s=clip_start_s,
        duration_s=round(clip_end_s - clip_start_s, 3),
        why=best.why + other.why,
    )


def _common_s(one: Match, other: Match) -> float:
    """Seconds of the recording in both; negative where there is a gap between them."""
    return min(_end_s(one), _end_s(other)) - max(one.query_start_s, other.query_start_s)


def _end_s(match: Match) -> float:
    return match.query_start_s + match.duration_s / max(match.speed, 0.01)

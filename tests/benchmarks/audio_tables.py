"""The tables of the audio bench, at most 100 columns wide."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.audio_results import Reply, percent, recall

GOALS = {
    **dict.fromkeys(("exact", "mp3_32k", "mp3_16k", "opus_12k", "gsm", "ulaw", "resample", "ex3"), 100.0),
    **dict.fromkeys(("speex", "ex2", "speed_3", "embed60", "voicenote"), 99.5),
    **dict.fromkeys(("speed_5", "tempo_5", "white_10", "babble_5", "music_5"), 99.0),
    **dict.fromkeys(("ex1", "pitch_1", "rerecord"), 98.0),
    **dict.fromkeys(("speed_10", "phone"), 97.0),
    **dict.fromkeys(("speed_25", "white_0", "babble_0", "music_0", "regsm_2s", "note_1.5s"), 95.0),
    **dict.fromkeys(("ex05", "tempo_15", "pitch_3", "phone_2s"), 90.0),
    "white_m5": 80.0,
}
OURS = "earwitness"
Answers = dict[str, list[Reply]]
"""Replies to the same questions, by the system's name."""


def refusals_head(systems: list[str]) -> str:
    """The head of the table of negatives."""
    others = "".join(f"{name[:9]:>10s}" for name in systems)
    return (
        f"{'negatives':24s}{'count':>6s}{'seconds':>8s}{'false':>6s}{'same take':>10s}"
        f"{'highest':>9s}{'CPU ms':>8s}{others}"
    )


def refusals(name: str, seconds: float, replies: list[Reply], same: int, peers: Answers) -> str:
    """One family: accepted at the shipped threshold, of them really there, and the highest scores of all systems."""
    highest = max((reply.score for reply in replies), default=0.0)
    others = "".join(f"{max((reply.score for reply in own), default=0.0):10.1f}" for own in peers.values())
    return (
        f"{name:24s}{len(replies) + same:6d}{seconds:8.0f}{sum(reply.is_accepted for reply in replies):6d}{same:10d}"
        f"{highest:9.2f}{np.mean([reply.cpu_ms for reply in replies] or [0.0]):8.1f}{others}"
    )


def kinds_head(systems: list[str]) -> str:
    """The head of the table of distortions."""
    others = "".join(f"{name[:9]:>10s}" for name in systems)
    return (
        f"{'distortion':10s}{'n':>4s}  {'at 0.1 % false':14s}  {'as shipped':14s}{'stray':>6s}"
        f"{'offset':>7s}{'worst':>7s}{'CPU ms':>8s}{others}{'goal':>7s}"
    )


def kind(name: str, systems: Answers, above: dict[str, float]) -> str:
    """One distortion: recall with intervals, strays, offset errors in ms of right answers, CPU, and the peers."""
    replies, least = systems[OURS], above[OURS]
    offsets = [reply.offset_ms for reply in replies if reply.is_right and reply.score > least] or [float("nan")]
    others = "".join(f"{_recall(own, above[system]):10.0f}" for system, own in systems.items() if system != OURS)
    return (
        f"{name:10s}{len(replies):4d}  {percent(recall(replies, least), len(replies))}  "
        f"{percent(_shipped(replies), len(replies))}{sum(reply.is_stray for reply in replies):6d}"
        f"{np.median(offsets):7.0f}{max(offsets):7.0f}{np.mean([reply.cpu_ms for reply in replies]):8.1f}"
        f"{others}{GOALS.get(name, float('nan')):7.1f}"
    )


def mean(title: str, kinds: dict[str, Answers], above: dict[str, float]) -> str:
    """The mean of the kinds, for every system."""
    ours, *others = [
        np.mean([_recall(systems[system], least) for systems in kinds.values()]) for system, least in above.items()
    ]
    shipped = np.mean([100 * _shipped(systems[OURS]) / len(systems[OURS]) for systems in kinds.values()])
    return f"{title:14s}  {ours:5.1f}{'':11s}{shipped:5.1f}{'':37s}" + "".join(f"{share:10.0f}" for share in others)


def _recall(replies: list[Reply], above: float) -> float:
    return 100 * recall(replies, above) / max(1, len(replies))


def _shipped(replies: list[Reply]) -> int:
    return sum(reply.is_accepted and reply.is_right for reply in replies)

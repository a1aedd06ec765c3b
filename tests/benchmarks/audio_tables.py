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
Answers = dict[str, list[Reply]]
"""One system's replies, by the system's name."""


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


def kind(name: str, replies: list[Reply], above: float, peers: Answers, peers_above: dict[str, float]) -> str:
    """One distortion: recall with intervals, strays, offset errors in ms of right answers, CPU, and the peers."""
    right = [reply.offset_ms for reply in replies if reply.is_right and reply.score > above]
    offsets = right or [float("nan")]
    accepted = sum(reply.is_accepted and reply.is_right for reply in replies)
    others = "".join(
        f"{100 * recall(own, peers_above[system]) / max(1, len(own)):10.0f}" for system, own in peers.items()
    )
    return (
        f"{name:10s}{len(replies):4d}  {percent(recall(replies, above), len(replies))}  "
        f"{percent(accepted, len(replies))}{sum(reply.is_stray for reply in replies):6d}"
        f"{np.median(offsets):7.0f}{max(offsets):7.0f}{np.mean([reply.cpu_ms for reply in replies]):8.1f}"
        f"{others}{GOALS.get(name, float('nan')):7.1f}"
    )


def mean(rows: dict[str, list[Reply]], above: float, peers: dict[str, Answers], peers_above: dict[str, float]) -> str:
    """The mean of the kinds, for every system."""

    def share(replies: list[Reply], least: float) -> float:
        return 100 * recall(replies, least) / max(1, len(replies))

    ours = np.mean([share(replies, above) for replies in rows.values()])
    shipped = np.mean(
        [100 * np.mean([reply.is_accepted and reply.is_right for reply in replies]) for replies in rows.values()]
    )
    others = "".join(
        f"{np.mean([share(peers[kind][system], least) for kind in rows]):10.0f}"
        for system, least in peers_above.items()
    )
    return f"{f'mean of {len(rows)}':14s}  {ours:5.1f}{'':11s}{shipped:5.1f}{'':37s}{others}"

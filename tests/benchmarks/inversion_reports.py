"""The identification attacks on the corpus, and what they find."""

from __future__ import annotations

import numpy as np

from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Clip, kept, prompts, split, synthetic, transcripts
from tests.benchmarks.inversion_attacks import Attack, Ridge
from tests.benchmarks.inversion_identity import SPEAKERS, Listener, Suspects, Voices, cepstra
from tests.benchmarks.inversion_pairs import Pairs, Values, contexts, log_spectrum, pairs
from tests.benchmarks.inversion_refinement import Errors, Refined

ASKED = 25
"""Clips of each human voice whose sentence is sought."""


def spoken(part: str, least_s: float) -> list[tuple[Clip, str]]:
    """Human clips of a half whose words are known, each sentence of a voice once."""
    texts = transcripts()
    found: dict[tuple[str, str], Clip] = {}
    for clip in split(prompts(least_s), part):
        if clip.name in texts:
            found.setdefault((clip.voice, texts[clip.name]), clip)
    return [(clip, text) for (_, text), clip in found.items()]


def said(clips: list[tuple[Clip, str]], number: int) -> list[Clip]:
    """The same sentences by the first or second synthetic voice of their language."""
    voices = [SPEAKERS[clip.voice][number] for clip, _ in clips]
    pairs_of = list(zip(clips, voices, strict=True))
    key = shelf.digest([(text, voice) for (_, text), voice in pairs_of])
    return kept(
        "inversion/said",
        key,
        lambda: [Clip(clip.name, voice, synthetic(text, voice)) for (clip, text), voice in pairs_of],
    )


def sentences() -> None:
    """Print how often the sentence of a clip is found among those of its language."""
    known, asked = spoken("tune", 1.0), spoken("report", 2.0)
    known_pairs, asked_pairs = _pairs([clip for clip, _ in known]), _pairs([clip for clip, _ in asked])
    first, second = said(asked, 0), said(asked, 1)
    by_first, by_second = ([_cepstra(clip) for clip in clips] for clips in (first, second))
    own, words = [cepstra(one.spectrum) for one in known_pairs], [_cepstra(clip) for clip in said(known, 0)]
    from_codes = Listener([_codes(one) for one in known_pairs], own, words)
    from_sound = Listener([_sound(one) for one in known_pairs], own, words, penalty=30.0)
    ridge = Ridge(known_pairs)
    picture = Refined(ridge, Errors(known_pairs, ridge))
    synthetic_pairs = _pairs(second)
    ways = {
        "by length alone": None,
        "from codes": lambda number: (from_codes.hear(_codes(asked_pairs[number])), by_first),
        "from the picture of codes": lambda number: (
            from_sound.hear(_sound(_again(picture, asked_pairs[number]))),
            by_first,
        ),
        "the same from the sound": lambda number: (from_sound.hear(_sound(asked_pairs[number])), by_first),
        "synthetic, from codes": lambda number: (cepstra(_again(picture, synthetic_pairs[number]).spectrum), by_first),
        "synthetic, from the sound": lambda number: (by_second[number], by_first),
    }
    print(f"{'the sentence':28s}{'clips':>8s}{'of':>5s}{'found %':>9s}{'in 5 %':>8s}{'median rank':>13s}")
    for name, way in ways.items():
        ranks, most = [], 0
        for voice in SPEAKERS:
            numbers = [number for number, (clip, _) in enumerate(asked) if clip.voice == voice]
            most = max(most, len(numbers))
            for number in np.random.default_rng(1).permutation(numbers)[:ASKED]:
                text = asked[number][1]
                heard, suspects = way(number) if way else (None, by_first)
                known_ones = Suspects([asked[one][1] for one in numbers], [[suspects[one] for one in numbers]])
                ranks.append(
                    known_ones.rank_by_length(len(cepstra(asked_pairs[number].spectrum)), text)
                    if heard is None
                    else known_ones.rank(heard, text)
                )
        found = np.array(ranks)
        shares = f"{100 * np.mean(found == 0):9.0f}{100 * np.mean(found < 5):8.0f}{np.median(found) + 1:13.0f}"
        print(f"{name:28s}{len(found):8d}{most:5d}{shares}", flush=True)


def speakers() -> None:
    """Print how often a known voice is named, of all and of those that speak the same language."""
    known, asked = (
        [clip for group in (clips, said_first, said_second) for clip in group]
        for clips, said_first, said_second in (
            ([clip for clip, _ in half], said(half, 0), said(half, 1))
            for half in (spoken("tune", 1.0), spoken("report", 2.0))
        )
    )
    voices = Voices([one.bits for one in _pairs(known)], [clip.voice for clip in known])
    heard = list(zip(_pairs(asked), [clip.voice for clip in asked], strict=True))
    of_all = [voices.name(clip.bits, voices.names) == voice for clip, voice in heard]
    of_language = [voices.name(clip.bits, _same_language(voice)) == voice for clip, voice in heard]
    print(f"\nthe voice, of {len(voices.names)}: {100 * np.mean(of_all):.0f} % of {len(heard)} clips named", end="")
    print(f" (by chance {100 / len(voices.names):.0f}),", end=" ")
    print(f"of the three of its language: {100 * np.mean(of_language):.0f} % (by chance 33)")


def _same_language(voice: str) -> list[str]:
    return next([human, *others] for human, others in SPEAKERS.items() if voice in (human, *others))


def _pairs(clips: list[Clip]) -> list[Pairs]:
    return [pairs(np.asarray(clip.samples)) for clip in clips]


def _cepstra(clip: Clip) -> Values:
    return cepstra(log_spectrum(np.asarray(clip.samples)))


def _codes(clip: Pairs) -> Values:
    return contexts(clip.bits).astype(np.float32)


def _sound(clip: Pairs) -> Values:
    values = np.pad(cepstra(clip.spectrum).reshape(len(clip.bits), -1), ((2, 2), (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(values, 5, axis=0).reshape(len(clip.bits), -1)


def _again(attack: Attack, clip: Pairs) -> Pairs:
    """What an attack makes of a clip's codes, in place of the truth."""
    return Pairs(clip.bits, attack.predict(clip.bits))

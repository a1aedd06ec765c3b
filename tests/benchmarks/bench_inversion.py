"""Attack the endpoint index: how much of the speech can be had back from the codes of registered clips?

    make bench-inversion

The attacker has the shipped encoders and the tune half of the corpus with its codes; he attacks the report half, save
the takes that he has himself. What the attacks are stands in `inversion_attacks`, `inversion_refinement` and
`inversion_identity`, how sound is made and judged in `inversion_sound`; what came of it in
forensics/fingerprints/audio/README.md. About ten minutes of one core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.network import BITS
from tests.benchmarks import inversion_reports as reports
from tests.benchmarks.audio_corpus import Clip, Samples, long_prompts, prompts, split, words
from tests.benchmarks.audio_takes import takes
from tests.benchmarks.inversion_attacks import Attack, Bits, Mean, Neighbours, Perceptron, Ridge
from tests.benchmarks.inversion_pairs import WIDTH, Pairs, Values, log_spectrum, pairs
from tests.benchmarks.inversion_refinement import Errors, Refined
from tests.benchmarks.inversion_sound import sound, stoi, two_bits, vocoded

SHIFTS = (0, 320)
"""Samples cut off the attacker's clips, to see them under the other encoder too."""
KNOWN_VOICES, OTHER_VOICES, FEWER_BITS = 40, 20, 20
"""Clips attacked: of voices that the attacker has other speech of, of voices he never heard, and with fewer bits."""
FEWER = ((64, 64), (64, 0), (32, 0), (16, 0), (8, 0))
"""Rough and fine bits that are left."""
ERRORS_SHARE = 4
"""Every so many of the attacker's clips show him how he errs."""
YARDSTICKS: dict[str, Callable[[Samples], Samples]] = {
    "its own spectrum": lambda samples: sound(pairs(samples).spectrum),
    "spectrum of 2 bits": two_bits,
    **{f"vocoder, {bands} bands": partial(vocoded, bands=bands) for bands in (1, 2, 4, 8, 16)},
}
HEAD = (
    f"{'':28s}{'bands r':>9s}{'control':>9s}{'spectrum r':>12s}{'control':>9s}{'dB off':>8s}{'STOI':>7s}{'control':>9s}"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A clip attacked."""

    samples: Samples
    pairs: Pairs


def correlation(guess: Values, truth: Values) -> float:
    """Pearson's, of what is left of two pictures when each band's mean is taken away."""
    count = min(len(guess), len(truth))
    one, other = (part[:count] - part[:count].mean(axis=0) for part in (guess, truth))
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum() + 1e-9))


def keeping(rough: int, fine: int) -> Bits:
    """A mask that leaves so many low bits of each rough and fine code."""
    return np.concatenate([np.arange(BITS) < rough, np.arange(BITS) < fine]).astype(np.int8)


def attacked(attack: Attack, targets: list[Target], mask: Bits) -> str:
    """A line on an attack: correlations, distance, intelligibility, and the same with the codes of another clip."""
    guesses = [attack.predict(target.pairs.bits * mask).reshape(-1, WIDTH) for target in targets]
    rows = []
    for number, (guess, target) in enumerate(zip(guesses, targets, strict=True)):
        other = np.resize(guesses[number - 1], guess.shape)
        row = [
            measure(picture[:, part], truth)
            for part, truth in (
                (slice(features.BANDS), target.pairs.bands),
                (slice(features.BANDS, None), target.pairs.spectrum),
            )
            for measure, picture in ((correlation, guess), (correlation, other))
        ]
        off = 10 / np.log(10) * np.abs(guess - target.pairs.truth.reshape(-1, WIDTH))[:, features.BANDS :].mean()
        heard = [stoi(target.samples, sound(picture[:, features.BANDS :])) for picture in (guess, other)]
        rows.append([*row, off, *heard])
    bands, bands_c, spectrum, spectrum_c, off, heard, heard_c = np.mean(rows, axis=0)
    return f"{bands:9.2f}{bands_c:9.2f}{spectrum:12.2f}{spectrum_c:9.2f}{off:8.1f}{heard:7.2f}{heard_c:9.2f}"


def chosen(clips: list[Clip], count: int) -> list[Target]:
    """So many of the clips, the same each time."""
    order = np.random.default_rng(0).permutation(len(clips))[:count]
    samples = [np.asarray(clips[number].samples) for number in order]
    return [Target(one, pairs(one)) for one in samples]


def main() -> None:
    """Attack and print."""
    single = words()
    heard = {clip.name for clip in split([Clip(one.voice, one.voice, one.samples) for one in single], "tune")}
    own = [*split(prompts(0.8) + long_prompts(), "tune"), *(clip for clip in single if clip.voice in heard)]
    known = [pairs(np.asarray(clip.samples)[shift:]) for clip in own for shift in SHIFTS]
    report = split(prompts(), "report")
    owned = takes(report, own)
    known_voices = chosen([clip for clip in report if clip.name not in owned], KNOWN_VOICES)
    other_voices = chosen([clip for clip in single if clip.voice not in heard], OTHER_VOICES)
    print(f"the attacker has {sum(clip.seconds for clip in own):.0f} s of speech with codes\n\n{HEAD}")
    ridge = Ridge(known)
    spectra(known, ridge, known_voices, other_voices)
    print()
    for name, make in YARDSTICKS.items():
        print(f"{name:28s}{yardstick(make, known_voices)}", flush=True)
    print("\nif the endpoint held fewer bits (ridge, then by the encoders)")
    for rough, fine in FEWER:
        mask = keeping(rough, fine)
        fewer = ridge.seeing(mask)
        shown = [Pairs(clip.bits * mask, clip.truth) for clip in known[::ERRORS_SHARE]]
        name = f"{rough:2d} rough, {fine:2d} fine: {(rough + fine) * 12.5:.0f} bit/s"
        refined = Refined(fewer, Errors(shown, fewer))
        print(f"{name:28s}{attacked(refined, known_voices[:FEWER_BITS], mask)}", flush=True)
    print()
    reports.sentences()
    reports.speakers()


def spectra(known: list[Pairs], ridge: Ridge, known_voices: list[Target], other_voices: list[Target]) -> None:
    """Print what each attack sees again."""
    several, everything = Neighbours(known, 12), keeping(BITS, BITS)
    perceptron = Perceptron(known, epochs=5)
    three = Mean(ridge, several, perceptron)
    refined = Refined(three, Errors(known[::ERRORS_SHARE], ridge))
    attacks: dict[str, Attack] = {
        "ridge": ridge,
        "nearest codes, spliced": several.taking(1),
        "nearest codes, mean of 12": several,
        "network": perceptron,
        "mean of three": three,
        "that, then by the encoders": refined,
    }
    for name, attack in attacks.items():
        print(f"{name:28s}{attacked(attack, known_voices, everything)}", flush=True)
    print(f"{'the same, unheard voices':28s}{attacked(refined, other_voices, everything)}", flush=True)


def yardstick(make: Callable[[Samples], Samples], targets: list[Target]) -> str:
    """A line on sound made of the speech itself: correlation of its spectrum, and intelligibility."""
    made = [(one, make(one.samples)) for one in targets]
    spectrum = np.mean([correlation(log_spectrum(samples), one.pairs.spectrum) for one, samples in made])
    return f"{spectrum:30.2f}{np.mean([stoi(one.samples, samples) for one, samples in made]):24.2f}"


if __name__ == "__main__":
    main()

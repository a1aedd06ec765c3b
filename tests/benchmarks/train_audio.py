"""Train the projection that ships with the acoustic index, and write it as package data.

    python -m tests.benchmarks.train_audio [OUTPUT]

Linear discriminant analysis: patches of clean speech are the classes (`between`), the change that codecs, rooms,
noise, babble, music and speed work on the same patch is the nuisance (`within`). The generalised eigenvectors give
64 directions in which patches differ most and harm least; the sign of each is one bit of a code. Trained on the
`tune` half of the corpus and synthetic voices; the other half is for reports. A new projection is a new index
format: raise `codes.VERSION`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.linalg import eigh

from forensics.fingerprints.audio import features
from tests.benchmarks import audio_corpus as corpus
from tests.benchmarks.audio_corpus import Clip
from tests.benchmarks.audio_distortions import Distortion, catalogue

SEED = 20
CLIPS = 190
SHRINKAGE = 0.1
BITS = 64
BACKGROUND = 1024
HARMS = ("rerecord", "white_0", "white_0", "white_10", "babble_5", "music_5", "opus_12k", "gsm")
SPEEDS = ("speed_3", "speed_5", "speed_10")
TEXTS = (
    "The committee reviewed nineteen applications last Thursday and asked for further documents.",
    "Please turn the volume down and remind me to call my sister at a quarter past seven.",
    "Wir fahren morgen mit dem Zug nach Hause, wenn das Wetter so bleibt.",
    "Mañana por la tarde vamos a comprar pan, queso y dos botellas de agua.",
)


def training_clips(random: Generator) -> list[Clip]:
    """Human voices of the tune half, and every synthetic voice twice."""
    pool = corpus.split(corpus.prompts() + corpus.long_prompts(), "tune")
    chosen = [pool[index] for index in random.permutation(len(pool))[:CLIPS]]
    for number, voice in enumerate(corpus.ESPEAK_VOICES * 2):
        speech = corpus.synthetic(TEXTS[number % 4], voice, speed=130 + 13 * (number % 6), pitch=20 + 11 * (number % 7))
        chosen.append(Clip(f"synthetic-{number}", voice, speech))
    return chosen


def harmed_pairs(
    clip: Clip, distortion: Distortion, random: Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Clean patches and the same patches after harm, up to one frame off."""
    clean, is_usable = features.patches(clip.samples, step=1)
    samples, _, speed = distortion(clip.samples, random)
    harmed, is_harmed_usable = features.patches(samples, step=1)
    usable = np.flatnonzero(is_usable)
    picked = random.choice(usable, min(50, len(usable)), replace=False)
    middle = features.PATCH_S / 2 / features.HOP_S
    there = np.rint((picked + middle) / speed - middle).astype(int) + random.integers(-1, 2, len(picked))
    inside = (there >= 0) & (there < len(harmed))
    inside[inside] &= is_harmed_usable[there[inside]]
    return clean[picked[inside]], harmed[there[inside]]


def train(random: Generator) -> dict[str, NDArray[np.generic]]:
    """The arrays of the package data: projection (patch, bit), threshold (bit) and background codes."""
    size = features.PATCH_SPECTRA * features.BANDS
    within, count, clean = np.zeros((size, size)), 0, []
    clips = training_clips(random)
    kinds = catalogue([clip.samples for clip in clips], [clip.samples for clip in corpus.music()[::2]])
    for clip in clips:
        patches, is_usable = features.patches(clip.samples, step=6)
        clean.append(patches[is_usable])
        if not is_usable.any():
            continue
        chosen = [*random.choice(HARMS, 5, replace=False), *random.choice(SPEEDS, 2)]
        for kind in chosen:
            before, after = harmed_pairs(clip, kinds[kind], random)
            change = (after - before).astype(np.float64)
            within += change.T @ change
            count += len(change)
    everything = np.concatenate(clean)
    mean, between = everything.mean(axis=0), np.cov(everything.T.astype(np.float64))
    within /= count
    within += SHRINKAGE * np.trace(within) / size * np.eye(size)
    _, vectors = eigh(between, within, subset_by_index=(size - BITS, size - 1))
    projection = vectors[:, ::-1] / np.sqrt(np.einsum("ij,ik,kj->j", vectors, between, vectors))[::-1]
    projection = (projection / np.abs(projection).max(axis=0) * 127).round().astype(np.int8)
    threshold = (mean @ projection.astype(np.float32)).astype(np.float32)
    bits = everything[random.permutation(len(everything))[:BACKGROUND]] @ projection.astype(np.float32) > threshold
    background = np.packbits(bits, axis=1, bitorder="little").view(np.uint64).ravel()
    return {"projection": projection, "threshold": threshold, "background": background}


def main() -> None:
    """Train and write."""
    default = Path(features.__file__).with_name("projection.npz")
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    np.savez_compressed(output, **train(np.random.default_rng(SEED)))  # type: ignore[arg-type]
    print(f"{output.name}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()

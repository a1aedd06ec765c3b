"""Listens to speech without end for a while: memory must stay flat, every planted clip be named once, none else.

`python -m tests.benchmarks.soak_audio --minutes 30`; ends with 1 when something was missed, named wrongly, or memory
grew. Speech is synthetic: registered sentences of one half of the texts (see `audio_texts`), talk of the
other without any phrase of those: a synthesiser makes the same sounds of them every time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from forensics.fingerprints.audio.blocks import AHEAD, OVERLAP_S
from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.features import HOP_S, RATE_HZ
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import AudioMatch, Listening
from tests.benchmarks.audio_corpus import Samples, synthetic
from tests.benchmarks.audio_distortions import mixed, transcode
from tests.benchmarks.audio_texts import PHRASE_LETTERS, Sentence, phrases, sentences

BLOCK_S = 12.0
REGISTERED, TALK = 60, 120
LETTERS = 40
PLANTED_SHARE = 0.1
LONGEST_PACKET = 16_000
FIRST_S = 600.0
"""Memory is measured from so much sound on, against what it is then."""
MOST_GROWTH_MIB = 8.0
PATIENCE_S = BLOCK_S + OVERLAP_S + AHEAD * HOP_S + LONGEST_PACKET / RATE_HZ + 1.0


@dataclass(slots=True)
class Tally:
    """What was planted and what was named."""

    due: list[tuple[str, float, float]] = field(default_factory=list)
    planted: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def name(self, match: AudioMatch, heard_s: float) -> None:
        """Count a match; it must be due, in its place and in time."""
        for each in self.due:
            item, begin_s, end_s = each
            at_s = match.query_start_s - match.clip_start_s / match.speed
            if item == match.item and abs(at_s - begin_s) < 0.5 and heard_s <= end_s + PATIENCE_S:
                self.due.remove(each)
                return
        self.wrong.append(f"{match.item} at {match.query_start_s} s, score {match.score}")

    def give_up(self, heard_s: float) -> None:
        """What should have been named by now was missed."""
        late = [each for each in self.due if each[2] + PATIENCE_S < heard_s]
        self.missed += [f"{item} at {begin_s:.1f} s" for item, begin_s, _ in late]
        self.due = [each for each in self.due if each not in late]


def main() -> int:
    """Run and print one line a minute; 0 when all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    texts = chosen(sentences("filler"), REGISTERED)
    taken = set().union(*map(phrases, texts))
    talk = [spoken(text) for text in chosen(sentences("negative"), TALK) if not taken & phrases(text)]
    clips = [spoken(text) for text in texts]
    index = AudioIndex.build((f"clip-{number}", fingerprint(samples)) for number, samples in enumerate(clips))
    random, tally, listening = np.random.default_rng(asked.seed), Tally(), Listening(index, block_s=BLOCK_S)
    heard, base_mib, mib = 0, 0.0, 0.0
    until = told = time.monotonic()
    until += 60 * asked.minutes
    for packet in packets(clips, talk, random, tally):
        heard += len(packet)
        seconds = heard / RATE_HZ
        for match in listening.push(packet):
            tally.name(match, seconds)
        tally.give_up(seconds)
        mib = resident_mib()
        base_mib = base_mib or (mib if seconds > FIRST_S else 0.0)
        if time.monotonic() > told:
            told += 60
            print(said(seconds, mib, tally), flush=True)
        if time.monotonic() > until:
            break
    for match in listening.finish():
        tally.name(match, heard / RATE_HZ)
    print(said(heard / RATE_HZ, mib, tally), *tally.missed, *tally.wrong, sep="\n")
    has_grown = bool(base_mib) and mib > base_mib + MOST_GROWTH_MIB
    return int(has_grown or bool(tally.missed) or bool(tally.wrong))


def packets(clips: list[Samples], talk: list[Samples], random: np.random.Generator, tally: Tally) -> Iterator[Samples]:
    """Talk without end with registered clips in it, in packets of any size."""
    rest, written = np.zeros(0, np.int16), 0
    while True:
        while len(rest) < LONGEST_PACKET:
            piece = talk[random.integers(len(talk))]
            if random.random() < PLANTED_SHARE:
                number = int(random.integers(len(clips)))
                piece = changed(clips[number], random)
                begin = written + len(rest)
                tally.due.append((f"clip-{number}", begin / RATE_HZ, (begin + len(piece)) / RATE_HZ))
                tally.planted += 1
            rest = np.concatenate([rest, piece])
        size = int(random.integers(1, LONGEST_PACKET))
        yield rest[:size]
        rest, written = rest[size:], written + size


def changed(clip: Samples, random: np.random.Generator) -> Samples:
    """A clip as it is, quieter, in noise, or through Opus."""
    match int(random.integers(4)):
        case 0:
            return clip
        case 1:
            return (clip * 0.2).astype(np.int16)
        case 2:
            return mixed(clip, random.standard_normal(len(clip)), 20.0)
        case _:
            return transcode(clip, "libopus", "ogg", rate_hz=16000, bit_rate=16000)


def chosen(texts: list[Sentence], count: int) -> list[Sentence]:
    """That many of the sentences, of all languages, long enough for 2 seconds."""
    long = [text for text in texts if len(text.text) >= LETTERS or text.voice in PHRASE_LETTERS]
    return long[:: len(long) // count][:count]


def spoken(sentence: Sentence) -> Samples:
    """A sentence in its voice. The same words in it sound alike to the sample, wherever they stand."""
    return synthetic(sentence.text, sentence.voice)


def resident_mib() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def said(seconds: float, mib: float, tally: Tally) -> str:
    """How it goes, in one line."""
    missed, wrong = len(tally.missed), len(tally.wrong)
    return f"{seconds / 3600:.2f} h heard, {mib:.0f} MiB, {tally.planted} planted, {missed} missed, {wrong} wrong"


if __name__ == "__main__":
    sys.exit(main())

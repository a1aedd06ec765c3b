"""The fine encoder: this recording, not another take of the same words.

It begins as the rough one. Besides other codes of the batch it is shown, as wrong codes that weigh thirtyfold, what
sounds nearly the same at the same place: other takes found in the tune half (`takes.py`), and the clip itself with
timing and voice bent (`bent`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.features import BANDS
from forensics.fingerprints.audio.network import BITS, STRIDE
from tests.benchmarks.training.batches import CLEAN_FRAMES, MOMENTS, Batch, Logs, Places, coloured, cut, moments
from tests.benchmarks.training.learning import BALANCE, Plan, balance, contrast, hear, learn
from tests.benchmarks.training.networks import Encoder, State, signs
from tests.benchmarks.training.pairs import Pair
from tests.benchmarks.training.takes import Take

PLANS = (Plan(steps=550, rate=1.5e-3), Plan(steps=1150, rate=1.5e-3, seed=2))
"""Learnt twice in a row, the second time from where the first ended."""
STRETCHES, TAKEN, BENT = 88, 44, 40
"""Stretches of a batch; how many of them have another take, and how many are bent (the last ones)."""
WRONG = 6
"""Wrong codes of nearly the same sound for a moment: three of another take, three of itself bent."""
WEIGHT = math.log(30)


@dataclass(frozen=True, slots=True)
class Lesson:
    """Pairs, those among them whose source has other takes, those takes by source, and the log bands of sources."""

    pairs: list[Pair]
    takes: Mapping[int, list[Take]]
    clean: Mapping[int, NDArray[np.float16]]

    @property
    def taken(self) -> list[int]:
        """Numbers of pairs with another take."""
        return [n for n, pair in enumerate(self.pairs) if not pair.is_revoiced and pair.source in self.takes]


class FineBatch(Batch):
    """A batch, and for each moment its wrong codes: row, output and whether there is one."""

    def __init__(self) -> None:
        super().__init__(STRETCHES, BENT + TAKEN)
        self.wrong_row = np.zeros((STRETCHES, MOMENTS, WRONG), np.int64)
        self.wrong_at = np.zeros((STRETCHES, MOMENTS, WRONG), np.int64)
        self.is_wrong = np.zeros((STRETCHES, MOMENTS, WRONG), np.bool_)

    def refuse(self, row: int, moment: int, slot: int, other: int, output: float, lowest: int, highest: int) -> None:
        """Name the outputs around one of row `other` as wrong for a moment, those from `lowest` to below `highest`."""
        for number in range(3):
            at = round(output) + number - 1
            if lowest <= at < highest:
                self.wrong_row[row, moment, slot + number] = other
                self.wrong_at[row, moment, slot + number] = at
                self.is_wrong[row, moment, slot + number] = True


def train(lesson: Lesson, start: State, plan: Plan, path: Path) -> None:
    """Train from a state; the new one is at `path`."""
    encoder, random, taken = Encoder("fine"), np.random.default_rng(plan.seed), lesson.taken
    encoder.load_state_dict(start)
    print(f"{len(taken)} of {len(lesson.pairs)} pairs with other takes", flush=True)
    learn(encoder, lambda each: step(each, batch(random, lesson, taken)), plan, path)


def batch(random: Generator, lesson: Lesson, taken: list[int]) -> FineBatch:
    """Half of the stretches around another take, the others from anywhere."""
    made = FineBatch()
    some = random.choice(taken, TAKEN) if taken else random.integers(0, len(lesson.pairs), TAKEN)
    drawn = np.concatenate([some, random.integers(0, len(lesson.pairs), STRETCHES - TAKEN)])
    for row, number in enumerate(drawn.tolist()):
        pair = lesson.pairs[number]
        length = min(CLEAN_FRAMES, len(pair.clean))
        first = int(random.integers(0, len(pair.clean) - length + 1))
        take = None
        if row < TAKEN and taken:
            choices = lesson.takes[pair.source]
            take = choices[int(random.integers(len(choices)))].within(pair.first + 4, len(pair.clean) - 8)
        if take is not None:
            middle = int(random.choice(take.frames)) - pair.first + int(random.integers(-20, 21))
            first = int(np.clip(middle - length // 2, 0, len(pair.clean) - length))
            take = take.within(pair.first + first + 4, length - 8)
        piece = cut(random, pair, first)
        at = moments(random, length)
        if take is not None:
            at = _show_take(random, made, row, at, (take, pair.first + first, lesson.clean[take.other]))
        if row >= STRETCHES - BENT:
            _show_bent(random, made, row, at, piece.clean)
        changed = piece.changed
        if len(changed) and random.random() < 0.5:
            changed = coloured(random, changed)
        made.take(random, row, piece, changed, at)
    return made


def step(encoder: Encoder, made: FineBatch) -> tuple[Tensor, Mapping[str, float]]:
    """The loss of one batch, and what to print of it."""
    heard = hear(encoder, made, apart=2)
    codes, soft = signs(heard.clean), heard.changed * encoder.scale.exp()
    wrong = signs(heard.rows[made.wrong_row.reshape(-1, WRONG), made.wrong_at.reshape(-1, WRONG)])[heard.kept]
    is_wrong = torch.from_numpy(made.is_wrong.reshape(-1, WRONG))[heard.kept]
    others = (soft[:, None, :] * wrong).sum(2)
    scores = soft @ codes.T
    loss, right = contrast(scores, heard, share=0.8, others=(others + WEIGHT).masked_fill(~is_wrong, -1e4))
    errors = (torch.sign(heard.clean) != torch.sign(heard.changed)).float().mean(0)
    asked, highest = is_wrong.any(1), others.masked_fill(~is_wrong, -1e4).max(1).values
    told = (scores.diagonal()[asked] > highest[asked]).float()
    return loss + BALANCE * balance(heard), {
        "loss": loss.item(),
        "right": right.item(),
        "takes told": told.mean().item() if len(told) else 0.0,
        "bit errors": (errors.sum() / BITS).item(),
    }


def bent(random: Generator, logs: Logs) -> tuple[Logs, NDArray[np.float64]]:
    """Another take, made: timing wavers by 6 to 22 %, the voice mostly moves by a band; and its frames' origin."""
    count, x = len(logs), np.arange(len(logs))
    swing, period, phase = random.uniform(0.06, 0.22), random.uniform(25, 70), random.uniform(0, 6)
    rate = 1 + swing * np.sin(2 * np.pi * x / period + phase) + random.uniform(-0.06, 0.06)
    times = np.cumsum(rate)
    times = np.clip(times - times[0] + random.uniform(-1, 1), 0, count - 1.001)
    before = times.astype(np.int64)
    share = (times - before)[:, None]
    values = logs[before] * (1 - share) + logs[before + 1] * share
    if random.random() < 0.75:
        shift = random.choice([-1, 1]) * random.uniform(0.35, 1.2)
        drift = random.uniform(0, 0.3) * np.sin(2 * np.pi * x / random.uniform(30, 90) + random.uniform(0, 6))
        places = np.clip(np.arange(BANDS)[None] + (shift + drift)[:, None], 0, BANDS - 1.001)
        below = places.astype(np.int64)
        above = places - below
        values = np.take_along_axis(values, below, 1) * (1 - above) + np.take_along_axis(values, below + 1, 1) * above
    return values.astype(np.float32), times


def _show_take(
    random: Generator, made: FineBatch, row: int, at: Places, found: tuple[Take, int, NDArray[np.float16]]
) -> Places:
    """Put the other take in a row of its own; the moments are drawn anew, up to seven of them where it is known."""
    take, first, clean = found
    near = np.unique(np.rint((take.frames - first) / STEP).astype(np.int64))
    near = near[(near >= 1) & (near < CLEAN_FRAMES // STEP - 1)] * STEP
    at = random.permutation(np.unique(np.concatenate([random.permutation(near)[:7], at])))[:MOMENTS]
    start = int(np.median(take.other_frames)) - CLEAN_FRAMES // 2
    start = max(0, min(start, len(clean) - CLEAN_FRAMES))
    logs = clean[start : start + CLEAN_FRAMES].astype(np.float32)
    other = STRETCHES + BENT + row
    made.put(other, logs)
    for number, moment in enumerate((at + first).tolist()):
        away = np.abs(take.frames - moment)
        nearest = int(np.argmin(away))
        if away[nearest] <= 4:
            frame = take.other_frames[nearest] + moment - take.frames[nearest] - start
            made.refuse(row, number, 0, other, frame / STRIDE, 0, len(logs) // STRIDE)
    return at


def _show_bent(random: Generator, made: FineBatch, row: int, at: Places, clean: Logs) -> None:
    logs, times = bent(random, clean)
    other = row + BENT
    made.put(other, logs)
    for number, moment in enumerate(at.tolist()):
        output = int(np.argmin(np.abs(times - moment))) / STRIDE
        made.refuse(row, number, 3, other, output, 1, len(clean) // STRIDE - 1)

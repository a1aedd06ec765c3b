"""What both encoders learn by: the contrast of right codes with others, and the loop.

The code of a moment (see `batches.py`) is to be likelier, where its sound was changed, than the codes of all other
moments of the batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from forensics.fingerprints.audio.network import BITS
from tests.benchmarks.training.batches import MOMENTS, Batch
from tests.benchmarks.training.networks import Encoder, normalise

BALANCE = 0.5
"""Weight of the wish that every bit be set half of the time."""
EVERY = 50
"""Steps between reports and saved states."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to learn: that many steps, or minutes by the clock if given (two runs then differ)."""

    steps: int
    rate: float
    minutes: float | None = None
    seed: int = 1
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """Soft bits of all moments with weight: shape (moments, BITS).

    `rows` are the soft bits of every clean row; `kept` says which of all moments these are; `near` marks pairs of
    moments so close together that neither is wrong for the other.
    """

    clean: Tensor
    changed: Tensor
    weight: Tensor
    kept: Tensor
    near: Tensor
    rows: Tensor


def hear(encoder: Encoder, batch: Batch, *, apart: int) -> Heard:
    """Encode a batch; moments up to `apart` outputs from each other are near."""
    rows = encoder(normalise(torch.from_numpy(batch.clean))).transpose(1, 2)
    changed = encoder(normalise(torch.from_numpy(batch.changed))).transpose(1, 2)
    each = np.arange(len(batch.weight))[:, None]
    weight = torch.from_numpy(batch.weight.reshape(-1))
    kept = weight > 0
    row = torch.from_numpy(np.repeat(np.arange(len(batch.weight)), MOMENTS))[kept]
    at = torch.from_numpy(batch.clean_at.reshape(-1))[kept]
    near = (row[:, None] == row[None]) & ((at[:, None] - at[None]).abs() <= apart)
    return Heard(
        clean=rows[each, batch.clean_at].reshape(-1, BITS)[kept],
        changed=changed[each, batch.changed_at].reshape(-1, BITS)[kept],
        weight=weight[kept],
        kept=kept,
        near=near.fill_diagonal_(fill_value=False),
        rows=rows,
    )


def contrast(scores: Tensor, heard: Heard, *, share: float, others: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Cross entropy of right codes, and how often a right one is the likeliest of its batch.

    `scores` has a row for each changed moment and a column for each code; `share` is the weight of choosing among
    codes against choosing among changed moments. `others` are scores of further wrong codes.
    """
    scores = scores.masked_fill(heard.near, -1e4)
    right = torch.arange(len(scores))
    wide = scores if others is None else torch.cat([scores, others], 1)
    among_codes = functional.cross_entropy(wide, right, reduction="none")
    among_moments = functional.cross_entropy(scores.T, right, reduction="none")
    total = heard.weight.sum()
    loss = ((among_codes * share + among_moments * (1 - share)) * heard.weight).sum() / total
    return loss, ((scores.argmax(1) == right).float() * heard.weight).sum() / total


def balance(heard: Heard) -> Tensor:
    """How unevenly bits are set, from 0 to 1."""
    return (torch.tanh(heard.clean).mean(0) ** 2).mean()


Step = Callable[[Encoder], tuple[Tensor, Mapping[str, float]]]


def learn(encoder: Encoder, step: Step, plan: Plan, path: Path) -> None:
    """Follow the gradient of `step`'s loss by AdamW; prints its measures and saves the state as it goes.

    The rate rises over 100 steps and falls along a cosine to a hundredth.
    """
    torch.set_num_threads(plan.threads)
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=plan.rate, weight_decay=1e-4)
    began, measures, count, done = time.monotonic(), [], 0, 0.0
    while done < 1:
        rate = plan.rate * min(1.0, (count + 1) / 100) * (0.5 * (1 + np.cos(np.pi * done)) + 0.01)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss, measured = step(encoder)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 2.0)
        optimiser.step()
        measures.append(measured)
        count += 1
        elapsed = time.monotonic() - began
        done = count / plan.steps if plan.minutes is None else elapsed / (60 * plan.minutes)
        if count % EVERY == 0 or done >= 1:
            means = {name: np.mean([each[name] for each in measures[-EVERY:]]) for name in measured}
            said = " ".join(f"{name} {value:.3f}" for name, value in means.items())
            print(f"{count:5d} {elapsed:5.0f} s  {said}", flush=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(encoder.state_dict(), path)

"""The encoders in torch, and their export to the arrays that `forensics.fingerprints.audio.network` runs.

The exported arrays hold the same network: normalisation of batches is folded into the convolutions, the learnt scale
into the last layer, so that its outputs are in nats.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.network import BITS, STRIDE, Head, Network, pack
from tests.benchmarks.audio_corpus import Clip
from tests.benchmarks.training.chosen import Arrays

CHANNELS = (64, 96, 96, 96, 128)
TAPS = (5, 3, 3, 3, 3)
RESIDUAL = (2, 3)
DILATIONS: Mapping[Head, tuple[int, ...]] = {"rough": (1, 1, 2, 4, 4), "fine": (1, 1, 1, 2, 3)}
BACKGROUND = 512
"""Codes of unrelated sounds that likeness is measured against."""

State = Mapping[str, Tensor]


class Encoder(nn.Module):  # type: ignore[misc]
    """Normalised bands, shape (batch, BANDS, frames), to soft bits: (batch, BITS, frames / STRIDE)."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        layers = zip((features.BANDS, *CHANNELS), CHANNELS, TAPS, DILATIONS[head], strict=False)
        self.convs = nn.ModuleList(
            nn.Conv1d(
                inputs,
                outputs,
                taps,
                stride=1 if number else STRIDE,
                dilation=dilation,
                padding=dilation * (taps // 2),
                bias=False,
            )
            for number, (inputs, outputs, taps, dilation) in enumerate(layers)
        )
        self.bns = nn.ModuleList(nn.BatchNorm1d(count) for count in CHANNELS)
        self.out = nn.Conv1d(CHANNELS[-1], BITS, 1)
        self.scale = nn.Parameter(torch.tensor(-2.0))
        """Logarithm of nats per unit of output."""

    def forward(self, bands: Tensor) -> Tensor:
        """Soft bits, not scaled."""
        values = bands
        for number, (convolve, normalised) in enumerate(zip(self.convs, self.bns, strict=True)):
            out = functional.relu(normalised(convolve(values)))
            values = values + out if number in RESIDUAL else out
        return self.out(values)


def normalise(logs: Tensor) -> Tensor:
    """As `features.normalise` does: log powers of shape (batch, frames, BANDS) in, (batch, BANDS, frames) out."""
    powers = torch.exp(logs)
    floor = _running_mean(powers.mean(2, keepdim=True).transpose(1, 2)).transpose(1, 2)
    levels = torch.log(powers + floor * features.FLOOR + 1e-3).transpose(1, 2)
    return levels - _running_mean(levels)


def signs(soft: Tensor) -> Tensor:
    """+1 and -1, with the gradient of tanh: what a registered clip keeps."""
    smooth = torch.tanh(soft)
    return smooth + (torch.sign(soft) - smooth).detach()


def arrays(head: Head, state: State, background: NDArray[np.uint64] | None = None) -> Arrays:
    """An encoder's arrays for `Network`; without a `background`, that of noise."""
    found: Arrays = {}
    for number in range(len(CHANNELS)):
        norm = {
            name: _numpy(state, f"bns.{number}.{name}") for name in ("weight", "bias", "running_mean", "running_var")
        }
        gain = norm["weight"] / np.sqrt(norm["running_var"] + 1e-5)
        weight = _numpy(state, f"convs.{number}.weight") * gain[:, None, None]
        found[f"{head}_{number}_weight"] = _taps_first(weight)
        found[f"{head}_{number}_bias"] = (norm["bias"] - norm["running_mean"] * gain).astype(np.float32)
    scale, last = float(np.exp(_numpy(state, "scale"))), len(CHANNELS)
    found[f"{head}_{last}_weight"] = _taps_first(_numpy(state, "out.weight"), scale)
    found[f"{head}_{last}_bias"] = (_numpy(state, "out.bias") * scale).astype(np.float32)
    found[f"{head}_dilations"] = np.array([*DILATIONS[head], 1], np.uint8)
    if background is None:
        background = np.random.default_rng(0).integers(0, 2**63, BACKGROUND).astype(np.uint64)
    found[f"{head}_background"] = background
    return found


def with_background(head: Head, state: State, clips: list[Clip], seed: int = 1) -> Arrays:
    """An encoder's arrays, its background being codes of moments with sound in up to 400 of the clips."""
    found, random = arrays(head, state), np.random.default_rng(seed)
    network, codes = Network(found, head), []
    for number in random.permutation(len(clips))[:400].tolist():
        bands, usable = features.normalise(features.band_powers(features.spectrum(clips[number].samples)))
        moments = np.flatnonzero(usable[::STRIDE])
        if len(moments):
            codes.append(pack(network.outputs(bands))[random.permutation(moments)[:4]])
    drawn = random.permutation(np.concatenate(codes))[:BACKGROUND]
    return arrays(head, state, drawn.astype(np.uint64))


def load(path: Path) -> State:
    """What torch saved of an encoder."""
    state: State = torch.load(path, weights_only=True)
    return state


def _running_mean(values: Tensor) -> Tensor:
    width = 2 * features.REACH + 1
    return functional.avg_pool1d(values, width, 1, features.REACH, count_include_pad=False)


def _taps_first(weight: NDArray[np.float32], scale: float = 1.0) -> NDArray[np.float16]:
    return (np.ascontiguousarray(weight.transpose(2, 1, 0)) * scale).astype(np.float16)


def _numpy(state: State, name: str) -> NDArray[np.float32]:
    values: NDArray[np.float32] = state[name].numpy()
    return values

"""Two trained encoders: small convolutional networks over normalised log bands, 64 soft bits every 20 ms.

* `rough` knows a sound again through noise, rooms, codecs and changes of speed or pitch of five percent. It finds
  clips, and where they lie.
* `fine` wants speed and pitch undone first. It tells a recording from another take of the same words by the same
  voice, which is what it was trained to reject.

Each is five convolutions over time (the first halves the rate, the third and fourth are residual) and a linear
layer, run as matrix products. The weights ship as `network.npz`, made by tests/benchmarks/training, and are part of
the format of the codes: new weights need a new `codes.VERSION`.

The signs of an output are the code of a registered clip. The values, for a recording that may hold it, are in nats: a
code is the likelier the larger the sum of the values with the code's signs.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Values = NDArray[np.float32]
Head = Literal["rough", "fine"]

BITS = 64
STRIDE = 2
"""Frames of input for one output."""
CONTEXT_FRAMES = 28
"""Frames to either side that an output may depend on."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """`weight` has shape (taps * inputs, outputs)."""

    weight: Values
    bias: Values
    taps: int
    dilation: int
    is_residual: bool


class Network:
    """One encoder, and codes of unrelated sounds to measure likeness against."""

    def __init__(self, arrays: dict[str, NDArray[np.generic]], head: Head) -> None:
        dilations = arrays[f"{head}_dilations"].tolist()
        self._layers = [_layer(arrays, f"{head}_{number}", dilation) for number, dilation in enumerate(dilations)]
        self.background = signs(arrays[f"{head}_background"].astype(np.uint64))
        """Signs of the codes of unrelated sounds: shape (codes, BITS)."""

    @staticmethod
    @cache
    def load(head: Head) -> Network:
        """The shipped encoder; read once a process."""
        data = resources.files(__package__).joinpath("network.npz").read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return Network({name: arrays[name] for name in arrays.files if name.startswith(head)}, head)

    def outputs(self, bands: Values) -> Values:
        """Soft bits of normalised bands: shape (frames, bands) in, (ceil(frames / STRIDE), BITS) out.

        Output `n` is centred on frame `n * STRIDE`; beyond the ends there is nothing (zeros).
        """
        *hidden, last = self._layers
        values = bands
        for number, layer in enumerate(hidden):
            out = _convolve(values, layer, stride=1 if number else STRIDE)
            np.maximum(out, 0, out=out)
            if layer.is_residual:
                out += values
            values = out
        soft: Values = values @ last.weight + last.bias
        return soft

    def surprise(self, soft: Values, is_wanted: NDArray[np.bool_]) -> Values:
        """How likely unrelated codes are under each output, in nats: what a code's likelihood is measured against.

        Outputs that are not wanted have 0.
        """
        likelihoods = soft[is_wanted] @ self.background.T
        highest = likelihoods.max(axis=1, initial=-np.inf)
        np.subtract(likelihoods, highest[:, None], out=likelihoods)
        np.exp(likelihoods, out=likelihoods)
        surprise: Values = np.zeros(len(soft), np.float32)
        surprise[is_wanted] = highest + np.log(likelihoods.mean(axis=1))
        return surprise


def pack(soft: Values) -> NDArray[np.uint64]:
    """The signs of soft bits as codes."""
    return np.packbits(soft > 0, axis=1, bitorder="little").view("<u8").ravel().astype(np.uint64)


def signs(codes: NDArray[np.uint64]) -> Values:
    """The bits of codes as +1 and -1: shape (codes, BITS)."""
    octets = np.ascontiguousarray(codes, dtype="<u8").view(np.uint8).reshape(-1, BITS // 8)
    return np.unpackbits(octets, axis=1, bitorder="little").astype(np.float32) * 2 - 1


def _layer(arrays: dict[str, NDArray[np.generic]], name: str, dilation: int) -> _Layer:
    weight = arrays[f"{name}_weight"].astype(np.float32)
    return _Layer(
        weight=weight.reshape(-1, weight.shape[2]),
        bias=arrays[f"{name}_bias"].astype(np.float32),
        taps=len(weight),
        dilation=dilation,
        is_residual=int(name[-1]) in (2, 3),
    )


def _convolve(values: Values, layer: _Layer, *, stride: int) -> Values:
    """One matrix product: every row is all that one output looks at."""
    count, inputs = (len(values) + stride - 1) // stride, values.shape[1]
    margin = layer.dilation * (layer.taps // 2)
    padded = np.zeros((len(values) + 2 * margin, inputs), np.float32)
    padded[margin : margin + len(values)] = values
    step, item = padded.strides
    seen = as_strided(padded, (count, layer.taps, inputs), (stride * step, layer.dilation * step, item))
    out: Values = seen.reshape(count, -1) @ layer.weight
    out += layer.bias
    return out

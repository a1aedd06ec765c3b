"""A picture is found after what people do to pictures, and another picture in the same window is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forensics.content import Content
from forensics.errors import Malformed
from forensics.fingerprints.image.prints import PRINT_BYTES, Print, image_print
from forensics.fingerprints.image.search import DISTANCE, ImageIndex
from forensics.formats.pixels import read_grey
from tests.fingerprints.image.drawing import (
    Grey,
    cropped,
    encoded,
    framed,
    levelled,
    page,
    photograph,
    resized,
)

DONE: dict[str, Callable[[Grey], Grey]] = {
    "nothing": lambda grey: grey,
    "half": lambda grey: resized(grey, grey.shape[1] // 2, grey.shape[0] // 2),
    "larger": lambda grey: resized(grey, grey.shape[1] * 7 // 5, grey.shape[0] * 7 // 5),
    "jpeg": lambda grey: read_grey(Content.of(encoded(grey, "jpeg", 12)), "image/jpeg"),
    "webp": lambda grey: read_grey(Content.of(encoded(grey, "webp", 50)), "image/webp"),
    "darker": lambda grey: levelled(grey, 0.8, -20),
    "negative": lambda grey: np.asarray(255 - grey, np.uint8),
    "border": lambda grey: framed(grey, 0.08, 0),
    "cropped by 5 %": lambda grey: cropped(grey, 0.05),
    "cropped and small": lambda grey: resized(cropped(grey, 0.04, "lt"), 500, 400),
}


def index(**pictures: Grey) -> ImageIndex:
    return ImageIndex((name, printed(grey)) for name, grey in pictures.items())


def printed(grey: Grey) -> bytes:
    found = image_print(grey)
    assert found is not None
    return found.pack()


@pytest.mark.parametrize("done", DONE)
@pytest.mark.parametrize("kind", [photograph, page])
def test_it_is_found_after(done: str, kind: Callable[[int], Grey]) -> None:
    known = index(**{f"P{n}": kind(n) for n in range(8)})
    first = known.search(DONE[done](kind(3)))[0]
    assert first.item == "P3"
    assert first.distance <= DISTANCE


def test_other_words_in_the_same_window_are_another_picture() -> None:
    known = index(**{f"P{n}": page(n) for n in range(6)})
    for seed in range(100, 120):
        assert all(match.distance > DISTANCE for match in known.search(page(seed)))


def test_what_is_flat_or_small_has_no_print_and_is_never_found() -> None:
    flat = np.full((400, 600), 200, np.uint8)
    noisy = flat + np.random.default_rng(1).integers(0, 2, flat.shape, np.uint8)
    line = flat.copy()
    line[200:204, 100:160] = 0
    slope = np.tile(np.linspace(0, 255, 600).astype(np.uint8), (400, 1))
    small = photograph(1, 40, 40)
    for grey in (flat, noisy, line, small):
        assert image_print(grey) is None
        assert index(P=photograph(1)).search(grey) == []
    assert all(match.distance > DISTANCE for match in index(P=photograph(1)).search(slope))
    assert len(ImageIndex([])) == 0
    assert ImageIndex([]).search(photograph(1)) == []


def test_a_print_is_the_same_packed_and_unpacked() -> None:
    data = printed(photograph(2))
    assert len(data) == PRINT_BYTES
    assert Print.unpack(data).pack() == data
    for broken in (b"", data[:-1], b"x" + data[1:], data[:5] + b"\xff" * (len(data) - 5)):
        with pytest.raises(Malformed):
            Print.unpack(broken)

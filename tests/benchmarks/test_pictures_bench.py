"""The bench of pictures runs, and its screens are what it says they are."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.fingerprints.image import search
from forensics.fingerprints.image.prints import image_print
from forensics.fingerprints.image.search import DISTANCE, ImageIndex
from tests.benchmarks.bench_pictures import costs, recall, unrelated
from tests.benchmarks.picture_corpus import KINDS, Screens, plot


def test_screens_of_one_layout_share_its_frame_and_nothing_else() -> None:
    screens = Screens()
    layout = screens.layout(0)
    one, other = screens.draw(layout, 1), screens.draw(layout, 2)
    assert np.array_equal(one, screens.draw(layout, 1))
    assert np.array_equal(one[: layout.bar // 2], other[: layout.bar // 2])
    assert not np.array_equal(one, other)
    assert {screens.layout(number).kind for number in range(5)} == set(KINDS)


def test_it_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    pictures = {f"plots-{n}": plot(n) for n in range(3)}
    prints = {name: found.pack() for name, grey in pictures.items() if (found := image_print(grey))}
    recall(ImageIndex(prints.items()), pictures, ("plots",), 1)
    unrelated(pictures, prints, Screens(), 1)
    costs(prints, pictures, (10,))
    told = capsys.readouterr().out
    assert "| negative | 1 of 1 | 100.0 % |" in told
    assert "screens of one layout with other words: 0 of 9 pairs match" in told
    assert "a strange picture in a register of 10:" in told
    assert DISTANCE < search.WIDEST == 40

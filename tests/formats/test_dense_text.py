"""Where a text may spell content is told alike whether its samples are counted together first or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.formats import dense_text
from forensics.formats.dense_text import BLOCK_BYTES, dense_stretches

PIECES = st.tuples(
    st.sampled_from([b"plain words ", b"0x1f, ", b"\\x4f", b"%4F", b"9jqo^BlbD-BleB1DJ+", b"A!2#B$C%", b"12 ", b"\0"]),
    st.integers(1, 2 * BLOCK_BYTES),
).map(lambda each: (each[0] * each[1])[: each[1]])


@given(st.lists(PIECES, max_size=4).map(b"".join))
def test_the_quick_look_passes_over_nothing(text: bytes) -> None:
    found = list(dense_stretches(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense_text, "_may_be_dense", lambda _: True)
        assert list(dense_stretches(text)) == found


def test_numbers_among_words_are_found() -> None:
    (found,) = dense_stretches(b"plain words " * 500 + b"104, 23, 255, " * 300)
    assert found.spelling is dense_text.Spelling.DIGITS

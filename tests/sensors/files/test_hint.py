"""Which of many hints are needed."""

from __future__ import annotations

import pytest

from forensics.sensors.files.hint import Hint, needed

CREATED, CLOSED, DELETED = (Hint(kind, "a", "") for kind in ("created", "closed", "deleted"))
AWAY, ONTO, FOLDER = Hint("moved", "a", "b"), Hint("moved", "b", "a"), Hint("folder", "", "x")
OTHER = Hint("closed", "b", "")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([CREATED, CLOSED], [CLOSED]),
        ([CREATED, CLOSED, AWAY], [AWAY]),
        ([CLOSED, OTHER, CLOSED], [OTHER, CLOSED]),
        ([CLOSED, DELETED, CLOSED], [CLOSED, DELETED, CLOSED]),
        ([CLOSED, ONTO, CLOSED], [CLOSED, ONTO, CLOSED]),
        ([CLOSED, FOLDER, CLOSED], [CLOSED, FOLDER, CLOSED]),
        ([OTHER, CLOSED, AWAY], [OTHER, AWAY]),
        ([CLOSED, CREATED], [CLOSED, CREATED]),
    ],
)
def test_only_a_hint_that_the_next_of_its_file_covers_is_needless(given: list[Hint], kept: list[Hint]) -> None:
    assert needed(given) == kept

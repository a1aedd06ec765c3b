"""Records: a time is always writable."""

from __future__ import annotations

import pytest

from forensics.cli.render import iso


@pytest.mark.parametrize(
    ("time", "written"), [(0.0, "1970-01-01T00:00:00.000Z"), (2.0**60, "9999-12-31T23:59:59.000Z")]
)
def test_a_time_beyond_the_calendar_stands_at_its_end(time: float, written: str) -> None:
    assert iso(time) == written

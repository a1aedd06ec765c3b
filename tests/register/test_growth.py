"""When a register has grown, and when it only changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forensics.register.growth import NOTHING, Growth
from forensics.register.storage import RegisterWriter
from tests.register.registering import issue, made_up


def test_only_what_is_registered_anew_is_growth(tmp_path: Path) -> None:
    growth = Growth(tmp_path)
    assert growth.reached() == NOTHING
    with RegisterWriter.open(tmp_path) as writer:
        assert growth.reached() == NOTHING
        writer.add_package(issue(1), made_up(0, 3))
        first = growth.reached()
        assert first != NOTHING
        writer.add_package(replace(issue(1), recipient="another"), made_up(0, 3))
        writer.remove(items=["K-2"])
        assert growth.reached() == first
        writer.add_package(issue(2), made_up(5, 1))
        assert growth.reached() not in (first, NOTHING)
    assert Growth(tmp_path).reached() == growth.reached()
    with RegisterWriter.open(tmp_path / "other") as writer:
        writer.add_package(issue(1), made_up(0, 3))
    assert Growth(tmp_path / "other").reached() != first


def test_a_register_that_cannot_be_read_has_not_grown(tmp_path: Path) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(issue(1), made_up(0, 1))
    growth = Growth(tmp_path)
    before = growth.reached()
    (tmp_path / "register.sqlite").write_bytes(b"no register at all")
    assert growth.reached() == before

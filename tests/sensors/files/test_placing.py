"""Which root a path belongs to, while roots come, go and move."""

from __future__ import annotations

from pathlib import Path

from forensics.config import Files, Folder
from forensics.sensors.files.placing import Places
from forensics.sensors.files.roots import Root, resolve


def roots(*folders: Path, ignore: tuple[str, ...] = ()) -> list[Root]:
    return resolve([Folder(role="work", path=folder) for folder in folders], Files(ignore=ignore), lambda _: (), [])


def test_the_innermost_root_has_a_path_and_may_leave_it_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    outer, inner = roots(tmp_path, tmp_path / "in", ignore=("*.part",))
    places = Places([outer, inner])
    places.refresh()
    assert places.root(f"{tmp_path}/a") is outer
    assert places.root(f"{tmp_path}/in/a") is inner
    assert places.root(f"{tmp_path}/in") is None
    assert places.root(f"{tmp_path.parent}/a") is None
    assert places.root(f"{tmp_path}/x.part/a") is None
    assert places.holding(f"{tmp_path}/x.part/a") is outer


def test_the_root_of_a_medium_that_came_back_is_the_new_one(tmp_path: Path) -> None:
    standing = roots(tmp_path)
    places = Places(standing)
    places.refresh()
    first = places.root(f"{tmp_path}/a")
    standing[:] = roots(tmp_path)
    places.refresh()
    assert first is not None
    assert places.root(f"{tmp_path}/a") is standing[0] is not first


def test_a_path_of_the_root_of_all_is_found() -> None:
    (whole,) = roots(Path("/"))
    places = Places([whole])
    places.refresh()
    assert places.root("/a") is places.root("/a/b") is whole

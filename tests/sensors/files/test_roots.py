"""What a root remembers of the states of its files."""

from __future__ import annotations

from pathlib import Path

from forensics.config import Files, Folder
from forensics.sensors.files.roots import Root, resolve
from forensics.sensors.files.settled import Stamp

OLD, NEW = Stamp(1, 2, 3, 4, 5), Stamp(1, 2, 3, 6, 7)


def root(folder: Path, *earlier: tuple[str, Stamp]) -> Root:
    return resolve([Folder(role="work", path=folder)], Files(), lambda _: earlier, [])[0]


def test_what_earlier_runs_handed_on_is_known_under_any_name_that_is_text(tmp_path: Path) -> None:
    one = root(tmp_path, ("a", OLD), ("\\xff", OLD))
    assert one.is_known(f"{tmp_path}/a", OLD)
    assert one.is_known(f"{tmp_path}/\udcff", OLD)
    assert not one.is_known(f"{tmp_path}/a", NEW)
    assert not one.is_known(f"{tmp_path}/b", OLD)


def test_a_whole_sweep_forgets_what_is_no_more_and_a_broken_one_nothing(tmp_path: Path) -> None:
    one = root(tmp_path)
    one.remember(f"{tmp_path}/gone", OLD)
    one.remember(f"{tmp_path}/there", OLD)
    for is_complete in (False, True):
        one.begin_sweep()
        assert one.is_known(f"{tmp_path}/there", OLD)
        one.remember(f"{tmp_path}/new", NEW)
        one.end_sweep(is_complete=is_complete)
        assert one.is_known(f"{tmp_path}/gone", OLD) is not is_complete
    assert len(one.seen) == 2


def test_each_folder_that_stood_at_a_path_keeps_what_was_seen_in_it(tmp_path: Path) -> None:
    one = root(tmp_path)
    one.stand_on((1, 1))
    one.remember(f"{tmp_path}/a", OLD)
    one.stand_on((2, 2))
    assert not one.is_known(f"{tmp_path}/a", OLD)
    one.stand_on((1, 1))
    assert one.is_known(f"{tmp_path}/a", OLD)

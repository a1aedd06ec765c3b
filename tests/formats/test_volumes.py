"""Which names make a set of volumes."""

from __future__ import annotations

import pytest

from forensics.formats.volumes import VolumeSet, is_first, is_volume, whole_sets


@pytest.mark.parametrize(
    ("sizes", "name", "parts"),
    [
        ({"a.7z.002": 10, "a.7z.001": 10, "a.7z.003": 3}, "a.7z", ("a.7z.001", "a.7z.002", "a.7z.003")),
        ({"x/clip.wav.001": 10, "x/clip.wav.002": 10}, "x/clip.wav", ("x/clip.wav.001", "x/clip.wav.002")),
        ({"a.zip": 3, "a.z01": 10, "a.z02": 12, "b.zip": 9}, "a.zip", ("a.z01", "a.z02", "a.zip")),
        ({"A.Z01": 10, "A.ZIP": 12}, "A.zip", ("A.Z01", "A.ZIP")),
    ],
)
def test_a_whole_set_is_in_order(sizes: dict[str, int], name: str, parts: tuple[str, ...]) -> None:
    assert list(whole_sets(sizes)) == [VolumeSet(name, parts)]
    assert is_first(parts[0])
    assert not is_first(parts[-1])


@pytest.mark.parametrize(
    "sizes",
    [
        {"a.7z.001": 10},
        {"a.7z.001": 10, "a.7z.003": 10},
        {"a.7z.002": 10, "a.7z.003": 10},
        {"a.7z.001": 10, "a.7z.002": 11},
        {"a.7z.001": 10, "a.7z.002": 0},
        {"a.zip": 3, "b.z01": 10},
        {"a.z01": 10, "a.z02": 10},
        {"a.part1.rar": 10, "a.part2.rar": 10},
        {"001": 1, "002": 1},
    ],
)
def test_what_lacks_a_volume_is_none(sizes: dict[str, int]) -> None:
    assert list(whole_sets(sizes)) == []


def test_names_that_archivers_give_to_volumes() -> None:
    for name in ("a.7z.001", "a.zip.12", "a.z01", "a.r00", "a.part02.rar", "A.TAR.003"):
        assert is_volume(name)
    for name in ("a.zip", "a.rar", "notes.001", "a.part1.txt"):
        assert not is_volume(name)

from dataclasses import replace

from forensics.model import Unit
from forensics.registration.bundles import bundle
from forensics.registration.pieces import Piece, steps_of
from forensics.worker.reading import Sound

SOUND = Sound(codes=b"", seconds=3.0, is_weak=False)


def recording(path: str) -> Piece:
    return Piece(place=steps_of(path), media_type="audio/wav", size=9, sha256=path, sound=SOUND)


def manifest(path: str, *units: Unit) -> Piece:
    return Piece(place=steps_of(path), media_type="application/json", size=9, sha256=path, units=units)


def test_a_manifest_beside_its_audio_folder_is_one_package() -> None:
    pieces = [
        manifest("meta/m.json", Unit(id="C-1", audio="..\\audio\\1.WAV", package="P-1"), Unit(id="2", audio="")),
        recording("audio/1.wav"),
        recording("audio/2.wav"),
        recording("audio/9.wav"),
    ]
    (only,), loose = bundle(pieces, package="", name="batch")
    assert (only.root, only.package, len(only.pieces), loose) == ((), "P-1", 4, [])
    assert [found.name if found else None for _, found in only.units] == ["1.wav", "2.wav"]


def test_packages_side_by_side_keep_their_own_recordings() -> None:
    pieces = [
        piece
        for name in ("A", "B")
        for piece in (manifest(f"{name}/m.json", Unit(id="C", audio="audio/1.wav")), recording(f"{name}/audio/1.wav"))
    ]
    bundles, loose = bundle([*pieces, recording("stray.wav")], package="", name="week-12")
    assert [(each.root, each.package) for each in bundles] == [(("A",), "A"), (("B",), "B")]
    assert [found.place[0] for each in bundles for _, found in each.units if found] == ["A", "B"]
    assert [piece.name for piece in loose] == ["stray.wav"]


def test_an_archive_is_a_folder_and_names_a_package_that_does_not_say_its_id() -> None:
    pieces = [
        replace(recording("TR-7.zip"), sound=None, media_type="application/zip"),
        manifest("TR-7.zip/m.json", Unit(id="C", audio="1.opus")),
        recording("TR-7.zip/1.wav"),
    ]
    (only,), _ = bundle(pieces, package="", name="TR-7.zip")
    assert (only.package, len(only.pieces)) == ("TR-7", 3)
    assert only.units[0][1] is not None


def test_a_named_package_holds_everything_and_audio_alone_is_loose() -> None:
    pieces = [manifest("A/m.json", Unit(id="C", package="P-9")), recording("B/1.wav")]
    (only,), loose = bundle(pieces, package="P-1", name="x")
    assert (only.package, len(only.pieces), loose) == ("P-1", 2, [])
    assert bundle(pieces[1:], package="P-1", name="x") == ([], pieces[1:])


def test_paths_never_lead_outside() -> None:
    assert steps_of("../..//etc\\x/./a.wav") == ("etc", "x", "a.wav")
    assert steps_of("a\udcff.wav") == ("a�.wav",)

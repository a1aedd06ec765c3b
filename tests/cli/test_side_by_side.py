"""What left beside what was issued, through the real command line: pictures of the same seconds, words that differ."""

from __future__ import annotations

import zipfile
from pathlib import Path

from forensics.resources import samples_folder
from tests.cli.test_scan import earwitness, transcoded

PACKAGE = samples_folder() / "packages" / "TR-2041"
CLIP = PACKAGE / "audio" / "TR-2041-c01.wav"
WORDS = (
    "Good evening mum, I wanted to tell you that the doctor finally rang, and that the results are not as bad as we had"
)


def test_sound_and_words_of_a_leak_stand_beside_what_was_issued(tmp_path: Path) -> None:
    store = tmp_path / "store"
    earwitness(store, "register", str(PACKAGE), "--programme", "translator", "--recipient", "r17", "--json")
    leak = tmp_path / "holiday.zip"
    sound = transcoded(CLIP, tmp_path / "a.ogg", "-af", "adelay=1500", "-c:a", "libopus", "-b:a", "16k")
    with zipfile.ZipFile(leak, "w") as archive:
        archive.write(sound, "a.ogg")
        archive.writestr("note.txt", f"Bonjour. {WORDS} feared.\n")
    assert earwitness(store, "scan", str(leak), "--json")[0] == 1
    files = ("--beside", str(PACKAGE))
    asked = ("show", "A1", "--section", "audio", "--section", "text", "--json")
    code, (audio, text), _ = earwitness(store, *asked, "--draw", *files)
    assert code == 0
    pictures = audio["sounds"][0]["pictures"]
    levels = [[int(step, 16) for row in pictures[side]["levels"] for step in row] for side in ("left", "issued")]
    near = sum(abs(one - other) <= 2 for one, other in zip(*levels, strict=True)) / len(levels[0])
    assert near > 0.8, "the same seconds of both do not lie under one another"
    assert max(levels[0]) == 15
    assert abs(pictures["left"]["start_s"] - pictures["issued"]["start_s"] - 1.5) < 0.1
    differences = {each["kind"]: each for each in text["passages"][0]["difference"]}
    assert (differences["changed"]["left"], differences["changed"]["issued"]) == ("rang,", "called,")
    _, (custody,), _ = earwitness(store, "show", "A1", "--section", "custody", "--json")
    assert custody["custody"][-1]["detail"] == f"show, opening what left where it still lies, {PACKAGE}"
    _, (audio, text), _ = earwitness(store, *asked)
    assert (audio["sounds"][0]["pictures"], text["passages"][0]["issued"]) == (None, None), "opened unasked"

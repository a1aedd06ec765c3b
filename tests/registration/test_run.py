"""Whole registrations of synthetic speech, through real worker processes."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import wave
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from forensics.config import Config, Workers
from forensics.errors import InputError
from forensics.register.book import Register
from forensics.registration.run import Registered, register_paths
from tests.benchmarks.audio_corpus import Samples
from tests.fingerprints.audio.speech import SENTENCES, say
from tests.store.made import called

XLIFF = """<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
 <file original="TR-9" source-language="en" target-language="de" datatype="plaintext"><body>
 <trans-unit id="TR-9-c1"><source>{source}</source>
 <alt-trans><target>Der Quartalsbericht zeigt dass die Verkäufe im Norden um neun Prozent fielen</target></alt-trans>
 <alt-trans><target>Der Bericht besagt, im Norden sank der Umsatz um neun von hundert</target></alt-trans>
 </trans-unit></body></file></xliff>"""


def wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def encoded(data: bytes, target: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ffmpeg", "-v", "error", "-i", "-", str(target)], input=data, check=True)


def run(
    store: Path, *paths: Path, package: str = "", clip_list: Path | None = None, programme: str = "translator"
) -> list[Registered]:
    return list(
        register_paths(
            paths, programme=programme, recipient="r-17", package=package, clip_list=clip_list,
            config=Config(workers=Workers(count=1)), store=store,
        )
    )  # fmt: skip


def ids(lines: Sequence[Registered], kind: str) -> list[str]:
    return [line.id for line in lines if line.kind == kind]


def translator_package(folder: Path) -> Path:
    audio = folder / "audio"
    audio.mkdir(parents=True)
    clips = []
    for number, name in enumerate(("en-1", "en-2"), 1):
        (audio / f"{number:03}.wav").write_bytes(wav(say(name)))
        clips.append({
            "id": f"TR-9-c{number}", "audio": f"audio/{number:03}.wav", "transcript": SENTENCES[name][1],
            "candidates": [f"Erster Vorschlag {number} für diesen Satz über Jacken und Busse", "Ja."],
        })  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"package": "TR-9", "programme": "translator", "clips": clips}))
    (folder / "candidates.xlf").write_text(XLIFF.format(source=SENTENCES["en-1"][1]))
    return folder


def test_a_translator_package_as_folder_and_as_zip(tmp_path: Path) -> None:
    folder = translator_package(tmp_path / "whatever")
    lines = run(tmp_path / "store", folder)
    assert not [line for line in lines if line.problem]
    assert {line.package for line in lines} == {"TR-9"}
    assert ids(lines, "clip") == ["TR-9-c1", "TR-9-c2"]
    texts = ids(lines, "text")
    assert {f"TR-9-c1:candidate-{n}" for n in (1, 2, 3, 4)} < set(texts)
    assert len([text for text in texts if text.startswith("TR-9-c1:source")]) == 1
    assert set(ids(lines, "file")) == {"TR-9/manifest.json", "TR-9/candidates.xlf"}
    assert {line.id for line in lines if line.is_weak} == {"TR-9-c1:candidate-2", "TR-9-c2:candidate-2"} & set(texts)
    book = Register.load(tmp_path / "store")
    assert len(book.audio) == 2
    assert [hit.item for hit in book.text.search(SENTENCES["en-2"][1])] == ["TR-9-c2:source-1"]

    archive = tmp_path / "TR-9.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in sorted(folder.rglob("*.*")):
            out.write(path, path.relative_to(folder))
    again = run(tmp_path / "store", archive)
    assert [line.id for line in again if line.is_new] == ["TR-9/TR-9.zip"]
    assert set(texts) == set(ids(again, "text"))


def test_an_assistant_command_package_of_opus_and_jsonl(tmp_path: Path) -> None:
    folder = tmp_path / "AC-1"
    encoded(wav(say("en-3")), folder / "u1.opus")
    heard = {
        "u1": ("he told the doctor that the pain began after dinner", "he sold the doctor the paint before dinner"),
        "lost": ("take me to fourteen willow bank lane and avoid the toll", "take me to forty willow lane"),
    }
    rows = [
        {
            "utterance_id": f"AC-1-{name}",
            "batch": "AC-1",
            "file": f"{name}.opus",
            "locale": "en-GB",
            "hypotheses": texts,
        }
        for name, texts in heard.items()
    ]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    lines = run(tmp_path / "store", folder, programme="assistant-command")
    assert ids(lines, "clip") == ["AC-1-u1"]
    assert set(ids(lines, "text")) == {f"AC-1-{name}:candidate-{n}" for name in heard for n in (1, 2)}
    assert {line.package for line in lines if not line.problem} == {"AC-1"}
    assert [(line.name, line.outcome) for line in lines if line.problem] == [("lost.opus", "missing")]


def test_a_dictation_package_of_mp3_and_tsv_takes_its_ids_from_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "DI-3"
    encoded(wav(say("de-1")), folder / "clips/DI-3-d1.mp3")
    said = SENTENCES["de-1"][1]
    wrong = said.lower().replace("blaue", "graue")
    (folder / "clips.tsv").write_text(
        f"path\tsentence\thyp1\thyp2\nclips/DI-3-d1.mp3\t{said}\t{said.lower()}\t{wrong}\n"
        f"clips/gone.mp3\tDas hier ist verloren gegangen, leider\tdas hier ist verloren\tdas tier ist verloren\n"
    )
    lines = run(tmp_path / "store", folder, programme="dictation")
    assert ids(lines, "clip") == ["DI-3-d1"]
    assert {"DI-3-d1:source-1", "DI-3-d1:candidate-1", "DI-3-d1:candidate-2"} <= set(ids(lines, "text"))
    assert {line.package for line in lines if not line.problem} == {"DI-3"}


def test_loose_clips_are_named_by_their_files_and_by_their_folders_where_names_clash(tmp_path: Path) -> None:
    for folder, name in (("a", "en-1"), ("b", "en-2"), ("c", "en-2")):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "001.wav").write_bytes(wav(say(name)))
    (tmp_path / "in/notes.wav").write_text("this is no sound")
    (tmp_path / "in/silence.wav").write_bytes(wav(say("en-1")[:0]))
    first = run(tmp_path / "store", tmp_path / "in")
    assert ids(first, "clip")[:3] == ["001", "b/001", "c/001"]
    assert {(line.name, line.problem) for line in first if line.problem} >= {("notes.wav", "holds no sound")}
    assert "silence.wav" in {line.name for line in first if line.problem}
    assert {line.package for line in first if not line.problem} == {
        f"loose/translator/{called(tmp_path / 'store', 'r-17')}"
    }
    second = run(tmp_path / "store", tmp_path / "in")
    assert [line.id for line in second] == [line.id for line in first]
    assert not any(line.is_new for line in second)


def test_a_list_names_its_clips_and_says_what_it_could_not_read(tmp_path: Path) -> None:
    (tmp_path / "1.wav").write_bytes(wav(say("en-1")))
    (tmp_path / "2.wav").write_bytes(wav(say("en-2")))
    (tmp_path / "cut.wav").write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")
    lines = ["C-1\t1.wav", "C-2\t2.wav", "C-3\tmissing.wav", "nothing", "C-4\tcut.wav", "C-1\t2.wav", "C-5\t1.wav"]
    (tmp_path / "clips.tsv").write_text("\n".join(lines))
    found = run(tmp_path / "store", clip_list=tmp_path / "clips.tsv", package="P-1")
    assert ids(found, "clip") == ["C-1", "C-2", "C-5"]
    said = " | ".join(f"{line.id} {line.name} {line.problem}" for line in found if line.problem)
    for expected in ("C-3", "clips.tsv:4", "C-4", "C-1"):
        assert expected in said
    assert Register.load(tmp_path / "store").package("P-1") is not None


def test_other_sound_under_a_registered_id_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = translator_package(tmp_path / "p")
    run(tmp_path / "store", folder)
    (folder / "audio/001.wav").write_bytes(wav(say("en-3")))
    lines = run(tmp_path / "store", folder)
    (problem,) = [line for line in lines if line.problem]
    assert problem.outcome == "contradicted"
    assert "TR-9-c1" in problem.problem
    assert ids(lines, "clip") == ["TR-9-c2"]
    book = Register.load(tmp_path / "store")
    assert len(book.audio) == 2


def test_ids_of_two_packages_that_clash_are_told_apart(tmp_path: Path) -> None:
    for package, name in (("P-1", "en-1"), ("P-2", "en-2")):
        folder = tmp_path / package
        folder.mkdir()
        (folder / "a.wav").write_bytes(wav(say(name)))
        clips = [{"id": "clip-a", "audio": "a.wav", "transcript": SENTENCES[name][1], "candidates": ["eins", "zwei"]}]
        (folder / "manifest.json").write_text(json.dumps({"package": package, "clips": clips}))
        run(tmp_path / "store", folder)
    book = Register.load(tmp_path / "store")
    assert book.item("clip-a").package == "P-1"  # type: ignore[union-attr]
    assert book.item("P-2/clip-a").package == "P-2"  # type: ignore[union-attr]
    assert book.item("P-2/clip-a:source-1") is not None


def test_an_archive_that_cannot_be_opened_and_a_path_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04" + b"\0" * 40)
    lines = run(tmp_path / "store", tmp_path / "bad.zip")
    assert [line.outcome for line in lines if line.problem]
    assert not ids(lines, "clip")
    with pytest.raises(InputError, match="no such"):
        run(tmp_path / "store", tmp_path / "none")

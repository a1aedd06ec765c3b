"""Rules of the kind `audio`: printed from a recording, found in what was made of it, refused where they cannot be."""

from __future__ import annotations

import io
import json
import wave
import zipfile
from pathlib import Path

import pytest

from forensics.errors import RuleError
from forensics.fingerprints.audio.codes import fingerprint
from forensics.rulebook.book import Rulebook
from forensics.rulebook.prints import toml_of
from tests.benchmarks.audio_corpus import Samples
from tests.cli.invoking import earwitness
from tests.fingerprints.audio.speech import say


def clip(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def pack(folder: Path, *options: str, name: str = "en-1") -> Path:
    """A pack with a rule that was printed from a spoken sentence."""
    folder.mkdir(exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    source = clip(folder.parent / "source.wav", say(name))
    arguments = ("--id", "OUR-HOLD", "--title", 'Our "hold" line', "--into", folder, *options)
    done = earwitness("--store", folder.parent / "s", "rules", "print", "audio", source, *arguments)
    assert done.returncode == 0, done.stderr
    (folder / "fingerprints/known.toml").write_text(done.stdout.replace('"draft"', '"active"'))
    return folder


def zipped(*clips: tuple[str, Samples]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, samples in clips:
            with wave.open(made := io.BytesIO(), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(samples.astype("<i2").tobytes())
            archive.writestr(name, made.getvalue())
    return data.getvalue()


def test_a_recording_is_found_cut_and_wrapped_and_another_is_not(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack")
    hits, misses = place / "tests/OUR-HOLD/hit", place / "tests/OUR-HOLD/miss"
    hits.mkdir(parents=True)
    misses.mkdir()
    samples = say("en-1")
    (hits / "wrapped.zip").write_bytes(zipped(("x.bin", samples[4000:]), ("y.wav", say("de-1"))))
    clip(hits / "quiet.wav", samples // 8)
    (misses / "other.zip").write_bytes(zipped(("x.wav", say("de-1"))))
    done = earwitness("--store", tmp_path / "s", "rules", "test", place)
    assert done.returncode == 0, done.stdout + done.stderr
    found = earwitness("--store", tmp_path / "s", "rules", "explain", hits / "quiet.wav", "OUR-HOLD", "--pack", place)
    assert (found.returncode, "clip OUR-HOLD seconds 0." in found.stdout) == (0, True), found.stdout
    missed = earwitness(
        "--store", tmp_path / "s", "rules", "explain", misses / "other.zip", "OUR-HOLD", "--pack", place
    )
    assert missed.returncode == 1
    assert "0 s or more of its recording" in missed.stdout


def test_scan_tells_the_rule_and_the_seconds(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack")
    settings = tmp_path / "earwitness.toml"
    settings.write_text(f'rules = ["{place}"]\n')
    leaked = clip(tmp_path / "leaked.wav", say("en-1"))
    done = earwitness("--store", tmp_path / "s", "--config", settings, "scan", leaked, "--json")
    [match] = [each for each in json.loads(done.stdout.splitlines()[0])["matches"] if each["rule"] == "OUR-HOLD"]
    assert match["title"] == 'Our "hold" line'
    assert match["duration_s"] > 2


def test_too_few_seconds_are_no_match(tmp_path: Path) -> None:
    place = pack(tmp_path / "pack", "--least", "2.5")
    part = clip(tmp_path / "part.wav", say("en-1")[:16000])
    done = earwitness("--store", tmp_path / "s", "rules", "explain", part, "OUR-HOLD", "--pack", place)
    assert (done.returncode, "nearest: clip OUR-HOLD" in done.stdout) == (1, True), done.stdout
    assert "2.5 s or more of its recording" in done.stdout


def test_what_cannot_be_known_again_is_refused(tmp_path: Path) -> None:
    silence = clip(tmp_path / "silence.wav", say("en-1")[:24000] * 0)
    words = tmp_path / "words.txt"
    words.write_text("nothing that sounds")
    for path, said in ((silence, "0.0 s of speech"), (words, "no sound was heard")):
        done = earwitness("--store", tmp_path / "s", "rules", "print", "audio", path, "--id", "A", "--into", tmp_path)
        assert (done.returncode, done.stdout) == (8, "")
        assert said in done.stderr
    source = clip(tmp_path / "source.wav", say("en-1"))
    for id, least, said in (("a/b", "0", "letters, digits"), ("A", "60", "s of speech in it")):
        options = ("--id", id, "--into", tmp_path, "--least", least)
        done = earwitness("--store", tmp_path / "s", "rules", "print", "audio", source, *options)
        assert (done.returncode, said in done.stderr) == (8, True), done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text, _: text.replace("OUR-HOLD.bin", "../OUR-HOLD.bin"), "names a print '../OUR-HOLD.bin'"),
        (lambda text, _: text.replace("OUR-HOLD.bin", "other.bin"), "other.bin: No such file"),
        (lambda text, _: text.replace('sha256 = "', 'sha256 = "0'), "sha256 that is no digest"),
        (lambda text, print_: print_.write_bytes(b"other") and text, "not the one of its sha256"),
        (lambda text, _: text + "least_s = 90.0\n", "asks for 90 s of a print of"),
        (lambda text, _: text + "most_s = 1\n", "match of OUR-HOLD"),
    ],
)
def test_a_print_that_is_not_as_the_rule_says_does_not_load(tmp_path: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    place = written(tmp_path, fingerprint(say("en-1")))
    rules = place / "fingerprints/known.toml"
    rules.write_text(change(rules.read_text(), place / "fingerprints/OUR-HOLD.bin"))
    with pytest.raises(RuleError, match=r"known\.toml:1: ") as told:
        Rulebook.load([place])
    assert said in str(told.value)


def test_codes_of_nothing_do_not_load(tmp_path: Path) -> None:
    for data, said in ((b"EWAC", "cut short"), (fingerprint(say("en-1")[:400] * 0), "nothing is known again")):
        with pytest.raises(RuleError, match=said):
            Rulebook.load([written(tmp_path, data)])


def test_lint_warns_of_few_seconds(tmp_path: Path) -> None:
    place = written(tmp_path, fingerprint(say("en-1")[:14000]))
    done = earwitness("rules", "lint", place)
    assert "D402" in done.stdout
    assert "OUR-HOLD knows 1." in done.stdout


def written(folder: Path, data: bytes) -> Path:
    (folder / "fingerprints").mkdir(exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    (folder / "fingerprints/OUR-HOLD.bin").write_bytes(data)
    (folder / "fingerprints/known.toml").write_text(
        toml_of("OUR-HOLD", "audio", data, {}, title="Our hold line", severity="high")
    )
    return folder

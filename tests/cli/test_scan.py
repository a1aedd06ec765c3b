"""`scan` and `identify` through the real command line, on the shipped samples and on bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forensics import errors
from forensics.resources import samples_folder
from tests.benchmarks.audio_corpus import decode
from tests.benchmarks.audio_harms import speed
from tests.decoders.split_archives import split_zip

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
SAMPLES = samples_folder()
SCAN_FIELDS = {"path", "channel", "source", "destination", "type", "size", "sha256", "outcome", "matches", "alert"}
MATCH_FIELDS = {"clip", "score", "accepted", "query_start_s", "clip_start_s", "duration_s"}


def earwitness(store: Path, *arguments: str, text: str | None = None) -> tuple[int, list[dict[str, Any]], str]:
    """Run the command line on a store; returns exit code, JSON lines and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "forensics.cli", "--store", str(store), *arguments],
        capture_output=True,
        text=True,
        check=False,
        input=text,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose register holds one package of each programme."""
    folder = tmp_path_factory.mktemp("store")
    for package, programme in (("TR-2041", "translator"), ("AC-0317", "assistant-command"), ("DI-0088", "dictation")):
        code, lines, _ = earwitness(
            folder, "register", str(SAMPLES / "packages" / package), "--programme", programme,
            "--recipient", "reviewer-17", "--json",
        )  # fmt: skip
        assert code == 0
        assert lines
    return folder


def transcoded(source: Path, target: Path, *arguments: str) -> Path:
    """Re-encode with ffmpeg."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(source), *arguments, str(target)], check=True)
    return target


def test_a_registered_clip_is_named_after_transcoding_and_trimming(store: Path, tmp_path: Path) -> None:
    clip = SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav"
    opus = transcoded(clip, tmp_path / "x.bin.ogg", "-ss", "0.7", "-t", "5", "-c:a", "libopus", "-b:a", "16k")
    code, lines, _ = earwitness(store, "scan", "--json", str(opus))
    assert code == 1
    (line,) = lines
    assert line.keys() >= SCAN_FIELDS
    assert line["outcome"] == "matched"
    assert (line["source"], line["destination"]) == (opus.as_uri(), "")
    assert line["alert"]["severity"] == "high"
    match = next(m for m in line["matches"] if m["clip"] == "TR-2041-c01" and m["accepted"])
    assert match.keys() >= MATCH_FIELDS
    assert match["clip_start_s"] - match["query_start_s"] == pytest.approx(0.7, abs=0.1)


def test_of_files_that_a_scan_finds_the_order_is_in_doubt(tmp_path: Path) -> None:
    clip, store, found = SAMPLES / "packages/TR-2041/audio/TR-2041-c03.wav", tmp_path / "store", tmp_path / "found"
    found.mkdir()
    for name in ("later.wav", "earlier.wav"):
        (found / name).write_bytes(clip.read_bytes())
    os.utime(found / "earlier.wav", (0, 0))
    os.chmod(found / "later.wav", 0o600)
    registered = ("register", str(clip), "--programme", "translator", "--recipient", "reviewer-17", "--package", "P")
    assert earwitness(store, *registered, "--json")[0] == 0
    assert earwitness(store, "scan", "--json", str(found))[0] == 1
    _, (incident,), _ = earwitness(store, "show", "I1", "--json")
    issued, copied = incident["lineage"]["edges"]
    places = {seen["id"]: Path(seen["place"]).name for seen in incident["lineage"]["sightings"]}
    assert (issued["confidence"], places[issued["derived"]]) == (1.0, "earlier.wav")
    assert (copied["confidence"], places[copied["derived"]]) == (0.5, "later.wav")
    assert copied["evidence"].endswith("in the order of their change times")


def test_scanning_again_adds_nothing(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "again.wav"
    copy.write_bytes((SAMPLES / "packages/TR-2041/audio/TR-2041-c03.wav").read_bytes())
    first = earwitness(store, "scan", "--json", str(copy))[1]
    second = earwitness(store, "scan", "--json", str(copy))[1]
    assert first[0]["alert"]["id"] == second[0]["alert"]["id"]


def test_a_private_zone_is_left_alone_even_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "home/Private/deep").mkdir(parents=True)
    for name in ("open.txt", "Private/diary.txt", "Private/deep/letter.txt", "safe.kdbx"):
        (tmp_path / "home" / name).write_text("words")
    config = tmp_path / "config.toml"
    config.write_text(f'[files]\nprivate = ["{tmp_path}/home/Private", "*.kdbx"]\n')
    named = [str(tmp_path / "home"), str(tmp_path / "home/Private/diary.txt")]
    code, lines, _ = earwitness(tmp_path / "store", "scan", "--json", "--config", str(config), *named)
    assert code == 0
    said = [(Path(line["path"][0]).name, line["outcome"], "private" in line["reason"]) for line in lines]
    assert sorted(said) == [
        ("Private", "unreadable", True),
        ("diary.txt", "unreadable", True),
        ("open.txt", "clean", False),
        ("safe.kdbx", "unreadable", True),
    ]


def test_private_life_is_clean_and_silent(store: Path) -> None:
    code, lines, _ = earwitness(store, "scan", "--json", str(SAMPLES / "private"))
    assert code == 0
    assert len(lines) == len(list((SAMPLES / "private").iterdir()))
    assert {line["outcome"] for line in lines} == {"clean"}


def test_identify_answers_in_order_and_stays_up(store: Path, tmp_path: Path) -> None:
    clip = SAMPLES / "packages/DI-0088/clips/DI-0088-d1.mp3"
    text = SAMPLES / "returns/TR-2041.xlf"
    paths = [str(tmp_path / "none.wav"), str(clip), str(SAMPLES / "private/memo.m4a"), "", str(text)]
    code, lines, _ = earwitness(store, "identify", "--stdin", text="\n".join(paths) + "\n")
    assert code == 1
    assert [line["path"] for line in lines] == paths
    assert [line["outcome"] for line in lines] == ["unreadable", "matched", "clean", "unreadable", "matched"]
    assert lines[1]["matches"][0]["clip"] == "DI-0088-d1"
    assert any(match["clip"].startswith("TR-2041-c0") for match in lines[4]["matches"])


def test_identify_says_where_inside(store: Path, tmp_path: Path) -> None:
    archive = tmp_path / os.fsdecode(b"b\xff.zip")
    with zipfile.ZipFile(archive, "w") as out:
        out.write(SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav", "deep/x.wav")
    _, lines, _ = earwitness(store, "identify", "--json", str(archive))
    assert lines[0]["matches"][0]["inside"] == ["deep/x.wav"]


def test_identify_without_a_register_says_so(tmp_path: Path) -> None:
    code, lines, talk = earwitness(tmp_path / "none", "identify", "--json", str(SAMPLES / "private/memo.m4a"))
    assert code == errors.StoreError.exit_code
    assert lines[0]["matches"] == []
    assert "nothing is registered" in talk


def test_identify_lists_candidates_below_the_threshold(store: Path) -> None:
    _, lines, _ = earwitness(store, "identify", "--json", "--candidates", "2", str(SAMPLES / "private/memo.m4a"))
    assert 1 <= len(lines[0]["matches"]) <= 2
    assert all(match["accepted"] is False for match in lines[0]["matches"])


def test_identify_says_how_a_clip_was_heard(store: Path, tmp_path: Path) -> None:
    clip = transcoded(SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav", tmp_path / "leak.ogg")
    _, (line,), _ = earwitness(store, "identify", "--json", str(clip))
    [match] = line["matches"]
    assert (match["programme"], match["pitch"], match["family"]) == ("translator", 1.0, [])
    assert 0 < match["false_alarm"] < 1e-3
    trace = match["trace"]
    assert len(trace["issued"]) == len(trace["heard"]) == len(trace["evidence"])
    assert all(len(code) == 16 and int(code, 16) >= 0 for code in trace["issued"] + trace["heard"])
    assert (line["inconclusive"], line["maybe"]) == (False, [])
    _, lines, _ = earwitness(store, "scan", "--json", str(clip))
    assert lines[0]["matches"][0]["trace"] == trace
    _, (shown,), _ = earwitness(store, "show", "--json", lines[0]["alert"]["id"])
    assert [kept["trace"] for kept in shown["matches"]] == [trace]


def test_between_a_match_and_silence_the_answer_is_inconclusive(store: Path, tmp_path: Path) -> None:
    clip = decode(SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav").astype(float)
    noise = np.random.default_rng(5).normal(0, np.sqrt((clip**2).mean()) / 2, len(clip))
    lengths = range(2000, 16000, 500)  # from where nothing of the clip is heard to where it is sure
    paths = [tmp_path / f"{length}.wav" for length in lengths]
    for length, path in zip(lengths, paths, strict=True):
        with wave.open(str(path), "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            out.writeframes(np.clip(clip + noise, -32768, 32767)[16000 : 16000 + length].astype("<i2").tobytes())
    code, lines, _ = earwitness(store, "identify", "--json", *map(str, paths))
    assert code == 1
    assert {line["outcome"] for line in lines} == {"matched", "clean"}
    assert all(line["matches"] == [] for line in lines if line["inconclusive"])
    unclear = [line for line in lines if line["inconclusive"]]
    assert {(found["clip"], found["accepted"]) for line in unclear for found in line["maybe"]} == {
        ("TR-2041-c01", False)
    }
    assert all("may be TR-2041-c01" in line["reason"] for line in unclear)


def test_a_clip_played_a_quarter_faster_is_named_when_asked_for(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "fast.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(speed(decode(SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav"), 1.25).astype("<i2").tobytes())
    code, (line,), _ = earwitness(store, "identify", "--json", str(path))
    assert (code, line["matches"]) == (0, [])
    code, (line,), _ = earwitness(store, "identify", "--json", "--far", str(path))
    assert code == 1
    [match] = line["matches"]
    assert match["clip"] == "TR-2041-c01"
    assert match["speed"] == pytest.approx(1.25, rel=0.01)


def test_code_in_the_folder_where_it_is_run_is_not_run(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("forensics", "msgspec"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    command = [Path(sys.executable).with_name("earwitness"), "--store", store, "identify", "--json"]
    done = subprocess.run(
        [*command, SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert not (tmp_path / "ran").exists()


def test_what_cannot_be_read_is_said(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "text.wav").write_text("only text, not sound\n")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "cut.zip").write_bytes(b"PK\x03\x04" + os.urandom(200))
    (folder / "broken.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + os.urandom(400))
    (folder / "noise.mp3").write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + os.urandom(4000))
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "evil\x1b]52;c;AAAA\x07.txt").write_text("hello")
    Path(os.fsdecode(os.fsencode(folder) + b"/not\xff\xfetext.txt")).write_text("hello")
    code, lines, _ = earwitness(store, "scan", "--json", str(folder))
    outcomes = {line["path"][0]: line["outcome"] for line in lines}
    assert code == 0
    assert outcomes["text.wav"] == "clean"
    assert outcomes["cut.zip"] not in ("clean", "matched")
    assert outcomes["broken.pcap"] in ("partial", "unreadable")
    assert outcomes["noise.mp3"] in ("unreadable", "partial")
    assert not {"pipe", "link"} & set(outcomes)
    assert any(name.startswith("not") for name in outcomes)


def test_a_path_that_is_not_there_is_an_error(store: Path, tmp_path: Path) -> None:
    code, lines, talk = earwitness(store, "scan", "--json", str(tmp_path / "nowhere"))
    assert (code, lines) == (errors.InputError.exit_code, [])
    assert "nowhere" in talk


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the public captures are not on this machine")
def test_no_public_capture_ends_in_a_traceback(store: Path) -> None:
    code, lines, _ = earwitness(store, "scan", "--json", str(CAPTURES))
    assert code in (0, 1)
    named = {line["path"][0] for line in lines}
    assert {path.name for path in CAPTURES.iterdir()} <= named


def test_a_sighting_that_is_an_alert_by_now_alerts_once(store: Path, tmp_path: Path) -> None:
    manifest = str(SAMPLES / "packages/TR-2042/manifest.json")
    (tmp_path / "policy.toml").write_text('alert_from = "critical"\n')
    (tmp_path / "config.toml").write_text('policy = "policy.toml"\n')
    code, lines, _ = earwitness(store, "--config", str(tmp_path / "config.toml"), "scan", "--json", manifest)
    assert (code, lines[0]["alert"]) == (0, None)
    first = earwitness(store, "scan", "--json", manifest)
    again = earwitness(store, "scan", "--json", manifest)
    assert first[0] == again[0] == 1
    assert first[1][0]["alert"]["id"] == again[1][0]["alert"]["id"]


def test_folders_are_walked_at_any_depth(store: Path, tmp_path: Path) -> None:
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1200):
            os.mkdir("a")
            os.chdir("a")
        Path("found.txt").write_text("hello")
    finally:
        os.chdir(here)
    code, lines, _ = earwitness(store, "scan", "--json", str(tmp_path))
    subprocess.run(["rm", "-rf", str(tmp_path / "a")], check=True)  # deeper than Python's own removal reaches
    assert code == 0
    assert [line["path"] for line in lines] == [["found.txt"]]


def test_volumes_in_one_folder_are_joined(store: Path, tmp_path: Path) -> None:
    clip = (SAMPLES / "packages/TR-2041/audio/TR-2041-c01.wav").read_bytes()
    for name, data in split_zip("set", {"clip.wav": clip}, 20_000).items():
        (tmp_path / name).write_bytes(data)
    code, lines, _ = earwitness(store, "scan", "--json", str(tmp_path))
    assert code == 1
    (found,) = [line for line in lines if line["path"][0].endswith("volumes of set.zip") and line["path"][1:]]
    assert (found["path"][1], found["outcome"]) == ("clip.wav", "matched")
    again = earwitness(store, "scan", "--json", str(tmp_path / "set.z01"))[1]
    assert [line["alert"] for line in again if line["path"] == found["path"]] == [found["alert"]]


def test_one_slow_file_does_not_open_all_others(store: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "slow.zip", "w") as archive:
        for number in range(4000):
            archive.writestr(f"{number}.txt", f"nothing to see {number}")
    paths = [tmp_path / "slow.zip", *(tmp_path / f"{number}.txt" for number in range(400))]
    for path in paths[1:]:
        path.write_text(path.name)
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), "identify", "--stdin"]
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -n 200; exec "$@"', "sh", *command],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == ["clean"] * len(paths)


def test_an_error_is_harmless_to_a_terminal(store: Path, tmp_path: Path) -> None:
    _, _, said = earwitness(store, "--config", str(tmp_path / "x\x1b[31m"), "doctor")
    assert "\x1b" not in said
    assert "<001B>" in said

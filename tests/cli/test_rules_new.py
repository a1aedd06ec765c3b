"""`rules new` as an author uses it: what it writes passes its own tests, and nothing is ever written over."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from forensics.resources import samples_folder
from forensics.rulebook.templates import TEMPLATES
from tests.cli.invoking import earwitness

SPEECH = "elle a perdu dix kilos"
MANIFEST = json.dumps(
    {"voxExport": 2, "units": [{"utteranceRef": "u1", "spokenForm": SPEECH, "draftOf": ["she", "it"]}]}
)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_passes_its_tests_and_lint(tmp_path: Path, kind: str) -> None:
    done = earwitness("rules", "new", "T-NEW", "--pack", tmp_path / "our pack", "--kind", kind)
    assert done.returncode == 0, done.output
    assert "4 passed, 0 failed" in done.stdout
    assert (tmp_path / "our pack" / "pack.toml").read_text().startswith('id = "our-pack"\n')
    assert "0 findings" in earwitness("rules", "lint", tmp_path / "our pack").stderr


def test_examples_become_a_rule_with_samples(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_text(MANIFEST.replace("u1", f"u{number}"))
    (tmp_path / "not.json").write_text(MANIFEST.replace("voxExport", "other"))
    pack = tmp_path / "pack"
    names = [tmp_path / "1.json", "--from", tmp_path / "2.json", "--not", tmp_path / "not.json"]
    done = earwitness("rules", "new", "T-NEW", "--pack", pack, "--from", *names)
    assert done.returncode == 0, done.output
    assert "the packs in force find every example already: EW-" not in done.stdout
    assert '$voxexport = "\\"voxExport\\""' in done.stdout
    assert SPEECH not in (pack / "yara" / "t-new.yar").read_text()
    assert sorted(path.name for path in (pack / "samples/T-NEW/hit").iterdir()) == ["1.json", "2.json"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    assert earwitness("rules", "new", "T-NEW", "--pack", tmp_path / "p").returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "p").rglob("*") if path.is_file()}
    taken = earwitness("rules", "new", "T-NEW", "--pack", tmp_path / "p")
    assert (taken.returncode, "taken by" in taken.stderr) == (8, True)
    (tmp_path / "p" / "samples" / "T-TWO" / "miss").mkdir(parents=True)
    (tmp_path / "p" / "samples" / "T-TWO" / "miss" / "notes.txt").write_text("mine")
    there = earwitness("rules", "new", "T-TWO", "--pack", tmp_path / "p")
    assert (there.returncode, "nothing is written over" in there.stderr) == (8, True)
    assert not (tmp_path / "p" / "yara" / "t-two.yar").exists()
    assert all(path.read_bytes() == data for path, data in before.items())


@pytest.mark.parametrize("id", ["../up", "lower-case", "T", "T-\u0660", "T-ONE\n"])
def test_odd_ids_and_places_are_refused(tmp_path: Path, id: str) -> None:
    done = earwitness("rules", "new", id, "--pack", tmp_path / "p")
    assert done.returncode == 8
    assert not (tmp_path / "p").exists()
    (tmp_path / "mine.txt").write_text("x")
    assert "no pack" in earwitness("rules", "new", "T-ONE", "--pack", tmp_path).stderr


def test_of_evidence_nothing_that_was_said_gets_into_the_pack(tmp_path: Path) -> None:
    leak = tmp_path / "Anna Weber.json"
    said = json.loads((samples_folder() / "packages/TR-2041/manifest.json").read_text())
    leak.write_text(json.dumps({"voxExport": said, "draftsOf": "Anna Weber", "candidates": SPEECH}, indent=1))
    store, pack = tmp_path / "s", tmp_path / "p"
    assert earwitness("--store", store, "scan", leak).returncode == 1
    done = earwitness("--store", store, "rules", "new", "T-LEAK", "--pack", pack, "--from", "A1")
    assert done.returncode in (0, 1), done.output
    kept = b"".join(path.read_bytes() for path in pack.rglob("*") if path.is_file())
    assert b"A1 sha256 " in kept
    assert "the packs in force find every example already: EW-PKG-CANDIDATES" in done.stdout
    words = {word for value in [*_values(said), SPEECH] for word in value.split() if len(word) > 4}
    assert len(words) > 20
    assert [word for word in words if word.encode() in kept] == []
    assert not any("Anna" in str(path.relative_to(pack)) for path in pack.rglob("*"))


def test_a_part_of_a_container_is_an_example(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("inner/voxpack.json", MANIFEST)
        archive.writestr("readme.txt", "x" * 50)
    begin = ("rules", "new", "T-NEW", "--pack", tmp_path / "p", "--from", tmp_path / "one.zip", "--part")
    none = earwitness(*begin, "*.xml")
    assert (none.returncode, "in it are: inner/voxpack.json, readme.txt" in none.stderr) == (8, True)
    done = earwitness(*begin, "voxpack.json")
    assert done.returncode == 0, done.output
    assert (tmp_path / "p/samples/T-NEW/hit/voxpack.json").read_text() == MANIFEST


def _values(found: object) -> list[str]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in _values(value)]
    if isinstance(found, list):
        return [text for value in found for text in _values(value)]
    return [found] if isinstance(found, str) else []


def test_the_example_itself_is_known_again(tmp_path: Path) -> None:
    letter = " ".join(
        f"{word} harbour {word}ing kestrel" for word in ("walk", "talk", "listen", "report", "open", "wait")
    )
    examples = {
        "audio": next(iter(sorted(samples_folder().rglob("*.wav")))),
        "text": tmp_path / "letter.json",
        "fuzzy": tmp_path / "table.bin",
    }
    examples["text"].write_text(json.dumps({"letterFormat": 1, "wordsOfIt": letter}))
    examples["fuzzy"].write_bytes(b"TABLEFORMAT1" + bytes(number * number % 251 for number in range(4000)))
    for kind, example in examples.items():
        pack = tmp_path / kind
        done = earwitness("--store", tmp_path / "s", "rules", "new", "T-NEW", "--pack", pack, "--from", example)
        id = "T-NEW" if kind == "audio" else "T-NEW-KNOWN"
        assert f"{id} knows the first example again, by the kind {kind}" in done.stdout, done.output
        assert ("no rule over their format" in done.stdout) == (kind == "audio")
        assert "0 failed" in done.stdout, done.output
        text = (pack / "fingerprints" / f"{id.lower()}.toml").read_text()
        assert f'kind = "{kind}"' in text
        assert 'status = "draft"' in text
    held = b"".join(path.read_bytes() for path in (tmp_path / "text" / "fingerprints").iterdir())
    assert b"kestrel" not in held


def test_what_says_too_little_gets_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "1.vxe").write_text("%VOXEXPORT 2\nutteranceRef=u1\nspokenForm=oui\n")
    done = earwitness("rules", "new", "T-NEW", "--pack", tmp_path / "p", "--from", tmp_path / "1.vxe")
    assert "no fingerprint: " in done.stdout
    assert not (tmp_path / "p" / "fingerprints").exists()

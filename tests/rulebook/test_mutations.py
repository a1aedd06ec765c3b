"""Every mutation does to real samples what it says, each time alike, and what was in them is still read."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from forensics.cli.rules.books import analyser
from forensics.config import Limits
from forensics.content import Content
from forensics.errors import RuleError
from forensics.model import Analysis, Unit
from forensics.resources import samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.making.archives import members
from forensics.rulebook.making.documents import tarred, zipped
from forensics.rulebook.making.packages import PACKAGES
from forensics.rulebook.making.pictures import screen
from forensics.rulebook.mutating import change, every_step, mutations, steps_of
from forensics.rulebook.mutations.base import Opened, Sample

TEXT = "The harbour master keeps a marker in the second drawer\nand nobody else in the café knows where.\n" * 3
UNITS = tuple(
    Unit(
        id=f"u{n}",
        source=f"Where is the harbour {n}?",
        candidates=(f"Wo ist Hafen {n}?", f"Wo liegt er, Hafen {n}?"),
        audio=f"u{n}.wav",
    )
    for n in range(3)
)
RULE = 'rule one { meta: id = "T-ONE" scope = "SCOPE" strings: $a = "marker" condition: $a }'


def opener(_name: str, _data: bytes) -> Opened:
    return Opened(text=TEXT, units=UNITS)


def samples() -> list[Sample]:
    voice, coded = (next(iter(sorted((samples_folder() / "packages").rglob(f"*.{each}")))) for each in ("wav", "mp3"))
    table = "".join(f"u{n},the marker is here {n},u{n}.wav\n" for n in range(9))
    archives = [change(Sample(name="notes.txt", data=TEXT.encode()), [each], 1) for each in ("zip", "tar")]
    return [
        Sample(name="notes.txt", data=TEXT.encode(), opener=opener),
        Sample(name="table.csv", data=f"id,text,clip\n{table}".encode(), opener=opener),
        Sample(name=voice.name, data=voice.read_bytes()),
        Sample(name=coded.name, data=coded.read_bytes()),
        *(each for each in archives if each is not None),
    ]


@pytest.mark.parametrize("step", [step.name for step in every_step()])
def test_it_applies_to_something_and_always_alike(step: str) -> None:
    if step == "screenshot" and screen("text") is None:
        pytest.skip("no FreeType, or no font")
    made = [change(sample, [step], 7) for sample in samples()]
    assert any(each is not None for each in made)
    again = [change(sample, [step], 7) for sample in samples()]
    assert [each and (each.name, each.data) for each in made] == [each and (each.name, each.data) for each in again]


@pytest.mark.parametrize("step", [step.name for step in every_step()])
def test_odd_samples_are_left_out_and_end_nothing(step: str) -> None:
    chance = random.Random(3)
    for data in (
        b"",
        b"\0",
        b"PK\x03\x04" + chance.randbytes(200),
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"<a",
        b"{",
        b'""',
    ):
        change(Sample(name="", data=data), [step], 1)
        change(Sample(name="a\udcff\n.wav", data=data), [step], 1)


@pytest.mark.parametrize("step", [step.name for step in every_step() if step.name != "screenshot"])
def test_damaged_samples_end_nothing(step: str) -> None:
    chance = random.Random(5)
    for sample in samples():
        for _ in range(8):
            data = bytearray(sample.data)
            for _ in range(chance.randrange(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            change(sample.changed(bytes(data[: chance.randrange(1, len(data) + 1)])), [step], 1)


WHOLE = ("rename", "ending:dat", "gzip", "zip", "tar", "7z", "nest", "volumes", "attach")


@pytest.mark.parametrize("step", WHOLE)
def test_containers_are_opened_again(tmp_path: Path, step: str) -> None:
    analysis = tried(tmp_path, "raw", [step])
    assert [match.rule for match in analysis.matches][:1] == ["T-ONE"]


@pytest.mark.parametrize("step", ["charset:utf-16", "charset:cp1252", *(f"document:{k}" for k in ("docx", "pdf"))])
def test_text_is_read_again(tmp_path: Path, step: str) -> None:
    assert [match.rule for match in tried(tmp_path, "text", [step]).matches][:1] == ["T-ONE"]


@pytest.mark.parametrize("step", [f"document:{kind}" for kind in ("xlsx", "html", "eml")])
def test_documents_are_read_again(tmp_path: Path, step: str) -> None:
    assert [match.rule for match in tried(tmp_path, "text", [step]).matches][:1] == ["T-ONE"]


@pytest.mark.parametrize("step", ["letters:homoglyph", "letters:zero-width", "letters:soft-hyphen", "upper"])
def test_words_are_no_longer_the_same_bytes(tmp_path: Path, step: str) -> None:
    assert not tried(tmp_path, "raw", [step]).matches


@pytest.mark.parametrize("kind", PACKAGES)
def test_packages_are_read_as_the_same_units(tmp_path: Path, kind: str) -> None:
    write, ending = PACKAGES[kind]
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/r.yar").write_text("rule nothing { condition: false }")
    analyse = analyser(Rulebook.load([tmp_path / "pack"]), Limits())
    facts = analyse(Content.of(write(UNITS).encode()), f"package{ending}").artifacts[0].facts
    assert facts["units"] == "3"
    if kind in ("csv", "json", "xliff"):
        assert facts["candidates"] == "6"
    if kind in ("csv", "json", "po"):
        assert facts["clips"] == "3"


def test_edited_files_keep_keys_and_form() -> None:
    value = {"harbour": ["the harbour master", "u1.wav"], "number": 3}
    sample = Sample(name="a.json", data=json.dumps(value).encode())
    made = change(sample, ["upper"], 1)
    assert made is not None
    assert json.loads(made.data) == {"harbour": ["THE HARBOUR MASTER", "u1.wav"], "number": 3}
    markup = Sample(name="a.xlf", data=b'<?xml version="1.0"?><xliff a="word"><source>words here</source></xliff>')
    made = change(markup, ["upper"], 1)
    assert made is not None
    assert made.data == b'<?xml version="1.0"?><xliff a="word"><source>WORDS HERE</source></xliff>'


def test_the_headers_of_a_mail_stay(tmp_path: Path) -> None:
    mail = b"From: ann@example.org\nTo: ben@example.org\nSubject: the harbour\n\nwhere is the marker\n"
    made = change(Sample(name="a.eml", data=mail), ["upper"], 1)
    assert made is not None
    assert made.data == mail.replace(b"where is the marker", b"WHERE is THE MARKER")


def test_what_lies_in_archives_is_changed_there() -> None:
    voice = next(iter(sorted((samples_folder() / "packages").rglob("*.wav"))))
    files = {"mimetype": b"x", "a/notes.txt": TEXT.encode(), "a/c1.wav": voice.read_bytes(), "b.bin": b"\0" * 9}
    for kind, write in (("zip", zipped), ("tar", tarred)):
        sample = Sample(name=f"p.{kind}", data=write(files), opener=opener)
        upper, coded = change(sample, ["upper"], 1), change(sample, ["transcode:mp3"], 1)
        assert upper is not None
        assert coded is not None
        assert {name for name, data in members(upper).items() if data != files[name]} == {"a/notes.txt"}
        assert members(upper)["a/notes.txt"].startswith(b"THE HARBOUR MASTER KEEPS a MARKER in THE SECOND")
        assert list(members(coded)) == ["mimetype", "a/notes.txt", "a/c1.mp3", "b.bin"]
        assert change(sample, ["package:csv"], 1) is not None
    locked = Sample(name="p.zip", data=b"PK\x03\x04" + bytes(100))
    assert change(locked, ["upper"], 1) is None


def test_the_words_of_a_document_are_changed_in_it(tmp_path: Path) -> None:
    assert [match.rule for match in tried(tmp_path, "text", ["document:docx"]).matches][:1] == ["T-ONE"]
    (tmp_path / "b").mkdir()
    assert not tried(tmp_path / "b", "text", ["document:docx", "upper"]).matches


def test_the_share_of_edited_words_is_what_was_asked() -> None:
    text = " ".join(f"word{'abcdefghij'[n % 10]}" for n in range(2000))
    made = change(Sample(name="a.txt", data=text.encode()), ["edit:0.3"], 1)
    assert made is not None
    kept = sum(a == b for a, b in zip(*(sorted(each.split()) for each in (text, made.data.decode())), strict=False))
    assert made.data != text.encode()
    assert kept < 2000


def test_what_there_is_not_is_said() -> None:
    with pytest.raises(RuleError, match="no mutation 'melt'; there are attach, base64"):
        steps_of(["melt"])
    with pytest.raises(RuleError, match="document:odt: document takes docx, xlsx, pdf, html, eml"):
        steps_of(["document:odt"])
    with pytest.raises(RuleError, match="zip:3: zip takes nothing"):
        steps_of(["zip:3"])
    with pytest.raises(RuleError, match="more than 8 mutations in a row"):
        steps_of(["zip"] * 9)
    assert [step.name for step in steps_of(["edit:0.25", "zip"])] == ["edit:0.25", "zip"]


def test_every_mutation_says_what_it_is() -> None:
    for name, each in mutations().items():
        assert name == each.name
        assert each.family
        assert each.cost in range(1, 5)
        assert all(each.takes(argument) for argument in each.variants)


def tried(folder: Path, scope: str, steps: list[str]) -> Analysis:
    (folder / "pack").mkdir()
    (folder / "pack/r.yar").write_text(RULE.replace("SCOPE", scope))
    analyse = analyser(Rulebook.load([folder / "pack"]), Limits())
    return analyse(Content.of(TEXT.encode()), "notes.txt", steps=steps)

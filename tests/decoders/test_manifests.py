"""Units in JSON, JSON Lines, tables and workbooks are found by what repeats."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.errors import LimitReached, Malformed
from tests.decoders.opening import opened, units

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SPOKEN = "please turn the light in the kitchen off"
HEARD = ("please turn the light in the kitchen of", "please burn the light in the chicken off")


def test_sample_manifests_name_every_clip() -> None:
    for path in sorted((SAMPLES / "packages").glob("*/*")):
        if path.suffix not in (".json", ".jsonl", ".tsv"):
            continue
        found = units(path.read_bytes(), path.name)
        assert found, path
        for unit in found:
            assert unit.id
            assert (path.parent / unit.audio).exists()
            assert len(unit.candidates) >= 2


@pytest.mark.parametrize(
    "value",
    [
        {"job_id": "P-1", "items": [{"uid": "a", "wav": "x/a.wav", "asr": SPOKEN, "nbest": list(HEARD)}]},
        {"meta": {"batch": "P-1"}, "data": {"rows": [{"ref": "a", "f": "a.mp3", "t": SPOKEN, "z": list(HEARD)}]}},
        [{"package": "P-1", "id": "a", "media": {"uri": "https://x/a.ogg"}, "text": SPOKEN, "hyp": list(HEARD)}],
        {
            "package": "P-1",
            "a": {"file": "a.wav", "t": SPOKEN, "c": list(HEARD)},
            "b": {"file": "b.wav", "t": SPOKEN, "c": []},
        },
        {"task": "P-1", "id": "a", "file": "a.flac", "said": SPOKEN, "guesses": list(HEARD)},
        {"task": "P-1", "utts": [{"id": "a", "f": "a.wav", "t": SPOKEN, "c": [{"text": h, "p": 0.5} for h in HEARD]}]},
    ],
)
def test_shapes_of_json(value: object) -> None:
    first = units(json.dumps(value).encode(), "x.json")[0]
    assert first.id == "a"
    assert first.source == SPOKEN
    assert first.candidates == HEARD
    assert first.package == "P-1"
    assert first.audio.rpartition("/")[2].startswith("a.")


def test_json_return_has_a_choice_and_no_candidates() -> None:
    value = {"package": "P-1", "units": [{"id": "a", "translation": SPOKEN}, {"id": "b", "translation": HEARD[0]}]}
    value["units"] = [dict(unit, source="la lumière de la cuisine") for unit in value["units"]]  # type: ignore[call-overload, union-attr]
    facts = opened(json.dumps(value).encode(), "return.json").facts
    assert (facts["package.id"], facts["candidates"], facts["chosen"], facts["units"]) == ("P-1", "0", "2", "2")


@pytest.mark.parametrize(
    ("name", "data", "chosen"),
    [
        ("one.json", {"package": "P-1", "clip": "a", "translation": SPOKEN}, "1"),
        ("list.json", {"job": "P-1", "answers": [{"id": "a", "final": SPOKEN}, {"id": "b", "final": HEARD[0]}]}, "2"),
        ("rows.tsv", f"package\tclip\ttranslation\nP-1\ta\t{SPOKEN}\nP-1\tb\t{HEARD[0]}\n", "2"),
    ],
)
def test_a_return_that_names_neither_clip_nor_source(name: str, data: object, chosen: str) -> None:
    facts = opened((data if isinstance(data, str) else json.dumps(data)).encode(), name).facts
    assert (facts["package.id"], facts["candidates"], facts["chosen"]) == ("P-1", "0", chosen)


def test_other_json_is_text() -> None:
    result = opened(json.dumps({"name": "app", "deps": ["one", "two"], "nested": {"k": "some Ünicode"}}).encode())
    assert "units" not in result.facts
    assert "k: some Ünicode" in result.text()


def test_what_stands_beside_the_units_is_metadata() -> None:
    value = {"contact": "editor@example.org", "clips": [{"audio": "a.wav", "text": SPOKEN, "imei": "490154203237518"}]}
    text = opened(json.dumps(value).encode(), "m.json").text("metadata")
    assert "contact: editor@example.org" in text
    assert "imei: 490154203237518" in text


def test_halves_of_surrogate_pairs_stay_writable() -> None:
    data = b'{"package": "P\\ud800", "clips": [{"audio": "a\\udc00.wav", "text": "some \\ud83d\\ude00 words"}]}'
    (unit,) = units(data, "m.json")
    assert (unit.package, unit.audio, unit.source) == ("P\ufffd", "a\ufffd.wav", "some \N{GRINNING FACE} words")


def test_broken_lines_are_told_and_the_good_ones_read() -> None:
    good = json.dumps({"id": "a", "file": "a.wav", "hyps": list(HEARD)})
    result = opened(f"{good}\n{{broken\n{good}\n".encode(), "m.jsonl")
    assert result.facts["units"] == "2"
    assert "line 2" in result.raised(Malformed)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 50_000, b'{"a": 1', b"{" + b'"a":1,' * 10 + b"}"])
def test_hostile_json_keeps_its_text(data: bytes) -> None:
    result = opened(data, kind="application/json")
    assert result.raised(Malformed)
    assert result.text()


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_tables_with_heading(separator: str) -> None:
    rows = [("clip", "path", "sentence", "option_a", "option_b"), ("c1", "a.wav", SPOKEN, *HEARD)]
    rows.append(("c2", "b.wav", "second " + SPOKEN, *HEARD))
    text = "\n".join(separator.join(row) for row in rows)
    first, second = units(text.encode(), "list.csv")
    assert (first.id, first.audio, first.source, first.candidates) == ("c1", "a.wav", SPOKEN, HEARD)
    assert second.id == "c2"


def test_tables_without_heading() -> None:
    text = f"a.wav\t{SPOKEN}\nb.wav\tsecond {SPOKEN}\n"
    first, _ = units(text.encode(), "list.tsv")
    assert (first.id, first.audio, first.source) == ("a", "a.wav", SPOKEN)


def test_quoted_cells_with_separators_and_line_ends() -> None:
    text = 'id,file,text\n1,a.wav,"well, then\nso be it"\n2,b.wav,"he said ""no"" twice"\n'
    first, second = units(text.encode(), "list.csv")
    assert first.source == "well, then\nso be it"
    assert second.source == 'he said "no" twice'


def test_other_tables_are_text() -> None:
    result = opened(b"day,milk,bread\nmonday,1,2\ntuesday,3,4\n", "shopping.csv")
    assert "units" not in result.facts
    assert "tuesday,3,4" in result.text()


def test_a_million_columns_end_as_text() -> None:
    result = opened(b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n" + b"," * 999_999, "wide.csv")
    assert "c999999" in result.text()
    assert "2000 columns" in result.raised(LimitReached)


def test_huge_tables_are_cut_and_told() -> None:
    data = b"".join(b"clip-%06d.wav\tsome words that were said %d\n" % (n, n) for n in range(40_000))
    result = opened(data, "list.tsv", limits=Limits(text_mib=1))
    assert int(result.facts["units"]) > 10_000
    assert result.raised(LimitReached)


def test_workbook_of_clips() -> None:
    rows = [("audio", "sentence", "hyp1", "hyp2"), ("a.wav", SPOKEN, *HEARD)]
    strings = [cell for row in rows for cell in row]
    cells = "".join(
        f'<row r="{r}">'
        + "".join(f'<c r="{"ABCD"[c]}{r}" t="s"><v>{(r - 1) * 4 + c}</v></c>' for c in range(4))
        + "</row>"
        for r in (1, 2)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{cells}</sheetData></worksheet>")
        book.writestr("xl/sharedStrings.xml", "<sst>" + "".join(f"<si><t>{s}</t></si>" for s in strings) + "</sst>")
    (unit,) = units(out.getvalue(), "clips.xlsx")
    assert (unit.id, unit.source, unit.candidates) == ("a", SPOKEN, HEARD)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.just("a.wav"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_any_json_is_read_without_error(value: object) -> None:
    result = opened(json.dumps(value).encode(), kind="application/json")
    assert result.errors == []


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='ab",;\t|\n\r .wav0\0', max_size=200))
def test_any_table_is_read_without_error(text: str) -> None:
    for kind in ("text/csv", "text/tab-separated-values"):
        assert opened(text.encode(), kind=kind).errors == []


@pytest.mark.parametrize("heading", ["", "الملف,النص,أولا,ثانيا,ثالثا\n", "ファイル,原文,一,二,三\n"])
def test_columns_that_say_the_same_are_candidates_whatever_they_are_called(heading: str) -> None:
    said = [
        ("das Licht in der Küche bitte ausmachen", SPOKEN, *HEARD),
        ("bitte später anrufen", *["call later please"] * 3),
    ]
    rows = "".join(f"clips/{number}.wav,{','.join(texts)}\n" for number, texts in enumerate(said))
    first, _ = units((heading + rows).encode(), "list.csv")
    assert (first.source, first.target, first.candidates) == (said[0][0], "", (SPOKEN, *HEARD))


def test_the_first_of_columns_that_say_the_same_is_what_was_said() -> None:
    rows = "".join(f"{clip}.wav\t{SPOKEN}\t{HEARD[0]}\t{HEARD[1]}\n" for clip in "ab")
    first, _ = units(rows.encode(), "list.tsv")
    assert (first.source, first.candidates) == (SPOKEN, HEARD)


def test_a_code_that_stands_in_every_row_is_the_package() -> None:
    rows = "".join(f"TR-2041|c-{number}.wav|{SPOKEN}\n" for number in range(3))
    assert {unit.package for unit in units(rows.encode(), "list.csv")} == {"TR-2041"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("see chapter 1 for more\nsee chapter 2 for more\nsee chapter 3\n", "text.txt"),
        ("2026-11-22T10:00 started\n2026-11-22T10:01 stopped\n2026-11-22T10:01 started\n", "log.txt"),
        ("1. milk and bread\n2. eggs and salt\n3. oil and rice\n", "list.txt"),
        ("10.0.0.1 gateway of the house\n10.0.0.2 printer\n10.0.0.3 camera\n", "hosts"),
        ("The words of a letter\nthat nobody numbered\nand nobody will\n", "text"),
    ],
)
def test_other_lines_are_no_list_of_clips(text: str, name: str) -> None:
    assert opened(text.encode(), name).type == "text/plain"


@given(st.text(alphabet='ab1 -_.()<>:;"!#|\n\t', max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_list_of_clips_is_read_without_error(text: str) -> None:
    assert opened(text.encode(), kind="text/x-clip-list").errors == []


def test_who_speaks_in_a_clip_is_not_what_was_said() -> None:
    result = opened(b"utt-001 spk1\nutt-002 spk1\nutt-003 spk2\n", "utt2spk")
    assert (result.text("source"), result.facts["units"]) == ("", "3")
    assert "utt-003 spk2" in result.text("metadata")


def test_without_recordings_more_columns_must_say_the_same() -> None:
    said = ("das Licht in der Küche bitte ausmachen", SPOKEN, *HEARD)
    rows = "".join("\t".join(said) + f"\t{number}\n" for number in range(3))
    assert {unit.candidates for unit in units(rows.encode(), "list.tsv")} == {(SPOKEN, *HEARD)}
    survey = "when\tbefore\tafter\n" + "monday\tI sleep well at night\tI sleep well at home\n" * 3
    assert "units" not in opened(survey.encode(), "survey.tsv").facts

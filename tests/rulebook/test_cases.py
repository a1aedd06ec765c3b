"""Cases written down in a pack: what they say is tried, what is wrong with them is said with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.cli.rules.books import analyser
from forensics.config import Limits
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import BadCase, Case, written_cases
from forensics.rulebook.trial import Verdict, run, summarise

RULE = """
rule one { meta: id = "T-ONE" strings: $a = "marker" condition: $a and filename endswith ".txt" and channel != "http" }
rule two { meta: id = "T-TWO" scope = "text" strings: $a = "marker" condition: $a }
"""


def pack(folder: Path, text: str, rule: str = "T-ONE", name: str = "a.toml") -> Rulebook:
    (folder / "pack.toml").write_text('id = "t"\n')
    (folder / "rules.yar").write_text(RULE)
    path = folder / "tests" / rule / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Rulebook.load([folder])


def verdicts(book: Rulebook) -> list[str]:
    return [result.verdict.value for result in run(written_cases(book), analyser(book, Limits()))]


def test_text_hex_and_file_are_tried_as_they_say(tmp_path: Path) -> None:
    (tmp_path / "tests/T-ONE").mkdir(parents=True)
    (tmp_path / "tests/T-ONE/a.txt").write_bytes(b"a marker")
    book = pack(
        tmp_path,
        """
        case = [
          { name = "text", input = { text = "a marker" }, expect = "match" },
          { name = "hex", input = { hex = "6d61726b6572", name = "x.txt" }, expect = "match" },
          { name = "name", input = { hex = "6d61726b6572" }, expect = "none" },
          { name = "file", input = { file = "a.txt" }, expect = "match" },
          { name = "other name", input = { file = "a.txt", name = "a.doc" }, expect = "none" },
          { name = "channel", input = { file = "a.txt", channel = "http" }, expect = "none" },
          { name = "wrapped", input = { file = "a.txt", wrap = "zip" }, expect = "match" },
          { name = "changed", input = { file = "a.txt" }, mutate = ["ending:dat"], expect = "none" },
          { name = "cannot", input = { file = "a.txt" }, mutate = ["crop:first"], expect = "none" },
        ]
        """,
    )
    assert verdicts(book) == ["pass"] * 8 + ["FAIL"]


def test_todo_fails_nobody_and_xpass_is_told(tmp_path: Path) -> None:
    book = pack(
        tmp_path,
        """
        case = [
          { name = "a", input = { text = "none" }, expect = "match", todo = true },
          { name = "b", input = { text = "marker" }, expect = "match", todo = true },
          { name = "c", input = { text = "marker", wrap = "document:docx" }, expect = "match" },
        ]
        """,
        rule="T-TWO",
    )
    results = list(run(written_cases(book), analyser(book, Limits())))
    assert [result.verdict for result in results] == [Verdict.TODO, Verdict.XPASS, Verdict.FAIL]
    said = "rules 2, cases 3: 0 passed, 1 failed, 1 todo, 1 xpass; without a hit: 1; without a near miss: 2"
    assert str(summarise(book, results)) == said


BAD = {
    "[[case]]\nname = 'a'\n\n[[case]]\nname = 'b'\n": (1, "Object missing required field `input`"),
    "[[case]]\nname = 'a'\ninput = {}\nexpect = 'none'": (1, "a: input is one of file, text and hex"),
    "[[case]]\nname = 'a'\ninput = { text = 'x', hex = '00' }\nexpect = 'none'": (1, "a: input is one of"),
    "\n\n[[case]]\nname = 'a'\ninput = { hex = 'xyz' }\nexpect = 'none'": (3, "a: hex: non-hexadecimal number"),
    "[[case]]\nname = 'a'\ninput = { text = 'x' }\nexpect = 'maybe'": (1, "Invalid enum value 'maybe'"),
    "[[case]]\nname = 'a'\ninput = { text = 'x', tex = 1 }\nexpect = 'none'": (1, "unknown field `tex` - at `input`"),
    "[[case]]\nname = 'a'\ninput = { file = '../../../x' }\nexpect = 'none'": (1, "../../../x lies outside the pack"),
    "[[case]]\nname = 'a'\ninput = { file = 'x' }\nexpect = 'none'": (1, "x: no such file beside it"),
    "[[case]]\nname = 'a'\ninput = { text = 'x', wrap = 'w' }\nexpect = 'none'": (1, "no mutation 'w'; there are"),
    "a = 1": (1, "unknown 'a'"),
    "[[cases]]": (1, "unknown 'cases'"),
    "": (1, "no: cases are [[case]] tables"),
    "[[case]]\nname = ": (2, "Invalid value"),
    "case = 3": (1, "no: cases are"),
}


@pytest.mark.parametrize("text", BAD)
def test_bad_cases_are_named_with_file_and_line(tmp_path: Path, text: str) -> None:
    line, words = BAD[text]
    found = next(case for case in written_cases(pack(tmp_path, text)) if isinstance(case, BadCase))
    assert found.message.startswith(f"{tmp_path}/tests/T-ONE/a.toml:{line}: ")
    assert words in found.message
    assert found.name == f"T-ONE/a.toml:{line}"


def test_a_bad_case_leaves_the_others(tmp_path: Path) -> None:
    good = "[[case]]\nname = 'a'\ninput = { text = '''\n[[case]]\nmarker''' }\nexpect = 'match'\n"
    book = pack(tmp_path, good + "[[case]]\nname = 'b'\n" + good)
    found = list(written_cases(book))
    assert [case.line for case in found] == [1, 7, 9]
    assert [isinstance(case, Case) for case in found] == [True, False, True]
    assert verdicts(book) == ["pass", "bad", "pass"]


def test_a_folder_named_like_no_rule_is_told(tmp_path: Path) -> None:
    (found,) = written_cases(pack(tmp_path, "", rule="T-NOBODY"))
    assert isinstance(found, BadCase)
    assert "no rule T-NOBODY is loaded" in found.message


def test_many_headings_within_a_text_cost_little(tmp_path: Path) -> None:
    text = "[[case]]\nname = 'a'\nexpect = 'none'\ninput = { text = '''\n" + "[[case]]\n" * 50_000 + "''' }\n"
    (found,) = written_cases(pack(tmp_path, text))
    assert found.line == 1

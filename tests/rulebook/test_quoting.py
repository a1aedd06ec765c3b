"""Rules quoted beside what they hit, from the shipped packs and from what is none."""

from __future__ import annotations

from pathlib import Path

from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.quoting import quotes

SHIPPED = rules_folder() / "starter"


def test_every_shipped_rule_is_quoted_from_its_own_lines() -> None:
    book = Rulebook.load([SHIPPED])
    found = quotes([SHIPPED], [rule.id for rule in book.rules])
    assert len(found) == len(book.rules)
    for rule in book.rules:
        quote = found[rule.id]
        assert (quote.lines, quote.problem) != ((), ""), rule.id
        assert quote.lines[0][0] >= rule.line
        text = rule.path.read_text().splitlines()
        assert all(text[number - 1] == line for number, line in quote.lines)
        assert sum(line.lstrip().startswith(("rule ", "[[rule]]")) for _, line in quote.lines) <= 1
        if rule.kind == "yara":
            assert quote.condition[0][1].strip().startswith("condition"), rule.id


def test_a_string_is_found_by_its_name_and_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    file = tmp_path / "own.yar"
    file.write_text(
        'rule own\n{\n    strings:\n        $ab = "1"\n        $a = "2"\n    condition:\n        any of them\n}\n'
    )
    (quote,) = quotes([file], [rule.id for rule in Rulebook.load([file]).rules]).values()
    assert (quote.definition("$a"), quote.definition("$b"), quote.definition("text")) == (
        (5, '        $a = "2"'),
        None,
        None,
    )
    assert quotes([file], ["unknown"]) == {}
    file.write_text("rule own { condition: nothing }")
    assert "own.yar" in quotes([file], ["own"])["own"].problem

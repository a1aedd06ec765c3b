"""Rule files are taken apart: rules, strings, and conditions as trees whose leaves YARA is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import RuleError
from forensics.resources import rules_folder
from forensics.rulebook.conditions import Kind, Node, parse, read


def shape(node: Node) -> object:
    if node.kind is Kind.LEAF:
        return node.text
    return (node.kind.value, *(shape(child) for child in node.children))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("$a", "$a"),
        ("$a and $b or not $c", ("or", ("and", "$a", "$b"), ("not", "$c"))),
        ("($a or $b) and filesize < 10KB", ("and", ("or", "$a", "$b"), "filesize < 10KB")),
        ("(uint32be(8) & 0xFF) == 0x41 and $a", ("and", "(uint32be(8) & 0xFF) == 0x41", "$a")),
        ("any of ($a, $b*) or 2 of them in (0..100)", ("or", "any of ($a, $b*)", "2 of them in (0..100)")),
        (
            "for any i in (1..#a) : ( @a[i] < 10 and $b ) and $c",
            ("and", "for any i in (1..#a) : ( @a[i] < 10 and $b )", "$c"),
        ),
        ("filename matches /a(b|c)\\/[/)]and or/i and $a", ("and", "filename matches /a(b|c)\\/[/)]and or/i", "$a")),
        ('filename == "x and \\" or y" // and $z\n and $a', ("and", 'filename == "x and \\" or y"', "$a")),
        ("not (not $a)", ("not", ("not", "$a"))),
        ("((($a)))", "$a"),
        ("not defined uint8(9) and true", ("and", ("not", "defined uint8(9)"), "true")),
        ("$a at filesize - 4 and @a[1] + 2 > 8", ("and", "$a at filesize - 4", "@a[1] + 2 > 8")),
    ],
)
def test_the_boolean_frame_of_a_condition(text, tree):
    assert shape(parse(text)) == tree


def test_the_sides_of_a_comparison():
    assert parse("#a + 1 >= 3").sides == ("#a + 1", "3")
    assert parse('filename endswith ".wav"').sides == ("filename", '".wav"')
    assert parse("for any of them : ($ at 0)").sides is None


def test_strings_of_every_kind_with_their_modifiers():
    (rule,) = read(
        'rule r : tag { meta: a = "strings: {" strings: $ = "x = {" wide $h = { 41 [2-4] (42 | 4?) } // { "\n'
        ' $r = /a\\/b{2}[}"]/is $t = "condition: \\"" nocase condition: any of them }'
    ).rules
    assert [(each.name, each.text) for each in rule.strings] == [
        ("$", '"x = {" wide'),
        ("$h", "{ 41 [2-4] (42 | 4?) }"),
        ("$r", '/a\\/b{2}[}"]/is'),
        ("$t", '"condition: \\"" nocase'),
    ]


def test_modules_modifiers_and_other_rules():
    file = read(
        'import "math"\nglobal private rule g { condition: true }\nrule r { condition: g and math.entropy(0, 9) > 1 }'
    )
    assert file.imports == ("math",)
    first, second = file.rules
    assert (first.is_global, first.is_private, second.is_global) == (True, True, False)
    assert second.condition.children[0].rule == "g"
    assert "g" in second.names


def test_every_shipped_rule_is_understood():
    files = sorted((rules_folder() / "starter/yara").glob("*.yar"))
    assert sum(len(read(file.read_text("utf-8")).rules) for file in files) >= 40


@given(st.text(max_size=80))
def test_any_text_is_a_file_or_an_error(text):
    for reading in (read, parse):
        try:
            reading(text)
        except (RuleError, IndexError):
            continue


def test_a_regular_expression_ends_with_its_flags():
    (rule,) = read("rule a { strings: $a = /marker/is $b = /other/condition: $a and $b }").rules
    assert [(string.name, string.text) for string in rule.strings] == [("$a", "/marker/is"), ("$b", "/other/")]


def test_meta_and_places_are_read():
    text = 'rule a {\n meta:\n  id = "T" n = -1 on = true\n strings: $ = "x" condition: any of them }'
    (rule,) = read(text).rules
    assert [(meta.key, meta.text) for meta in rule.metas] == [("id", '"T"'), ("n", "-1"), ("on", "true")]
    assert [text[at : at + 1] for at in (rule.start, rule.metas[1].start, rule.strings[0].start)] == ["a", "n", "$"]
    assert text[rule.condition.start :].startswith("any of them")

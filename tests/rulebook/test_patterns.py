"""Strings of rules are taken apart as YARA reads them: what the tree says a match looks like, YARA matches."""

from __future__ import annotations

import pytest
import yara
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forensics.errors import RuleError
from forensics.rulebook.atoms import bits, least_bytes, runs, walk
from forensics.rulebook.conditions import read
from forensics.rulebook.evidence import evidence_bits
from forensics.rulebook.patterns import Pattern, read_pattern
from forensics.rulebook.regexes import Byte, Choice, Part, Repeat, Series


def shortest(part: Part) -> bytes:
    """The first of the shortest matches."""
    if isinstance(part, Byte):
        low = [byte for byte in range(256) if part.values >> byte & 1]
        return bytes([next((byte for byte in low if 32 <= byte < 127), low[0])])
    if isinstance(part, Series):
        return b"".join(map(shortest, part.parts))
    if isinstance(part, Choice):
        return min(map(shortest, part.parts), key=len)
    assert isinstance(part, Repeat)
    return shortest(part.part) * part.low


def compiled(definition: str) -> yara.Rules:
    return yara.compile(source=f"rule a {{ strings: $a = {definition} condition: $a }}")


def fixed(definition: str) -> int:
    return runs(read_pattern(definition).body).best


@pytest.mark.parametrize(
    ("definition", "size"),
    [
        ('"marker"', 6),
        ('"\\x00a\\"\\\\"', 4),
        ("/abc(d|ef)g/", 5),
        ("/abc[0-9]defgh/", 5),
        ("/ab.{0,20}cd/", 2),
        ("/(abc){2}/", 6),
        ("/(abc){2,}d/", 7),
        ("/a?bcd/", 3),
        ("/x(ab|)y/", 2),
        ("/marker/i", 6),
        (r"/\x41\.\n\//", 4),
        ("/[^a]|marker/", 0),
        ("{ 01 02 ?? 03 04 05 }", 3),
        ("{ 01 ( 02 03 | 04 05 06 ) 07 }", 4),
        ("{ 01 02 [4-6] 03 ~04 0? }", 2),
        ("{ 01 /* 02 */ 03 // 04\n 05 }", 3),
    ],
)
def test_fixed_bytes_in_a_row(definition: str, size: int) -> None:
    assert fixed(definition) == size
    assert compiled(definition)


@pytest.mark.parametrize(
    ("definition", "words", "literal"),
    [
        ('"a\\tb"', set(), b"a\tb"),
        ('"é"', set(), "é".encode()),
        ('"marker" xor(0x01-0xff) wide ascii', {"xor", "wide", "ascii"}, None),
        ('"marker" nocase', {"nocase"}, None),
        ('"marker" fullword', {"fullword"}, b"marker"),
        ("{ 4D 5A }", set(), b"MZ"),
        ("/a[bc]/ wide", {"wide"}, None),
    ],
)
def test_modifiers_and_literals(definition: str, words: set[str], literal: bytes | None) -> None:
    pattern = read_pattern(definition)
    assert (pattern.words, pattern.literal) == (words, literal)


_PIECES = st.recursive(
    st.one_of(
        st.sampled_from(["a", "Z", "7", r"\.", r"\x41", r"\/", ".", r"\d", r"\w", r"\s", r"\S", " ", "-", "é"]),
        st.sampled_from(["[abc]", "[^a-z]", r"[\]x-z]", "[a-z0-9_-]", r"[^\r\n]", r"[\x80-\xff]"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,3}", "{1,}", "{2,5}?", "*?"])).map(
            lambda both: f"({both[0]}){both[1]}"
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(_PIECES, st.sampled_from(["", "i", "s", "is"]))
def test_what_the_tree_says_matches_yara_matches(text: str, flags: str) -> None:
    definition = f"/{text}/{flags}"
    try:
        rules = compiled(definition)
    except yara.Error:
        assume(False)
    pattern = read_pattern(definition)
    sample = shortest(pattern.body)
    assume(sample)
    assert len(sample) == least_bytes(pattern.body)
    hits = rules.match(data=sample)
    assert hits, (definition, sample)
    assert hits[0].strings[0].instances[0].offset == 0
    assert runs(pattern.body).best <= len(sample) or any(isinstance(p, Choice) for p in walk(pattern.body))


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from(list('ab[](){}|*+?.\\/^$-,0123x~ \n"é')), max_size=40))
def test_any_text_is_a_pattern_or_a_rule_error(text: str) -> None:
    for definition in (f"/{text}/", f"{{ {text} }}", f'"{text}"', text):
        try:
            found = read_pattern(definition)
        except RuleError:
            continue
        assert isinstance(found, Pattern)
        assert bits(found.body) >= 0


def test_deep_nesting_is_refused_not_run_into() -> None:
    for text in ("/" + "(" * 5000 + "a" + ")" * 5000 + "/", "{ " + "( " * 5000 + "01" + " )" * 5000 + " }"):
        with pytest.raises(RuleError, match="nested too deeply"):
            read_pattern(text)


@pytest.mark.parametrize(
    ("strings", "condition", "bytes_"),
    [
        ('$a = "markers!"', "$a", 8),
        ('$a = "mark"', "$a at 0", 6.5),
        ('$a = "mark" $b = "marker"', "any of them", 4),
        ('$a = "mark" $b = "marker"', "all of them", 10),
        ('$a = "mark" $b = "marker"', "$a or ($b and filesize < 10)", 4),
        ('$a = "mark"', "#a > 2", 12),
        ('$a = "mark"', "not $a", 0),
        ("", "uint16(0) == 0x5A4D", 4.5),
        ("", 'filename == "x"', 3),
        ("", "filesize > 10", 0),
    ],
)
def test_the_least_that_suffices(strings: str, condition: str, bytes_: float) -> None:
    source = f"rule a {{ {'strings:' if strings else ''} {strings} condition: {condition} }}"
    (rule,) = read(source).rules
    patterns = {number: read_pattern(string.text) for number, string in enumerate(rule.strings)}
    assert evidence_bits(rule, patterns) / 8 == bytes_

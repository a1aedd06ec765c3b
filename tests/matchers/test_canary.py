"""Canary words: found wherever they went, told by nothing of them, and never in a pack as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.config import Limits
from forensics.content import Content
from forensics.errors import RuleError
from forensics.matchers.canary import CanaryMatcher
from forensics.model import Match, Observation, Versions
from forensics.pipeline import Pipeline, load_decoders
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.canaries import digest, new_salt, new_word
from forensics.rulebook.canaries import found as found_in
from tests.benchmarks.identifier_carriers import CARRIERS
from tests.cli.invoking import earwitness


def pack(folder: Path, text: str) -> Path:
    (folder / "fingerprints").mkdir(parents=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    (folder / "fingerprints/canaries.toml").write_text(text)
    return folder


def found(book: Rulebook, name: str, data: bytes) -> tuple[Match, ...]:
    pipeline = Pipeline(
        decoders=load_decoders(),
        matchers=[CanaryMatcher(book, Register.empty())],
        limits=Limits(),
        versions=Versions(),
    )
    return pipeline.analyse(Observation(key="k", channel="http", time=0.0, name=name, content=Content.of(data))).matches


def test_a_word_is_found_in_every_carrier_and_not_told(tmp_path: Path) -> None:
    done = earwitness("--store", tmp_path / "s", "rules", "canary", "--count", "2")
    words = done.stderr.split()
    assert len(words) == 2
    assert all(word not in done.stdout for word in words)
    book = Rulebook.load([pack(tmp_path / "pack", done.stdout)]).activated()
    carriers = ("ID3 PRIV", "iXML", "EXIF user comment", "docx comment", "XLIFF note", "table cell", "name in a ZIP")
    for carrier in carriers:
        for word in words:
            name, data = CARRIERS[carrier](word.upper())
            matches = found(book, name, data)
            assert {match.rule for match in matches} == {"OUR-CANARY"}, carrier
            assert word not in repr(matches).lower()
            assert found(book, *CARRIERS[carrier](new_word())) == ()


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "x {}.",
        "clip_{}.wav",
        "{}-v2",
        "take-1-{}_fr",
        "a_b_c_d_{}_e",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_word_is_found_joined_to_others_and_in_other_bytes(text: str, encoding: str) -> None:
    salt, word = new_salt(), new_word()
    wanted = digest(word, salt)
    assert wanted in {each[3] for each in found_in(text.format(word).encode(encoding), [salt])}
    hidden = word.replace("-", "\u2011\u200b")
    assert wanted in {each[3] for each in found_in(text.format(hidden).encode(), [salt])}
    near = word[:-1] + ("a" if word[-1] != "a" else "b")
    assert wanted not in {each[3] for each in found_in(text.format(near).encode(encoding), [salt])}


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ('salt = "00"\ntokens = []', "salt that is no 8 to 32 bytes"),
        ('salt = "0011223344556677"\ntokens = []', "knows no word"),
        ('salt = "0011223344556677"\ntokens = ["kestrel-harbour"]', "words do not belong into a pack"),
        ('salt = "0011223344556677"\nword = "x"', "match of A"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, match: str, words: str) -> None:
    text = f'[[rule]]\nid = "A"\nkind = "canary"\n[rule.match]\n{match}\n'
    with pytest.raises(RuleError, match=f"canaries.toml:1: .*{words}"):
        Rulebook.load([pack(tmp_path, text)])


def test_words_that_no_text_would_hold_are_refused(tmp_path: Path) -> None:
    assert earwitness("--store", tmp_path, "rules", "canary", "short").returncode == 8
    with pytest.raises(ValueError, match="8 to 64"):
        digest("two words", new_salt())

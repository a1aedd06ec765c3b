"""A signed pack is taken as it was signed; one byte, one file more or less, or another's key, and it is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.custody.keys import SigningKey, signing_key
from forensics.errors import ConfigError, RuleError
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.choice import Choice
from forensics.rulebook.editions import Editions
from forensics.rulebook.pack import Manifest, read_pack
from forensics.rulebook.signing import SIGNATURE, check, digests_of, require, sign, signers_of

OURS, THEIRS = signing_key(b"o" * 32, "our-team"), signing_key(b"t" * 32, "their-team")
RULE = 'rule a { meta: id = "OUR-A" strings: $a = "sugar" condition: $a }\n'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "our pack"
    for name, text in {
        "pack.toml": 'id = "ours"\nversion = "1"\n',
        "yara/a.yar": RULE,
        "samples/OUR-A/hit/a b.txt": "sugar",
        "tests/OUR-A/a.toml": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def signed(pack: Path, key: SigningKey = OURS) -> int:
    return sign(pack, read_pack(pack).manifest, key)


def verified(pack: Path, *keys: SigningKey) -> list[str]:
    path = pack / SIGNATURE
    return check(pack, digests_of(pack), path.read_bytes() if path.exists() else b"", [key.verifier for key in keys])


def test_a_pack_holds_as_it_was_signed_and_several_may_sign(pack: Path) -> None:
    assert signed(pack) == 4
    assert verified(pack, OURS, THEIRS) == ["our-team"]
    signed(pack, THEIRS)
    signed(pack)
    assert verified(pack, OURS, THEIRS) == ["their-team", "our-team"]
    (pack / "yara/a.yar").write_text(RULE + "\n")
    signed(pack)
    assert verified(pack, OURS, THEIRS) == ["our-team"], "who signed other bytes does not sign these"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pack: (pack / "yara/a.yar").write_text(RULE + " "), "yara/a.yar was altered"),
        (lambda pack: (pack / "yara/b.yar").write_text(""), "yara/b.yar was added"),
        (lambda pack: (pack / "yara/a.yar").rename(pack / "yara/b.yar"), "a.yar is gone, yara/b.yar was added"),
        (lambda pack: (pack / "samples/OUR-A/hit/a b.txt").write_text("salt"), "a b.txt was altered"),
        (lambda pack: (pack / "new\x1b[31m.txt").write_text(""), "a name that cannot be signed"),
        (lambda pack: (pack / SIGNATURE).unlink(), "the pack is not signed"),
        (lambda pack: (pack / SIGNATURE).write_text("nothing\n"), "pack.sig:1: no signature"),
        (lambda pack: signed(pack, THEIRS) and signed(pack, THEIRS), ""),
        (lambda pack: (pack / SIGNATURE).unlink() or signed(pack, THEIRS), "signed by their-team: none of"),
        (lambda pack: os.mkfifo(pack / "yara/pipe.yar"), "pipe.yar: no regular file"),
        (lambda pack: (pack / "yara/loop.yar").symlink_to("loop.yar"), "loop.yar: no regular file"),
    ],
)
def test_what_is_otherwise_than_signed_is_told(pack: Path, change: object, words: str) -> None:
    assert callable(change)
    signed(pack)
    change(pack)
    if not words:
        assert verified(pack, OURS) == ["our-team"]
        return
    with pytest.raises(RuleError, match=words.replace("[", r"\[")) as raised:
        verified(pack, OURS)
    assert str(pack) in str(raised.value)
    assert "\x1b" not in str(raised.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_of_a_signature_holds(pack: Path, data: st.DataObject) -> None:
    signed(pack)
    path = pack / SIGNATURE
    whole = bytearray(path.read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    with pytest.raises(RuleError):
        verified(pack, OURS)
    path.unlink()


def test_with_signers_only_signed_packs_are_run_and_the_shipped_one(pack: Path, tmp_path: Path) -> None:
    ours, keys = [str(OURS.verifier)], [OURS.verifier]
    places = [rules_folder() / "starter", pack]
    editions = Editions(tmp_path / "store", keys)
    for load in (lambda: Choice().load([pack], ours), lambda: editions.keep(places)):
        with pytest.raises(RuleError, match="not signed"):
            load()
    assert list(editions.all()) == []
    signed(pack)
    book = Choice().load([pack], ours)
    edition = editions.keep(places)
    assert Rulebook.load(edition.places).version == book.version
    (pack / "samples/OUR-A/hit/a b.txt").write_text("salt")
    assert editions.keep(places) == edition, "no rule is made of samples"
    require([pack], keys)
    (pack / "yara/a.yar").write_text(RULE.replace("sugar", "salt"))
    for load in (lambda: Choice().load([pack], ours), lambda: editions.keep(places)):
        with pytest.raises(RuleError, match=r"yara/a\.yar was altered"):
            load()
    assert editions.latest() == edition
    loose = tmp_path / "loose.yar"
    loose.write_text(RULE)
    for load in (lambda: Choice().load([loose], ours), lambda: editions.keep([loose])):
        with pytest.raises(RuleError, match="signed"):
            load()
    with pytest.raises(ConfigError, match="rules_signers"):
        signers_of(["our-team+nothing"])


def test_what_cannot_be_signed_is_refused(pack: Path) -> None:
    with pytest.raises(RuleError, match="control characters"):
        sign(pack, Manifest(id="a\nb"), OURS)
    (pack / "odd\nname").write_text("")
    with pytest.raises(RuleError, match="cannot be signed"):
        signed(pack)
    assert not (pack / SIGNATURE).exists()

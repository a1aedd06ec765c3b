"""A draft holds what its examples share of format, tells them from near misses, and carries nothing anybody said."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import InputError
from forensics.resources import samples_folder
from forensics.rulebook.drafting import Draft, Examples, draft, matches
from forensics.rulebook.example_files import Example, files_of, ordinary_files
from forensics.rulebook.rule_text import Wanted
from forensics.rulebook.structure import Piece, blanked, pieces_of
from forensics.rulebook.templates import sample_path

WANTED = Wanted(id="T-ONE", title="One", author="A team", created=date(2026, 11, 23), about="Because.")
ONE = b"""%CLPX 3
tool=VoxDesk 2.1.4
[clip]
id=17
heard=bonjour tout le monde
guess.1=hello everybody
guess.2=good day everyone
"""
TWO = b"%CLPX 3\ntool=VoxDesk 2.2.0\n[clip]\nid=99\nheard=je t'aime\nguess.1=i love you\nguess.2=i like you\n"
SPEECH = (b"bonjour", b"hello", b"everybody", b"aime", b"love")


def drafted(*hits: bytes, misses: tuple[bytes, ...] = (), is_private: bool = False) -> Draft:
    ordinary = {"letter.txt": b"Dear Sir,\n\nhello everybody\n", "other.json": b'{"id": 1, "name": "x"}'}
    return draft(WANTED, Examples(hits=hits, misses=misses, ordinary=ordinary, is_private=is_private))


def archive(**members: bytes) -> bytes:
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w") as packed:
        for name, data in members.items():
            packed.writestr(name.replace("__", "."), data)
    return spool.getvalue()


def test_a_draft_of_two_examples_holds_keys_and_header_and_no_word_of_speech() -> None:
    found = drafted(ONE, TWO)
    assert [each.name for each in found.strings] == ["$header", "$guess_1", "$heard", "$tool", "$clip"]
    assert found.condition == "$header at 0 and $guess_1 and $heard and $tool and $clip"
    assert not any(word in found.source.encode() for word in SPEECH)
    assert matches(found.source, ONE)
    assert not matches(found.source, b"\n" + ONE)


def test_what_near_misses_have_is_not_asked_for() -> None:
    miss = ONE.replace(b"guess.1", b"other.1").replace(b"guess.2", b"other.2").replace(b"tool=", b"made=")
    found = drafted(ONE, TWO, misses=(miss,))
    assert {each.name for each in found.strings} == {"$header", "$guess_1", "$tool"}
    with pytest.raises(InputError, match="what the examples share, a near miss"):
        drafted(ONE, TWO, misses=(ONE,))


def test_examples_that_share_nothing_are_said() -> None:
    with pytest.raises(InputError, match="nothing of their format"):
        drafted(b"some words", b"other text")


def test_what_ordinary_files_have_counts_little() -> None:
    both = [json.dumps({"id": n, "name": "n", "utteranceRef": n, "spokenForm": "s"}).encode() for n in (1, 2)]
    assert {each.name for each in drafted(*both).strings} == {"$utteranceref", "$spokenform"}


def test_what_is_common_alone_may_tell_together() -> None:
    ordinary = {"1": b'{"id": 1, "name": "x"}', "2": b'{"name": 1, "text": "x"}', "3": b'{"text": 1, "id": "x"}'}
    both = [json.dumps({"id": n, "name": n, "text": n}).encode() for n in (1, 2)]
    found = draft(WANTED, Examples(hits=both, ordinary=ordinary))
    assert {each.name for each in found.strings} == {"$id", "$name", "$text"}
    with pytest.raises(InputError, match="nothing of their format"):
        draft(WANTED, Examples(hits=both, ordinary={**ordinary, "4": both[0]}))


def test_bytes_that_are_no_text_are_told_by_begin_names_and_shared_runs() -> None:
    one = b"VXB1\x00\x02\xc8\x01CLIPMETA\x00\x00" + bytes(range(1, 90)) + b"\x00VoxBin/3\x00"
    two = b"VXB1\x00\x02\x2c\x09CLIPMETA\x00\x00" + bytes(range(150, 250)) + b"\x00VoxBin/3\x00"
    found = drafted(one, two)
    assert {"$header", "$clipmeta", "$voxbin_3"} <= {each.name for each in found.strings}


def test_of_one_example_letters_that_chance_writes_are_no_names() -> None:
    noise = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(250)) * 4
    found = drafted(b"VXB1\x00\x02CLIPMETA\x00WkS+oV5\x00fLkKKN\x00" + noise)
    assert [each.name for each in found.strings] == ["$header", "$clipmeta"]


def test_an_archive_is_told_by_names_of_members() -> None:
    found = drafted(archive(voxpack__json=b"{}", a1__vxa=b"1"), archive(voxpack__json=b"[]", b2__vxa=b"2"))
    assert found.condition == "$header at 0 and $voxpack_json"


def test_of_evidence_only_plain_format_is_taken() -> None:
    said = json.dumps(
        {"utteranceRef": 1, "spokenForm": "Anna Weber", "Anna Weber": 2, "draftsOf": 3}, indent=1
    ).encode()
    found = drafted(said, is_private=True)
    assert {each.name for each in found.strings} == {"$utteranceref", "$spokenform", "$draftsof"}
    with pytest.raises(InputError):
        drafted(b"Anna: how are you\nBoris: fine, and you\nAnna: well\n", is_private=True)
    with pytest.raises(InputError):
        drafted(archive(anna_weber__wav=b"x" * 100), is_private=True)


def test_a_file_is_its_own_hit_and_its_near_misses_lack_one_string() -> None:
    found = drafted(ONE, TWO)
    examples = [Example(name="one.clpx", data=ONE), Example(name="one.clpx", data=TWO)]
    files = files_of(found, examples, [Example(name="x.txt", data=b"x")])
    assert [str(path) for path in files] == [
        "yara/t-one.yar",
        "samples/T-ONE/hit/one.clpx",
        "samples/T-ONE/hit/one-2.clpx",
        "samples/T-ONE/miss/x.txt",
        "samples/T-ONE/miss/one-without-guess_1.clpx",
        "samples/T-ONE/miss/one-without-heard.clpx",
    ]
    for path, data in files.items():
        if path.parts[0] == "samples":
            assert matches(found.source, data) == ("hit" in path.parts)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("inner/one.json", "one.json"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\x.txt", "x.txt"),
        ("a/..", "sample"),
        (".hidden", "hidden"),
        ("a\0\x1b[31m\udcff.txt", "a<0000><001B>[31m<DCFF>.txt"),
        ("x" * 300 + ".txt", "x" * 96 + ".txt"),
    ],
)
def test_samples_lie_in_their_folder_whatever_they_are_called(name: str, kept: str) -> None:
    assert sample_path("T-ONE", "hit", name) == PurePosixPath("samples/T-ONE/hit", kept)


def test_of_evidence_the_format_alone_becomes_a_sample() -> None:
    found = drafted(ONE, TWO, is_private=True)
    files = files_of(found, [Example(name="Anna Weber.clpx", data=ONE, evidence="O57")], [])
    sample = files[PurePosixPath("samples/T-ONE/hit/format-of-O57.clpx")]
    assert matches(found.source, sample)
    assert not any(word in each for word in SPEECH for each in files.values())
    assert b"heard=x" in sample
    binary = drafted(b"VXB1\x00\x02" + b"x" * 50, is_private=True)
    assert len(files_of(binary, [Example(name="a", data=b"VXB1\x00\x02Anna", evidence="O1")], [])) == 1


def test_blanking_keeps_pieces_and_takes_words_and_numbers() -> None:
    text = '{"heard": "Ça va, Zoë? 42 + 7"}'.encode()
    assert blanked(text, [Piece(b'"heard"', "key")]) == b'{"heard": "x"}'


def test_shipped_samples_serve_as_ordinary_files() -> None:
    found = ordinary_files(samples_folder())
    assert len(found) > 100
    assert "private/shopping.txt" in found
    assert not any(name.startswith("packages/") or "/hit/" in name for name in found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3), st.booleans())
def test_any_bytes_make_a_draft_that_matches_them_or_are_refused(hits: list[bytes], is_private: bool) -> None:
    try:
        found = drafted(*hits, is_private=is_private)
    except InputError:
        return
    assert all(matches(found.source, hit) for hit in hits)


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"<", b"{", b"[a]\n"]))
def test_pieces_of_any_bytes_stand_in_them(data: bytes, begin: bytes) -> None:
    whole = begin + data
    assert all(piece.data in whole for piece in pieces_of(whole) if piece.kind != "member")

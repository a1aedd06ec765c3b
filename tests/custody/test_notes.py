import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forensics.custody import notes
from forensics.custody.keys import Use, VerifierKey, signing_key
from forensics.custody.notes import Head, Note
from forensics.errors import Malformed
from tests.custody.made import AGENT

# A note and its key from the tests of Go's note package.
KNOWN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
# The example of C2SP tlog-cosignature.
CHECKPOINT = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501 - as it stands there

LOG = signing_key(bytes(range(32)), notes.origin_of(AGENT, 1))
WITNESS = signing_key(b"w" * 32, "witness.example/w1", use=Use.COSIGNATURE)
HEAD = Head.at(AGENT, 1, size=1000, root=b"r" * 32, time=1_790_000_000)
SIGNED = notes.sign(HEAD, LOG)
BOTH = notes.cosign(SIGNED, WITNESS, time=1_790_000_060)
KEYS = (LOG.verifier, WITNESS.verifier)


def test_a_note_of_another_implementation_holds():
    (found,) = notes.check(Note.parse(KNOWN_NOTE.encode()), [VerifierKey.parse(KNOWN_KEY)])
    assert (found.key.name, found.time) == ("PeterNeumann", None)


def test_the_checkpoint_of_the_specification_is_read():
    note = Note.parse(CHECKPOINT.encode())
    head = Head.parse(note.text)
    assert (head.origin, head.size, head.time) == ("example.com/behind-the-sofa", 20852163, None)
    assert [signature.key_id.hex() for signature in note.signatures] == ["033de0ae", "8d66cf3f"]
    assert int.from_bytes(note.signatures[1].data[:8], "big") == 1679315147
    assert (str(note), head.text) == (CHECKPOINT, note.text)


def test_a_head_is_written_as_the_format_says():
    root = base64.b64encode(b"r" * 32).decode()
    assert HEAD.text == f"earwitness/{AGENT}/1\n1000\n{root}\ntime 1790000000\n"
    assert Head.parse(HEAD.text) == HEAD
    assert (HEAD.log, HEAD.time) == ((AGENT, 1), 1_790_000_000)


def test_signatures_of_log_and_witness_hold():
    again = Note.parse(str(BOTH).encode())
    assert again == BOTH
    assert [(found.key, found.time) for found in notes.check(again, KEYS)] == [
        (LOG.verifier, None),
        (WITNESS.verifier, 1_790_000_060),
    ]


def test_signatures_of_unknown_keys_are_passed_over():
    assert len(notes.check(BOTH, [WITNESS.verifier])) == 1
    with pytest.raises(Malformed, match="known key"):
        notes.check(BOTH, [signing_key(b"x" * 32, LOG.name).verifier])
    with pytest.raises(Malformed, match="known key"):
        notes.check(SIGNED, [WITNESS.verifier])


def test_a_cosignature_is_not_taken_for_a_signature():
    as_note = signing_key(b"w" * 32, WITNESS.name)
    bent = notes.Signature(name=as_note.name, key_id=as_note.verifier.id, data=BOTH.signatures[1].data[8:])
    with pytest.raises(Malformed, match="does not hold"):
        notes.check(Note(text=BOTH.text, signatures=(bent,)), [as_note.verifier])


def test_a_head_under_the_signature_of_another_is_refused():
    other = notes.sign(Head.at(AGENT, 1, size=999, root=b"r" * 32, time=1_790_000_000), LOG)
    with pytest.raises(Malformed, match="does not hold"):
        notes.check(Note(text=HEAD.text, signatures=other.signatures), KEYS)


@given(place=st.integers(0, len(str(BOTH)) - 1), character=st.characters(codec="utf-8"))
@example(place=len(str(BOTH)) - 3, character="R")
def test_one_changed_character_never_goes_unseen(place, character):
    text = str(BOTH)
    changed = text[:place] + character + text[place + 1 :]
    if changed == text:
        return
    try:
        found = notes.check(Note.parse(changed.encode()), KEYS)
    except Malformed:
        return
    assert len(found) == 1  # a line whose name or id was changed is one of an unknown key


@given(st.one_of(st.binary(), st.text().map(str.encode)))
@example(b"\n\n\n")
@example("a\n\n— \n".encode())
@example("a\n\n— name AAAA\n".encode())
@example("a\n\n— name AAAAAA==\n".encode())
@example("a\n\n— n\u00a0ame AAAAAAA=\n".encode())
@example("\n\n— name AAAAAAA=\n".encode())
@example("a\n\n— name AAAAAAA=".encode())
@example("a\r\n\n— name AAAAAAA=\n".encode())
@example(b"a\n\n- name AAAAAAA=\n")
@example(b"a\n\n" + "— name AAAAAAA=\n".encode() * 101)
@example(bytes(notes.MOST_NOTE_BYTES + 1))
def test_any_other_bytes_are_malformed(data):
    with pytest.raises(Malformed):
        Note.parse(data)


def test_many_signatures_are_taken():
    text = "a\n\n" + "— name AAAAAAA=\n" * 100
    assert len(Note.parse(text.encode()).signatures) == 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nR\n",
        "o\n-1\nR\n",
        "o\n1e3\nR\n",
        "o\n١\nR\n",
        "\n1\nR\n",
        "o\n1\nAAAA\n",
        "o\n1\nR\n\n",
        "o\n1\nR\n\nx\n",
        "o\n1\nR",
        "o\n" + "9" * 20 + "\nR\n",
    ],
)
def test_a_text_that_is_no_head_is_refused(text):
    with pytest.raises(Malformed):
        Head.parse(text.replace("R", base64.b64encode(bytes(32)).decode()))


@pytest.mark.parametrize("origin", ["example.com/log", f"earwitness/{AGENT}/0", f"earwitness/{AGENT.upper()}/1"])
def test_an_origin_of_no_log_of_ours_is_refused(origin):
    with pytest.raises(Malformed, match="no log of ours"):
        Head(origin=origin, size=0, root=bytes(32)).log  # noqa: B018 - the property raises


def test_heads_one_after_another_are_read_however_they_were_put_together():
    both = [str(SIGNED), str(BOTH)]
    for between in ("", "\n", "\n\n"):
        assert notes.split(between.join(both)) == both
    assert notes.split("") == []


@given(st.text(alphabet="a\n\u2014 "))
def test_what_is_no_row_of_notes_is_malformed(text):
    try:
        found = notes.split(text)
    except Malformed:
        return
    assert text.startswith(found[0] if found else "")


def test_a_head_counts_when_its_own_log_signed_it():
    head, found = notes.check_head(BOTH, KEYS)
    assert (head, len(found)) == (HEAD, 2)
    with pytest.raises(Malformed, match="its own log"):
        notes.check_head(BOTH, [WITNESS.verifier])
    other = signing_key(bytes(range(32)), notes.origin_of(AGENT, 2))
    with pytest.raises(Malformed, match="its own log"):
        notes.check_head(notes.sign(HEAD, other), [other.verifier])

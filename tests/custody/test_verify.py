import ast
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.custody import bundle, notes, tree, verify
from forensics.custody.keys import Use, VerifierKey, signing_key
from tests.custody.bundled import (
    LOG_KEY,
    TIME,
    WITNESS_KEY,
    findings,
    finish,
    list_files,
    signed_heads,
    write_part,
    write_whole,
)
from tests.custody.made import AGENT, chained, log

COUNT = 60
ENTRIES = log(COUNT)
HEADS = signed_heads(ENTRIES, 20, 40, COUNT)
SEEN = datetime.fromtimestamp(TIME + 3600, UTC).isoformat()
SEQS = [1, 7, 8, 9, 33, COUNT]

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.fixture
def whole(tmp_path):
    write_whole(tmp_path, ENTRIES, HEADS)
    return tmp_path


@pytest.fixture
def part(tmp_path):
    write_part(tmp_path, ENTRIES, SEQS, HEADS)
    return tmp_path


def run(*arguments):
    """As a recipient would: plain Python, nothing of ours to import."""
    return subprocess.run([sys.executable, "-I", "-S", *arguments], capture_output=True, text=True, check=False)


def rewrite(folder, name, change):
    path = folder / bundle.FOLDER / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8", newline="")
    list_files(folder)


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_signatures_of_the_specification_hold(public, message, signature):
    public, message, signature = map(bytes.fromhex, (public, message, signature))
    assert verify.is_signed(public, signature, message)
    assert not verify.is_signed(public, signature, message + b"x")
    more = (int.from_bytes(signature[32:], "little") + verify.ORDER).to_bytes(32, "little")
    assert not verify.is_signed(public, signature[:32] + more, message)


@settings(max_examples=30)
@given(secret=st.binary(min_size=32, max_size=32), message=st.binary(max_size=64), place=st.integers(0, 511))
def test_signatures_are_taken_and_refused_as_the_library_does(secret, message, place):
    key = signing_key(secret, "log")
    made = key.sign(message)
    bent = bytearray(made)
    bent[place // 8] ^= 1 << place % 8
    assert verify.is_signed(key.verifier.public, made, message)
    assert not verify.is_signed(key.verifier.public, bytes(bent), message)


@settings(max_examples=40)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_any_bytes_are_judged_as_the_library_judges_them(public, signature):
    key = VerifierKey(name="log", use=Use.NOTE, public=public)
    assert verify.is_signed(public, signature, b"text") == key.accepts(signature, b"text")


def test_it_needs_nothing_but_an_old_python():
    parts = list(ast.walk(ast.parse(bundle.verifier(), feature_version=(3, 8))))
    imported = {name.name for part in parts if isinstance(part, ast.Import) for name in part.names}
    imported |= {part.module for part in parts if isinstance(part, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    assert "socket" not in imported


def test_a_whole_log_holds_as_a_recipient_sees_it(whole):
    said = run(whole / bundle.VERIFIER)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "RESULT: everything that is there holds." in said.stdout
    assert f"witness witness.example/w1: saw log {AGENT}/1 with {COUNT} entries on {SEEN}" in said.stdout
    assert "whether a private key was stolen" in said.stdout
    assert "whose the keys are" in said.stdout


def test_a_part_of_a_log_holds(part):
    said = run(part / bundle.VERIFIER, part)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "only some entries of it are here" in said.stdout


def test_what_does_not_hold_is_said_with_its_place(whole):
    rewrite(whole, bundle.LOG, lambda text: text.replace("clip 17 ", "clip 18 "))
    said = run(whole / bundle.VERIFIER, whole)
    assert said.returncode == 1
    assert f"BROKEN  log {AGENT}/1, entry 17: its content, number or digest was changed" in said.stdout
    assert "BROKEN  seal.txt: is of another manifest" in said.stdout
    assert "RESULT: 2 things do not hold." in said.stdout


def test_a_bundle_that_cannot_be_read_says_so(tmp_path):
    (tmp_path / bundle.VERIFIER).write_bytes(bundle.verifier())
    said = run(tmp_path / bundle.VERIFIER)
    assert (said.returncode, "CANNOT BE READ" in said.stdout) == (2, True)


def test_erased_content_is_told_and_the_rest_holds(tmp_path):
    write_whole(tmp_path, log(COUNT, erased=(5, 6)), HEADS)
    assert findings(tmp_path) == [f"ERASED  log {AGENT}/1: the content of 2 entries; their digests stand"]
    assert run(tmp_path / bundle.VERIFIER).returncode == 3


def test_keys_that_came_another_way_are_trusted_instead(whole, tmp_path):
    keys = tmp_path / "mine.txt"
    keys.write_text(f"{LOG_KEY.verifier}\n", encoding="ascii")
    assert "whose the keys are" not in run(whole / bundle.VERIFIER, "--keys", keys).stdout
    assert findings(whole, keys=keys) == []
    keys.write_text(f"{signing_key(b'x' * 32, LOG_KEY.name).verifier}\n", encoding="ascii")
    assert any("not signed by a known key" in found for found in findings(whole, keys=keys))


def test_a_tail_cut_with_its_heads_is_shown_by_a_head_kept_elsewhere(tmp_path):
    write_whole(tmp_path, ENTRIES[:45], HEADS[:2])
    assert findings(tmp_path) == []  # nothing in it speaks of what was cut
    kept = tmp_path / "kept.txt"
    kept.write_text(str(HEADS[2]), encoding="utf-8")
    assert findings(tmp_path, heads=kept) == [f"BROKEN  log {AGENT}/1: entries 46 to {COUNT} are missing"]


def test_a_history_signed_anew_with_a_stolen_key_is_shown_by_a_head_kept_elsewhere(tmp_path):
    other = chained([("", '["O1"]')] * COUNT)
    write_whole(tmp_path, other, signed_heads(other, 20, COUNT))
    assert findings(tmp_path) == []
    kept = tmp_path / "kept.txt"
    kept.write_text("\n".join(map(str, HEADS[1:])), encoding="utf-8")
    assert len(findings(tmp_path, heads=kept)) == 2


def test_a_head_kept_elsewhere_says_little_of_a_log_in_part(part, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text(str(signed_heads(ENTRIES, 50)[0]), encoding="utf-8")
    assert findings(part, heads=kept) == []
    assert "whether the other head of size 50 agrees" in run(part / bundle.VERIFIER, "--heads", kept).stdout
    forked = notes.sign(notes.Head.at(AGENT, 1, size=40, root=b"x" * 32, time=TIME), LOG_KEY)
    kept.write_text(str(forked), encoding="utf-8")
    assert findings(part, heads=kept) == [f"BROKEN  log {AGENT}/1: two different heads of size 40 were signed"]


def test_a_log_that_nobody_signed_for_is_told(tmp_path):
    write_whole(tmp_path, [*ENTRIES, *log(3, epoch=2)], HEADS)
    assert findings(tmp_path) == [f"BROKEN  log {AGENT}/2: no head of it is signed"]


def test_a_head_of_an_empty_log_has_the_root_of_one(tmp_path):
    empty = notes.Head.at(AGENT, 1, size=0, root=tree.EMPTY_ROOT, time=TIME)
    write_whole(tmp_path, ENTRIES, [notes.sign(empty, LOG_KEY), *HEADS])
    assert findings(tmp_path) == []
    wrong = notes.Head.at(AGENT, 1, size=0, root=b"x" * 32, time=TIME)
    write_whole(tmp_path, ENTRIES, [notes.sign(wrong, LOG_KEY), *HEADS])
    assert len(findings(tmp_path)) == 1


def test_files_beside_the_log_are_held_against_the_manifest(whole):
    extra = whole / "data" / "report.html"
    extra.write_text("<p>", encoding="ascii")
    assert "is not in the manifest" in findings(whole)[0]
    finish(whole, HEADS)
    assert findings(whole) == []
    extra.write_text("<b>", encoding="ascii")
    assert findings(whole) == ["BROKEN  file data/report.html: was changed"]
    extra.unlink()
    assert findings(whole) == ["BROKEN  file data/report.html: is missing"]
    extra.symlink_to("/etc/hostname")
    assert "no plain file" in findings(whole)[0]


def test_names_from_the_bundle_do_not_reach_the_terminal_raw(whole):
    (whole / "data" / "\x1b]52;c;aGk=\x07\u202e").write_text("", encoding="ascii")
    said = run(whole / bundle.VERIFIER)
    assert said.returncode == 1
    assert said.stdout.isascii()
    assert "\x1b" not in said.stdout


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "[]",
        "null",
        "[[1,2]]",
        "[" * 100_000,
        '{"agent":1,"epoch":1,"seq":1,"key":"","body":"","digest":""}',
        f'{{"agent":"{AGENT}","epoch":1,"seq":true,"key":"","body":"","digest":"{"0" * 64}"}}',
        f'{{"agent":"{AGENT}","epoch":1,"seq":61,"key":"x","body":"","digest":"{"0" * 64}"}}',
        f'{{"agent":"{AGENT}","epoch":1,"seq":61,"key":"","body":"","body":"","digest":"{"0" * 64}"}}',
        f'{{"agent":"{AGENT}","epoch":1,"seq":61,"key":"","body":[],"digest":"{"0" * 64}"}}',
    ],
)
def test_a_line_that_is_no_entry_is_told_and_the_rest_is_read(whole, line):
    rewrite(whole, bundle.LOG, lambda text: text + line + "\n")
    assert f"BROKEN  log.jsonl, line {COUNT + 1}: no entry of a log" in findings(whole)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (bundle.PROOFS, lambda text: text.replace('"path":["', '"path":["00', 1)),
        (bundle.PROOFS, lambda text: json.dumps({**json.loads(text), "inclusion": json.loads(text)["inclusion"][:-1]})),
        (bundle.PROOFS, lambda text: json.dumps({**json.loads(text), "consistency": []})),
        (bundle.PROOFS, lambda text: json.dumps({**json.loads(text), "inclusion": []})),
        (bundle.PROOFS, lambda text: text.replace('"size":20', '"size":40')),
        (bundle.PROOFS, lambda text: text.replace('"previous":"', '"previous":"00')),
        (bundle.PROOFS, lambda text: text.replace('"size":20', '"size":1e400')),
        (bundle.PROOFS, lambda text: text.replace('"size":20', '"size":20.0')),
        (bundle.PROOFS, lambda text: "[]"),
        (bundle.PROOFS, lambda text: "[" * 100_000),
        (bundle.HEADS, lambda text: text.split("\n\n", 2)[2]),
        (bundle.HEADS, lambda text: text + "more\n"),
        (bundle.HEADS, lambda text: text.replace("time 1790000060", "time 1790000061")),
        (bundle.HEADS, lambda text: text.replace(WITNESS_KEY.name + " ", WITNESS_KEY.name + " A")),
        (bundle.KEYS, lambda text: text.replace("+", "+0", 1)),
        (bundle.KEYS, lambda text: ""),
        (bundle.LOG, lambda text: text.replace('"seq":33', '"seq":34')),
        (bundle.LOG, lambda text: text.replace('"seq":33', '"seq":9')),
        (bundle.LOG, lambda text: text.replace("clip 33 ", "clip 34 ")),
    ],
)
def test_tampering_with_a_log_in_part_is_found_beside_the_broken_seal(part, name, change):
    rewrite(part, name, change)
    assert [found for found in findings(part) if "seal" not in found]


def test_an_entry_left_out_of_a_part_is_shown_by_the_seal_alone(part):
    rewrite(part, bundle.LOG, lambda text: "".join(text.splitlines(keepends=True)[1:]))
    assert findings(part) == [
        "BROKEN  seal.txt: is of another manifest: files were added, changed or left out after the export"
    ]


def test_a_seal_by_another_key_does_not_hold(whole):
    other = signing_key(b"x" * 32, LOG_KEY.name)
    made = bundle.seal((whole / bundle.MANIFEST).read_bytes(), other, time=TIME)
    (whole / bundle.SEAL).write_text(str(made), encoding="utf-8")
    assert any("seal.txt" in found for found in findings(whole))
    (whole / bundle.SEAL).unlink()
    assert any("seal.txt" in found for found in findings(whole))


def test_a_head_is_no_seal(whole):
    (whole / bundle.SEAL).write_text(str(HEADS[0]), encoding="utf-8")
    assert any("seal.txt" in found for found in findings(whole))

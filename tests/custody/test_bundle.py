import io
import json
from hashlib import sha256

import pytest

from forensics.custody import bundle, chain, notes, proofs
from tests.custody.bundled import LOG_KEY, TIME, signed_heads
from tests.custody.made import AGENT, log, root

ENTRIES = log(30)


def written(write, *arguments, **options):
    out = io.BytesIO()
    write(out, *arguments, **options)
    return out.getvalue().decode()


def prove(seqs, sizes):
    return bundle.prove_part(AGENT, 1, (entry[5] for entry in ENTRIES), seqs=seqs, sizes=sizes)


def test_entries_are_proven_to_the_earliest_head_that_counts_them():
    inclusion, consistency = prove([3, 11, 12, 30], [30, 20, 10, 0])
    assert [(one.seq, one.size) for one in inclusion] == [(3, 10), (11, 20), (12, 20), (30, 30)]
    for one in inclusion:
        entry = ENTRIES[one.seq - 1]
        assert chain.digest_after(one.previous, chain.canonical(*entry[:5])) == entry[5]
        held = {"index": one.seq - 1, "size": one.size, "proof": one.path, "root": root(ENTRIES[: one.size])}
        assert proofs.is_included(chain.leaf_of(entry[5]), **held)
    assert [(one.first, one.second) for one in consistency] == [(10, 20), (20, 30)]


def test_the_first_entry_follows_nothing():
    inclusion, _ = prove([1], [30])
    assert inclusion[0].previous == chain.BEFORE_FIRST


def test_an_entry_that_no_head_counts_cannot_be_proven():
    with pytest.raises(ValueError, match="no head counts"):
        prove([25], [10, 20])
    with pytest.raises(ValueError, match="fewer leaves"):
        prove([25], [31])


def test_an_entry_is_a_line_of_ascii():
    (line,) = written(bundle.write_log, [(AGENT, 1, 1, "ab", '["O1","\u202e\x85\n"]', b"d" * 32)]).splitlines()
    assert line.isascii()
    assert json.loads(line) == {
        "agent": AGENT,
        "epoch": 1,
        "seq": 1,
        "key": "ab",
        "body": '["O1","\u202e\x85\n"]',
        "digest": "64" * 32,
    }


def test_proofs_are_json_however_many_there_are():
    for seqs in ([], [7], [7, 8]):
        inclusion, consistency = prove(seqs, [10, 30])
        said = json.loads(written(bundle.write_proofs, inclusion=inclusion, consistency=consistency))
        assert [item["seq"] for item in said["inclusion"]] == seqs
        assert [(item["first"], item["second"]) for item in said["consistency"]] == [(10, 30)]


def test_heads_are_written_as_they_are_read():
    heads = signed_heads(ENTRIES, 10, 20)
    assert notes.split(written(bundle.write_heads, heads)) == [str(note) for note in heads]


def test_names_that_would_break_the_manifest_are_spelled_out():
    assert written(bundle.write_manifest, [("data/a\nb%0A", "00")]) == "00  data/a%0Ab%250A\n"


def test_a_seal_names_the_manifest_as_it_is():
    note = bundle.seal(b"manifest", LOG_KEY, time=TIME)
    assert note.text == f"{LOG_KEY.name}\nmanifest-sha256.txt {sha256(b'manifest').hexdigest()}\ntime {TIME}\n"
    assert notes.check(note, [LOG_KEY.verifier])


def test_what_goes_into_every_bundle_is_there():
    assert bundle.verifier().startswith(b"#!/usr/bin/env python3")
    assert b"## What each check proves" in bundle.explanation()

"""What is kept is destroyed when its time is over, what is held is not, and all proofs stay."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.errors import StoreError
from forensics.store import custody, reader, retention, schema
from forensics.store.blobs import FOLDER
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, name_custodians, observation, verdict

OLDER = Path(__file__).parent / "older" / "3.sqlite.gz"


def alert(store: Store, key: str) -> str:
    """Record an alert with its content; the digest."""
    content = Content.of(b"speech " + key.encode())
    with store.group() as group:
        seen = observation(key, content=content)
        group.record(analysis(seen), verdict(), grouper=latest, kept={content.sha256: content})
    return content.sha256


def envelopes(store: Path) -> list[Path]:
    return [path for path in (store / FOLDER).rglob("*") if path.is_file()]


def test_only_what_is_older_is_due_and_what_is_destroyed_leaves_its_record(store, reading, tmp_path):
    digest = alert(store, "a")
    assert not retention.due(reading, before=NOW)
    (row,) = retention.due(reading, before=NOW + 1)
    assert row.sha256 == digest
    assert store.shred(digest, "30 days are over") == row
    assert envelopes(tmp_path) == []
    detail = reader.alert_detail(reading, 1)
    assert not detail.artifacts[0].is_kept
    assert detail.matches
    (entry,) = reader.custody(reading, f"sha256:{digest}")
    assert (entry.action, entry.detail) == ("content destroyed", "30 days are over")
    assert custody.verify(reading) == []
    assert store.shred(digest, "again") is None


@pytest.mark.parametrize("subject", ["digest", "A1", "I1"])
def test_a_hold_stands_above_retention_until_it_ends(store, reading, tmp_path, subject):
    digest, other = alert(store, "a"), alert(store, "b")
    subject = f"sha256:{digest}" if subject == "digest" else subject
    store.hold(subject, "the court asked")
    assert [row.subject for row in retention.holds(reading)] == [subject]
    held = {digest, other} if subject == "I1" else {digest}
    assert {row.sha256 for row in retention.due(reading, before=NOW + 1)} == {digest, other} - held
    assert store.shred(digest, "over") is None
    assert len(envelopes(tmp_path)) == 2
    store.release(subject, "settled")
    assert len(retention.due(reading, before=NOW + 1)) == 2
    assert store.shred(digest, "over") is not None
    assert {"hold", "hold ended"} <= {entry.action for entry in reader.custody(reading, subject)}
    assert custody.verify(reading) == []


def test_what_was_held_with_an_incident_stays_held_when_its_alerts_move_away(store, reading):
    apart = [alert(store, "a"), alert(store, "b")]
    store.hold("I1", "the court asked")
    store.split_incident(1, [2], note="another matter")
    assert {row.id for row in reader.incident_detail(reading, 1).alerts} == {1}
    assert not retention.due(reading, before=NOW + 1)
    assert [store.shred(digest, "over") for digest in apart] == [None, None]
    store.release("I1", "settled")
    assert len(retention.due(reading, before=NOW + 1)) == 2


def test_what_joins_a_held_incident_is_held(store, reading):
    alert(store, "a")
    store.hold("I1", "the court asked")
    later = alert(store, "b")
    assert not retention.due(reading, before=NOW + 1)
    assert store.shred(later, "over") is None


def test_an_envelope_that_no_evidence_names_goes_once_it_is_old(store, reading, tmp_path):
    digest = alert(store, "a")
    store.keep({"x": Content.of(b"of a recording that failed")})
    assert len(envelopes(tmp_path)) == 2
    assert store.shred_unnamed(before=0) == 0
    assert store.shred_unnamed(before=1e11) == 1
    assert len(envelopes(tmp_path)) == 1
    assert retention.kept(reading, digest) is not None
    assert custody.verify(reading) == []


def test_an_alert_tells_what_became_of_its_content(store, reading):
    digest = alert(store, "a")
    store.shred(digest, "its 30 days are over")
    last = reader.alert_detail(reading, 1).custody[-1]
    assert (last.action, last.detail) == ("content destroyed", "its 30 days are over")


def test_what_there_is_not_is_neither_held_nor_released(store):
    for subject in ("A9", "I9", "sha256:" + "0" * 64, "O1", "nonsense"):
        with pytest.raises(StoreError):
            store.hold(subject, "why")
        with pytest.raises(StoreError):
            store.release(subject, "why")


def test_a_row_without_its_envelope_is_put_right(store, reading, tmp_path):
    digest = alert(store, "a")
    for path in envelopes(tmp_path):
        path.unlink()
    assert store.shred(digest, "over") is not None
    assert reader.kept_content(reading, digest) is None


def older(folder: Path) -> dict[str, bytes]:
    """A store of before content was sealed, with an alert's file and one that no row names; what they hold."""
    (folder / schema.FILE_NAME).write_bytes(gzip.decompress(OLDER.read_bytes()))
    content, orphan = Content.of(b"clear speech " * 400), Content.of(b"clear speech of nobody " * 400)
    for each in (content, orphan):
        path = folder / "content" / each.sha256[:2] / each.sha256[2:]
        path.parent.mkdir(parents=True)
        path.write_bytes(each.bytes())
    store = Store.open(folder, actor="tester")
    values = (content.sha256, content.size, f"content/{content.sha256[:2]}/{content.sha256[2:]}", NOW)
    with store._pen.transaction():
        store._pen.connection.execute("INSERT INTO content VALUES (?, ?, ?, ?)", values)
    store.close()
    return {content.sha256: content.bytes()}


@pytest.mark.parametrize("count", [0, 2])
def test_clear_content_of_an_older_store_is_sealed_or_destroyed(tmp_path, count):
    (digest,) = older(tmp_path)
    name_custodians(tmp_path, count)
    with Store.open(tmp_path, actor="tester") as store:
        assert store.seal_what_is_clear() == 0
        assert store.seal_what_is_clear() == 0
    assert not (tmp_path / "content").exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"clear speech" in path.read_bytes()]
    connection = reader.open_reader(tmp_path)
    (entry,) = reader.custody(connection, f"sha256:{digest}")
    if count:
        assert entry.action == "content sealed"
        assert (tmp_path / reader.kept_content(connection, digest)).is_file()
    else:
        assert entry.action == "content destroyed"
        assert "custodians" in entry.detail
        assert reader.kept_content(connection, digest) is None
    assert [row.action for row in reader.custody(connection, "store")][-2:] == ["clear content removed"] * 2
    assert custody.verify(connection) == []
    connection.close()

"""Heads are signed as the log grows, and speak against whoever writes it anew."""

import shutil

import pytest

from forensics.custody import keys, notes
from forensics.custody.chain import BEFORE_FIRST, canonical, digest_after, leaf_of
from forensics.custody.tree import Frontier
from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.store import custody, reader, schema
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, observation, verdict


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def fill(store, first, count):
    with store.group() as group:
        for number in range(first, first + count):
            group.record(analysis(observation(f"k{number}")), verdict(is_alert=False), grouper=latest)


def sizes(folder):
    connection = reader.open_reader(folder)
    found = [row["size"] for row in connection.execute("SELECT size FROM heads ORDER BY size")]
    connection.close()
    return found


def test_a_head_is_signed_every_thousand_entries_every_minute_and_at_the_end(tmp_path):
    clock = Clock()
    with Store.open(tmp_path, actor="tester", clock=clock) as store:
        first = sizes(tmp_path)
        fill(store, 0, 5)
        assert sizes(tmp_path) == first
        clock.now += 61
        fill(store, 5, 1)
        assert len(sizes(tmp_path)) == len(first) + 1
        fill(store, 6, 998)
        assert len(sizes(tmp_path)) == len(first) + 1
        fill(store, 1004, 2)
        assert len(sizes(tmp_path)) == len(first) + 2
        fill(store, 1006, 3)
    connection = reader.open_reader(tmp_path)
    size = connection.execute("SELECT size FROM logs").fetchone()[0]
    found = custody.examine(connection)
    connection.close()
    assert sizes(tmp_path)[-1] == size
    assert found.breaks == ()
    [account] = found.logs
    assert (account.size, account.covered, account.heads) == (size, size, len(first) + 3)
    key = keys.load_key(tmp_path, notes.origin_of(account.agent, account.epoch))
    assert account.keys == (str(key.verifier),)


def test_what_is_added_and_undone_leaves_no_trace_in_the_tree(tmp_path):
    with Store.open(tmp_path, actor="tester") as store:
        fill(store, 0, 2)

        def choose_wrongly(*_):
            return 99

        with store.group() as group:
            group.record(analysis(observation("before")), verdict(is_alert=False), grouper=latest)
            with pytest.raises(StoreError, match="not offered"):
                group.record(analysis(observation("wrong")), verdict(), grouper=choose_wrongly)
            group.record(analysis(observation("after")), verdict(), grouper=latest)
    connection = reader.open_reader(tmp_path)
    assert custody.verify(connection) == []
    connection.close()


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "store"
    with Store.open(folder, actor="tester") as store:
        fill(store, 0, 20)
    with Store.open(folder, actor="tester") as store:
        fill(store, 20, 20)
    shutil.copytree(folder, tmp_path / "copy")
    connection = open_writer(tmp_path / "copy" / schema.FILE_NAME)
    yield connection
    connection.close()


def rechain(connection):
    """Write the chain and what is noted of it anew, as somebody who knows the format but has no key."""
    log = connection.execute("SELECT * FROM logs").fetchone()
    digest, frontier, size = BEFORE_FIRST, Frontier(), 0
    for row in connection.execute("SELECT id, key, body FROM entries ORDER BY seq").fetchall():
        size += 1
        text = canonical(log["agent"], log["epoch"], size, (row["key"] or b"").hex(), row["body"])
        digest = digest_after(digest, text)
        frontier.append(leaf_of(digest))
        connection.execute("UPDATE entries SET seq = ?, digest = ? WHERE id = ?", (size, digest, row["id"]))
    connection.execute("UPDATE logs SET size = ?, digest = ?, frontier = ?", (size, digest, frontier.to_bytes()))


def test_a_chain_written_anew_disagrees_with_the_heads(copy):
    copy.execute("UPDATE entries SET body = replace(body, 'ws-1', 'ws-2') WHERE seq = 30")
    rechain(copy)
    [found] = custody.verify(copy)
    assert "when the head was signed" in found.reason
    first = copy.execute("SELECT min(size) FROM heads WHERE size > 20").fetchone()[0]
    assert f"{first + 1} to " in found.reason


def test_a_tail_cut_off_cleanly_disagrees_with_the_heads(copy):
    copy.execute("DELETE FROM entries WHERE seq > 35")
    rechain(copy)
    assert any("missing at the end" in found.reason for found in custody.verify(copy))


def test_heads_kept_elsewhere_find_what_the_store_alone_cannot(copy):
    log = copy.execute("SELECT agent, epoch FROM logs").fetchone()
    last = copy.execute("SELECT note FROM heads ORDER BY size DESC LIMIT 1").fetchone()[0]
    head = notes.Head.parse(notes.Note.parse(last.encode()).text)
    outside = {(log["agent"], log["epoch"]): [(head.size, head.root)]}
    assert custody.examine(copy, outside=outside).breaks == ()
    copy.execute("DELETE FROM entries WHERE seq > 35")
    copy.execute("DELETE FROM heads WHERE size > 35")
    rechain(copy)
    assert custody.examine(copy).breaks == ()
    assert "missing at the end" in custody.examine(copy, outside=outside).breaks[0].reason
    assert custody.examine(copy, outside={("ab" * 16, 1): [(1, bytes(32))]}).breaks


def test_a_key_that_others_may_read_is_refused(tmp_path):
    Store.open(tmp_path, actor="tester").close()
    (tmp_path / keys.KEY_FILE).chmod(0o644)
    with pytest.raises(StoreError, match="others may read"):
        Store.open(tmp_path, actor="tester")


def test_a_lost_key_is_followed_by_a_new_one_and_old_heads_still_hold(tmp_path):
    with Store.open(tmp_path, actor="tester") as store:
        fill(store, 0, 3)
    (tmp_path / keys.KEY_FILE).unlink()
    with Store.open(tmp_path, actor="tester") as store:
        fill(store, 3, 3)
    connection = reader.open_reader(tmp_path)
    found = custody.examine(connection)
    connection.close()
    assert found.breaks == ()
    assert len(found.logs[0].keys) == 2
    assert found.logs[0].covered == found.logs[0].size

"""The soak's own arithmetic: the proof names what a store lacks, and only that."""

import time

from forensics.store.blobs import FOLDER
from forensics.store.writer import Store
from tests.benchmarks import files_reconciling
from tests.benchmarks.soak_files import table
from tests.benchmarks.soak_proof import Life, Proof, leftovers, prove
from tests.benchmarks.soak_storm import Done, Removed, Storm


def test_the_proof_of_the_soak_names_what_the_store_lacks(tmp_path):
    folder, store = tmp_path / "share", tmp_path / "store"
    files_reconciling.fill(folder, store, 3)
    removed = [Removed("sure", 2.0, 3.0), Removed("late", 2.0, 6.0), Removed("early", 0.5, 3.0)]
    done = Done(clean={"f0", "f1", "f2"}, marked={"f9": b"x"}, removed=removed)
    proof = prove(folder, store, done, [Life(1.0, 10.0)])
    assert proof.unledgered == []
    assert proof.unobserved == ["f9"]
    assert proof.untold == ["sure"]
    (folder / "d0" / "f1").write_text("changed")
    assert prove(folder, store, done, []).unledgered == ["d0/f1"]
    assert table(proof, done, survivors=[], left=[], code=0)[1] == 3


def test_nothing_wrong_is_no_failure(tmp_path):
    Store.open(tmp_path, actor="test").close()
    (tmp_path / "share").mkdir()
    proof = prove(tmp_path / "share", tmp_path, Done(), [])
    assert proof == Proof()
    assert table(proof, Done(), survivors=[], left=[], code=1)[1] == 0


def test_the_storm_of_the_soak_knows_what_it_left(tmp_path):
    storm = Storm(tmp_path, rate=500.0, seed=3)
    storm.start()
    time.sleep(0.5)
    storm.stop()
    left = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert left.keys() == storm.done.clean | storm.done.marked.keys()
    assert all(left[name] == content for name, content in storm.done.marked.items())
    assert not {each.name for each in storm.done.removed} & left.keys()


def test_what_nobody_takes_away_is_left(tmp_path):
    store, temporary = tmp_path / "store", tmp_path / "tmp"
    (store / FOLDER).mkdir(parents=True)
    temporary.mkdir()
    (store / FOLDER / ".partial-1").touch()
    assert leftovers(store, temporary) == []
    (temporary / "page").touch()
    assert leftovers(store, temporary) == [str(temporary / "page")]

"""The file bench's own arithmetic: what is counted as lost, late or doubled is, and nothing else."""

import json
import math
import subprocess
import time

import pytest

from forensics.rulebook.book import Rulebook
from tests.benchmarks import files_reconciling, files_scanning
from tests.benchmarks.files_judging import judge, parse, row, share_of
from tests.benchmarks.files_stamping import inotify_line, watch_line
from tests.benchmarks.files_storms import STORMS
from tests.benchmarks.files_watchers import Watcher
from tests.benchmarks.network_wire import ROOT, environment, python

SAID = ["0.5\tnoticed\t/x/a", "1.5\tnoticed\t/x/b", "2.0\tsettled\t/x/b", "2.5\tsettled\t/y/b", "3.0\tgap\tover/flow"]


def test_a_file_is_lost_without_a_word_and_unsettled_without_the_last_word():
    verdict = judge("w", {"a": 0.0, "b": 1.0, "c": 1.0}, parse(SAID), ended=1.2, cpu=0.03)
    assert (verdict.lost, verdict.unsettled, verdict.doubled, verdict.gaps) == (1, 1, 1, 1)
    assert verdict.queued == [0.5, 0.5]
    assert verdict.settled == [1.0]
    assert verdict.end == pytest.approx(0.8)
    assert verdict.cpu_10k == pytest.approx(100)
    assert "500.0, 500.0" in row(verdict, "w")


def test_shares_are_values_that_were_measured():
    assert share_of([1, 2, 3, 4], 0.5) == 2
    assert share_of([1, 2, 3, 4], 0.99) == 4
    assert math.isnan(share_of([], 0.5))


def test_other_programs_lines_are_understood():
    assert list(inotify_line("CLOSE_WRITE,CLOSE|/x/a|b\n")) == [("settled", "/x/a|b")]
    assert list(inotify_line("CREATE|/x/a\n")) == [("noticed", "/x/a")]
    assert not list(inotify_line("CREATE,ISDIR|/x/d\n"))
    assert list(watch_line(json.dumps({"gap": {"cause": "overflow"}}))) == [("gap", "overflow")]
    vanished = {"gap": {"cause": "vanished", "detail": "d/a.wav: gone before it could be opened"}}
    assert list(watch_line(json.dumps(vanished))) == [("settled", "d/a.wav")]
    assert list(watch_line(json.dumps({"path": ["a.zip"]}))) == [("settled", "a.zip")]
    assert not list(watch_line(json.dumps({"path": ["a.zip", "inner"]})))


@pytest.mark.parametrize("name", sorted(STORMS.keys() - {"paused", "mount", "unlinked"}))
def test_a_storm_leaves_the_files_it_says(name, tmp_path):
    storm, folder = STORMS[name], tmp_path / "share"
    folder.mkdir()
    storm.before(folder, 20)
    began = time.monotonic()
    closed = storm.during(folder, 20)
    assert len(closed) == 20
    assert closed.keys() == {path.name for path in folder.rglob("*") if path.is_file()}
    assert all(began <= at <= time.monotonic() for at in closed.values())


@pytest.mark.parametrize("name", ["sensor", "watchdog"])
def test_a_watcher_is_a_process_whose_words_and_time_are_counted(name, tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    watcher = Watcher(name, folder, tmp_path / "work")
    try:
        assert watcher.wait_until_ready()
        closed = STORMS["saves"].during(folder, 5)
        deadline = time.monotonic() + 20
        while not closed.keys() <= {each.what for each in watcher.lines} and time.monotonic() < deadline:
            watcher.fetch()
        assert watcher.cpu_s > 0
    finally:
        watcher.end()
    assert not judge(name, closed, watcher.lines, ended=0.0, cpu=0.0).lost


def test_files_in_the_ledger_are_unchanged_files(tmp_path):
    folder, store = tmp_path / "share", tmp_path / "store"
    files_reconciling.fill(folder, store, 250)
    call = python("files_reconciling", str(folder), str(store))
    done = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True, env=environment())
    assert json.loads(done.stdout)["unknown"] == 0
    (folder / "d0" / "f0").write_text("changed")
    done = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True, env=environment())
    assert json.loads(done.stdout)["unknown"] == 1


def test_a_hundred_rules_load(tmp_path):
    assert len(Rulebook.load([files_scanning.write_pack(tmp_path / "pack")]).rules) == files_scanning.RULES

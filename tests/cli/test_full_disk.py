"""`watch` and `scan` as processes whose store lies on a disk that fills up and gets room again."""

import os
import shutil
import subprocess
import sys

import pytest

from forensics.resources import samples_folder
from tests.cli.invoking import earwitness
from tests.cli.watching import watching_folder

MANIFEST = samples_folder() / "packages/TR-2041/manifest.json"


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def leak(watched, names):
    for name in names:
        shutil.copyfile(MANIFEST, watched / f"{name}.json")


def test_a_monitor_survives_rounds_of_a_full_disk_and_every_leak_is_stored(small_disk, tmp_path):
    store, watched, ballast = small_disk / "store", tmp_path / "stick", small_disk / "ballast"
    watched.mkdir()
    expected = set()
    with watching_folder(store, tmp_path, watched) as monitor:
        for turn in range(3):
            fill(ballast)
            names = {f"{turn}-{number}" for number in range(5)}
            expected |= names
            leak(watched, names)
            assert monitor.wait_for(
                lambda lines, turn=turn: sum("not writable" in str(line) for line in lines) > turn, wait_s=60
            )
            ballast.unlink()
            leak(watched, [f"{turn}-later"])
            expected.add(f"{turn}-later")
            assert monitor.wait_for(
                lambda lines, turn=turn: any(f"{turn}-later.json" in str(line) for line in lines), wait_s=60
            )
        monitor.stop()
    done = earwitness("--store", store, "search", "--json", "--limit", "1000", "manifest OR type:*")
    found = earwitness("--store", store, "search", "--json", "--limit", "1000", "channel:*").stdout + done.stdout
    assert {name for name in expected if f"{name}.json" not in found} == set()
    assert earwitness("--store", store, "verify").returncode == 0


def test_a_scan_onto_a_full_disk_ends_with_a_word_and_no_traceback(small_disk, tmp_path):
    leak(tmp_path, ["a", "b"])
    store, ballast = small_disk / "store", small_disk / "ballast"
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), "scan", str(tmp_path / "a.json")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
    fill(ballast)
    for _ in range(3):  # the reserve is given up at the first
        command[-1] = str(tmp_path / "b.json")
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        fill(ballast)
    assert "full" in done.stderr
    ballast.unlink()
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
    assert earwitness("--store", store, "verify").returncode == 0

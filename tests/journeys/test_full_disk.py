"""A full disk under the store: said while it lasts, and every alert is there once there is room again."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.demo.monitoring import Monitoring, earwitness
from forensics.resources import samples_folder
from forensics.store import reader


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four MiB; skips where mounting is not permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=4m", "earwitness-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(options, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let the test mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(folder: Path) -> Path:
    """Take every free byte."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(os.urandom(4096))
        except OSError:
            return path


def names(store: Path) -> set[str]:
    connection = reader.open_reader(store)
    try:
        return {alert.name for alert in reader.queue(connection, limit=100)}
    finally:
        connection.close()


def test_what_left_while_the_disk_was_full_is_not_lost(small_disk: Path, tmp_path: Path) -> None:
    store, medium = small_disk / "store", tmp_path / "medium"
    medium.mkdir()
    config = tmp_path / "config.toml"
    config.write_text(f'store = "{store}"\n[[folders]]\nrole = "removable"\npath = "{medium}"\n')
    package = samples_folder() / "packages" / "TR-2041"
    subprocess.run(
        earwitness(config, "register", str(package), "--programme", "p", "--recipient", "r"),
        check=True,
        capture_output=True,
    )
    monitoring = Monitoring(config, lambda line: None)
    monitoring.start()
    try:
        shutil.copyfile(package / "audio/TR-2041-c01.wav", medium / "before.wav")
        assert monitoring.wait_for(lambda lines: any("before.wav" in line.names for line in lines), 60)
        filler = fill(small_disk)
        shutil.copyfile(package / "audio/TR-2041-c02.wav", medium / "during.wav")
        assert monitoring.wait_for(lambda lines: any("gap" in line.record for line in lines), 60)
        filler.unlink()
        assert monitoring.wait_for(lambda lines: any("during.wav" in line.names for line in lines), 60)
        shutil.copyfile(package / "audio/TR-2041-c03.wav", medium / "after.wav")
        assert monitoring.wait_for(lambda lines: any("after.wav" in line.names for line in lines), 60)
    finally:
        monitoring.stop()
    deadline = time.monotonic() + 60
    while len(names(store)) < 3 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert names(store) == {"before.wav", "during.wav", "after.wav"}

"""The lock on the ring folder is kept whatever else is opened and closed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.errors import CaptureError
from forensics.sensors.network import ringfolder
from forensics.sensors.network.keeper import LOCK

TRY = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def is_free(folder: Path) -> bool:
    """Whether another process may take a record lock, as the keeper does."""
    return subprocess.run([sys.executable, "-c", TRY, folder / LOCK], capture_output=True, check=False).returncode == 0


def test_the_lock_outlives_other_descriptors_of_its_file(tmp_path: Path) -> None:
    fd = ringfolder.lock(tmp_path, 0.0)
    os.close(os.open(tmp_path / LOCK, os.O_RDWR))
    assert not is_free(tmp_path)
    with pytest.raises(CaptureError):
        ringfolder.lock(tmp_path, 0.0)
    ringfolder.unlock(fd)
    assert is_free(tmp_path)

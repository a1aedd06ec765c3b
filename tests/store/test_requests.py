"""The keys of requests: one each, their owner's alone, gone with their time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forensics.errors import InputError
from forensics.store.requests import Requests

ID, OTHER = "0" * 32, "1" * 32
NOW = 1_790_000_000.0


def test_a_key_is_there_until_its_time_is_over(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    public = requests.begin(ID, NOW + 60, os.urandom)
    requests.begin(OTHER, NOW + 3600, os.urandom)
    assert requests.key(ID).public_key().public_bytes_raw() == public
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "requests").iterdir()] == [0o600] * 2
    assert requests.sweep(NOW + 59) == 0
    assert requests.sweep(NOW + 61) == 1
    with pytest.raises(InputError):
        requests.key(ID)
    assert requests.key(OTHER)


def test_a_key_that_is_none_is_no_key_and_goes(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    requests.begin(OTHER, NOW, os.urandom)
    for text in (b"", b"[]", b'{"until": "x"}', b"\xff", b'{"until": 9e99, "key": "00"}'):
        path = tmp_path / "requests" / f"{ID}.key"
        path.write_bytes(text)
        path.chmod(0o600)
        with pytest.raises(InputError):
            requests.key(ID)
    assert requests.sweep(NOW + 1) == 1

"""The `--keylog` option."""

import os

import pytest

from forensics.cli.keylog import readable, with_keylogs
from forensics.config import Network
from forensics.errors import InputError


def test_files_named_come_beside_those_configured(tmp_path):
    configured, named = tmp_path / "a", tmp_path / "b"
    network = Network(keylog=(configured,))
    assert with_keylogs(network, ()) is network
    assert with_keylogs(network, (named,)).keylog == (configured, named)


def test_a_file_of_which_nothing_can_come_is_an_error(tmp_path):
    (tmp_path / "keys.log").write_text("")
    assert readable((tmp_path / "keys.log",)) == (tmp_path / "keys.log",)
    with pytest.raises(InputError, match="no such file"):
        readable((tmp_path / "other.log",))
    if os.getuid():
        (tmp_path / "keys.log").chmod(0)
        with pytest.raises(InputError, match="cannot be read"):
            readable((tmp_path / "keys.log",))

"""What the doctor says of key logs, and of what captures."""

import shutil

import pytest

from forensics.config import Config, Network
from forensics.examination import examine
from forensics.sensors.network import tap


def secrets(folder, *files):
    config = Config(network=Network(keylog=files))
    return [found for found in examine(config, folder) if found.name == "encrypted traffic"]


def test_without_a_key_log_tls_is_said_to_stay_closed(tmp_path):
    (found,) = secrets(tmp_path)
    assert (found.state, "network.keylog" in found.mend) == ("limited", True)


def test_each_key_log_is_looked_at(tmp_path):
    (tmp_path / "keys.log").write_text("# nothing yet\n")
    there, absent = secrets(tmp_path, tmp_path / "keys.log", tmp_path / "other.log")
    assert (there.state, absent.state) == ("ok", "limited")
    assert "other.log" in absent.detail


def means(folder, *interfaces):
    (found,) = [
        each for each in examine(Config(network=Network(interfaces=interfaces)), folder) if each.name == "captured by"
    ]
    return found.state, found.detail, found.mend


@pytest.mark.skipif(shutil.which("dumpcap") is None, reason="dumpcap is not installed")
def test_what_captures_is_said(tmp_path):
    state, detail, mend = means(tmp_path, "eth0", "eth1")
    assert (state, detail.partition(",")[0]) == ("limited", "dumpcap")
    assert "one interface" in mend
    if tap.is_allowed() and tap.library() is not None:
        state, detail = "ok", "libpcap itself: packets are read 10 ms after they passed"
    assert means(tmp_path, "lo")[:2] == (state, detail)


def test_what_a_worker_is_kept_from_is_tried_not_claimed(tmp_path):
    first, *others = [found for found in examine(Config(), tmp_path) if found.name == "worker cage"]
    assert first.state == "ok"
    assert "it cannot reach the network" in first.detail
    assert all(other.state == "limited" and other.mend for other in others)

"""What the doctor says of key logs."""

from forensics.config import Config, Network
from forensics.examination import examine


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

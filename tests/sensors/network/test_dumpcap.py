"""What dumpcap is asked and what is read from its answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.config import Network
from forensics.errors import CaptureError, MissingToolError
from forensics.sensors.network import dumpcap

SAID = """Capturing on 'Loopback: lo' and 'eth0'
File: /ring/g0001_00001_20260101120000.pcap
Packets captured: 12
Packets received/dropped on interface 'Loopback: lo': 12/0 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)
Packets received/dropped on interface 'eth0': 90/7 (pcap:7/dumpcap:0/flushed:0/ps_ifdrop:0) (92.8%)
"""


def test_one_interface_is_written_as_pcap_and_several_as_pcapng() -> None:
    settings = Network(capture_filter="tcp", ring_file_mib=2, ring_seconds=0.5)
    one = dumpcap.arguments(["eth0"], settings)
    assert "-P" in one
    assert one.index("-f") < one.index("-i")
    assert one[-4:] == ["-b", "filesize:2048", "-b", "duration:0.5"]
    assert "-P" not in dumpcap.arguments(["eth0", "lo"], settings)


def test_drops_and_complaints_are_read() -> None:
    assert dumpcap.drops(SAID) == [("Loopback: lo", 12, 0), ("eth0", 90, 7)]
    assert dumpcap.complaint(SAID) == ""
    assert dumpcap.complaint('x\ndumpcap: There is no device named "n".\n') == 'There is no device named "n".'


def test_a_missing_program_names_the_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="install"):
        dumpcap.program()
    assert "install" in dumpcap.why_not_capture("lo")


def test_a_missing_interface_and_a_bad_filter_are_told_apart() -> None:
    if obstacle := dumpcap.why_not_capture("lo"):
        pytest.skip(obstacle)
    assert dumpcap.why_not_capture("nosuch0") == "there is no interface nosuch0"
    dumpcap.check_filter("lo", "tcp port 80")
    with pytest.raises(CaptureError, match="capture_filter"):
        dumpcap.check_filter("lo", "tcp porridge (")

"""Audio that leaves, by a medium and by an upload, under a monitor that is killed and stopped: none of it on a disk."""

from __future__ import annotations

import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from forensics.resources import samples_folder
from forensics.sealing.custodian import CustodianKey
from forensics.sensors.network.ring import why_not_capture
from forensics.sensors.network.ringfolder import is_in_memory, place
from forensics.store import reader
from tests.cli.watching import Lines, watching
from tests.store.made import name_custodians, unsealed

OBSTACLE = why_not_capture("lo")
MARK = b"<planted, to be found again>"
WAITED_S = 90


class Sink(BaseHTTPRequestHandler):
    """Takes uploads and forgets them."""

    def do_PUT(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 16)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:
        """Say nothing."""


@contextmanager
def sink() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def planted(number: int) -> bytes:
    """A registered clip with marks in its sound, as many as are found however it is cut."""
    clip = bytearray((samples_folder() / "packages/TR-2041/audio/TR-2041-c01.wav").read_bytes())
    marks = (MARK + b"%04d" % number) * 64
    for at in range(4096, len(clip) - len(marks), 16_384):
        clip[at : at + len(marks)] = marks
    return bytes(clip)


def upload(port: int, data: bytes, name: str) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("PUT", f"/{name}", body=data)
    assert connection.getresponse().status == 200
    connection.close()


def clear(*folders: Path) -> list[Path]:
    """Files in which the mark, or the sound around it, stands."""
    speech = planted(0)[44:4000]
    samples = [speech[at : at + 64] for at in range(256, len(speech) - 64, 512) if len(set(speech[at : at + 64])) > 16]
    assert samples
    found = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if any(mark in data for mark in (MARK, *samples)):
            found.append(path)
    return found


def alerted(lines: Lines, name: str) -> bool:
    return any(line.get("alert") and name in str(line) for line in lines)


@pytest.mark.skipif(bool(OBSTACLE), reason=OBSTACLE or "captures")
def test_no_byte_of_what_left_is_on_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, medium, own, scratch = (tmp_path / name for name in ("store", "medium", "own", "scratch"))
    for folder in (medium, own, scratch):
        folder.mkdir()
    for variable in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(scratch))
    assert is_in_memory(str(place(store, None)))
    keys = name_custodians(store, 2)
    clip = tmp_path / "issued.wav"
    clip.write_bytes(planted(0))
    call = [sys.executable, "-m", "forensics.cli", "--store", str(store), "register", str(clip)]
    subprocess.run([*call, "--programme", "p", "--recipient", "r"], check=True, capture_output=True)
    clip.unlink()
    places = (store, own, scratch)
    with sink() as port:
        options = ("--folder", f"removable:{medium}")
        with watching(store, own, port, *options) as monitor:
            limits = Path(f"/proc/{monitor.pid}/limits").read_text()
            assert "Max core file size        0                    0" in limits
            (medium / "first.wav").write_bytes(planted(1))
            upload(port, planted(2), "first-up.wav")
            with zipfile.ZipFile(medium / "packed.zip", "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("inside.wav", planted(5))
            for name in ("first.wav", "first-up.wav", "packed.zip"):
                assert monitor.wait_for(lambda lines, name=name: alerted(lines, name), wait_s=WAITED_S)
            (medium / "second.wav").write_bytes(planted(3))
            upload(port, planted(4), "second-up.wav")
            monitor.kill()
        assert clear(*places) == []
        with watching(store, own, port, *options) as monitor:
            for name in ("second.wav", "second-up.wav"):
                assert monitor.wait_for(lambda lines, name=name: alerted(lines, name), wait_s=WAITED_S)
            assert clear(*places) == []
            monitor.stop()
    assert clear(*places) == []
    assert len(clear(medium)) == 2  # what was planted would be found
    assert not place(store, None).exists()
    assert kept(store, keys) >= {planted(number) for number in (1, 2, 3, 4, 5)}


def kept(store: Path, keys: list[CustodianKey]) -> set[bytes]:
    """What two custodians find in the store."""
    connection = reader.open_reader(store)
    try:
        rows = connection.execute("SELECT path, sha256 FROM content").fetchall()
    finally:
        connection.close()
    return {unsealed(store, row["path"], keys, row["sha256"]) for row in rows}

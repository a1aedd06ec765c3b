"""`scan --keylog` and `watch --keylog`: curl uploads a registered clip over TLS, and the alert names it."""

from __future__ import annotations

import http.server
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.channels.tls_talk import server_context
from tests.cli.test_scan import SAMPLES, earwitness
from tests.cli.watching import watching
from tests.wire.test_real_clients import Accepting, can_capture

pytestmark = pytest.mark.skipif(not can_capture(), reason="no right to capture here")
CLIP = "TR-2041-c01"


class Drop:
    """A server that takes uploads over TLS, and the client that writes its secrets to `keys`."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "keys.log"
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accepting)
        self._server.socket = server_context(folder).wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def upload(self) -> None:
        clip = SAMPLES / f"packages/TR-2041/audio/{CLIP}.wav"
        url = f"https://localhost:{self.port}/in/x.bin"
        call = ["curl", "-s", "-f", "-k", "-4", "--max-time", "30", "--limit-rate", "500k", "-T", clip, url]
        subprocess.run(
            call,
            env={**os.environ, "SSLKEYLOGFILE": str(self.keys)},
            check=True,
            capture_output=True,
            start_new_session=True,
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Drop]:
    made = Drop(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose register holds the clip."""
    folder = tmp_path_factory.mktemp("store")
    package = str(SAMPLES / "packages/TR-2041")
    code, _, _ = earwitness(folder, "register", package, "--programme", "translator", "--recipient", "r", "--json")
    assert code == 0
    return folder


def alerted(lines: list[dict[str, Any]]) -> list[tuple[str, str, set[str]]]:
    """Channel, name, and clips of what alerted."""
    return [
        (
            line["channel"],
            line["path"][-1],
            {match["clip"] for match in line["matches"] if match["accepted"] and match["clip"]},
        )
        for line in lines
        if line.get("alert")
    ]


def test_a_scan_with_the_key_log_names_the_clip_and_without_it_nothing(store: Path, drop: Drop, tmp_path: Path) -> None:
    capture = tmp_path / "lo.pcapng"
    call = ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {drop.port}", "-w", capture]
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True) as dumpcap:
        assert dumpcap.stderr is not None
        while "File:" not in (line := dumpcap.stderr.readline()):
            assert line, "dumpcap did not start"
        drop.upload()
        time.sleep(0.5)
        dumpcap.terminate()
    code, lines, _ = earwitness(store, "scan", "--json", str(capture))
    assert (code, alerted(lines)) == (0, [])
    code, lines, _ = earwitness(store, "scan", "--json", "--keylog", str(drop.keys), str(capture))
    assert (code, alerted(lines)) == (1, [("http", "x.bin", {CLIP})])


def test_watching_with_the_key_log_names_the_clip(store: Path, drop: Drop, tmp_path: Path) -> None:
    with watching(store, tmp_path, drop.port, "--keylog", drop.keys) as monitor:
        drop.upload()
        found = monitor.wait_for(alerted)
        assert monitor.stop() == 1
    assert found == [("http", "x.bin", {CLIP})]

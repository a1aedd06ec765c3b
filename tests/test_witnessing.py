"""Heads that are kept elsewhere and stamped, by the real command line and the thread beside the monitor."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from forensics import config
from forensics.config import Custody
from forensics.custody.notes import split
from forensics.database import open_writer
from forensics.exposure import LATE_S, kept_elsewhere
from forensics.store import schema
from forensics.store.writer import Store
from forensics.witnessing import Witnessing
from tests.cli.invoking import Done, earwitness
from tests.custody.authority import Authority, served
from tests.store.made import analysis, latest, observation, verdict


class Place:
    """A store with its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store, self.config = folder, folder / "store", folder / "config.toml"

    def configure(self, **custody: object) -> None:
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in custody.items())
        self.config.write_text(f"[custody]\n{lines}")

    def record(self, *keys: str) -> None:
        with Store.open(self.store, actor="t") as store, store.group() as group:
            for key in keys:
                group.record(analysis(observation(key)), verdict(), grouper=latest)

    def run(self, *arguments: str | Path) -> Done:
        return earwitness("--store", self.store, "--config", self.config, *arguments)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.record("a", "b")
    return made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


def test_a_file_elsewhere_gets_each_head_once_and_finds_a_store_written_anew(place: Place) -> None:
    away = place.folder / "stick"
    place.configure(witnesses=[str(away / "heads.txt")])
    done = place.run("heads", "--push")
    assert (done.returncode, "its folder is not there" in done.stderr) == (3, True)
    away.mkdir()
    place.record("c")
    assert "heads told" in place.run("heads", "--push").stdout
    kept = (away / "heads.txt").read_text()
    assert kept == place.run("heads", "--all").stdout + "\n"
    assert "0 heads told" in place.run("heads", "--push").stdout
    place.record("d")
    assert "1 head told" in place.run("heads", "--push").stdout
    assert place.run("verify", "--head", away / "heads.txt").returncode == 0
    connection = open_writer(place.store / schema.FILE_NAME)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)")
    connection.execute("DELETE FROM heads WHERE size = (SELECT max(size) FROM heads)")
    connection.close()
    assert place.run("verify", "--head", away / "heads.txt").returncode == 1
    (away / "heads.txt").write_text("")
    place.run("heads", "--push")
    assert (away / "heads.txt").stat().st_size


def test_addresses_are_told_too_and_wrong_ones_are_named(place: Place) -> None:
    with Receiver() as (url, bodies):
        place.configure(witnesses=[url])
        assert place.run("heads", "--push").returncode == 0
        assert all(next(iter(split(body.decode()))) for body in bodies)
    with socket.create_server(("127.0.0.1", 0)) as server:
        place.configure(witnesses=[f"tcp://127.0.0.1:{server.getsockname()[1]}"])
        taken: list[bytes] = []
        thread = threading.Thread(target=lambda: taken.append(_all(server)))
        thread.start()
        assert place.run("heads", "--push").returncode == 0
        thread.join()
    assert b"earwitness/" in taken[0]
    for wrong in ("relative.txt", "ftp://127.0.0.1/"):
        place.configure(witnesses=[wrong])
        assert (place.run("heads", "--push").returncode, wrong[:8] in place.run("heads", "--push").stderr) == (3, True)
    place.configure()
    assert place.run("heads", "--push").returncode == 4


def test_a_stamp_holds_until_what_was_stamped_is_changed(place: Place, authority: Authority, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(authority.root)
    with served(authority) as url:
        place.configure(tsa=url, tsa_cert=str(root))
        assert "stamped 20" in place.run("heads", "--stamp").stdout
        assert "nothing new" in place.run("heads", "--stamp").stdout
        place.configure(tsa=f"{url}large", tsa_cert=str(root))
        place.record("c")
        assert place.run("heads", "--stamp").returncode == 8
        place.configure(tsa=url)
        assert place.run("heads", "--stamp").returncode == 4
    done = place.run("verify")
    assert (done.returncode, "1 time stamp, not checked" in done.stdout) == (0, True)
    done = place.run("verify", "--tsa-cert", root)
    assert (done.returncode, "entries were there at" in done.stdout) == (0, True)
    connection = open_writer(place.store / schema.FILE_NAME)
    connection.execute("UPDATE stamps SET size = (SELECT max(size) FROM heads)")
    connection.close()
    assert "BROKEN stamp" in place.run("verify", "--tsa-cert", root).stdout


def test_a_bundle_carries_the_stamp_which_openssl_takes(place: Place, authority: Authority, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(authority.root)
    with served(authority) as url:
        place.configure(tsa=url, tsa_cert=str(root))
        assert place.run("heads", "--stamp").returncode == 0
    out = tmp_path / "bundle"
    done = place.run("export", "--incident", "I1", "--out", out)
    assert done.returncode == 0, done.stderr
    folder = out / "data" / "custody" / "stamps"
    said = subprocess.run(
        ["openssl", "ts", "-verify", "-data", folder / "1.note", "-in", folder / "1.tsr", "-CAfile", root],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Verification: OK" in said.stdout + said.stderr
    checked = subprocess.run(["python3", "verify.py"], cwd=out, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "stamp 1: over" in checked.stdout


def test_the_monitor_tells_while_it_runs_and_once_more_in_the_end(
    place: Place, authority: Authority, tmp_path: Path
) -> None:
    root, file = tmp_path / "root.pem", tmp_path / "heads.txt"
    root.write_bytes(authority.root)
    with served(authority) as url, Store.open(place.store, actor="watch") as store:
        custody = Custody(witnesses=(str(file), str(tmp_path / "gone" / "x")), tsa=url, tsa_cert=root)
        beside = Witnessing(store, custody, host="ws", every_s=0.05)
        beside.start()
        until(lambda: file.exists() and bool(_stamps(place)))
        beside.stop()
    assert len(_stamps(place)) == 1
    assert list(split(file.read_text()))


def test_doctor_says_who_was_not_told(place: Place, tmp_path: Path) -> None:
    place.configure()
    assert findings(place) == [("limited", "nobody else")]
    place.configure(witnesses=[str(tmp_path / "heads.txt")])
    assert findings(place) == [("limited", "was told of no head since 2")]
    place.run("heads", "--push")
    assert findings(place) == [("ok", "knows of every head")]


def findings(place: Place) -> list[tuple[str, str]]:
    words = ("nobody else", "was told of no head since 2", "knows of every head")
    found = kept_elsewhere(config.load(place.config), place.store, now=time.time() + 2 * LATE_S)
    return [(each.state, next(word for word in words if word in each.detail)) for each in found]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _stamps(place: Place) -> list[int]:
    connection = open_writer(place.store / schema.FILE_NAME)
    try:
        return [row[0] for row in connection.execute("SELECT size FROM stamps")]
    finally:
        connection.close()


def _all(server: socket.socket) -> bytes:
    connection, _ = server.accept()
    with connection:
        data = b""
        while piece := connection.recv(1 << 16):
            data += piece
        return data


class Receiver:
    """A webhook on loopback and what it was sent."""

    def __enter__(self) -> tuple[str, list[bytes]]:
        bodies: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_address[1]}/heads", bodies

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

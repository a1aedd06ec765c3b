"""Events sent to real receivers on the loopback: framing, signature, retries that end."""

from __future__ import annotations

import http.server
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from forensics.errors import EarwitnessError, InputError
from forensics.reports.sending import ATTEMPTS, Sender, signature
from forensics.reports.targets import target_of

EVENTS = ['{"event": 1}', '{"event": "zwei ä"}']
HEADER = re.compile(rb"<108>1 2023-11-14T22:13:20\.000Z ws-1 earwitness - ocsf - \xef\xbb\xbf(.*)", re.DOTALL)
NOW = 1_700_000_000.0


def sender(url: str, *, secret: bytes = b"", waits: list[float] | None = None) -> Sender:
    waited = waits if waits is not None else []
    return Sender(target=target_of(url), form="ocsf", host="ws-1", secret=secret, now=lambda: NOW, sleep=waited.append)


class Hook(http.server.BaseHTTPRequestHandler):
    """Answers with the statuses it was given, then 204."""

    statuses: ClassVar[list[int]] = []
    got: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, dict(self.headers.items()), body))
        self.send_response(self.statuses.pop(0) if self.statuses else 204)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@contextmanager
def hook(*statuses: int) -> Iterator[str]:
    Hook.statuses, Hook.got = list(statuses), []
    with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook?token=1"
        finally:
            server.shutdown()
            thread.join()


def test_datagrams_are_syslog_messages() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sender(f"udp://127.0.0.1:{receiver.getsockname()[1]}").send(EVENTS)
        for event in EVENTS:
            hit = HEADER.fullmatch(receiver.recv(65536))
            assert hit is not None
            assert hit[1].decode() == event


def test_a_stream_counts_the_octets_of_each_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        sender(f"tcp://127.0.0.1:{server.getsockname()[1]}").send(EVENTS)
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as stream:
            data = stream.read()
    for event in EVENTS:
        length, _, rest = data.partition(b" ")
        hit = HEADER.fullmatch(rest[: int(length)])
        assert hit is not None
        assert hit[1].decode() == event
        data = rest[int(length) :]
    assert data == b""


def test_a_webhook_gets_each_event_signed() -> None:
    with hook() as url:
        sender(url, secret=b"k").send(EVENTS)
    assert [body.decode() for _, _, body in Hook.got] == EVENTS
    path, headers, body = Hook.got[0]
    assert path == "/hook?token=1"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Earwitness-Signature"] == f"t=1700000000,v1={signature(b'k', 1_700_000_000, body)}"


def test_a_busy_webhook_is_asked_again_and_not_for_ever() -> None:
    waits: list[float] = []
    with hook(503, 429) as url:
        sender(url, waits=waits).send(EVENTS[:1])
    assert (len(Hook.got), waits) == (3, [1.0, 2.0])
    with hook(*[500] * 9) as url, pytest.raises(EarwitnessError, match="answered 500; 0 events"):
        sender(url).send(EVENTS)
    assert len(Hook.got) == ATTEMPTS


@pytest.mark.parametrize("status", [302, 307, 401, 404])
def test_what_is_refused_or_sent_elsewhere_is_not_tried_again(status: int) -> None:
    with hook(status) as url, pytest.raises(EarwitnessError, match=f"answered {status}") as told:
        sender(url).send(EVENTS)
    assert len(Hook.got) == 1
    assert "token" not in str(told.value)


def test_nobody_there_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(EarwitnessError, match=r"tcp://127\.0\.0\.1"):
        sender(f"tcp://127.0.0.1:{port}").send(EVENTS)


@pytest.mark.parametrize(
    "url",
    [
        "file:///x",
        "udp://",
        "https://u:p@h/",
        "tcp://h/path",
        "http://h:99999",
        "http://h/a b",
        "h",
        "http://h/\r\nX: y",
    ],
)
def test_what_is_no_target_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        target_of(url)


def test_an_event_too_large_for_a_datagram_is_said() -> None:
    with pytest.raises(EarwitnessError, match="fits no datagram"):
        sender("udp://127.0.0.1:9").send(["x" * 70_000])

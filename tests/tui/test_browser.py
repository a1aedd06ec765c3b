"""The console in a browser: who has the address gets it, nobody else does, and nothing stays behind."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from forensics.store.writer import Store
from forensics.text_safety import has_hidden
from tests.tui import chromium, night_shift
from tests.tui.night_shift import CLEAR
from tests.tui.pseudo_terminal import OWN
from tests.tui.watching import journey

HIDDEN = b"<202E>"


class Served:
    """A running server and its address."""

    def __init__(self, store: Path) -> None:
        command = (sys.executable, "-m", "forensics.cli", "--store", str(store), "tui", "--serve", "--port", "0")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        lines = (self.process.stdout.readline() for _ in range(4))
        self.address = next(line.strip() for line in lines if "http://" in line)
        parts = urlsplit(self.address)
        self.host, self.key = parts.netloc, parts.path.strip("/")

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """What is answered to a request."""
        link = http.client.HTTPConnection(self.host, timeout=30)
        link.request("GET", path, headers=headers)
        return link.getresponse()

    def consoles(self) -> list[int]:
        """The processes of the consoles."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in children.read_text().split()]

    def socket(self, **settings: object) -> websockets.connect:
        """A WebSocket as the page opens one."""
        return websockets.connect(f"ws://{self.host}/{self.key}/ws?width=100&height=30", **settings)  # type: ignore[arg-type]


@pytest.fixture
def served(night: Path) -> Iterator[Served]:
    with Store.open(night, actor="watch", privacy=CLEAR) as store:
        night_shift.record(store, "odd", night_shift.hostile_act("clip\u202egpj.wav", "odd"))
    server = Served(night)
    yield server
    if server.process.poll() is None:
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


async def received(link: websockets.ClientConnection, words: bytes) -> None:
    """Take what comes until the words were there."""
    seen, deadline = b"", time.monotonic() + 60
    while words not in OWN.sub(b"", seen):
        assert time.monotonic() < deadline, f"{words!r} never came: {seen[-2000:]!r}"
        data = await asyncio.wait_for(link.recv(), 60)
        seen += data if isinstance(data, bytes) else b""


def is_gone(process: int) -> bool:
    """Wait until a process has ended."""
    for _ in range(300):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].startswith("Z"):
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


@journey
async def test_who_has_the_address_gets_a_console_and_nobody_else_does(served: Served) -> None:
    own = served.get(f"/{served.key}/")
    assert own.status == 200
    assert "default-src 'none'" in own.headers["Content-Security-Policy"]
    assert (own.headers["Cache-Control"], own.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert [served.get(path).status for path in ("/", "/ws", f"/{served.key[:-1]}/", f"/x{served.key}/ws", "//")] == [
        403
    ] * 5
    assert served.get(f"/{served.key}/download/x").status == 404
    assert served.get(f"/{served.key}/", Host="rebound.example:8765").status == 421
    assert served.get(f"/{served.key}/", Origin="http://127.0.0.1:1").status == 403
    assert served.get(f"/{served.key}/", Host="localhost:9000", Origin="http://localhost:9000").status == 200, (
        "a tunnel"
    )
    with pytest.raises(InvalidStatus):
        async with served.socket(origin="http://elsewhere.example"):
            pass
    assert served.consoles() == []
    async with served.socket(origin=f"http://{served.host}") as link:
        await received(link, b"following")
        await link.send("not a message")
        await link.send('["resize", {"width": 1e99, "height": -4}]')
        await link.send('["resize", {"width": 100, "height": 30}]')
        await link.send('["stdin", "?"]')
        await received(link, b"Next row")
        [console] = served.consoles()
    assert is_gone(console), "the page went, its console did not"
    async with served.socket() as link:
        await received(link, b"following")
        [console] = served.consoles()
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(60) == 0
    assert is_gone(console), "the server ended, its console did not"


@journey
async def test_a_killed_server_leaves_no_console_behind(served: Served) -> None:
    async with served.socket() as link:
        await received(link, b"following")
        [console] = served.consoles()
        served.process.kill()
        assert is_gone(console)


@pytest.mark.skipif(chromium.PROGRAM is None, reason="Chromium is not installed")
@journey
async def test_in_a_real_browser(served: Served, tmp_path: Path) -> None:
    async with chromium.chromium(tmp_path / "browser") as page:
        await page.call("Page.navigate", url=served.address)
        await page.until(lambda: b"following" in OWN.sub(b"", page.bytes))
        await page.click(500, 120)
        await page.press("i", "i")
        await page.until(lambda: b"Alerts" in OWN.sub(b"", page.bytes))
        await page.until(lambda: HIDDEN in OWN.sub(b"", page.bytes))
        await page.press("j", "j")
        await page.press("Enter", "\r")
        await page.until(lambda: b"Lineage" in OWN.sub(b"", page.bytes))
        picture = tmp_path / "page.png"
        picture.write_bytes(await page.picture())
        assert not has_hidden(OWN.sub(b"", page.bytes).decode().translate({10: None, 13: None}))
        assert {urlsplit(each).netloc for each in page.addresses} == {served.host}
        assert [each for each in page.events if each["method"] == "Runtime.exceptionThrown"] == []
    words = subprocess.run(("tesseract", str(picture), "-"), capture_output=True, text=True, check=True).stdout
    assert re.search("Lineage", words), words

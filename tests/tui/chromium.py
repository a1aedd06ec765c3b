"""A real Chromium without a window, led through its DevTools protocol (chromedevtools.github.io/devtools-protocol)."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import websockets

from tests.tui.pseudo_terminal import OWN

PROGRAM = shutil.which("chromium")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE_S = 60.0
SIZE = {"width": 1100, "height": 700, "deviceScaleFactor": 1, "mobile": False}


class Page:
    """One page; `events` are what it reported, `bytes` what its WebSockets received."""

    def __init__(self, link: Any) -> None:
        self._link = link
        self._count = 0
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **parameters: object) -> Any:
        """Have something done; what came of it."""
        self._count += 1
        await self._link.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            said = json.loads(await asyncio.wait_for(self._link.recv(), PATIENCE_S))
            if said.get("id") == self._count:
                assert "error" not in said, said
                return said["result"]
            self.events.append(said)

    async def evaluate(self, expression: str) -> Any:
        """The value of JavaScript in the page."""
        return (await self.call("Runtime.evaluate", expression=expression))["result"].get("value")

    async def until(self, claim: Callable[[], bool]) -> None:
        """Listen until what was reported makes the claim true."""
        for _ in range(int(PATIENCE_S / 0.1)):
            await self.evaluate("0")
            if claim():
                return
            await asyncio.sleep(0.1)
        text = OWN.sub(b"", self.bytes).decode()
        raise AssertionError(f"never came true; the page received {text[-4000:]}")

    async def press(self, key: str, text: str) -> None:
        """Press a key as the keyboard does."""
        code = {"Enter": 13}.get(key, ord(key[0].upper()))
        for kind in ("keyDown", "keyUp"):
            pressed = {"text": text} if kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **pressed)

    async def click(self, x: int, y: int) -> None:
        """Press the left button of the mouse there."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def picture(self) -> bytes:
        """What is to be seen, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    @property
    def addresses(self) -> list[str]:
        """Everything it asked for."""
        asked = [event["params"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
        sockets = [event["params"] for event in self.events if event["method"] == "Network.webSocketCreated"]
        return [each["request"]["url"] for each in asked] + [each["url"] for each in sockets]

    @property
    def bytes(self) -> bytes:
        """Everything its WebSockets received in binary frames."""
        frames = [event for event in self.events if event["method"] == "Network.webSocketFrameReceived"]
        received = [frame["params"]["response"] for frame in frames]
        return b"".join(base64.b64decode(each["payloadData"]) for each in received if each["opcode"] == 2)


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Page]:
    """A page of a browser of its own, with its files in `folder`."""
    assert PROGRAM is not None
    command = (PROGRAM, *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank")
    log = folder.with_suffix(".log")
    with log.open("wb") as file:
        browser = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)
    try:
        port = await _port(log)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            [target] = [each for each in json.load(answer) if each["type"] == "page"]
        async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as link:
            page = Page(link)
            for domain in ("Network", "Runtime", "Page", "Log"):
                await page.call(f"{domain}.enable")
            await page.call("Emulation.setDeviceMetricsOverride", **SIZE)
            await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
            yield page
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


async def _port(log: Path) -> int:
    for _ in range(int(PATIENCE_S / 0.1)):
        told = re.search(rb"DevTools listening on ws://127\.0\.0\.1:(\d+)/", log.read_bytes())
        if told:
            return int(told[1])
        await asyncio.sleep(0.1)
    raise AssertionError(f"the browser does not listen: {log.read_bytes()[-2000:]!r}")

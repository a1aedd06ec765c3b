"""One console of one page: a process of its own, ended when the page goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

MOST_COLUMNS, MOST_LINES = 500, 200
FAREWELL_S = 5.0
"""How long a console may take to leave (it finishes what it is writing) before it is killed."""


class Sitting(AppService):
    """Runs `command` and passes keys to it and its screen to the page."""

    def __init__(self, command: Sequence[str], page: web.WebSocketResponse) -> None:
        super().__init__(
            " ".join(command),
            write_bytes=page.send_bytes,
            write_str=page.send_str,
            close=self._close_page,
            download_manager=DownloadManager(),
        )
        self._arguments = command
        self._page = page

    async def _close_page(self) -> None:
        await self._page.close()

    async def sit(self, columns: int, lines: int) -> None:
        """Run until the page goes or the console is left."""
        try:
            await self.start(*_bounded(columns, lines))
            async for message in self._page:
                if message.type == WSMsgType.TEXT:
                    await self._take(message.data)
        finally:
            await self._end()

    async def on_meta(self, data: bytes) -> None:
        """The console says that it was left; addresses and files it has none to give."""
        with contextlib.suppress(ValueError, LookupError, TypeError):
            if json.loads(data)["type"] == "exit":
                await self.remote_close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start the console, without a shell; what it says of its own goes where the server's does."""
        environment = self._build_environment(width=width, height=height)
        self._process = await asyncio.create_subprocess_exec(*self._arguments, stdin=PIPE, stdout=PIPE, env=environment)
        self._process.stderr = asyncio.StreamReader()
        self._process.stderr.feed_eof()
        self._stdin = self._process.stdin
        return self._process

    async def _take(self, text: str) -> None:
        """Pass on one message of the page; what is none is nothing."""
        try:
            kind, value = [*json.loads(text), None][:2]
        except (ValueError, TypeError):
            return
        if kind == "stdin" and isinstance(value, str):
            await self.send_bytes(value.encode("utf-8", "replace"))
        elif kind == "resize" and isinstance(value, dict):
            await self.set_terminal_size(*_bounded(value.get("width"), value.get("height")))
        elif kind == "ping":
            await self._page.send_json(["pong", value])
        elif kind == "blur":
            await self.blur()
        elif kind == "focus":
            await self.focus()

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        with contextlib.suppress(TimeoutError, asyncio.CancelledError, ConnectionError):
            await asyncio.wait_for(self.stop(), FAREWELL_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), FAREWELL_S)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _bounded(columns: Any, lines: Any) -> tuple[int, int]:
    """A size that a screen can have."""
    wide = columns if isinstance(columns, int) else 80
    high = lines if isinstance(lines, int) else 24
    return min(max(wide, 1), MOST_COLUMNS), min(max(high, 1), MOST_LINES)

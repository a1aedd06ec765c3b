"""Serves the console to a browser on the loopback, through textual-serve; `door.py` says who may come in."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp_jinja2
from aiohttp import WSCloseCode, web
from textual_serve.server import Server, to_int

from forensics.errors import InputError
from tui.browser.door import Door, new_key
from tui.browser.sitting import Sitting

ADDRESS = "127.0.0.1"
MOST_SITTINGS = 8
SHUTDOWN_S = 12.0
"""Long enough for consoles to leave, or to be killed because they do not (`sitting.py`)."""


class BrowserServer(Server):
    """A console for each page, `command` being what runs one; `say` prints where it is to be found."""

    def __init__(self, command: Sequence[str], *, port: int, say: Callable[[str], None]) -> None:
        super().__init__(
            " ".join(command),
            host=ADDRESS,
            port=port,
            title="earwitness",
            templates_path=Path(__file__).parent / "page",
        )
        self._command = command
        self._say = say
        self._key = new_key()
        self._pages: set[web.WebSocketResponse] = set()

    def serve(self, debug: bool = False) -> None:
        """Serve until interrupted. Raises InputError when the port is taken."""
        try:
            listener = socket.create_server((self.host, self.port))
        except OSError as error:
            raise InputError(f"port {self.port} of {self.host} cannot be had: {error.strerror}") from error
        self.port = listener.getsockname()[1]
        self._say(f"http://{self.host}:{self.port}/{self._key}/")
        web.run_app(
            self._make_app(), sock=listener, access_log=None, print=lambda *_: None, shutdown_timeout=SHUTDOWN_S
        )

    async def _make_app(self) -> web.Application:
        """The pages of textual-serve, all below the key, behind the door."""
        door = Door(self._key)
        house = web.Application(middlewares=[door.guard])
        house.on_response_prepare.append(door.dress)
        house.add_subapp(f"/{self._key}/", await super()._make_app())
        return house

    async def on_startup(self, app: web.Application) -> None:
        """It was said where to look before the first could knock."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Close the pages; each ends its console."""
        for page in set(self._pages):
            await page.close(code=WSCloseCode.GOING_AWAY, message=b"the server ends")

    @aiohttp_jinja2.template("app_index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """The page; it finds the way back by the name it was asked for, which a tunnel may have changed."""
        size = min(max(to_int(request.query.get("fontsize", ""), 16), 6), 40)
        return {"socket": f"ws://{request.host}/{self._key}/ws", "font_size": size}

    async def handle_download(self, request: web.Request) -> web.StreamResponse:
        """Evidence leaves by `earwitness export`, which is logged, never by a browser."""
        raise web.HTTPNotFound

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A sitting: a page and its console."""
        if len(self._pages) >= MOST_SITTINGS:
            raise web.HTTPServiceUnavailable(text=f"{MOST_SITTINGS} consoles are open already.\n")
        page = web.WebSocketResponse(heartbeat=15, max_msg_size=1 << 16)
        await page.prepare(request)
        self._pages.add(page)
        try:
            columns, lines = (to_int(request.query.get(name, ""), 0) for name in ("width", "height"))
            await Sitting(self._command, page).sit(columns or 80, lines or 24)
        finally:
            self._pages.discard(page)
            await page.close()
        return page

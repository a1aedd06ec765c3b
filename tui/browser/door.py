"""Who may come in: the address that is printed once holds the key, and a page of somebody else's is kept out.

On a loopback address everybody on the machine can knock, and every page in the browser too. So the key (256 random
bits, another one for each start) is the first part of every path, where no page of another origin can read it and no
other port of this host is sent it, as a cookie would be; `Host` must be a name of the loopback, which keeps out names
that were made to point here; and `Origin`, where a browser gives it, must be this door's own.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

NAMES = frozenset({"127.0.0.1", "localhost"})


def new_key() -> str:
    """A key for one start, as it stands in a path."""
    return secrets.token_urlsafe(32)


class Door:
    """Stands before every request; `dress` puts on every answer what keeps it to this page."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    @property
    def guard(self) -> Middleware:
        """The middleware that lets in or says no."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            """Judge one request."""
            if host_name(request.host) not in NAMES:
                raise web.HTTPMisdirectedRequest(text="This console answers to 127.0.0.1 and localhost alone.\n")
            key = request.path.split("/")[1]
            if not hmac.compare_digest(key.encode("utf-8", "replace"), self._key):
                raise web.HTTPForbidden(text="The address lacks the key: take it from the terminal of `tui --serve`.\n")
            origin = request.headers.get("Origin")
            if origin is not None and origin != f"http://{request.host}":
                raise web.HTTPForbidden(text="A page from elsewhere does not get this console.\n")
            return await handler(request)

        return guard

    async def dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Nothing is fetched from elsewhere, put into a frame, kept by the browser or told to where a link leads."""
        own = f"ws://{request.host}" if host_name(request.host) in NAMES else ""
        response.headers.update(
            {
                "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
                f" font-src 'self'; img-src 'self' data:; connect-src 'self' {own}; base-uri 'none';"
                " form-action 'none'; frame-ancestors 'none'",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Cache-Control": "no-store",
            }
        )


def host_name(host: str) -> str:
    """The name in a `Host` header without its port, empty for what is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""

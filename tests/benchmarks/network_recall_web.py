"""Clients of the web for the recall bench: curl over HTTP/1.1, HTTP/2 and TLS, HTTP/3 of aioquic, WebSockets."""

from __future__ import annotations

import asyncio
import gzip
import http.server
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.network_clients import HTTP_PORT, Job, Plan, transfer
from tests.benchmarks.network_recall import Client, Place, Wanted, digest
from tests.channels.tls_talk import server_context
from tests.wire.test_http2_clients import Accepting as Http2
from tests.wire.test_range_clients import NAME, Ranging
from tests.wire.test_real_clients import CLIPS, Accepting
from tests.wire.test_tls_clients import Http2 as Http2Tls
from tests.wire.test_tls_clients import curl

SHORT = ("clip-1.wav", "clip-2.wav", "clip-3.wav")
DOWN = "clip 6.wav"
PORT = 7007


@contextmanager
def listening(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def web(
    place: Place, handler: type[socketserver.BaseRequestHandler] = Accepting, context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A server on the place's address; gives how its addresses begin."""
    kind = http.server.ThreadingHTTPServer
    if not issubclass(handler, http.server.BaseHTTPRequestHandler):
        kind = type("Server", (socketserver.ThreadingTCPServer,), {"allow_reuse_address": True, "daemon_threads": True})
    server: Any = kind((place.host, HTTP_PORT), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{'https' if context else 'http'}://{place.host}:{HTTP_PORT}"
    finally:
        server.shutdown()
        server.server_close()


def kind_of(kind: str, place: Place) -> list[Wanted]:
    """Uploads of one kind as the throughput bench does them."""
    with web(place), place.captured():
        for name in SHORT:
            transfer(Plan(place.host, place.folder, 1), Job(kind, name, 0, ""))
    return place.wanted(*SHORT)


def gzipped(place: Place) -> list[Wanted]:
    packed = place.folder / "packed"
    packed.write_bytes(gzip.compress((place.folder / SHORT[0]).read_bytes()))
    with web(place) as url, place.captured():
        curl(place.folder, "--data-binary", "@packed", "-H", "Content-Encoding: gzip", f"{url}/in/{SHORT[0]}")
    return place.wanted("packed", called=SHORT[0])


def ranges(place: Place) -> list[Wanted]:
    """One file fetched in two ranges, and sent in two."""
    data, cut, path = CLIPS[NAME], 70_000, NAME.replace(" ", "%20")
    (place.folder / NAME).write_bytes(data)
    (place.folder / "first").write_bytes(data[:cut])
    with web(place, Ranging) as url, place.captured():
        curl(place.folder, "-o", "got", "-r", f"0-{cut - 1}", f"{url}/{path}")
        curl(place.folder, "-o", "got", "-C", "-", f"{url}/{path}")
        curl(place.folder, "-T", "first", "-H", f"Content-Range: bytes 0-{cut - 1}/{len(data)}", f"{url}/in/{path}")
        curl(place.folder, "-T", NAME, "-C", str(cut), f"{url}/in/{path}")
    return place.wanted(NAME, NAME)


def tus(place: Place) -> list[Wanted]:
    data, cut = CLIPS[NAME], 70_000
    (place.folder / "first").write_bytes(data[:cut])
    (place.folder / "second").write_bytes(data[cut:])
    said = ["-H", "Tus-Resumable: 1.0.0", "-H", f"Upload-Length: {len(data)}"]
    with web(place, Ranging) as url, place.captured():
        curl(place.folder, "-d", "", *said, "-H", "Upload-Metadata: filename Y2xpcCA1Lndhdg==", f"{url}/files")
        for name, offset in (("first", 0), ("second", cut)):
            kind = ["-H", "Content-Type: application/offset+octet-stream", "-H", f"Upload-Offset: {offset}"]
            curl(place.folder, "-X", "PATCH", "--data-binary", f"@{name}", *kind, f"{url}/files/5")
    return [Wanted(NAME, digest(data))]


def http2(place: Place) -> list[Wanted]:
    with web(place, Http2) as url, place.captured():
        return over_http2(place, url, "--http2-prior-knowledge")


def over_http2(place: Place, url: str, *options: str) -> list[Wanted]:
    """Two files put, one in a form, one fetched."""
    for name in SHORT[:2]:
        curl(place.folder, *options, "-T", name, f"{url}/in/{name}")
    curl(place.folder, *options, "-F", f"a=@{SHORT[2]};type=audio/wav", f"{url}/form")
    curl(place.folder, *options, "-o", "down", f"{url}/out/{DOWN.replace(' ', '%20')}")
    return [*place.wanted(*SHORT), Wanted(DOWN, digest(CLIPS[DOWN]))]


def tls(version: str, place: Place) -> list[Wanted]:
    """HTTP/1.1 within TLS: put, in chunks, in a form."""
    options = ["--http1.1", "--tls-max", version, f"--tlsv{version}"]
    with web(place, context=server_context(place.folder)) as url, place.captured():
        curl(place.folder, *options, "-T", SHORT[0], f"{url}/in/{SHORT[0]}")
        curl(place.folder, *options, "-T", SHORT[1], "-H", "Transfer-Encoding: chunked", f"{url}/in/{SHORT[1]}")
        curl(place.folder, *options, "-F", f"a=@{SHORT[2]};type=audio/wav", f"{url}/form")
    return place.wanted(*SHORT)


def tls_http2(version: str, place: Place) -> list[Wanted]:
    context = server_context(place.folder)
    context.set_alpn_protocols(["h2"])
    with web(place, Http2Tls, context) as url, place.captured():
        return over_http2(place, url, "--http2", "--tls-max", version, f"--tlsv{version}")


def http3(place: Place) -> list[Wanted]:
    from tests.benchmarks.network_recall_quic import send

    server_context(place.folder)
    with place.captured(), place.keys.open("w") as keys:
        files = {f"/in/{name}": (place.folder / name).read_bytes() for name in SHORT}
        asyncio.run(send(place.host, HTTP_PORT, files, Path(place.folder), keys))
    return place.wanted(*SHORT)


def websocket(way: str | None, place: Place) -> list[Wanted]:
    """Files as messages of one connection, deflated or not."""
    from websockets.sync.client import connect
    from websockets.sync.server import serve

    with serve(lambda each: [None for _ in each], place.host, HTTP_PORT, max_size=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with place.captured(), connect(f"ws://{place.host}:{HTTP_PORT}/", compression=way) as client:
            for name in SHORT:
                client.send((place.folder / name).read_bytes())
        server.shutdown()
    return place.wanted(*SHORT, called="")


CLIENTS = (
    *(Client(f"curl {kind}", partial(kind_of, kind)) for kind in ("put", "post", "multipart", "chunked")),
    Client("curl gzip body", gzipped),
    Client("curl ranges, both ways", ranges),
    Client("curl tus", tus),
    Client("curl HTTP/2", http2),
    *(Client(f"curl TLS {version} HTTP/1.1", partial(tls, version)) for version in ("1.2", "1.3")),
    *(Client(f"curl TLS {version} HTTP/2", partial(tls_http2, version)) for version in ("1.2", "1.3")),
    Client("aioquic HTTP/3", http3, (), is_tcp=False),
    Client("websockets", partial(websocket, None), ()),
    Client("websockets deflated", partial(websocket, "deflate"), ()),
)

"""HTTP/3 uploads of aioquic's client to a server of aioquic over the loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3Connection
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent


class Speaking(QuicConnectionProtocol):
    """Either end: answers a request that is over, and notes an answer that is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.h3 = H3Connection(self._quic)
        self.answered: dict[int, asyncio.Event] = {}

    def quic_event_received(self, event: QuicEvent) -> None:
        for each in self.h3.handle_event(event):
            if not getattr(each, "stream_ended", False):
                continue
            if self._quic.configuration.is_client:
                self.answered[each.stream_id].set()
            else:
                self.h3.send_headers(each.stream_id, [(b":status", b"204")], end_stream=True)
                self.transmit()

    async def post(self, host: str, path: str, body: bytes) -> None:
        stream = self._quic.get_next_available_stream_id()
        self.answered[stream] = asyncio.Event()
        asked = {":method": "PUT", ":scheme": "https", ":authority": host, ":path": path, "content-type": "audio/wav"}
        self.h3.send_headers(stream, [(name.encode(), value.encode()) for name, value in asked.items()])
        self.h3.send_data(stream, body, end_stream=True)
        self.transmit()
        await asyncio.wait_for(self.answered[stream].wait(), 30)


async def send(host: str, port: int, files: Mapping[str, bytes], folder: Path, keys: TextIO) -> None:
    """Put files by path, all at once on one connection; `folder` has the server's certificate."""
    there = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    there.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    here = QuicConfiguration(alpn_protocols=["h3"], verify_mode=ssl.CERT_NONE, secrets_log_file=keys)
    server = await serve(host, port, configuration=there, create_protocol=Speaking)
    async with connect(host, port, configuration=here, create_protocol=Speaking) as client:
        assert isinstance(client, Speaking)
        await asyncio.gather(*(client.post(host, path, body) for path, body in files.items()))
    server.close()

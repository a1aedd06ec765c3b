"""A mail server that goes over to TLS when asked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from tests.channels.tls_talk import server_context
from tests.wire.test_real_clients import free_port


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The port it listens on."""
    port = free_port()
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, tls_context=server_context(folder))
    controller.start()
    try:
        yield port
    finally:
        controller.stop()

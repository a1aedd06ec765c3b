"""Sends events to a SIEM, each at least once: syslog (RFC 5424) over UDP (RFC 5426) or TCP (RFC 6587), or a webhook.

Nothing is sent twice unless an answer failed to come. A webhook gets one POST for each event, never follows a redirect
and uses no proxy; with a secret each bears `X-Earwitness-Signature: t=<seconds>,v1=<hex>`, the HMAC-SHA256 of
`<seconds>.<body>`, so that the receiver can tell who sent it and refuse what is old.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from forensics.errors import EarwitnessError
from forensics.reports.product import NAME
from forensics.reports.records import iso
from forensics.reports.targets import Target
from forensics.text_safety import visible

TIMEOUT_S = 10.0
ATTEMPTS = 3
PAUSE_S = 1.0
"""Before the second attempt; each later one waits twice as long."""
MOST_DATAGRAM_BYTES = 65_000
_FACILITY, _SEVERITY = 13, 4
"""Log audit, warning: how severe an event is it says itself."""


class _WorthAnotherAttemptError(Exception):
    """The receiver did not take it now, and may later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """How to send. `host` is what syslog calls this machine; `secret` signs what goes to a webhook."""

    target: Target
    form: str
    host: str
    secret: bytes = b""
    now: Callable[[], float] = clock.time
    sleep: Callable[[float], None] = clock.sleep

    def send(self, events: Sequence[str]) -> None:
        """Send every event. Raises EarwitnessError, which says how many were taken before."""
        if self.target.is_webhook:
            for number, event in enumerate(events):
                self._try(partial(self._post, event), number)
        elif self.target.scheme == "udp":
            self._try(partial(self._datagrams, [self.framed(event) for event in events]), 0)
        else:
            self._try(partial(self._stream, [self.framed(event) for event in events]), 0)

    def framed(self, event: str) -> bytes:
        """An event as a syslog message."""
        host = "".join(char for char in self.host if "!" <= char <= "~")[:255] or "-"
        head = f"<{_FACILITY * 8 + _SEVERITY}>1 {iso(self.now())} {host} {NAME.lower()} - {self.form} -"
        return f"{head} \ufeff{event}".encode()

    def _try(self, attempt: Callable[[], None], before: int) -> None:
        for number in range(ATTEMPTS):
            try:
                attempt()
                return
            except (_WorthAnotherAttemptError, OSError, http.client.HTTPException) as error:
                if number == ATTEMPTS - 1:
                    why = visible(str(error)) or type(error).__name__
                    text = f"{self.target}: {why}; {before} events were taken before"
                    raise EarwitnessError(text) from error
                self.sleep(PAUSE_S * 2**number)

    def _datagrams(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            if len(message) > MOST_DATAGRAM_BYTES:
                raise EarwitnessError(f"{self.target}: an event of {len(message)} bytes fits no datagram: use tcp://")
        found = socket.getaddrinfo(self.target.host, self.target.port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as sending:
            sending.settimeout(TIMEOUT_S)
            sending.connect(address)
            for message in messages:
                sending.send(message)

    def _stream(self, messages: Sequence[bytes]) -> None:
        with socket.create_connection((self.target.host, self.target.port), timeout=TIMEOUT_S) as sending:
            for message in messages:
                sending.sendall(b"%d %s" % (len(message), message))
            sending.shutdown(socket.SHUT_WR)

    def _post(self, event: str) -> None:
        body = event.encode()
        kind = http.client.HTTPSConnection if self.target.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.target.host, self.target.port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", self.target.path, body, self._headers(body))
            status = connection.getresponse().status
        finally:
            connection.close()
        if status == http.client.TOO_MANY_REQUESTS or status >= http.client.INTERNAL_SERVER_ERROR:
            raise _WorthAnotherAttemptError(f"answered {status}")
        if not 200 <= status < 300:
            raise EarwitnessError(f"{self.target}: answered {status}")

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": NAME,
            "X-Earwitness-Form": self.form,
            "X-Earwitness-Event": hashlib.sha256(body).hexdigest(),
        }
        if self.secret:
            time = int(self.now())
            headers["X-Earwitness-Signature"] = f"t={time},v1={signature(self.secret, time, body)}"
        return headers


def signature(secret: bytes, time: int, body: bytes) -> str:
    """What a webhook checks: the HMAC-SHA256 over the time and the body, in hexadecimal."""
    return hmac.new(secret, b"%d.%s" % (time, body), hashlib.sha256).hexdigest()

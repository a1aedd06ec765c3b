"""What the two sides of a TLS connection agreed on, and with a key log the keys that follow from it."""

from __future__ import annotations

from contextlib import suppress

from forensics.channels.desk import Desk, Secrets
from forensics.channels.headers import text
from forensics.channels.ja4 import ja4
from forensics.channels.tls_hello import (
    EARLY_DATA,
    TLS_1_3,
    VERSION_NAMES,
    ClientHello,
    ServerHello,
    client_hello,
    encrypted_extensions,
    old_client_hello,
    server_hello,
)
from forensics.channels.tls_keys import TLS_1_0, ModernSeal, Seal, seals
from forensics.channels.tls_side import Stage, Wait
from forensics.channels.tls_suites import Suite, suite_name, suite_of
from forensics.errors import Malformed

CLIENT_HELLO, SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE = 1, 2, 8, 11
"""Handshake messages that are read."""
_LABELS = {
    (True, Stage.EARLY): "CLIENT_EARLY_TRAFFIC_SECRET",
    (True, Stage.HANDSHAKE): "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    (True, Stage.TRAFFIC): "CLIENT_TRAFFIC_SECRET_0",
    (False, Stage.HANDSHAKE): "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    (False, Stage.TRAFFIC): "SERVER_TRAFFIC_SECRET_0",
}
"""By whether the client sends, and stage."""
_CLASSIC_LABEL = "CLIENT_RANDOM"


class Session:
    """Learns from both sides' greetings. `is_patient` is whether keys that are not known yet are waited for."""

    def __init__(self, desk: Desk, client: int) -> None:
        self._desk = desk
        self._client = client
        self._first: ClientHello | None = None
        self._hello: ClientHello | None = None
        self._server: ServerHello | None = None
        self._chosen: tuple[bytes, ...] = ()
        self._takes_early: bool | None = None
        self._made: dict[tuple[str, bytes, bytes], tuple[Seal, ...]] = {}
        self.is_patient = True

    @property
    def version(self) -> int:
        """The version the server chose, 0 while unknown."""
        return self._server.version if self._server else 0

    @property
    def name(self) -> str:
        """The server's name as the client asked for it; empty when it did not."""
        return self._first.name if self._first else ""

    @property
    def facts(self) -> dict[str, str]:
        """What the greetings tell of client and connection."""
        facts = {}
        version = self.version or (self._first.latest if self._first else 0)
        if version:
            facts["version"] = VERSION_NAMES.get(version, f"0x{version:04X}")
        if self._server:
            facts["cipher"] = suite_name(self._server.cipher)
        if self._first and self._first.alpn:
            facts["alpn"] = ",".join(map(text, self._first.alpn))
        if self._chosen:
            facts["alpn_chosen"] = ",".join(map(text, self._chosen))
        if self._first:
            facts["ja4"] = ja4(self._first)
        return facts

    def greeted(self, side: int, kind: int, body: bytes) -> None:
        """A handshake message has come; what cannot be read of it is passed over."""
        with suppress(Malformed):
            if kind == CLIENT_HELLO and side == self._client:
                self._asked(client_hello(body))
            elif kind == SERVER_HELLO and side != self._client:
                self._answered(server_hello(body))
            elif kind == ENCRYPTED_EXTENSIONS and side != self._client:
                self._chosen, self._takes_early = encrypted_extensions(body)

    def greeted_old(self, record: bytes) -> None:
        """A client's greeting in the form of SSL 2.0."""
        with suppress(Malformed):
            self._asked(old_client_hello(record))

    def first_stage(self, side: int) -> Stage | Wait:
        """Where a side begins once it seals its records."""
        if not self.version:
            return Wait.PEER if self._may_wait else Stage.CLASSIC
        if self.version < TLS_1_3:
            return Stage.CLASSIC
        if side != self._client or not self._first or EARLY_DATA not in self._first.extensions:
            return Stage.HANDSHAKE
        if self._takes_early is None and self._may_wait:
            return Wait.PEER
        return Stage.EARLY if self._takes_early else Stage.HANDSHAKE

    def seal(self, side: int, stage: Stage) -> Seal | Wait | None:
        """A side's keys; None where they will never be known."""
        suite = suite_of(self._server.cipher) if self._server and not self._server.compression else None
        secrets = self._secrets
        if suite is None or secrets is None:
            return None
        if stage is Stage.CLASSIC:
            return self._classic(side, suite, secrets)
        if self.version != TLS_1_3:
            return None
        is_client = side == self._client
        label = _LABELS.get((is_client, stage), "")
        secret = secrets.get(label)
        if secret is None:
            is_skipped = stage is not Stage.TRAFFIC and _LABELS[is_client, Stage.TRAFFIC] in secrets
            return Wait.KEYS if self.is_patient and not is_skipped else None
        made = self._made.get((label, secret, b""))
        if made is None:
            made = self._made[label, secret, b""] = (ModernSeal(suite, secret),)
        return made[0]

    def _classic(self, side: int, suite: Suite, secrets: Secrets) -> Seal | Wait | None:
        assert self._hello is not None
        assert self._server is not None
        if not TLS_1_0 <= self.version < TLS_1_3:
            return None
        master = secrets.get(_CLASSIC_LABEL)
        if master is None:
            return Wait.KEYS if self.is_patient else None
        key = _CLASSIC_LABEL, self._hello.random, self._server.random
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = seals(
                suite,
                version=self.version,
                master=master,
                client_random=self._hello.random,
                server_random=self._server.random,
                is_mac_last=self._server.is_mac_last,
            )
        return made[side != self._client]

    @property
    def _secrets(self) -> Secrets | None:
        return self._desk.secrets(self._hello.random) if self._hello else None

    @property
    def _may_wait(self) -> bool:
        return self.is_patient and self._secrets is not None

    def _asked(self, hello: ClientHello) -> None:
        self._first = self._first or hello
        self._hello = hello

    def _answered(self, hello: ServerHello) -> None:
        if hello.is_retry:
            self._takes_early = False
            return
        self._server = hello
        self._chosen = hello.alpn or self._chosen

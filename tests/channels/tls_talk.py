"""TLS conversations of the ssl module with itself in memory: what crosses the wire, and the key log."""

from __future__ import annotations

import datetime
import ssl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from forensics.channels.exchange import Exchange
from forensics.model import Gap, Opaque, WireObject
from forensics.wire.keylog import KeyLog
from tests.channels.script import CLIENT, ENDS, SERVER, hang_up, tell

HOST = "drop.example"


@cache
def certificate(kind: str = "rsa") -> tuple[bytes, bytes]:
    """A self-signed certificate and its key, both PEM."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    began = datetime.datetime(2020, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(began)
        .not_valid_after(began + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


def server_context(folder: Path, kind: str = "rsa") -> ssl.SSLContext:
    """A server with that certificate, which is left in `folder` as cert.pem and key.pem."""
    public, private = certificate(kind)
    (folder / "cert.pem").write_bytes(public)
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


class Talk:
    """A client and a server; `script` is what they told each other on the wire."""

    def __init__(self, *, version=ssl.TLSVersion.TLSv1_3, ciphers="", alpn=(), kind="rsa", options=0, name=HOST):
        with TemporaryDirectory() as folder:
            there, here = server_context(Path(folder), kind), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            here.check_hostname, here.verify_mode = False, ssl.CERT_NONE
            for context in (there, here):
                context.minimum_version = context.maximum_version = version
                context.options |= options
                if ciphers:
                    context.set_ciphers(ciphers)
                if alpn:
                    context.set_alpn_protocols(alpn)
            log = Path(folder) / "keys.log"
            here.keylog_filename = str(log)
            self._wires = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in (CLIENT, SERVER)]
            self.ends = (
                here.wrap_bio(*self._wires[CLIENT], server_hostname=name),
                there.wrap_bio(*self._wires[SERVER], server_side=True),
            )
            self.script = []
            self._shake()
            self.keys = log.read_bytes()

    def say(self, side, data):
        """One side says something, and the other hears it."""
        self.ends[side].write(data)
        self._carry(side)
        heard = b""
        while len(heard) < len(data):
            heard += self.ends[1 - side].read(1 << 16)
        assert heard == data

    def _shake(self):
        is_done = [False, False]
        while not all(is_done):
            for side in (CLIENT, SERVER):
                try:
                    self.ends[side].do_handshake()
                    is_done[side] = True
                except ssl.SSLWantReadError:
                    pass
                self._carry(side)

    def _carry(self, side):
        if said := self._wires[side][1].read():
            self._wires[1 - side][0].write(said)
            self.script.append((side, said))


def found(script, keys: bytes | None = b"", *, step=0, ends=ENDS):
    """What is found in one conversation that ends when the script does; `keys` None is no key log at all."""
    log = KeyLog()
    if keys is not None:
        log.learn(keys)
    exchange = Exchange(keys=log.secrets)
    conversation = exchange.open("k", ends, 1000.0)
    tell(conversation, [*script, *hang_up(script)], step=step)
    sizes = [sum(len(what) for side, what in script if side == by and isinstance(what, bytes)) for by in (0, 1)]
    conversation.counted(*sizes, 2000.0)
    exchange.finish()
    return list(exchange.take())


def objects(items):
    return [item for item in items if isinstance(item, WireObject) and item.protocol != "tls"]


def gaps(items):
    return [item for item in items if isinstance(item, Gap)]


def opaque(items):
    return [item for item in items if isinstance(item, Opaque)]

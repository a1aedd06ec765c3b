"""A time-stamp authority of our own: certificates, OpenSSL that signs, and HTTP before it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = serial
signer_cert = signer.pem
signer_key = signer.key
signer_digest = sha256
certs = chain.pem
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
accuracy = secs:1
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[stamping]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


class Authority:
    """Root, intermediate and signer in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config").write_text(_CONFIG, encoding="ascii")
        (folder / "serial").write_text("01\n", encoding="ascii")
        for name in ("root", "middle", "signer"):
            self._run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        self._certify("root", "ca", "-key", "root.key")
        self._certify("middle", "ca", "-CA", "root.pem", "-CAkey", "root.key")
        self._certify("signer", "stamping", "-CA", "middle.pem", "-CAkey", "middle.key")
        (folder / "chain.pem").write_bytes((folder / "middle.pem").read_bytes() + self.root)

    @property
    def root(self) -> bytes:
        """The certificate to trust, PEM."""
        return (self._folder / "root.pem").read_bytes()

    def answer(self, request: bytes) -> bytes:
        """What it answers."""
        (self._folder / "query").write_bytes(request)
        self._run("ts", "-reply", "-config", "config", "-section", "one", "-queryfile", "query", "-out", "reply")
        return (self._folder / "reply").read_bytes()

    def _certify(self, name: str, extension: str, *issuer: str) -> None:
        key = () if "-key" in issuer else ("-key", f"{name}.key")
        self._run(
            *("req", "-x509", "-new", "-days", "30", "-config", "config", "-extensions", extension),
            *("-subj", f"/CN=Stamps of the tests {name}", "-out", f"{name}.pem", *key, *issuer),
        )

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, capture_output=True)


@contextmanager
def served(authority: Authority) -> Iterator[str]:
    """The address at which the authority answers over HTTP. `/large` and `/moved` are those that it should not."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(bytes(1 << 20) if self.path == "/large" else authority.answer(asked))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()

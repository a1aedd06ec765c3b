"""A canary inside TLS, whose secrets the client tells a key log as watched programs do, and a server for it.

Nothing in it is secret and the server is this program's own, on the loopback: no certificate is checked.
"""

from __future__ import annotations

import datetime
import ssl
import tempfile
from pathlib import Path
from typing import Final

DAY: Final = datetime.timedelta(days=1)


def client(keylog: Path) -> ssl.SSLContext:
    """Writes its secrets to the key log. Raises OSError when it cannot."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.keylog_filename = str(keylog)
    return context


def server() -> ssl.SSLContext:
    """With a key and a certificate of this moment, which lie in no file when it returns. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(prefix="selfcheck-", suffix=".pem") as file:
        file.write(_key_and_certificate())
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _key_and_certificate() -> bytes:
    """Both in PEM, for one day."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "earwitness.invalid")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + DAY)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return text + built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

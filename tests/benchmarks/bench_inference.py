"""How often a file that left over TLS without keys is inferred, and how often a wrong one: `make bench-inference`.

Real clients (curl, urllib, smtplib with STARTTLS) on the loopback send files of 4 KB to 4 MB, each after its program
has read three others. As many send bytes of no file after reading three: what is inferred then is wrong, though no
alarm unless a registered file is among the three. Sending takes 0.3 s and more, as on a way of some length.
"""

from __future__ import annotations

import argparse
import http.server
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from forensics.config import Config, Network
from forensics.listening import Listener
from forensics.model import Observation
from tests.channels.tls_talk import server_context
from tests.cli.sealed_mail import serving
from tests.wire.test_real_clients import Accepting

SETTLE_S = 8.0
READ = "import sys\nfor name in sys.argv[3:]: open(name, 'rb').read()\n"
CLIENTS = {
    "curl": "",
    "urllib": """
import ssl, time, urllib.request
data = open(sys.argv[1], "rb").read()
request = urllib.request.Request(sys.argv[2], data, method="PUT")
answer = urllib.request.urlopen(request, context=ssl._create_unverified_context())
time.sleep(0.3)
""",
    "smtplib": """
import smtplib, ssl, time
from email.message import EmailMessage
message = EmailMessage()
message["From"], message["To"], message["Subject"] = "a@here.example", "b@elsewhere.example", "call"
message.set_content("As you asked.")
message.add_attachment(open(sys.argv[1], "rb").read(), maintype="audio", subtype="wav", filename="call.wav")
with smtplib.SMTP("127.0.0.1", int(sys.argv[2])) as smtp:
    smtp.starttls(context=ssl._create_unverified_context())
    smtp.send_message(message)
    time.sleep(0.3)
""",
}


@dataclass(slots=True)
class Tally:
    """Of so many uploads the right file was named, alone or among others, or only wrong ones were."""

    asked: int = 0
    right: int = 0
    alone: int = 0
    wrong: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=40, help="for each client, and as many that send no file")
    asked = parser.parse_args()
    rng = random.Random(11)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        web, mail = stack.enter_context(sealed_web(folder)), stack.enter_context(serving(folder))
        seen: list[Observation] = []
        stack.enter_context(listening(folder, web, mail, seen))
        print(
            f"{'client':<10}{'uploads':>9}{'right':>7}{'alone':>7}{'wrong':>7}   sending no file: inferred all the same"
        )
        for client in CLIENTS:
            end = str(mail) if client == "smtplib" else f"https://127.0.0.1:{web}/in/x.bin"
            files, own = (
                run(client, end, asked.uploads, folder, rng, seen, is_file=is_file) for is_file in (True, False)
            )
            print(
                f"{client:<10}{files.asked:9}{files.right:7}{files.alone:7}{files.wrong:7}"
                f"   {own.right + own.wrong} of {own.asked}",
                flush=True,
            )
    return 0


def run(
    client: str, end: str, count: int, folder: Path, rng: random.Random, seen: list[Observation], *, is_file: bool
) -> Tally:
    """Uploads of one client; of files it reads, or of bytes that no file has."""
    tally = Tally()
    for _ in range(count):
        kept = [written(folder, rng) for _ in range(3)]
        sent = written(folder, rng)
        before = len(seen)
        if not is_file:
            hidden = sent.with_suffix(".hidden")
            sent.rename(hidden)
            sent = hidden
        send(client, end, sent, kept)
        wait(seen, before)
        names = {found.name for found in seen[before:]}
        tally.asked += 1
        tally.right += is_file and sent.name in names
        tally.alone += is_file and names == {sent.name}
        tally.wrong += bool(names) and (not is_file or sent.name not in names)
        for path in (*kept, sent):
            path.unlink()
    return tally


def written(folder: Path, rng: random.Random) -> Path:
    size = int(4096 * 1000 ** rng.random())
    path = folder / f"{rng.getrandbits(48):012x}.bin"
    path.write_bytes(rng.randbytes(size))
    return path


def send(client: str, end: str, path: Path, kept: list[Path]) -> None:
    """Have a client, in a session of its own, send the file after reading the others.

    What is hidden it gets through a pipe, and from it the bytes alone.
    """
    is_hidden = path.suffix == ".hidden"
    if client == "curl":
        rate = str(max(1, path.stat().st_size * 3))
        curl = f"curl -s -f -k --limit-rate {rate} -T {'-' if is_hidden else path} {end}"
        call = ["sh", "-c", f'cat "$@" > /dev/null; {curl}', "sh", *map(str, kept)]
    else:
        script = READ + CLIENTS[client]
        if is_hidden:
            script = script.replace('open(sys.argv[1], "rb").read()', "sys.stdin.buffer.read()")
        call = [sys.executable, "-c", script, str(path), end, *map(str, kept)]
    data = path.read_bytes() if is_hidden else b""
    subprocess.run(call, input=data, check=True, capture_output=True, start_new_session=True)


def wait(seen: list[Observation], before: int) -> None:
    """Until something was inferred, or as long as it may take."""
    deadline = time.monotonic() + SETTLE_S / 4
    while len(seen) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.1)


@contextmanager
def sealed_web(folder: Path) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accepting)
    server.socket = server_context(folder).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def listening(folder: Path, web: int, mail: int, seen: list[Observation]) -> Iterator[None]:
    """The network channel on the loopback; what it infers is in `seen`."""
    store = folder / "store"
    store.mkdir()
    network = Network(interfaces=("lo",), capture_filter=f"tcp port {web} or tcp port {mail}")

    def take(found: Observation, done: object) -> None:
        if found.inference:
            seen.append(found)
        done()  # type: ignore[operator]

    listener = Listener(Config(network=network), store, take=take, gap=lambda _: None, health=lambda _: None)
    listener.start()
    try:
        time.sleep(1.0)
        yield
    finally:
        listener.stop()


if __name__ == "__main__":
    raise SystemExit(main())

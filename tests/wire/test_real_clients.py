"""Real clients over the loopback, captured by dumpcap: every file that was sent comes out exact."""

import ftplib
import hashlib
import http.server
import random
import shutil
import smtplib
import subprocess
import threading
import time
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from forensics.interception import objects_of
from forensics.model import WireObject

RANDOM = random.Random(4)
CLIPS = {f"clip {number}.wav": RANDOM.randbytes(40_000 * number + 123) for number in range(1, 7)}


class Accepting(http.server.BaseHTTPRequestHandler):
    """Takes any body, by length or in chunks."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT  # noqa: N815

    def log_message(self, *_):
        pass


def can_capture():
    if not (shutil.which("dumpcap") and shutil.which("curl") and shutil.which("tshark")):
        return False
    listed = subprocess.run(["dumpcap", "-D"], check=False, capture_output=True, text=True)
    return listed.returncode == 0 and "lo" in listed.stdout


@pytest.fixture
def dumpcap(tmp_path):
    """Starts a capture on the loopback; calling it ends the capture and gives the objects."""
    path = tmp_path / "lo.pcapng"
    process = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-w", path], stderr=subprocess.PIPE, text=True)
    while "File:" not in (line := process.stderr.readline()):
        assert line, "dumpcap did not start"
    yield lambda: stop(process, path)
    process.kill()
    process.wait()


def stop(process, path):
    time.sleep(0.5)
    process.terminate()
    process.wait()
    return [found for found in objects_of(path) if isinstance(found, WireObject)]


def sent(found, protocol):
    return {(each.name, each.content.sha256) for each in found if each.protocol == protocol and each.direction == "up"}


def wanted(*names):
    return {(name, hashlib.sha256(CLIPS[name]).hexdigest()) for name in names}


@pytest.mark.skipif(not can_capture(), reason="no right to capture here")
def test_what_curl_smtplib_and_ftplib_send_is_exact(dumpcap, tmp_path):
    names = list(CLIPS)
    for name, data in CLIPS.items():
        (tmp_path / name).write_bytes(data)
    with_curl(tmp_path, names)
    with_smtplib(names)
    with_ftplib(tmp_path, names)
    found = dumpcap()
    http_sent = sent(found, "http")
    assert http_sent >= wanted(names[0], names[1], names[3], names[4])
    assert ("raw", hashlib.sha256(CLIPS[names[2]]).hexdigest()) in http_sent
    assert sent(found, "smtp") >= wanted(*names[:3])
    assert sent(found, "ftp") >= wanted(*names[:4])
    ours = [each for each in found if each.protocol in ("http", "smtp", "ftp") and each.name in CLIPS]
    assert not [each for each in ours if each.missing]


def with_curl(folder, names):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accepting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/in/"
    puts = [url + name.replace(" ", "%20") for name in names]
    run = ["curl", "-s", "-f", "--max-time", "30"]
    for arguments in (
        ["-T", names[0], puts[0]],
        ["-T", "-", puts[1]],
        ["--data-binary", f"@{names[2]}", "-H", "Content-Type: audio/wav", url + "raw"],
        ["-F", "title=x", "-F", f"a=@{names[3]}", "-F", f"b=@{names[4]};type=audio/wav", url + "form"],
    ):
        subprocess.run([*run, *arguments], cwd=folder, input=CLIPS[names[1]], check=True)
    server.shutdown()


def with_smtplib(names):
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "clips", "a@desk.example", "b@far.example"
    message.set_content(".a line with a dot\n")
    for name in names[:3]:
        message.add_attachment(CLIPS[name], maintype="audio", subtype="wav", filename=name)
    with smtplib.SMTP("127.0.0.1", controller.port) as client:
        client.send_message(message)
    controller.stop()


def with_ftplib(folder, names):
    authorizer = DummyAuthorizer()
    store = folder / "ftp"
    store.mkdir()
    authorizer.add_user("u", "p", str(store), perm="elradfmw")
    handler = type("Handler", (FTPHandler,), {"authorizer": authorizer, "use_sendfile": False})
    server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())
    stopping = threading.Event()

    def serve():
        while not stopping.is_set():
            server.serve_forever(timeout=0.1, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    with ftplib.FTP() as client:
        client.connect("127.0.0.1", server.socket.getsockname()[1], timeout=30)
        client.login("u", "p")
        for number, name in enumerate(names[:4]):
            client.set_pasv(number % 2 == 0)
            with (folder / name).open("rb") as stream:
                client.storbinary(f"STOR {name}", stream)
    stopping.set()
    thread.join()


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

"""Real TLS clients over the loopback: with a key log every file they sent comes out exact, without it none does."""

import hashlib
import http.server
import json
import os
import shutil
import smtplib
import socketserver
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from click.testing import CliRunner

from forensics.cli.objects import objects
from forensics.config import Network
from forensics.interception import objects_of
from forensics.model import Gap
from tests.channels.tls_talk import server_context
from tests.wire import test_http2_clients
from tests.wire.test_real_clients import CLIPS, Accepting, can_capture, free_port, stop

pytestmark = pytest.mark.skipif(not can_capture(), reason="no right to capture here")
NAMES = list(CLIPS)
MOMENT_S = 0.25
CLASSIC = (
    "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "AES128-SHA256", "AES256-SHA",
)  # fmt: skip
MODERN = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


@pytest.fixture
def capture(tmp_path):
    """Starts a capture of one port of the loopback; what comes back ends it and gives the file."""
    path, running = tmp_path / "lo.pcapng", []

    def start(port):
        run = ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", path]
        running.append(subprocess.Popen(run, stderr=subprocess.PIPE, text=True))
        while "File:" not in (line := running[0].stderr.readline()):
            assert line, "dumpcap did not start"
        return lambda: (stop(running[0], path), path)[1]

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def clips(tmp_path):
    for name, data in CLIPS.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@contextmanager
def serving(server, context):
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def curl(folder, *arguments):
    environment = {**os.environ, "SSLKEYLOGFILE": str(folder / "keys.log")}
    run = ["curl", "-s", "-f", "-k", "-4", "--max-time", "30", *arguments]
    subprocess.run(run, cwd=folder, env=environment, check=True)


def listed(path, *options):
    """What the command line lists, as JSON: objects, then connections that were not read."""
    result = CliRunner().invoke(objects, [str(path), "--json", "--flows", *map(str, options)], catch_exceptions=False)
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    found = [line for line in lines if "sha256" in line and line["protocol"] != "tls"]
    unread = [line["opaque"] for line in lines if "opaque" in line]
    assert all(each["protocol"] == "tls" for each in unread)
    return found, unread


def wanted(*names):
    return [(name, hashlib.sha256(CLIPS[name]).hexdigest()) for name in names]


def sent(found, protocol):
    return sorted((each["name"], each["sha256"]) for each in found if each["protocol"] == protocol)


def test_curl_over_every_suite(capture, clips):
    sent_names = []
    context = server_context(clips)
    context.set_ciphers("ALL")
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accepting), context) as port:
        end, url = capture(port), f"https://localhost:{port}"
        suites = [("--tls-max", "1.2", "--ciphers", suite) for suite in CLASSIC]
        suites += [("--tls13-ciphers", suite) for suite in MODERN]
        for number, suite in enumerate(suites):
            name = NAMES[number % len(NAMES)]
            curl(clips, *suite, "-T", name, f"{url}/in/{name.replace(' ', '%20')}")
            curl(clips, *suite, "-F", f"a=@{name};type=audio/wav", f"{url}/form")
            sent_names += [name, name]
    path = end()
    found, unread = listed(path, "--keylog", clips / "keys.log")
    assert sent(found, "http") == sorted(wanted(*sent_names))
    assert not [each for each in found if each["missing_bytes"]]
    assert not unread
    assert_tshark_agrees(path, clips, sent_names, port)
    assert_secrets_inside_serve_as_well(path, clips, found)
    found, unread = listed(path)
    assert not found
    assert [each["name"] for each in unread] == ["localhost"] * len(sent_names)
    for each, name in zip(unread, sent_names, strict=True):
        assert len(CLIPS[name]) < each["up"] < len(CLIPS[name]) * 2  # what the kernel sends again counts again
        assert each["ja4"].startswith("t1")


def assert_tshark_agrees(path, folder, names, port):
    """The objects another dissector makes of the same capture with the same keys."""
    out = folder / "exported"
    decode = [word for how in (f"tcp.port=={port},tls", f"tls.port=={port},http") for word in ("-d", how)]
    run = ["tshark", "-Q", "-r", path, "-o", f"tls.keylog_file:{folder / 'keys.log'}", *decode]
    subprocess.run([*run, "--export-objects", f"http,{out}"], check=True, capture_output=True)
    exported = {hashlib.sha256(each.read_bytes()).hexdigest() for each in out.iterdir()}
    assert {digest for _, digest in wanted(*names)} <= exported


def assert_secrets_inside_serve_as_well(path, folder, found):
    """A capture that carries its key log."""
    inside = folder / "inside.pcapng"
    run = ["editcap", "--inject-secrets", f"tls,{folder / 'keys.log'}", path, inside]
    subprocess.run(run, check=True, capture_output=True)
    assert sent(listed(inside)[0], "http") == sent(found, "http")


class Http2(test_http2_clients.Accepting):
    def setup(self):
        self.request.do_handshake()


def test_curl_over_http_2(capture, clips):
    context = server_context(clips)
    context.set_alpn_protocols(["h2"])
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Http2)
    server.daemon_threads = True
    with serving(server, context) as port:
        end, url = capture(port), f"https://localhost:{port}"
        for name in NAMES[:4]:
            curl(clips, "--http2", "-T", name, f"{url}/in/{name.replace(' ', '%20')}")
        curl(clips, "--http2", "--tls-max", "1.2", "-F", f"a=@{NAMES[4]}", f"{url}/form")
        curl(clips, "--http2", "-o", "down", f"{url}/out/clip%206.wav")
    path = end()
    found, unread = listed(path, "--keylog", clips / "keys.log")
    assert sent(found, "http2") == sorted(wanted(*NAMES[:6]))
    assert not [each for each in found if each["missing_bytes"]]
    assert not unread
    _, unread = listed(path)
    assert [each["alpn"] for each in unread] == ["h2,http/1.1"] * 6


def test_smtplib_after_starttls(capture, tmp_path):
    controller = Controller(
        Sink(), hostname="127.0.0.1", port=free_port(), tls_context=server_context(tmp_path), require_starttls=True
    )
    controller.start()
    end = capture(controller.port)
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "clips", "a@desk.example", "b@far.example"
    for name in NAMES[:3]:
        message.add_attachment(CLIPS[name], maintype="audio", subtype="wav", filename=name)
    context = ssl._create_unverified_context()
    context.keylog_filename = str(tmp_path / "keys.log")
    with smtplib.SMTP("127.0.0.1", controller.port) as client:
        client.starttls(context=context)
        client.send_message(message)
    controller.stop()
    path = end()
    found, unread = listed(path, "--keylog", tmp_path / "keys.log")
    assert {pair for pair in sent(found, "smtp") if pair[0] in CLIPS} == set(wanted(*NAMES[:3]))
    assert not unread
    found, (told,) = listed(path)
    assert not [each for each in found if each["name"] in CLIPS]
    assert told["up"] > sum(len(CLIPS[name]) for name in NAMES[:3])


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_with_early_data_and_new_keys_amid(capture, tmp_path):
    """A file before the server has said anything, one behind it, one under new keys, one when the first is refused."""
    server_context(tmp_path)
    bodies = {
        name: CLIPS["clip 1.wav"][at : at + 9000].hex() for at, name in enumerate(("a.wav", "b.wav", "c.wav", "d.wav"))
    }
    first, second, third, fourth = (put(name, body.encode()) for name, body in bodies.items())
    (tmp_path / "early").write_bytes(first)
    port = free_port()
    serve = ["-accept", f"127.0.0.1:{port}", "-cert", "cert.pem", "-key", "key.pem", "-early_data"]
    serve += ["-max_early_data", "60000", "-recv_max_early_data", "60000"]
    connect = ["-connect", f"127.0.0.1:{port}", "-keylogfile", "keys.log"]
    end = capture(port)
    with openssl(tmp_path, "s_server", *serve):
        time.sleep(MOMENT_S)
        with openssl(tmp_path, "s_client", *connect, "-sess_out", "session") as client:
            say(client, b"hello\n", b"Q\n")
        with openssl(tmp_path, "s_client", *connect, "-sess_in", "session", "-early_data", "early") as client:
            say(client, second, b"K\n", third, b"Q\n")
    with openssl(tmp_path, "s_server", *serve):
        time.sleep(MOMENT_S)
        with openssl(tmp_path, "s_client", *connect, "-sess_in", "session", "-early_data", "early") as client:
            say(client, fourth, b"Q\n")
    path = end()
    found, unread = listed(path, "--keylog", tmp_path / "keys.log")
    assert sent(found, "http") == [(name, hashlib.sha256(body.encode()).hexdigest()) for name, body in bodies.items()]
    assert not [each for each in found if each["missing_bytes"]]
    assert not unread
    (refused,) = [
        each
        for each in objects_of(path, settings=Network(keylog=(tmp_path / "keys.log",)))
        if isinstance(each, Gap) and each.channel == "tls"
    ]
    assert len(first) < refused.size < len(first) + 100


@contextmanager
def openssl(folder, *arguments):
    run = ["openssl", *arguments]
    process = subprocess.Popen(
        run, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def say(client, *words):
    """Type words into openssl with pauses, since it takes a command only where a line begins it."""
    for word in words:
        time.sleep(MOMENT_S)
        client.stdin.write(word)
        client.stdin.flush()
    time.sleep(MOMENT_S)


def put(name, body):
    return f"PUT /{name} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

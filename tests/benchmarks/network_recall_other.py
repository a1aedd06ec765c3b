"""Clients beside the web for the recall bench: mail, FTP, TFTP, SMB, bare TCP, voice, and a tunnel of names."""

from __future__ import annotations

import imaplib
import smtplib
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import partial

from tests.benchmarks.network_clients import FTP_PORT, SMTP_PORT, Job, Plan, transfer
from tests.benchmarks.network_recall import Client, Place, Wanted, packets_of
from tests.benchmarks.network_recall_web import SHORT
from tests.benchmarks.network_servers import serve_smtp
from tests.benchmarks.network_wire import ROOT, environment, python
from tests.channels.tls_talk import server_context

PORT = 7007
TUNNEL = ("iodine", "iodined", "ip", "editcap", "curl", "/dev/net/tun")


@contextmanager
def listening(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def mail(place: Place) -> list[Wanted]:
    serve_smtp(place.host, SMTP_PORT, place.folder)
    with place.captured():
        for name in SHORT:
            transfer(Plan(place.host, place.folder, 1), Job("mail", name, 0, ""))
    return place.wanted(*SHORT)


def message(place: Place) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "clips", "a@desk.example", "b@far.example"
    made.set_content(".a line with a dot\n")
    for name in SHORT:
        made.add_attachment((place.folder / name).read_bytes(), maintype="audio", subtype="wav", filename=name)
    return made


def starttls(place: Place) -> list[Wanted]:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    there = server_context(place.folder)
    controller = Controller(Sink(), hostname=place.host, port=SMTP_PORT, tls_context=there, require_starttls=True)
    controller.start()
    here = ssl._create_unverified_context()
    here.keylog_filename = str(place.keys)
    with place.captured(), smtplib.SMTP(place.host, SMTP_PORT) as client:
        client.starttls(context=here)
        client.send_message(message(place))
    controller.stop()
    return place.wanted(*SHORT)


class Mailbox(socketserver.StreamRequestHandler):
    """As much of an IMAP server as takes messages."""

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, word, *_ = [*line.split(), b""]
            if word.upper() == b"CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
            elif word.upper() == b"APPEND":
                self.wfile.write(b"+ go on\r\n")
                self.rfile.read(int(line.rsplit(b"{", 1)[1].rstrip(b"+}\r\n")))
                self.rfile.readline()
            self.wfile.write(tag + b" OK done\r\n")


def append(place: Place) -> list[Wanted]:
    with listening(socketserver.ThreadingTCPServer((place.host, PORT), Mailbox)), place.captured():
        client = imaplib.IMAP4(place.host, PORT)
        client.login("desk", "desk")
        client.append("Sent", None, None, message(place).as_bytes())  # type: ignore[arg-type]
        client.logout()
    return place.wanted(*SHORT)


@contextmanager
def storing(place: Place) -> Iterator[None]:
    """An FTP server as a process of its own, since pyftpdlib has one loop a process."""
    (place.folder / "ftp").mkdir()
    command = python("network_servers", "ftp", place.host, str(FTP_PORT), str(place.folder))
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the FTP server did not start")
        yield
        process.stdin.close()
        process.terminate()


def ftp(way: str, place: Place) -> list[Wanted]:
    """Files stored by curl, passive or active, by ftplib, or by lftp."""
    url = f"ftp://desk:desk@{place.host}:{FTP_PORT}/"
    with storing(place), place.captured():
        for name in SHORT:
            if way in ("ftp", "ftplib"):
                transfer(Plan(place.host, place.folder, 1), Job(way, name, 0, ""))
            elif way == "active":
                run(place, "curl", "-sS", "-P", "-", "-T", name, url)
            else:
                run(place, "lftp", "-c", f"set net:timeout 20; set net:max-retries 1; open {url}; put {name}")
    return place.wanted(*SHORT)


def run(place: Place, *command: str) -> None:
    done = subprocess.run(
        command, cwd=place.folder, check=False, capture_output=True, timeout=60, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()[-200:]}")


class Trivial(socketserver.BaseRequestHandler):
    """A TFTP server that takes a file in blocks of 512 bytes (RFC 1350)."""

    def handle(self) -> None:
        import socket

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.bind((self.server.server_address[0], 0))
            own.settimeout(10)
            block, last, size = b"\0\0", b"\0\0", 512
            own.sendto(b"\0\x04" + block, self.client_address)
            while size == 512:
                data, _ = own.recvfrom(2048)
                block = data[2:4]
                if block != last:
                    size, last = len(data) - 4, block
                own.sendto(b"\0\x04" + block, self.client_address)


def tftp(place: Place) -> list[Wanted]:
    with listening(socketserver.ThreadingUDPServer((place.host, PORT), Trivial)), place.captured():
        for name in SHORT[:2]:
            run(place, "curl", "-sS", "-T", name, f"tftp://{place.host}:{PORT}/{name}")
    return place.wanted(*SHORT[:2])


def smb(dialect: str, place: Place) -> list[Wanted]:
    """Files put into folders and got back."""
    from tests.channels.test_smb_clients import Samba

    server = Samba(place.folder)
    try:
        with place.captured(f"tcp port {server.port}"):
            puts = "; ".join(f"put {name} away\\{name}" for name in SHORT)
            server.run(f"mkdir away; {puts}; get away\\{SHORT[0]} got", "-m", dialect)
    finally:
        server.stop()
    return [Wanted(f"{wanted.name}", wanted.sha256) for wanted in place.wanted(*SHORT, SHORT[0])]


class Swallowing(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while self.request.recv(1 << 16):
            pass


def bare(place: Place) -> list[Wanted]:
    with listening(socketserver.ThreadingTCPServer((place.host, PORT), Swallowing)), place.captured():
        for name in SHORT:
            with (place.folder / name).open("rb") as stream:
                subprocess.run(["nc", "-N", place.host, str(PORT)], stdin=stream, check=True, timeout=30)
    return place.wanted(*SHORT, called="")


def voice(place: Place) -> list[Wanted]:
    """A registered clip in four formats at once; what is sent is what the same encoder writes into a file."""
    from tests.channels.test_real_voice import CODECS, clip

    ports = {name: PORT + 2 * number for number, name in enumerate(CODECS)}
    call = ["ffmpeg", "-v", "error", "-y"]
    source = ["-i", str(clip()), "-ac", "1"]
    with place.captured():
        senders = [
            subprocess.Popen(
                [*call, "-readrate", "10", *source, *CODECS[name], "-f", "rtp", f"rtp://{place.host}:{port}"],
                stdout=subprocess.DEVNULL,
            )
            for name, port in ports.items()
        ]
        ended = [sender.wait(60) for sender in senders]
        if any(ended):
            raise RuntimeError("ffmpeg failed")
    wanted = []
    for name, codec in CODECS.items():
        path = place.folder / f"{name}.{'ogg' if name == 'opus' else 'wav'}"
        run(place, *call, *source, *codec, str(path))
        wanted.append(Wanted("", name, packets_of(path.read_bytes())))
    return wanted


def tunnel(place: Place) -> list[Wanted]:
    from tests.channels.namespaces import SERVER, machines

    with machines(place.folder) as (both, stop):
        both.listen()
        secret = ["-f", "-P", "a secret"]
        both.start(1, "iodined", "-c", *secret, "192.168.99.1/24", "t.example.net", until="Listening")
        both.start(
            0, "iodine", *secret, "-m", "900", "-r", "-T", "NULL", SERVER, "t.example.net", until="setup complete"
        )
        target = f"http://192.168.99.1:8000/in/{SHORT[0]}"
        both.run(0, "curl", "-s", "-m", "25", "-T", str(place.folder / SHORT[0]), target)
        path = stop()
    run(place, "editcap", "-F", "pcap", str(path), str(place.capture))
    return place.wanted(SHORT[0])


CLIENTS = (
    Client("smtplib", mail, ()),
    Client("smtplib STARTTLS", starttls, ()),
    Client("imaplib APPEND", append, ()),
    Client("curl FTP passive", partial(ftp, "ftp")),
    Client("curl FTP active", partial(ftp, "active")),
    Client("ftplib", partial(ftp, "ftplib"), ()),
    Client("lftp", partial(ftp, "lftp"), ("lftp",)),
    Client("curl TFTP", tftp, is_tcp=False),
    *(Client(f"smbclient {each}", partial(smb, each), ("smbd", "smbclient")) for each in ("NT1", "SMB2_10", "SMB3_11")),
    Client("nc", bare, ("nc",)),
    Client("ffmpeg RTP", voice, ("ffmpeg",), is_tcp=False),
    Client("iodine, curl inside", tunnel, TUNNEL, is_tcp=False),
)

"""Clients beside web and mail for the recall bench: FTP, TFTP, SMB, bare TCP, voice, and a tunnel of names."""

from __future__ import annotations

import socketserver
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tests.benchmarks.network_clients import FTP_PORT, Job, Plan, transfer
from tests.benchmarks.network_recall import Client, Place, Wanted, packets_of
from tests.benchmarks.network_recall_web import PORT, SHORT, listening
from tests.benchmarks.network_wire import ROOT, environment, python

TUNNELS = {"NULL": ("-r", "-T", "NULL"), "CNAME": ("-r", "-T", "CNAME"), "TXT": ("-r", "-T", "TXT"), "raw": ()}
TUNNEL = ("iodine", "iodined", "ip", "editcap", "curl", "/dev/net/tun")


@contextmanager
def storing(place: Place, kind: str = "ftp") -> Iterator[None]:
    """An FTP server as a process of its own, since pyftpdlib has one loop a process."""
    (place.folder / "ftp").mkdir()
    command = python("network_servers", kind, place.host, str(FTP_PORT), str(place.folder))
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
                lftp(place, url, f"put {name}")
    return place.wanted(*SHORT)


def lftp(place: Place, url: str, what: str) -> None:
    run(place, "lftp", "-c", f"set net:timeout 20; set net:max-retries 1; open {url}; {what}")


def mirror(place: Place) -> list[Wanted]:
    """A folder sent by three connections at once, and got back by as many."""
    (place.folder / "out").mkdir()
    for name in SHORT:
        (place.folder / "out" / name).write_bytes((place.folder / name).read_bytes())
    url = f"ftp://desk:desk@{place.host}:{FTP_PORT}/"
    with storing(place, "keep"), place.captured():
        lftp(place, url, "mirror -R -P 3 out there; mirror -P 3 there back")
    return place.wanted(*SHORT, *SHORT)


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


def tunnel(options: tuple[str, ...], place: Place) -> list[Wanted]:
    from tests.channels.namespaces import SERVER, machines

    with machines(place.folder) as (both, stop):
        both.listen()
        secret = ["-f", "-P", "a secret"]
        both.start(1, "iodined", "-c", *secret, "192.168.99.1/24", "t.example.net", until="Listening")
        both.start(0, "iodine", *secret, "-m", "900", *options, SERVER, "t.example.net", until="setup complete")
        target = f"http://192.168.99.1:8000/in/{SHORT[0]}"
        both.run(0, "curl", "-s", "-m", "25", "-T", str(place.folder / SHORT[0]), target)
        path = stop()
    run(place, "editcap", "-F", "pcap", str(path), str(place.capture))
    return place.wanted(SHORT[0])


CLIENTS = (
    Client("curl FTP passive", partial(ftp, "ftp")),
    Client("curl FTP active", partial(ftp, "active")),
    Client("ftplib", partial(ftp, "ftplib"), ()),
    Client("lftp", partial(ftp, "lftp"), ("lftp",)),
    Client("lftp mirror", mirror, ("lftp",)),
    Client("curl TFTP", tftp, is_tcp=False),
    *(Client(f"smbclient {each}", partial(smb, each), ("smbd", "smbclient")) for each in ("NT1", "SMB2_10", "SMB3_11")),
    Client("nc", bare, ("nc",)),
    Client("ffmpeg RTP", voice, ("ffmpeg",), is_tcp=False),
    *(
        Client(f"iodine {name}, curl inside", partial(tunnel, options), TUNNEL, is_tcp=False)
        for name, options in TUNNELS.items()
    ),
)

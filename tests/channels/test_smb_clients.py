"""smbd and smbclient over the loopback, captured by dumpcap: every file that was put or got comes out exact."""

import hashlib
import random
import shutil
import socket
import subprocess
import time

import pytest

from forensics.interception import objects_of
from forensics.model import Gap, WireObject

RANDOM = random.Random(9)
SMALL, LARGE = RANDOM.randbytes(70_001), RANDOM.randbytes(9_000_000)
PASSWORD = "correct horse"
DIALECTS = ["NT1", "SMB2_02", "SMB2_10", "SMB3_11"]
CONFIG = """
[global]
server role = standalone server
smb ports = {port}
interfaces = lo
bind interfaces only = yes
private dir = {state}
lock directory = {state}
state directory = {state}
cache directory = {state}
pid directory = {state}
ncalrpc dir = {state}/ncalrpc
log file = {state}/log
server min protocol = NT1
client min protocol = NT1
load printers = no
disable spoolss = yes
smb2 max write = 8388608
smb2 max read = 8388608
[FILES]
path = {share}
read only = no
"""


def can_serve():
    names = ("dumpcap", "smbd", "smbclient", "smbpasswd", "whoami")
    if not all(shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") for name in names):
        return False
    is_root = subprocess.run(["whoami"], check=False, capture_output=True, text=True).stdout.strip() == "root"
    listed = subprocess.run(["dumpcap", "-D"], check=False, capture_output=True, text=True)
    return is_root and listed.returncode == 0 and "lo" in listed.stdout


pytestmark = pytest.mark.skipif(not can_serve(), reason="no Samba, or no right to run or capture it")


class Samba:
    """A server on a port of its own, with everything it keeps in one folder."""

    def __init__(self, folder):
        self.folder, self.config, self.share = folder, folder / "smb.conf", folder / "share"
        state = folder / "state"
        state.mkdir()
        self.share.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.config.write_text(CONFIG.format(port=self.port, state=state, share=self.share))
        answer = f"{PASSWORD}\n{PASSWORD}\n"
        subprocess.run(
            ["smbpasswd", "-c", self.config, "-L", "-s", "-a", "root"],
            input=answer.encode(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.process = subprocess.Popen(
            ["/usr/sbin/smbd", "-F", "--no-process-group", "-s", self.config, "-l", state],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("smbd did not start")

    def run(self, commands, *options):
        place = ["-s", self.config, "-p", str(self.port), "-U", f"root%{PASSWORD}", "//127.0.0.1/FILES"]
        subprocess.run(
            ["smbclient", *place, *options, "-c", commands], cwd=self.folder, check=True, capture_output=True
        )

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def samba(tmp_path):
    server = Samba(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def dumpcap(tmp_path, samba):
    """Starts a capture of the server's port; calling it ends the capture and gives what was found."""
    path = tmp_path / "lo.pcapng"
    filter_ = f"tcp port {samba.port}"
    command = ["dumpcap", "-q", "-i", "lo", "-B", "64", "-f", filter_, "-w", path]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while "File:" not in (line := process.stderr.readline()):
        assert line, "dumpcap did not start"

    def stop():
        time.sleep(0.3)
        process.terminate()
        process.wait()
        return list(objects_of(path))

    yield stop
    process.kill()
    process.wait()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def test_what_smbclient_puts_and_gets_is_exact(samba, dumpcap):
    (samba.folder / "small.bin").write_bytes(SMALL)
    (samba.folder / "large.bin").write_bytes(LARGE)
    wanted = []
    for dialect in DIALECTS:
        small, large = f"süß {dialect}.bin", f"{dialect}.bin"
        samba.run(f'mkdir {dialect}; cd {dialect}; put small.bin "{small}"; put large.bin {large}', "-m", dialect)
        samba.run(f'get "{dialect}/{small}" got.bin; allinfo {dialect}/{large}', "-m", dialect)
        samba.run(f"get {dialect}/{large} got.bin", "-m", dialect)
        for direction in ("up", "down"):
            wanted += [
                (direction, f"{dialect}/{small}", digest(SMALL)),
                (direction, f"{dialect}/{large}", digest(LARGE)),
            ]
    found = dumpcap()
    objects = [each for each in found if isinstance(each, WireObject)]
    place = f"smb://127.0.0.1:{samba.port}/FILES/"
    assert all(each.uri.startswith(place) and not each.missing for each in objects)
    assert sorted((each.direction.value, each.uri.removeprefix(place), each.content.sha256) for each in objects) == (
        sorted(wanted)
    )
    assert not [each for each in found if isinstance(each, Gap) and each.channel == "smb"]


def test_an_encrypted_upload_is_a_gap(samba, dumpcap):
    (samba.folder / "small.bin").write_bytes(SMALL)
    samba.run("put small.bin secret.bin", "-m", "SMB3_11", "--client-protection=encrypt")
    found = dumpcap()
    assert not [each for each in found if isinstance(each, WireObject)]
    (gap,) = (each for each in found if isinstance(each, Gap) and each.channel == "smb")
    assert gap.cause == "encrypted"
    assert gap.size > len(SMALL)

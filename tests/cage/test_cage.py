"""The cage, tried from inside by real children: what it keeps from happening does not happen."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from forensics.cage import landlock, probe

needs_landlock = pytest.mark.skipif(landlock.version() < 1, reason="this kernel has no Landlock")
ENTER = """
import json, os, resource, signal, socket, sys, threading, time, ctypes
from pathlib import Path
from forensics.cage import cage
given = sys.argv[1:]
readable, writable = tuple(map(Path, given[:1])), tuple(map(Path, given[1:2]))
missing = cage.enter(cage.Cage(
    memory_bytes=256 << 20, file_bytes=1 << 20, readable=readable, writable=writable))
def tried(action):
    try:
        action()
    except (OSError, MemoryError, RuntimeError) as error:
        return type(error).__name__
    return "done"
"""


def caged(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    script = ENTER + textwrap.dedent(code)
    command = [sys.executable, "-P", "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def said(code: str, *arguments: str | Path) -> object:
    done = caged(code, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_everything_the_doctor_tries_is_kept_from_happening() -> None:
    possible = {what for what, why in probe.attempt().items() if why is not None}
    assert possible <= ({"write files", "read files it was not given"} if landlock.version() < 1 else set())


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"])
def test_no_socket_of_any_kind_is_made(family: str) -> None:
    assert said(f"print(json.dumps(tried(lambda: socket.socket(socket.{family}, socket.SOCK_RAW))))") == (
        "PermissionError"
    )


@needs_landlock
def test_only_what_is_named_is_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("in/read", "write", "other"):
        (tmp_path / name).write_text("text")
    result = said(
        """
        folder, write = readable[0], writable[0]
        other = folder.parent / "other"
        print(json.dumps([
            tried((folder / "read").read_text), tried(lambda: write.write_text("more")), tried(other.read_text),
            tried(lambda: (folder / "new").touch()), tried(lambda: (folder / "read").unlink()),
            tried(lambda: other.write_text("x")), tried(lambda: other.rename(folder / "here")),
            tried(lambda: os.truncate(other, 0)), tried(lambda: os.symlink("/", folder / "link")),
            tried(lambda: os.listdir("/root")), tried(lambda: open("/etc/shadow")),
        ]))
        """,
        tmp_path / "in",
        tmp_path / "write",
    )
    assert result == ["done", "done", *["PermissionError"] * 9]
    assert (tmp_path / "write").read_text() == "more"


def test_modes_owners_and_times_stay(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("text")
    actions = ("os.chmod(p, 0o777)", "os.chown(p, 1, 1)", "os.utime(p)", "os.setxattr(p, 'user.x', b'1')")
    tries = ", ".join(f"tried(lambda: {action})" for action in actions)
    assert said(f"p = readable[0]\nprint(json.dumps([{tries}]))", target) == ["PermissionError"] * 4


def test_memory_backed_files_need_no_path_and_are_bounded() -> None:
    code = """
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        fd = os.memfd_create("spool")
        print(json.dumps([os.write(fd, bytes(1 << 19)), tried(lambda: os.pwrite(fd, b"x", 1 << 21))]))
    """
    assert said(code) == [1 << 19, "OSError"]


def test_a_fork_bomb_makes_no_process_but_threads_run() -> None:
    code = """
        ran = []
        thread = threading.Thread(target=ran.append, args=[1]); thread.start(); thread.join()
        libc = ctypes.CDLL(None, use_errno=True)
        print(json.dumps([tried(os.fork), tried(lambda: os.execv("/bin/true", ["true"])),
            tried(lambda: os.posix_spawn("/bin/true", ["true"], {})), libc.vfork(), ran]))
    """
    assert said(code) == ["PermissionError"] * 3 + [-1, [1]]


def test_what_allocates_without_end_runs_out() -> None:
    assert said("print(json.dumps(tried(lambda: [bytearray(1 << 24) for _ in range(64)])))") == "MemoryError"


def test_what_spins_is_killed_and_each_job_gets_its_time_anew() -> None:
    spin = "end = time.process_time() + 1.6\nwhile time.process_time() < end: pass\n"
    renewed = caged(f"for _ in range(2):\n cage.allow_cpu(2)\n {spin.replace(chr(10), chr(10) + ' ')}")
    assert renewed.returncode == 0
    assert caged("cage.allow_cpu(0)\nwhile True: pass").returncode == -signal.SIGXCPU


def test_no_rights_of_root_are_left_nor_gained() -> None:
    code = """
        lines = dict(l.split(":\\t") for l in Path("/proc/self/status").read_text().splitlines() if ":\\t" in l)
        print(json.dumps([int(lines["Cap" + k], 16) for k in ("Inh", "Prm", "Eff", "Amb")] + [lines["NoNewPrivs"]]))
    """
    assert said(code) == [0, 0, 0, 0, "1"]


def test_it_dies_with_its_parent_and_dumps_no_core() -> None:
    code = """
        number = ctypes.c_int()
        ctypes.CDLL(None).prctl(2, ctypes.byref(number), 0, 0, 0)
        print(json.dumps([number.value, *resource.getrlimit(resource.RLIMIT_CORE)]))
    """
    assert said(code) == [signal.SIGKILL, 0, 0]

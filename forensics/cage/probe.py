"""Tries from inside a cage what it should keep from happening: `python -m forensics.cage.probe FILE FOLDER PORT`.

Prints a JSON object of what was tried to null, or to why it was possible after all. The file may be read, the folder be
written to and the port of the loopback be reached by who is not caged.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from forensics.cage import cage

_MEMORY_BYTES = 1 << 30


def attempt() -> dict[str, str | None]:
    """Start a child, cage it and let it try. By what was tried: None where it is kept from it, else why it is not.

    Raises OSError when no child can be started or it dies.
    """
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        file = Path(folder, "secret")
        file.write_text("to be read by nobody")
        arguments = [str(file), folder, str(server.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "forensics.cage.probe", *arguments], capture_output=True, check=False
        )
    if done.returncode:
        raise OSError(done.returncode, "the caged process died")
    found: dict[str, str | None] = json.loads(done.stdout)
    return found


def main(file: Path, folder: Path, port: int) -> None:
    """Enter the cage and try everything."""
    missing = cage.enter(cage.Cage(memory_bytes=_MEMORY_BYTES, file_bytes=1 << 20))
    cage.allow_cpu(60)
    attempts: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("reach the network", "seccomp", lambda: socket.create_connection(("127.0.0.1", port), 5)),
        ("write files", "landlock", (folder / "written").touch),
        ("read files it was not given", "landlock", file.read_bytes),
        ("start programs", "seccomp", lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)),
        ("signal other processes", "seccomp", lambda: os.kill(os.getppid(), 0)),
        ("take more memory than it may", "", lambda: bytearray(2 * _MEMORY_BYTES)),
    )
    found = {what: missing.get(means, "") if _works(action) else None for what, means, action in attempts}
    found["use rights of root"] = missing.get("capabilities", "") if _has_rights() else None
    is_endless = resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY
    found["use the processor without end"] = "" if is_endless else None
    print(json.dumps(found))


def _works(action: Callable[[], object]) -> bool:
    try:
        action()
    except (OSError, MemoryError):
        return False
    return True


def _has_rights() -> bool:
    status = Path("/proc/self/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return int(fields["CapPrm"], 16) != 0 or fields["NoNewPrivs"] != "1"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

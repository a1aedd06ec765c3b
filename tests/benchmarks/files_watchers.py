"""Each watcher as a whole process that writes what it saw and when; README.md says how they are compared."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.files_judging import Line, parse
from tests.benchmarks.network_clock import descendants
from tests.benchmarks.network_wire import ROOT, environment, python

READY_S = 120.0
END_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_SAY = """
import sys, time
def say(kind, what):
    sys.stdout.write(f"{time.monotonic():.6f}\\t{kind}\\t{what}\\n")
    sys.stdout.flush()
"""
WATCHDOG = (
    _SAY
    + """
from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

class Handler(FileSystemEventHandler):
    def dispatch(self, event):
        if not event.is_directory and event.event_type in ("created", "modified", "closed", "moved"):
            kind = "settled" if event.event_type in ("closed", "moved") else "noticed"
            say(kind, event.dest_path or event.src_path)

observer = Observer()
observer.schedule(Handler(), sys.argv[1], recursive=True)
observer.start()
say("ready", "")
observer.join()
"""
)
WATCHFILES = (
    _SAY
    + """
from watchfiles import Change, watch
is_ready = False
for changes in watch(sys.argv[1], watch_filter=None, yield_on_timeout=True, rust_timeout=500):
    if not is_ready:
        say("ready", "")
        is_ready = True
    for change, path in changes:
        if change is not Change.deleted:
            say("settled", path)
"""
)
COMMANDS = {
    "sensor": python("files_sensing"),
    "watch": python("files_stamping", "watch"),
    "watchdog": [sys.executable, "-c", WATCHDOG],
    "watchfiles": [sys.executable, "-c", WATCHFILES],
    "inotifywait": python("files_stamping", "inotifywait"),
}
OURS = ("sensor", "watch")
TITLES = {"sensor": "earwitness sensor", "watch": "earwitness watch"}


class Watcher:
    """A process group that watches a folder. `lines` is what it wrote so far; `fetch` reads on."""

    def __init__(self, name: str, folder: Path, work: Path, *, prefix: Sequence[str] = ()) -> None:
        self.lines: list[Line] = []
        self._rest = ""
        work.mkdir(parents=True, exist_ok=True)
        self._said, self._errors = work / "said", work / "errors"
        command = [*prefix, *COMMANDS[name], str(folder)]
        with self._said.open("w") as out, self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=out, stderr=errors, env=environment(), start_new_session=True
            )
        self._stream = self._said.open()

    def wait_until_ready(self) -> bool:
        """Wait until it says that it watches; False when it ends or takes too long instead."""
        deadline = time.monotonic() + READY_S
        while not any(line.kind == "ready" for line in self.fetch()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def fetch(self) -> list[Line]:
        """What came since the last call, which is in `lines` from now on."""
        text = self._rest + self._stream.read()
        whole, mark, self._rest = text.rpartition("\n")
        found = parse((whole + mark).splitlines())
        self.lines += found
        return found

    @property
    def cpu_s(self) -> float:
        """User and system time of the process, its children and those they waited for, in seconds."""
        return sum(map(_cpu_s, [self._process.pid, *descendants(self._process.pid)]))

    def signal(self, number: int) -> None:
        """Pause or resume everything it consists of."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def end(self) -> None:
        """End it and read the rest; once more does nothing."""
        if self._stream.closed:
            return
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        self.signal(signal.SIGKILL)
        self._process.wait()
        self.fetch()
        self._stream.close()

    @property
    def complaints(self) -> str:
        """What it said on its standard error."""
        return self._errors.read_text(errors="replace")


def limited(watches: int) -> tuple[str, ...]:
    """What runs a command in a user namespace with so many inotify watches; nothing where that cannot be had."""
    script = f'echo {watches} > /proc/sys/user/max_inotify_watches && exec "$@"'
    prefix = ("unshare", "-Ur", "sh", "-c", script, "sh")
    if shutil.which("unshare") is None:
        return ()
    return () if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode else prefix


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS

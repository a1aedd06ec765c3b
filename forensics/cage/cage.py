"""The cage: all protections one after the other, each of which says whether it is in force."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from forensics.cage import calls, landlock, rights

_SET_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
_NEW_NETWORK = 0x40000000
_OPEN_FILES = 512
_MAPPED_BYTES = 64 << 30
"""Room for files that are mapped and shared, such as the acoustic index."""
_NICENESS = 5
"""How far behind sensors, screens and whoever works at the machine."""
_IO_PRIORITY = {"x86_64": 251, "aarch64": 30}
_BEST_EFFORT_LAST = 2 << 13 | 7
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/magic", "/etc/ssl/openssl.cnf"),
    *("/etc/mime.types", "/dev/null", "/dev/zero", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"),
    *("/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/devices/system/node"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cage:
    """What is left to a process: bytes of memory of its own and of the largest file, and paths.

    `readable` is beside the interpreter, its libraries and what they read. Memory-backed files and files that are
    mapped are not counted as memory; the decoders' own limits bound the former.
    """

    memory_bytes: int
    file_bytes: int
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    may_start_programs: bool = False


def enter(cage: Cage) -> dict[str, str]:
    """Shut this process in for good; what could not be had, by name, with the reason. Before it has other threads.

    It dies with its parent, gains no privilege, has none of root's, dumps no core, reaches no network and no other
    process, reads and writes only what it must, and gives way to others for processor and disk.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    libc.unshare(_NEW_NETWORK)  # refused without privilege; the filter of system calls holds without
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    libc.syscall(_IO_PRIORITY.get(os.uname().machine, -1), 1, 0, _BEST_EFFORT_LAST)
    _limit_use(cage)
    missing: dict[str, str] = {}
    if not rights.drop((*cage.readable, *cage.writable)):
        missing["capabilities"] = "CAP_DAC_OVERRIDE is kept, since what is read belongs to another user"
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _try(missing, "landlock", lambda: _restrict(cage))
    _try(missing, "seccomp", lambda: calls.refuse(with_programs=not cage.may_start_programs))
    return missing


def allow_cpu(seconds: float) -> None:
    """Let this process use so much processor time from now on; above that it is killed with SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _limit_use(cage: Cage) -> None:
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, cage.memory_bytes),
        (resource.RLIMIT_AS, cage.memory_bytes + _MAPPED_BYTES),
        (resource.RLIMIT_FSIZE, cage.file_bytes),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def _restrict(cage: Cage) -> None:
    own = [*sys.path, sys.prefix, sys.base_prefix, str(Path(__file__).parents[2])]
    readable = [Path(path) for path in (*_SYSTEM, *own) if path]
    landlock.restrict(readable=(*readable, *cage.readable), writable=cage.writable, may_execute=cage.may_start_programs)


def _try(missing: dict[str, str], name: str, protect: Callable[[], None]) -> None:
    try:
        protect()
    except OSError as error:
        missing[name] = error.strerror or str(error)

"""Whose socket it was: sampled from /proc while connections live, and remembered for a while after."""

from __future__ import annotations

import os
import pwd
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from forensics.model import Subject

_TABLES = (("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp"))
_ANY = ("0.0.0.0", "::")  # noqa: S104 - looked up, not bound
_MOST_REMEMBERED = 20_000
_SHARE = 10
"""Times of what a look costs that is waited before the next one; and the same after a connection has begun."""
_HURRY_SHARE = 2
_GIVE_UP = 3

Socket = tuple[str, str, int]
"""Protocol (tcp, udp), local address, local port."""


@dataclass(slots=True)
class _Owner:
    inode: int
    uid: int
    seen: float
    pid: int = 0
    process: str = ""
    tries: int = 0


class SocketOwners:
    """A sampler of the kernel's socket tables with its own thread.

    A connection that begins and ends between two samples is not seen: its owner stays `unknown`. One whose process
    could not be found (it had ended, or belongs to another user) still names the user: method `socket uid`.
    """

    def __init__(self, *, host: str = "", every_s: float = 0.1, remember_s: float = 60.0) -> None:
        self._host = host
        self._every_s = every_s
        self._remember_s = remember_s
        self._owners: dict[Socket, _Owner] = {}
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._run, name="socket-owners", daemon=True)

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def stop(self) -> None:
        """End the sampling; what is remembered stays."""
        self._stopping.set()
        self._hurry.set()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    def pids(self) -> set[int]:
        """The processes that have or lately had sockets."""
        with self._guard:
            return {owner.pid for owner in self._owners.values() if owner.pid}

    def hurry(self) -> None:
        """A connection has begun: look soon, before its process may have ended."""
        self._hurry.set()

    def owner(self, address: str, port: int, *, protocol: str = "tcp") -> Subject:
        """Who had the socket with this local end, now or within the remembered time."""
        found = self._find(address, port, protocol)
        if found is None or (not found.pid and found.tries == 0):
            self.sample()
            found = self._find(address, port, protocol)
        if found is None:
            return Subject(host=self._host)
        method = "socket inode" if found.pid else "socket uid"
        return Subject(host=self._host, user=_user(found.uid), process=found.process, pid=found.pid, method=method)

    def sample(self) -> None:
        """Read the socket tables once and find the processes of sockets not seen before."""
        now = time.monotonic()
        with self._guard:
            for key, inode, uid in _sockets():
                known = self._owners.get(key)
                if known is not None and inode in (known.inode, 0):
                    known.seen = now
                elif inode:
                    self._owners.pop(key, None)
                    self._owners[key] = _Owner(inode, uid, now)
            self._forget(now)
            wanted = {owner.inode: owner for owner in self._owners.values() if not owner.pid and owner.tries < _GIVE_UP}
            if wanted:
                _find_processes(wanted)

    def look_at(self, pid: int) -> None:
        """Take note of one process's sockets while it lives, unless some of them are known."""
        with self._guard:
            if any(owner.pid == pid for owner in reversed(self._owners.values())):
                return
        inodes = _inodes(pid)
        if not inodes:
            return
        now, name = time.monotonic(), _name(pid)
        with self._guard:
            for key, inode, uid in _sockets():
                if inode in inodes:
                    self._owners.pop(key, None)
                    self._owners[key] = _Owner(inode, uid, now, pid, name)

    def _find(self, address: str, port: int, protocol: str) -> _Owner | None:
        oldest = time.monotonic() - self._remember_s
        with self._guard:
            for local in (address, *_ANY):
                owner = self._owners.get((protocol, local, port))
                if owner is not None and owner.seen >= oldest:
                    return owner
        return None

    def _forget(self, now: float) -> None:
        old = [key for key, owner in self._owners.items() if now - owner.seen > self._remember_s]
        excess = len(self._owners) - len(old) - _MOST_REMEMBERED
        if excess > 0:
            old += list(self._owners)[:excess]
        for key in old:
            self._owners.pop(key, None)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._hurry.clear()
            began = time.thread_time()
            with suppress(OSError):
                self.sample()
            cost_s = time.thread_time() - began
            self._stopping.wait(_HURRY_SHARE * cost_s)
            self._hurry.wait(max(self._every_s, _SHARE * cost_s))


def _sockets() -> Iterator[tuple[Socket, int, int]]:
    for table, protocol in _TABLES:
        try:
            with open(f"/proc/net/{table}") as lines:
                next(lines, None)
                for line in lines:
                    fields = line.split()
                    address, _, port = fields[1].partition(":")
                    yield (protocol, _address(address), int(port, 16)), int(fields[9]), int(fields[7])
        except (OSError, ValueError, IndexError):
            continue


def _address(digits: str) -> str:
    """The kernel prints addresses as words of the machine's byte order."""
    raw = b"".join(int(digits[i : i + 8], 16).to_bytes(4, "little") for i in range(0, len(digits), 8))
    if len(raw) == 4:
        return socket.inet_ntop(socket.AF_INET, raw)
    if raw[:12] == b"\0" * 10 + b"\xff\xff":
        return socket.inet_ntop(socket.AF_INET, raw[12:])
    return socket.inet_ntop(socket.AF_INET6, raw)


def _find_processes(wanted: dict[int, _Owner]) -> None:
    """Go through the processes, newest first, until all wanted sockets are found."""
    for owner in wanted.values():
        owner.tries += 1
    missing = set(wanted)
    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True):
        for inode in _inodes(pid) & missing:
            wanted[inode].pid, wanted[inode].process = pid, _name(pid)
            missing.discard(inode)
        if not missing:
            return


def _inodes(pid: int) -> set[int]:
    inodes: set[int] = set()
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return inodes
    for name in names:
        with suppress(OSError):
            target = os.readlink(f"{folder}/{name}")
            if target.startswith("socket:["):
                inodes.add(int(target[8:-1]))
    return inodes


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", errors="replace") as name:
            return name.read().strip()
    except OSError:
        return ""


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

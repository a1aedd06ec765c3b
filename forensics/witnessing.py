"""Signed heads are told to witnesses off this machine, and stamped by an authority, while the monitor runs.

What is kept elsewhere speaks against whoever takes over this machine and its key. A witness that is away is told later
of all it missed; nothing waits for it.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forensics.config import Custody
from forensics.custody import stamps
from forensics.custody.notes import Note
from forensics.errors import ConfigError, EarwitnessError, InputError, Malformed, StoreError
from forensics.log import logger
from forensics.reports.sending import Sender
from forensics.reports.targets import target_of
from forensics.store import reader, witnesses
from forensics.store.witnesses import KeptHead
from forensics.store.writer import Store

EVERY_S = 60.0
MOST_AT_ONCE = 1000
TIMEOUT_S = 20.0
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of telling one witness: how many heads it took, and why not more."""

    witness: str
    heads: int
    problem: str = ""


class Witnesses:
    """Those a store has by its configuration."""

    def __init__(self, store: Store, custody: Custody, *, host: str) -> None:
        self._store, self._custody, self._host = store, custody, host

    def tell(self) -> Iterator[Told]:
        """Tell every witness of the heads it does not know. Raises StoreError."""
        for witness in self._custody.witnesses:
            count = 0
            try:
                send = self._way(witness)
                while heads := self._untold(witness):
                    send(heads)
                    self._store.told(witness, heads[-1])
                    count += len(heads)
                yield Told(witness=witness, heads=count)
            except StoreError:
                raise
            except (OSError, EarwitnessError) as error:
                why = (error.strerror if isinstance(error, OSError) else None) or str(error)
                yield Told(witness=witness, heads=count, problem=why)

    def stamp(self, *, url: str = "") -> stamps.Stamp | None:
        """Have the newest head stamped, unless it is; None when there is nothing new to be stamped.

        Raises ConfigError without an authority and what to trust it by, OSError when it cannot be asked now, Malformed
        for an answer that does not hold, StoreError.
        """
        url = url or self._custody.tsa
        if not url or self._custody.tsa_cert is None:
            raise ConfigError("a stamp needs custody.tsa, the authority's address, and custody.tsa_cert, whom to trust")
        head = self._unstamped()
        if head is None:
            return None
        data, nonce = stamps.stamped(Note.parse(head.note.encode())), secrets.randbits(64)
        answer = stamps.ask(url, stamps.request(data, nonce=nonce), timeout_s=TIMEOUT_S)
        found = stamps.check(answer, data, roots=[certificate(self._custody.tsa_cert)], nonce=nonce)
        self._store.keep_stamp(head, found.time, found.authority, answer)
        return found

    def _unstamped(self) -> KeptHead | None:
        connection = reader.open_reader(self._store.folder)
        try:
            head = witnesses.newest(connection)
            known = {(each.log, each.size) for each in witnesses.stamps(connection)}
        finally:
            connection.close()
        return None if head is None or (head.log, head.size) in known else head

    def _untold(self, witness: str) -> tuple[KeptHead, ...]:
        connection = reader.open_reader(self._store.folder)
        try:
            return tuple(witnesses.untold(connection, witness, limit=MOST_AT_ONCE))
        finally:
            connection.close()

    def _way(self, witness: str) -> Callable[[tuple[KeptHead, ...]], None]:
        """How to tell a witness. Raises ConfigError, OSError."""
        if "://" in witness:
            sender = Sender(target=target_of(witness), form="head", host=self._host)
            return lambda heads: sender.send([head.note for head in heads])
        path = Path(witness).expanduser()
        if not path.is_absolute():
            raise ConfigError(f"{witness}: a witness is an absolute path, or udp:// tcp:// http:// https://")
        if not path.parent.is_dir():
            raise OSError(None, "its folder is not there")
        if not path.exists() or not path.stat().st_size:
            self._store.tell_anew(witness)
        return lambda heads: _append(path, heads)


class Witnessing:
    """A thread beside the monitor that tells witnesses as heads are signed, and has one stamped every so often."""

    def __init__(
        self,
        store: Store,
        custody: Custody,
        *,
        host: str,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._witnesses = Witnesses(store, custody, host=host)
        self._custody, self._every_s, self._clock = custody, every_s, clock
        self._stopping = threading.Event()
        self._problems: dict[str, str] = {}
        self._next_stamp = 0.0
        self._log = logger("witnesses")
        self._thread = threading.Thread(target=self._run, name="witnessing", daemon=True)

    def start(self) -> None:
        """Begin, where there is somebody to be told."""
        if self._custody.witnesses or self._custody.tsa:
            self._thread.start()

    def stop(self) -> None:
        """Tell once more, then end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            is_last = self._stopping.wait(self._every_s)
            try:
                self._turn(is_last=is_last)
            except EarwitnessError as error:
                self._say("store", str(error))
            if is_last:
                return

    def _turn(self, *, is_last: bool) -> None:
        for told in self._witnesses.tell():
            self._say(told.witness, told.problem)
        if self._custody.tsa and not is_last and self._clock() >= self._next_stamp:
            self._next_stamp = self._clock() + self._custody.tsa_hours * _HOUR_S
            try:
                self._witnesses.stamp()
                self._say("time stamps", "")
            except (OSError, Malformed, InputError, ConfigError) as error:
                self._next_stamp = self._clock() + self._every_s
                self._say("time stamps", str(error))

    def _say(self, what: str, problem: str) -> None:
        """Log a problem once, and its end."""
        if self._problems.get(what, "") != problem:
            self._problems[what] = problem
            if problem:
                self._log.warning("heads could not be told", witness=what, error=problem)
            else:
                self._log.info("heads are told again", witness=what)


def certificate(path: Path) -> bytes:
    """The certificates of a file. Raises InputError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _append(path: Path, heads: tuple[KeptHead, ...]) -> None:
    """Add notes to a file, an empty line after each as `heads --all` prints them, on the disk when it returns."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o600), "ab") as file:
        file.write("".join(f"{head.note}\n" for head in heads).encode())
        file.flush()
        os.fsync(file.fileno())

"""A question to the store that Ctrl-C ends at once, whatever the database is doing."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

import click

from forensics.database import Connection

T = TypeVar("T")
LOOK_UP_S = 0.1
LEAVE_S = 1.0
"""How long an interrupted question may take to end; a step of the word index ends when it is through."""
ABORTED = 130


def answer(connection: Connection, ask: Callable[[], T]) -> T:
    """What `ask` returns or raises; Ctrl-C says so in one line and ends the command with exit 130.

    The question runs in a thread of its own, since the database answers no signal until it has found something: the
    thread is left to end with the process. The connection is not to be used any more then.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is waited for
            future.set_exception(error)

    try:
        threading.Thread(target=run, name="question", daemon=True).start()
        while not wait([future], LOOK_UP_S).done:
            pass  # a Ctrl-C that came just before the wait is not found until it is over
        return future.result()
    except KeyboardInterrupt:
        click.echo("earwitness: interrupted; the search was stopped", err=True)
        _leave(connection, future)
        raise click.Abort from None


def _leave(connection: Connection, future: Future[T]) -> None:
    """See the question out, so that the process ends whole; one that does not end is left with the process.

    It is interrupted again and again: an interrupt that comes before the database has begun is none.
    """
    for _ in range(round(LEAVE_S / LOOK_UP_S)):
        connection.interrupt()
        if wait([future], LOOK_UP_S).done:
            return
    sys.stdout.flush()
    os._exit(ABORTED)

"""The reading thread over real stores that come, change, break and go."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from textual.message import Message
from textual.message_pump import MessagePump

from forensics.database import Connection
from forensics.model import AlertState
from forensics.store import reader
from forensics.store.writer import Store
from tests.tui import night_shift
from tui.feed import Answer, Beat, Feed
from tui.formatting import Safe, safe
from tui.scribe import Scribe, Written


class Listener:
    """Takes messages as a screen would and delivers the answers."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def post_message(self, message: Message) -> bool:
        self.messages.append(message)
        if isinstance(message, Answer):
            message.deliver()
        return True

    @property
    def pump(self) -> MessagePump:
        return cast(MessagePump, self)

    @property
    def conditions(self) -> list[str]:
        return [message.pulse.condition for message in self.messages if isinstance(message, Beat)]


@contextmanager
def reading(store: Path) -> Iterator[tuple[Feed, Listener]]:
    listener = Listener()
    feed = Feed(store, listener.pump, poll_s=0.02)
    thread = threading.Thread(target=feed.run)
    thread.start()
    try:
        yield feed, listener
    finally:
        feed.stop()
        thread.join(timeout=20)
        assert not thread.is_alive()


def wait(claim: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not claim():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.01)


def test_a_store_comes_changes_goes_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with reading(folder) as (feed, listener):
        wait(lambda: listener.conditions == ["missing"])
        night_shift.write(folder)
        wait(lambda: feed.pulse.counts is not None and feed.pulse.counts.new_alerts == 4)
        version = feed.pulse.version
        with Store.open(folder, actor="desk") as store:
            store.set_alert_state(6, AlertState.ACKNOWLEDGED)
        wait(lambda: feed.pulse.version > version and feed.pulse.counts.new_alerts == 3)  # type: ignore[union-attr]
        shutil.rmtree(folder)
        wait(lambda: feed.pulse.condition == "missing")
        night_shift.write(folder)
        wait(lambda: feed.pulse.condition == "ready")


def test_what_is_not_a_store_is_a_notice(tmp_path: Path) -> None:
    (tmp_path / "evidence.sqlite").write_text("no database")
    with reading(tmp_path) as (feed, _):
        wait(lambda: feed.pulse.condition == "broken")
        assert "evidence.sqlite" in feed.pulse.notice


def test_a_newer_question_replaces_an_older_one_that_runs(night: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    started, answers = threading.Event(), []

    def long(connection: Connection) -> str:
        started.set()
        connection.execute(endless).fetchone()
        return "old"

    with reading(night) as (feed, listener):
        feed.ask(listener.pump, "search", long, answers.append, answers.append)
        assert started.wait(20)
        time.sleep(0.1)
        feed.ask(listener.pump, "search", lambda connection: "new", answers.append, answers.append)
        wait(lambda: answers)
    assert answers == ["new"]


def test_a_question_that_fails_is_refused_in_words_and_the_feed_goes_on(night: Path) -> None:
    refusals: list[Safe] = []
    answers: list[int] = []
    with reading(night) as (feed, listener):
        feed.ask(listener.pump, "a", lambda c: reader.search(c, "nofield:x"), lambda found: None, refusals.append)
        wait(lambda: refusals)
        feed.ask(listener.pump, "b", lambda c: len(reader.queue(c)), answers.append)
        wait(lambda: answers == [6])
    assert refusals[0].startswith("query, column 1: no field 'nofield'")


def test_decisions_are_written_in_order_with_their_author(night: Path) -> None:
    listener = Listener()
    scribe = Scribe(night, listener.pump, actor="desk", now=lambda: night_shift.NOW)
    scribe.write(safe("one"), lambda store: store.set_alert_state(6, AlertState.ACKNOWLEDGED))
    scribe.write(safe("two"), lambda store: store.set_alert_state(6, AlertState.CLOSED, reason="no such reason"))
    scribe.write(safe("three"), lambda store: store.set_alert_state(6, AlertState.CLOSED, reason="test"))
    scribe.close()
    written = [message for message in listener.messages if isinstance(message, Written)]
    assert [message.what for message in written] == ["one", "two", "three"]
    assert [bool(message.problem) for message in written] == [False, True, False]
    connection = reader.open_reader(night)
    detail = reader.alert_detail(connection, 6)
    connection.close()
    assert detail is not None
    assert detail.alert.state is AlertState.CLOSED
    assert [entry.actor for entry in detail.custody if entry.action == "state"] == ["desk", "desk"]

"""What a worker has to say, sent in as few messages as promptness allows."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from forensics import wirecode
from forensics.content import Content
from forensics.worker import frames
from forensics.worker.messages import Answer

PROMPT_S = 0.1
"""An answer waits no longer than this for the work on the next ones, as soon as it can be sent."""


class Outbox:
    """Collects answers and the contents beside them."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._answers: list[Answer] = []
        self._beside: list[Content] = []
        self._since = time.monotonic()

    def add(self, answer: Answer, beside: Sequence[Content]) -> None:
        """Take an answer; sends what is there when it is time, or when there are too many contents for one message."""
        if len(self._beside) + len(beside) > frames.MAX_FDS:
            self.flush()
        self._answers.append(answer)
        self._beside += beside
        if time.monotonic() - self._since > PROMPT_S:
            self.flush()

    def flush(self) -> None:
        """Send what is there. Raises OSError when the other side is gone."""
        if self._answers:
            fds = [content.descriptor() for content in self._beside]
            frames.send(self._sock, wirecode.encode(self._answers), fds)
        self._answers, self._beside, self._since = [], [], time.monotonic()

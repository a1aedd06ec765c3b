"""What waits for a worker, in order: large content one at a time, small content several at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from forensics.content import Content
from forensics.model import Analysis, Observation
from forensics.worker.messages import Job
from forensics.worker.messages import Task as Kind
from forensics.worker.reading import Reading

SMALL_BYTES = 1 << 16
BATCH = 16
"""Small pieces that one worker gets at once: what a message costs is then shared by as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An analysis and the content worth keeping of it, by digest; `reading` where that was the task.

    `sealed` holds the waveforms that reading sealed. `is_left_out`: the changes asked for could not be made.
    """

    analysis: Analysis
    kept: Mapping[str, Content] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    sealed: Content | None = None
    is_left_out: bool = False


@dataclass(slots=True)
class Task:
    """One observation and what to do with it; the future gets the result."""

    observation: Observation
    future: Future[Result]
    candidates: int = 0
    matchers: Sequence[str] | None = None
    kind: Kind = "analyse"
    seal_for: bytes = b""
    steps: Sequence[str] = ()
    seed: int = 0

    @property
    def is_small(self) -> bool:
        """Say whether it may share a message with others."""
        content = self.observation.content
        return content.is_at_hand and content.size <= SMALL_BYTES

    def job(self, observation: Observation, cpu_s: float) -> Job:
        """What the worker is told; `observation` is the task's in a form that can be sent."""
        return Job(
            observation=observation,
            cpu_s=cpu_s,
            candidates=self.candidates,
            matchers=self.matchers,
            task=self.kind,
            seal_for=self.seal_for,
            steps=self.steps,
            seed=self.seed,
        )


class Tasks:
    """A line for `workers` threads that holds two batches, or two large tasks, for each of them."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._waiting: deque[Task] = deque()
        self._changed = threading.Condition()
        self._weight = 0
        self._is_closed = False

    def put(self, task: Task) -> None:
        """Add a task; waits while there is no room."""
        with self._changed:
            self._changed.wait_for(lambda: self._weight < 2 * BATCH * self._workers)
            self._waiting.append(task)
            self._weight += _weight(task)
            self._changed.notify_all()

    def take(self) -> list[Task]:
        """Wait for the next task; small ones behind a small one come with it, as many as leave the others work.

        Empty when the line is closed and nothing waits any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            taken: list[Task] = []
            most = min(BATCH, -(-len(self._waiting) // self._workers))
            while self._waiting and len(taken) < max(1, most) and (not taken or self._waiting[0].is_small):
                taken.append(self._waiting.popleft())
                if not taken[0].is_small:
                    break
            self._weight -= sum(map(_weight, taken))
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Nothing is added any more; what waits is still handed out."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


def _weight(task: Task) -> int:
    return 1 if task.is_small else BATCH

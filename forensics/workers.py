"""Killable, memory-capped worker processes around the pipeline: a crash, hang or bomb costs one worker."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import msgspec

from forensics import errors
from forensics.config import Config
from forensics.model import Analysis, Artifact, Observation, Outcome, OutcomeKind, Versions
from forensics.rulebook.choice import CONFIGURED, Choice
from forensics.worker.beside import Beside
from forensics.worker.candidate import Candidate
from forensics.worker.hand import Hand, Handover, NotStartedError
from forensics.worker.messages import Hello
from forensics.worker.tasks import Result, Task, Tasks

__all__ = ["ATTEMPTS", "Result", "WorkerPool", "unfinished"]

ATTEMPTS = 2
"""A worker may die of what it read or of what else went on; only who dies twice of the same is not tried again."""
_OUT_OF_TIME = f"signal {int(signal.SIGXCPU)}"
FAILURES = (OSError, EOFError, msgspec.MsgspecError)
"""How a worker that died, hangs or lies shows."""


class WorkerPool:
    """A fixed number of warm workers; `submit` blocks while much waits for each of them.

    `reference_key` is the file whose key opens the waveforms kept beside the register; without it none are used.
    `on_opened` is told the digest of the clip of each that is opened, at once, in the threads of the pool.
    `passwords` are tried on what is encrypted. `choice` says which packs are run.
    """

    def __init__(
        self,
        config: Config,
        store: Path,
        *,
        count: int | None = None,
        reference_key: Path | None = None,
        on_opened: Callable[[str], None] = lambda _: None,
        passwords: Sequence[str] = (),
        choice: Choice = CONFIGURED,
    ) -> None:
        self._config = config
        self._hello = Hello(
            config=config,
            store=str(store),
            reference_key=str(reference_key or ""),
            passwords=tuple(passwords),
            choice=choice,
        )
        self._on_opened = on_opened
        self._beside = Beside(store)
        self._tasks = Tasks(count or config.workers.count)
        self._threads = [
            threading.Thread(target=self._serve, name=f"worker-{number}", daemon=True)
            for number in range(count or config.workers.count)
        ]
        self._started: queue.Queue[BaseException | None] = queue.Queue()
        self._living: set[Hand] = set()
        self._spares: list[Hand] = []
        self._compiled: Handover | None = None
        self._ended_cpu_s = 0.0
        self.deaths = 0
        self.is_stopping = False

    def start(self) -> None:
        """Start the workers and wait for the first to load; raises what kept it from loading."""
        for thread in self._threads:
            thread.start()
        failure = self._started.get()
        if failure is not None:
            self.stop()
            raise failure

    def submit(
        self,
        observation: Observation,
        *,
        candidates: int = 0,
        matchers: Sequence[str] | None = None,
        steps: Sequence[str] = (),
        seed: int = 0,
    ) -> Future[Result]:
        """Queue one observation; the future always gets a result, whatever the bytes do to the worker.

        `steps` are mutations that the content goes through before, made with `seed`.
        """
        task = Task(
            observation=observation,
            future=Future(),
            candidates=candidates,
            matchers=matchers,
            steps=steps,
            seed=seed,
        )
        self._tasks.put(task)
        return task.future

    def read(self, observation: Observation, *, seal_for: bytes = b"") -> Future[Result]:
        """Queue one file to be read for registration: opened to the bottom, fingerprinted, compared with nothing.

        `seal_for` is the public key its waveforms are sealed for; without it they are not kept.
        """
        task = Task(observation=observation, future=Future(), kind="read", seal_for=seal_for)
        self._tasks.put(task)
        return task.future

    def prepare(self, choice: Choice) -> Candidate:
        """A worker with other packs that works for nobody yet. Raises what kept it from loading (RuleError)."""
        hello = msgspec.structs.replace(self._hello, choice=choice)
        return Candidate(Hand(hello, self._on_opened, files=self._beside.files()))

    def adopt(self, candidate: Candidate) -> None:
        """Work with the candidate's packs from now on: who is at work finishes with the old, no task is left out.

        The others are started when they are next needed, with what the candidate compiled its rules to.
        """
        left, self._spares = self._spares, [candidate.hand]
        self._compiled, self._hello = candidate.hand.compiled, candidate.hello
        for hand in left:
            hand.close()

    def cpu_s(self) -> float:
        """Processor time all workers have taken so far, those that ended too."""
        return self._ended_cpu_s + sum(hand.cpu_s() for hand in tuple(self._living))

    def stop(self) -> None:
        """Finish what is queued and end the workers."""
        self.is_stopping = True
        self._tasks.close()
        for thread in self._threads:
            thread.join()
        for hand in self._spares:
            hand.close()
        self._beside.close()

    def __enter__(self) -> WorkerPool:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _serve(self) -> None:
        hand: Hand | None = None
        with contextlib.suppress(errors.EarwitnessError, OSError):
            hand = self._spawn()
        while tasks := self._tasks.take():
            hand = self._answer_all(hand, deque(tasks))
            del tasks  # who waits holds no file open: a medium could not be unmounted
        if hand is not None:
            hand.close()

    def _answer_all(self, hand: Hand | None, tasks: deque[Task]) -> Hand | None:
        """Give every task its result. What a dead worker leaves of several is done again one at a time: it is not known
        of which it died, and the others are not to pay for it.
        """
        if len(tasks) > 1:
            with contextlib.suppress(errors.EarwitnessError):
                hand = self._ready(hand)
                hand = self._work(hand, tasks)
        while tasks:
            hand = self._answer(hand, tasks.popleft())
        return hand

    def _work(self, hand: Hand, tasks: deque[Task]) -> Hand | None:
        """Take the tasks that get a result out of the line; None when the worker did not live to do them all."""
        try:
            for result in hand.work(tuple(tasks)):
                tasks.popleft().future.set_result(result)
        except FAILURES:
            self._bury(hand)
            return None
        return hand

    def _answer(self, hand: Hand | None, task: Task) -> Hand | None:
        try:
            hand, result = self._run(hand, task)
            task.future.set_result(result)
        except Exception as error:  # noqa: BLE001 - the caller gets it; the thread goes on
            task.future.set_exception(error)
        return hand

    def _spawn(self) -> Hand:
        try:
            hand = self._new_hand()
        except BaseException as error:
            self._started.put(error)
            raise
        self._started.put(None)
        self._living.add(hand)
        return hand

    def _new_hand(self) -> Hand:
        """A worker, at the second try where the first ended before it had said why."""
        with contextlib.suppress(IndexError):
            while spare := self._spares.pop():
                if spare.hello is self._hello and spare.files == self._beside.files():
                    return spare
                spare.close()
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(NotStartedError):
                return self._hand()
        return self._hand()

    def _hand(self) -> Hand:
        hello, compiled = self._hello, self._compiled
        hand = Hand(hello, self._on_opened, files=self._beside.files(), compiled=compiled)
        if compiled is None and hello is self._hello:
            self._compiled = hand.compiled
        return hand

    def _run(self, hand: Hand | None, task: Task) -> tuple[Hand | None, Result]:
        if not task.observation.content.is_at_hand:
            reason = "gone before it could be read"
            return hand, Result(analysis=unfinished(task.observation, OutcomeKind.VANISHED, reason))
        reason = ""
        for _ in range(ATTEMPTS):
            hand = self._ready(hand)
            try:
                return hand, next(hand.work([task]))
            except TimeoutError:
                self._bury(hand)
                reason = f"killed after {hand.patience_s(task.observation.content):.0f} s"
                return None, Result(analysis=unfinished(task.observation, OutcomeKind.TIMED_OUT, reason))
            except FAILURES as error:
                end = hand.epitaph(error)
                reason = f"the worker died ({end})"
                self._bury(hand)
                hand = None
                if end == _OUT_OF_TIME:
                    reason = "killed for the processor time it took"
                    return None, Result(analysis=unfinished(task.observation, OutcomeKind.TIMED_OUT, reason))
        return None, Result(analysis=unfinished(task.observation, OutcomeKind.UNREADABLE, reason))

    def _ready(self, hand: Hand | None) -> Hand:
        is_fit = hand is not None and hand.jobs < self._config.workers.recycle_after
        if hand is not None and is_fit and hand.hello is self._hello and hand.files == self._beside.files():
            return hand
        if hand is not None:
            hand.close()
            self._part(hand)
        return self._spawn()

    def _bury(self, hand: Hand) -> None:
        self.deaths += 1
        hand.kill()
        self._part(hand)

    def _part(self, hand: Hand) -> None:
        self._ended_cpu_s += hand.cpu_s()
        self._living.discard(hand)


def unfinished(observation: Observation, kind: OutcomeKind, reason: str) -> Analysis:
    """What is to be said of an observation whose content nobody came to the end of."""
    artifact = Artifact(
        number=0,
        parent=None,
        path=(observation.name,),
        media_type="application/octet-stream",
        content=observation.content,
    )
    return Analysis(
        observation=observation,
        artifacts=(artifact,),
        matches=(),
        outcomes=(Outcome(artifact=0, kind=kind, reason=reason),),
        versions=Versions(),
    )

"""Killable, memory-capped worker processes around the pipeline: a crash, hang or bomb costs one worker."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from forensics import errors, wirecode
from forensics.config import Config
from forensics.content import Content
from forensics.model import Analysis, Artifact, Observation, Outcome, OutcomeKind, Versions
from forensics.text_safety import encodable
from forensics.worker import child, frames
from forensics.worker.beside import Beside
from forensics.worker.messages import SEALED, Answer, Failure, Hello, Job, Reply, Task, check
from forensics.worker.reading import Reading

SPEECH_BYTES_PER_SECOND = 2000
"""What a voice takes when it is coded tightly: 16 kbit/s."""
ATTEMPTS = 2
"""A worker may die of what it read or of what else went on; only who dies twice of the same is not tried again."""
_TICKS = os.sysconf("SC_CLK_TCK")
_OUT_OF_TIME = f"signal {int(signal.SIGXCPU)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An analysis and the content worth keeping of it, by digest; `reading` where that was the task.

    `sealed` holds the waveforms that reading sealed.
    """

    analysis: Analysis
    kept: Mapping[str, Content] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    sealed: Content | None = None


@dataclass(slots=True)
class _Task:
    observation: Observation
    candidates: int
    matchers: Sequence[str] | None
    future: Future[Result]
    task: Task = "analyse"
    seal_for: bytes = b""


class WorkerPool:
    """A fixed number of warm workers; `submit` blocks when twice as many jobs as workers wait.

    `reference_key` is the file whose key opens the waveforms kept beside the register; without it none are used.
    `on_opened` is told the digest of the clip of each that is opened, at once, in the threads of the pool.
    `passwords` are tried on what is encrypted.
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
    ) -> None:
        self._config = config
        self._hello = Hello(
            config=config, store=str(store), reference_key=str(reference_key or ""), passwords=tuple(passwords)
        )
        self._on_opened = on_opened
        self._beside = Beside(store)
        self._tasks: queue.Queue[_Task | None] = queue.Queue(2 * (count or config.workers.count))
        self._threads = [
            threading.Thread(target=self._serve, name=f"worker-{number}", daemon=True)
            for number in range(count or config.workers.count)
        ]
        self._started: queue.Queue[BaseException | None] = queue.Queue()
        self._living: set[_Worker] = set()
        self._ended_cpu_s = 0.0
        self.deaths = 0
        self.is_stopping = False

    def start(self, *, wait_s: float = 120.0) -> None:
        """Start the workers and wait for the first to load; raises what kept it from loading."""
        for thread in self._threads:
            thread.start()
        try:
            failure = self._started.get(timeout=wait_s)
        except queue.Empty as error:
            raise errors.EarwitnessError("no worker came up in time") from error
        if failure is not None:
            self.stop()
            raise failure

    def submit(
        self, observation: Observation, *, candidates: int = 0, matchers: Sequence[str] | None = None
    ) -> Future[Result]:
        """Queue one observation; the future always gets a result, whatever the bytes do to the worker."""
        task = _Task(observation, candidates, matchers, Future())
        self._tasks.put(task)
        return task.future

    def read(self, observation: Observation, *, seal_for: bytes = b"") -> Future[Result]:
        """Queue one file to be read for registration: opened to the bottom, fingerprinted, compared with nothing.

        `seal_for` is the public key its waveforms are sealed for; without it they are not kept.
        """
        task = _Task(observation, 0, None, Future(), "read", seal_for)
        self._tasks.put(task)
        return task.future

    def cpu_s(self) -> float:
        """Processor time all workers have taken so far, those that ended too."""
        return self._ended_cpu_s + sum(worker.cpu_s() for worker in tuple(self._living))

    def stop(self) -> None:
        """Finish what is queued and end the workers."""
        self.is_stopping = True
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        self._beside.close()

    def __enter__(self) -> WorkerPool:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _serve(self) -> None:
        worker: _Worker | None = None
        with contextlib.suppress(errors.EarwitnessError, OSError):
            worker = self._spawn()
        while (task := self._tasks.get()) is not None:
            worker = self._answer(worker, task)
            del task  # who waits holds no file open: a medium could not be unmounted
        if worker is not None:
            worker.close()

    def _answer(self, worker: _Worker | None, task: _Task) -> _Worker | None:
        try:
            worker, result = self._run(worker, task)
            task.future.set_result(result)
        except Exception as error:  # noqa: BLE001 - the caller gets it; the thread goes on
            task.future.set_exception(error)
        return worker

    def _spawn(self) -> _Worker:
        try:
            worker = _Worker(self._hello, self._on_opened, files=self._beside.files())
        except BaseException as error:
            self._started.put(error)
            raise
        self._started.put(None)
        self._living.add(worker)
        return worker

    def _run(self, worker: _Worker | None, task: _Task) -> tuple[_Worker | None, Result]:
        if not task.observation.content.is_at_hand:
            reason = "gone before it could be read"
            return worker, Result(analysis=_unfinished(task.observation, OutcomeKind.VANISHED, reason))
        reason = ""
        for _ in range(ATTEMPTS):
            worker = self._ready(worker)
            try:
                return worker, worker.analyse(task)
            except TimeoutError:
                self._bury(worker)
                reason = f"killed after {worker.patience_s(task.observation.content):.0f} s"
                return None, Result(analysis=_unfinished(task.observation, OutcomeKind.TIMED_OUT, reason))
            except (OSError, EOFError, msgspec.MsgspecError) as error:
                end = worker.epitaph(error)
                reason = f"the worker died ({end})"
                self._bury(worker)
                worker = None
                if end == _OUT_OF_TIME:
                    reason = "killed for the processor time it took"
                    return None, Result(analysis=_unfinished(task.observation, OutcomeKind.TIMED_OUT, reason))
        return None, Result(analysis=_unfinished(task.observation, OutcomeKind.UNREADABLE, reason))

    def _ready(self, worker: _Worker | None) -> _Worker:
        is_fit = worker is not None and worker.jobs < self._config.workers.recycle_after
        if worker is not None and is_fit and worker.files == self._beside.files():
            return worker
        if worker is not None:
            worker.close()
            self._part(worker)
        return self._spawn()

    def _bury(self, worker: _Worker) -> None:
        self.deaths += 1
        worker.kill()
        self._part(worker)

    def _part(self, worker: _Worker) -> None:
        self._ended_cpu_s += worker.cpu_s()
        self._living.discard(worker)


class _Worker:
    """One child process and the socket to it; of the store it can read the `files` there were when it was caged."""

    def __init__(self, hello: Hello, on_opened: Callable[[str], None], *, files: frozenset[Path]) -> None:
        config = hello.config
        self.jobs = 0
        self.files = files
        self._cpu_s = 0.0
        self._on_opened = on_opened
        self._timeout_s = config.workers.timeout_s
        self._limits = config.limits
        self._keep_bytes = config.keep.object_mib << 20
        begun = child.take()
        self._process, self._socket = begun.process, begun.socket
        try:
            self._socket.settimeout(self._timeout_s)
            frames.send(self._socket, msgspec.json.encode(hello, enc_hook=str))
            _check(frames.receive(self._socket)[0])
        except (OSError, EOFError) as error:
            end = self.epitaph(error)
            self.kill()
            message = f"a worker did not start ({end}); with EARWITNESS_DEBUG=1 set it says why"
            raise errors.EarwitnessError(message) from error
        except BaseException:
            self.kill()
            raise

    def analyse(self, task: _Task) -> Result:
        """One round trip. Raises TimeoutError, OSError or EOFError when the child does not answer."""
        self.jobs += 1
        observation = task.observation
        job = Job(
            observation=_sendable(observation),
            cpu_s=self.patience_s(observation.content),
            candidates=task.candidates,
            matchers=task.matchers,
            task=task.task,
            seal_for=task.seal_for,
        )
        patience_s = self.patience_s(observation.content)
        self._socket.settimeout(patience_s)
        frames.send(self._socket, wirecode.encode(job), [observation.content.descriptor()])
        reply, contents = self._reply(time.monotonic() + patience_s)
        check(reply.analysis)
        root, *inner = reply.analysis.artifacts
        observation.content.adopt_sha256(root.content.sha256)
        if observation.content.size <= self._keep_bytes:
            root = replace(root, content=observation.content)
        analysis = replace(reply.analysis, observation=observation, artifacts=(root, *inner))
        kept = dict(zip(reply.kept, contents, strict=False))
        sealed = kept.pop(SEALED, None)
        reading = reply.reading or Reading()
        return Result(analysis=analysis, kept=kept, reading=reading, sealed=sealed)

    def _reply(self, deadline: float) -> tuple[Reply, list[Content]]:
        """The reply and the contents beside it; which waveforms are opened until then is passed on as it happens."""
        while True:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            data, fds = frames.receive(self._socket)
            contents = [Content.from_fd(fd) for fd in fds]
            answer = wirecode.decode(data, Answer)
            if answer.reply is not None:
                return answer.reply, contents
            self._on_opened(answer.opened)

    def patience_s(self, content: Content) -> float:
        """How long the child may take: as much longer as the content may hold sound to be read."""
        audio_s = min(content.size / SPEECH_BYTES_PER_SECOND, self._limits.audio_seconds)
        return self._timeout_s + audio_s * self._limits.audio_share

    def cpu_s(self) -> float:
        """Processor time it has taken; once it has ended, as when last asked (proc_pid_stat(5))."""
        with contextlib.suppress(OSError, ValueError):
            stat = Path(f"/proc/{self._process.pid}/stat").read_bytes() if self._process.returncode is None else b""
            user, system = stat.rpartition(b")")[2].split()[11:13]
            self._cpu_s = (int(user) + int(system)) / _TICKS
        return self._cpu_s

    def epitaph(self, error: BaseException) -> str:
        """How the child ended, in words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=1)
            return f"signal {-code}" if code < 0 else f"exit status {code}"
        return type(error).__name__

    def close(self) -> None:
        """Ask the child to end by closing its socket; kill it if it does not."""
        self._socket.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the child now."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _sendable(observation: Observation) -> Observation:
    """The observation with names that can be encoded; the original stays with its analysis."""
    return replace(
        observation,
        key=encodable(observation.key),
        name=encodable(observation.name),
        source=encodable(observation.source),
        destination=encodable(observation.destination),
        capture=encodable(observation.capture),
    )


def _check(data: bytes) -> None:
    """Raise what kept the worker from loading."""
    failure = wirecode.decode(data, Failure)
    if not failure.kind:
        return
    kind: Callable[[str], BaseException] = getattr(errors, failure.kind, errors.EarwitnessError)
    raise kind(failure.message)


def _unfinished(observation: Observation, kind: OutcomeKind, reason: str) -> Analysis:
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

"""One worker process as its pool sees it: tasks go out over a socket, results come back, or it is killed."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from forensics import errors, wirecode
from forensics.content import Content
from forensics.model import Observation
from forensics.rulebook.compiled import is_sealed
from forensics.text_safety import encodable
from forensics.worker import child, frames
from forensics.worker.messages import SEALED, Answer, Hello, Loaded, Reply, check
from forensics.worker.reading import Reading
from forensics.worker.tasks import Result, Task

SPEECH_BYTES_PER_SECOND = 2000
"""What a voice takes when it is coded tightly: 16 kbit/s."""
_END_S = 5.0
_LOOK_EVERY_S = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")


class NotStartedError(errors.EarwitnessError):
    """A child ended, or did nothing for long, before it said anything; another may do better."""


class Handover:
    """What a worker compiled its rules to, for others with the same rules; closed when nobody has it any more."""

    def __init__(self, fds: Sequence[int]) -> None:
        self.fds = tuple(fd for fd in fds if is_sealed(fd))
        self._close = weakref.finalize(self, _close_all, tuple(fds))


class Hand:
    """One child process and the socket to it; `jobs` counts what it was given.

    Of the store it can read the `files` there were when it was caged. `compiled` is what another compiled the same
    rules to; of an edition it says itself what it compiled.
    """

    def __init__(
        self,
        hello: Hello,
        on_opened: Callable[[str], None],
        *,
        files: frozenset[Path],
        compiled: Handover | None = None,
    ) -> None:
        config = hello.config
        self.hello = hello
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
            frames.send(self._socket, msgspec.json.encode(hello, enc_hook=str), compiled.fds if compiled else ())
            self._wait_for_start()
            data, fds = frames.receive(self._socket)
            self.compiled = Handover(fds)
            self.loaded = _check(data)
        except (OSError, EOFError) as error:
            end = self.epitaph(error)
            self.kill()
            message = f"a worker did not start ({end}); with EARWITNESS_DEBUG=1 set it says why"
            raise NotStartedError(message) from error
        except BaseException:
            self.kill()
            raise

    def work(self, tasks: Sequence[Task]) -> Iterator[Result]:
        """One round trip: the result of each task, in order, as they come.

        Raises TimeoutError, OSError, EOFError or MsgspecError when the child does not answer as it should.
        """
        self.jobs += len(tasks)
        times_s = [self.patience_s(task.observation.content) for task in tasks]
        patience_s = max(times_s)
        jobs = [task.job(_sendable(task.observation), time_s) for task, time_s in zip(tasks, times_s, strict=True)]
        self._socket.settimeout(patience_s)
        frames.send(self._socket, wirecode.encode(jobs), [task.observation.content.descriptor() for task in tasks])
        left = deque(tasks)
        deadline = time.monotonic() + patience_s
        while left:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            data, fds = frames.receive(self._socket)
            contents = iter([Content.from_fd(fd) for fd in fds])
            for answer in wirecode.decode(data, list[Answer]):
                if answer.reply is None:
                    self._on_opened(answer.opened)
                elif left:
                    deadline = time.monotonic() + patience_s
                    yield self._result(left.popleft(), answer.reply, contents)

    def _wait_for_start(self) -> None:
        """Wait for its first word as long as the child gets on: on a busy machine it may take minutes to load.

        Raises TimeoutError after `workers.timeout_s` of its processor time, or so long without any.
        """
        answer = select.poll()
        answer.register(self._socket, select.POLLIN)
        used_s, since = self.cpu_s(), time.monotonic()
        while not answer.poll(1000 * _LOOK_EVERY_S):
            before_s, used_s = used_s, self.cpu_s()
            since = time.monotonic() if used_s > before_s else since
            if max(used_s, time.monotonic() - since) > self._timeout_s:
                raise TimeoutError

    def _result(self, task: Task, reply: Reply, contents: Iterator[Content]) -> Result:
        check(reply.analysis)
        observation = task.observation
        root, *inner = reply.analysis.artifacts
        if not task.steps:  # else the bytes that were analysed are others
            observation.content.adopt_sha256(root.content.sha256)
            if observation.content.size <= self._keep_bytes:
                root = replace(root, content=observation.content)
        analysis = replace(reply.analysis, observation=observation, artifacts=(root, *inner))
        kept = dict(zip(reply.kept, contents, strict=False))
        sealed = kept.pop(SEALED, None)
        return Result(
            analysis=analysis,
            kept=kept,
            reading=reply.reading or Reading(),
            sealed=sealed,
            is_left_out=reply.is_left_out,
        )

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
        """End the child now; one that waits for a file system that does not answer ends when that does."""
        self._socket.close()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_END_S)


def _close_all(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)


def _sendable(observation: Observation) -> Observation:
    """The observation with names that can be encoded; the original stays with its analysis."""
    seen = observation
    if (seen.key + seen.name + seen.source + seen.destination + seen.capture).isascii():
        return seen
    return replace(
        seen,
        key=encodable(seen.key),
        name=encodable(seen.name),
        source=encodable(seen.source),
        destination=encodable(seen.destination),
        capture=encodable(seen.capture),
    )


def _check(data: bytes) -> Loaded:
    """What the worker says it loaded; raises what kept it from that."""
    loaded = wirecode.decode(data, Loaded)
    if not loaded.kind:
        return loaded
    kind: Callable[[str], BaseException] = getattr(errors, loaded.kind, errors.EarwitnessError)
    raise kind(loaded.message)

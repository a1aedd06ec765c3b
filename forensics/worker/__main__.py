"""A worker: cage itself, load the pipeline, answer jobs until the socket closes."""

from __future__ import annotations

import contextlib
import gc
import math
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec

from forensics import media_types, wirecode
from forensics.cage import cage
from forensics.changing import changed, untouched
from forensics.content import Content
from forensics.errors import EarwitnessError
from forensics.model import Analysis
from forensics.pipeline import import_plugins, load
from forensics.resources import rules_folder
from forensics.rulebook import compiled
from forensics.worker import beside, frames
from forensics.worker.messages import SEALED, Answer, Hello, Job, Loaded, Reply
from forensics.worker.outbox import Outbox
from forensics.worker.reading import read

RENEWED_S = 1.0
"""How often a worker is given processor time anew: to ask how much it has used costs as much as a small file."""


class Worker:
    """Holds the loaded pipeline and reloads it when the register has grown; `on_opened` hears of opened waveforms."""

    def __init__(self, hello: Hello, on_opened: Callable[[str], None]) -> None:
        self._config = hello.config
        key = Path(hello.reference_key) if hello.reference_key else None
        self._load = partial(
            load,
            hello.config,
            Path(hello.store),
            key,
            on_opened,
            passwords=hello.passwords,
            choice=hello.choice,
        )
        self._pipeline, self._register = self._load()

    @property
    def loaded(self) -> Loaded:
        """What is said of it once it is ready."""
        book = self._pipeline.rulebook
        rules = tuple(rule.id for rule in book.rules if rule.is_active)
        return Loaded(version=book.version, rules=rules)

    def warm(self) -> None:
        """Have the rules compiled."""
        self._pipeline.warm()

    def run(self, job: Job, content: Content) -> tuple[Reply, list[Content]]:
        """Analyse one observation; returns the reply and the contents that go with it."""
        pipeline = self._pipeline
        observation = replace(job.observation, content=content)
        if job.steps:
            try:
                made = changed(pipeline, observation, job.steps, job.seed)
            except EarwitnessError as error:
                return Reply(analysis=_light(untouched(observation, str(error)))), []
            if made is None:
                return Reply(analysis=_light(untouched(observation)), is_left_out=True), []
            observation = made
        if job.task == "read":
            analysis, reading, sealed = read(pipeline, observation, job.seal_for)
            beside = [sealed] if sealed.size else []
            return Reply(analysis=_light(analysis), kept=[SEALED][: len(beside)], reading=reading), beside
        analysis = pipeline.analyse(observation, candidates=job.candidates, matchers=job.matchers)
        kept = self._worth_keeping(analysis)
        return Reply(analysis=_light(analysis), kept=[c.sha256 for c in kept]), kept

    def renew(self) -> None:
        """Take the register as it stands now, or stay with the last that loaded: its verdicts name its versions."""
        with contextlib.suppress(EarwitnessError):
            if self._register.is_stale():
                self._pipeline, self._register = self._load()

    def _worth_keeping(self, analysis: Analysis) -> list[Content]:
        matched = dict.fromkeys(match.artifact for match in analysis.matches if match.accepted)
        contents = [analysis.artifacts[number].content for number in matched if number != 0]
        limit = self._config.keep.object_mib << 20
        fitting = {c.sha256: c for c in contents if c.is_at_hand and c.size <= limit}
        return list(fitting.values())[: min(self._config.keep.objects, frames.MAX_FDS)]


def _light(analysis: Analysis) -> Analysis:
    """The analysis with every digest computed, so that it can travel without the bytes."""
    for artifact in analysis.artifacts:
        assert artifact.content.sha256
    return analysis


def main() -> None:
    """Serve the socket whose descriptor is the first argument."""
    sock = socket.socket(fileno=int(sys.argv[1]))
    import_plugins()
    media_types.load()
    try:
        data, fds = frames.receive(sock)
    except EOFError:
        return
    hello = msgspec.json.decode(data, type=Hello, dec_hook=lambda kind, value: kind(value))

    def tell_opened(sha256: str) -> None:
        frames.send(sock, wirecode.encode([Answer(opened=sha256)]))

    cage.enter(_cage(hello))
    for fd in fds:
        compiled.take(fd)
    try:
        worker = Worker(hello, tell_opened)
    except EarwitnessError as error:
        frames.send(sock, wirecode.encode(Loaded(kind=type(error).__name__, message=str(error))))
        return
    gc.freeze()  # what was loaded stays: no collection need look through it again
    _tell_loaded(sock, worker, hello)
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            data, fds = frames.receive(sock)
            contents = deque(Content.from_fd(fd) for fd in fds)
            _answer(sock, worker, wirecode.decode(data, list[Job]), contents)


def _tell_loaded(sock: socket.socket, worker: Worker, hello: Hello) -> None:
    """Say what was loaded; of an edition hand over what it compiled to, for those who come after."""
    if not hello.choice.generation:
        frames.send(sock, wirecode.encode(worker.loaded))
        return
    worker.warm()
    fd = compiled.seal()
    frames.send(sock, wirecode.encode(worker.loaded), [fd])
    os.close(fd)


def _answer(sock: socket.socket, worker: Worker, jobs: Sequence[Job], contents: deque[Content]) -> None:
    """Do the jobs in order; answers go back together unless that keeps the first of them waiting.

    When it ends it holds no file open: a medium could not be unmounted.
    """
    outbox = Outbox(sock)
    worker.renew()
    most_s = max(job.cpu_s for job in jobs)
    allowed = -math.inf
    for job in jobs:
        if time.monotonic() - allowed > RENEWED_S:
            allowed = time.monotonic()
            cage.allow_cpu(most_s + RENEWED_S)
        reply, kept = worker.run(job, contents.popleft())
        outbox.add(Answer(reply=reply), kept)
    outbox.flush()


def _cage(hello: Hello) -> cage.Cage:
    """What a worker needs: the rules, the register, and the key where one is used."""
    config, store = hello.config, Path(hello.store).resolve()
    key = (Path(hello.reference_key),) if hello.reference_key else ()
    return cage.Cage(
        memory_bytes=config.workers.memory_mib << 20,
        file_bytes=config.limits.total_mib << 20,
        readable=(rules_folder(), *config.rules, *hello.choice.places, *beside.readable(store), *key),
        writable=beside.writable(store),
    )


if __name__ == "__main__":
    main()
    os._exit(0)  # nothing is left to be written, and tidying up takes a tenth of a second

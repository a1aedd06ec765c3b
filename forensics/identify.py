"""Outside-in: which registered clip or text is in this file? No sensor, no triage, nothing stored."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from forensics.content import Content
from forensics.errors import InputError
from forensics.model import Match, Observation, OutcomeKind
from forensics.pipeline import IDENTIFYING
from forensics.workers import Result, WorkerPool

ORDER = list(OutcomeKind)
CLOSE = 0.02
"""False-alarm probability up to which a clip below the threshold makes an answer inconclusive: 1 recording in 50."""
AHEAD = 64
"""Paths read ahead of the answer that is due: each holds a file open, and one slow file must not open them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one path holds. `matches` are the strongest first, one per item and place.

    `maybe` are clips that are too likely to be chance for a match and too unlikely to be passed over in silence: with
    no match beside them, the answer is inconclusive. `is_missing` says that there was no such file to read; `paths`
    are the container paths by artifact number.
    """

    path: str
    matches: tuple[Match, ...]
    outcome: OutcomeKind
    reason: str = ""
    maybe: tuple[Match, ...] = ()
    is_missing: bool = False
    paths: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_inconclusive(self) -> bool:
        """Say whether nothing matched, but something may be there."""
        return bool(self.maybe)

    def inside(self, match: Match) -> tuple[str, ...]:
        """Where inside the file the match stands: the container path below the file itself."""
        return self.paths.get(match.artifact, ())[1:]


def identify(paths: Iterable[str], pool: WorkerPool, *, candidates: int = 0) -> Iterator[Answer]:
    """Answer every path in order, each as soon as it and those before it are done.

    Paths are read ahead in a thread of their own, so that a pipe full of them keeps every worker busy while a person
    who types one path still gets its answer before the next.
    """
    waiting: queue.SimpleQueue[tuple[str, Future[Result] | str] | None] = queue.SimpleQueue()

    room = threading.Semaphore(AHEAD)

    def read_ahead() -> None:
        for path in paths:
            room.acquire()
            waiting.put((path, _submit(path, pool, candidates)))
        waiting.put(None)

    threading.Thread(target=read_ahead, name="identify-reader", daemon=True).start()
    while (item := waiting.get()) is not None:
        answer = _answer(*item, candidates)
        del item  # lets the file go before there is room for another
        room.release()
        yield answer


def _submit(path: str, pool: WorkerPool, candidates: int) -> Future[Result] | str:
    try:
        content = Content.at(Path(path).resolve())
    except (InputError, OSError, ValueError) as error:
        return str(error)
    observation = Observation(key=path, channel="identify", time=0.0, name=Path(path).name, content=content)
    return pool.submit(observation, candidates=max(candidates, 1), matchers=IDENTIFYING)


def _answer(path: str, pending: Future[Result] | str, candidates: int) -> Answer:
    if isinstance(pending, str):
        return Answer(path=path, matches=(), outcome=OutcomeKind.UNREADABLE, reason=pending, is_missing=True)
    result = pending.result()
    analysis = result.analysis
    accepted = _strongest(match for match in analysis.matches if match.accepted)
    named = {match.item for match in accepted}
    others = _strongest(m for m in analysis.matches if not m.accepted and m.item not in named)
    worst = max((o.kind for o in analysis.outcomes if o.kind is not OutcomeKind.MATCHED), key=ORDER.index, default=None)
    kind = OutcomeKind.MATCHED if accepted else worst or OutcomeKind.CLEAN
    reason = "; ".join(dict.fromkeys(o.reason for o in analysis.outcomes if o.reason))
    paths = {artifact.number: artifact.path for artifact in analysis.artifacts}
    return Answer(
        path=path,
        matches=(*accepted, *others[:candidates]),
        maybe=() if accepted else tuple(match for match in others if _is_close(match)),
        outcome=kind,
        reason=reason,
        paths=paths,
    )


def _is_close(match: Match) -> bool:
    return match.sound is not None and match.sound.false_alarm <= CLOSE


def _strongest(matches: Iterable[Match]) -> list[Match]:
    """Highest score first; a registered digest says the same as the sound, so each item and place stands once."""
    found: dict[tuple[str, int], Match] = {}
    for match in sorted(matches, key=lambda m: (m.matcher == "digest", -m.score)):
        place = round(match.query_start_s * 2)
        if match.matcher == "digest" and any(item == match.item for item, _ in found):
            continue
        found.setdefault((match.item, place), match)
    return sorted(found.values(), key=lambda match: -match.score)

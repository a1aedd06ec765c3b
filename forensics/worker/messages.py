"""What goes over the socket between pool and worker."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from forensics.config import Config
from forensics.model import Analysis, Observation
from forensics.worker.reading import Reading

Task = Literal["analyse", "read"]
_DIGEST = re.compile("[0-9a-f]{64}")


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker needs to load, sent once as JSON."""

    config: Config
    store: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to Hello: an empty kind means ready, else the error's class and message."""

    kind: str = ""
    message: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One observation; its content travels as a descriptor beside it."""

    observation: Observation
    candidates: int = 0
    matchers: Sequence[str] | None = None
    task: Task = "analyse"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The analysis; `kept` names, in order, the contents whose descriptors travel beside it.

    `reading` answers the task `read`; its analysis compares nothing.
    """

    analysis: Analysis
    kept: Sequence[str] = ()
    reading: Reading | None = None


def check(analysis: Analysis) -> None:
    """See that an analysis holds together before anything is built on it: who wrote it has read hostile bytes.

    Raises msgspec.ValidationError.
    """
    count = len(analysis.artifacts)
    numbers = [artifact.number for artifact in analysis.artifacts]
    if not count or numbers != list(range(count)) or sorted(o.artifact for o in analysis.outcomes) != numbers:
        raise msgspec.ValidationError("artifacts and outcomes are not numbered alike")
    for artifact in analysis.artifacts:
        is_placed = artifact.parent is None if artifact.number == 0 else artifact.parent in range(artifact.number)
        if not artifact.path or not is_placed or not _DIGEST.fullmatch(artifact.content.sha256):
            raise msgspec.ValidationError("an artifact without a place or a digest")
    for match in analysis.matches:
        figures = (match.score, match.query_start_s, match.clip_start_s, match.duration_s, match.speed)
        if match.artifact not in range(count) or not all(map(math.isfinite, figures)):
            raise msgspec.ValidationError("a match of nothing")

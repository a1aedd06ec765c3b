"""What goes over the socket between pool and worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from forensics.config import Config
from forensics.model import Analysis, Observation
from forensics.worker.reading import Reading

Task = Literal["analyse", "read"]


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

"""What goes over the socket between pool and worker."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from forensics.config import Config
from forensics.model import CODE_BITS, Analysis, Observation, Sound
from forensics.rulebook.choice import CONFIGURED, Choice
from forensics.worker.reading import Reading

Task = Literal["analyse", "read"]
LONGEST_TRACE = 10_000
"""Entries of a drawing that are believed; a match has some hundred."""
SEALED = "sealed"
"""The name under which sealed waveforms travel."""
_DIGEST = re.compile("[0-9a-f]{64}")


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker needs to load, sent once as JSON; `reference_key` is the file that opens kept waveforms.

    `passwords` are the case's own: they go this way alone, for arguments and environments can be read by others.
    `choice` says which packs are run.
    """

    config: Config
    store: str
    reference_key: str = ""
    passwords: tuple[str, ...] = ()
    choice: Choice = CONFIGURED


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to Hello: an empty kind means ready, else the error's class and message.

    `rules` are the ids of the rules that are run, `version` that of the rulebook.
    """

    kind: str = ""
    message: str = ""
    version: str = ""
    rules: tuple[str, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One observation; its content travels as a descriptor beside it.

    `seal_for` is the public key for which the task `read` seals waveforms; empty, it keeps none. Who takes more than
    `cpu_s` of processor time is killed. `steps` are mutations, made with `seed`, that the content goes through before.
    """

    observation: Observation
    cpu_s: float
    candidates: int = 0
    matchers: Sequence[str] | None = None
    task: Task = "analyse"
    seal_for: bytes = b""
    steps: Sequence[str] = ()
    seed: int = 0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The analysis; `kept` names, in order, the contents whose descriptors travel beside it.

    `reading` answers the task `read`; its analysis compares nothing, and the one content beside it holds the sealed
    waveforms. `is_left_out`: the changes could not be made to the content, which was not opened.
    """

    analysis: Analysis
    is_left_out: bool = False
    kept: Sequence[str] = ()
    reading: Reading | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker says while it does a job: which kept waveform it just opened, by its clip's digest, then the reply.

    Openings go ahead of the reply, one by one, so that they are known of a worker that dies of what it read.
    """

    opened: str = ""
    reply: Reply | None = None

    def __post_init__(self) -> None:
        """Refuse an answer that says nothing, or the opening of what has no digest."""
        if self.reply is None and not _DIGEST.fullmatch(self.opened):
            raise ValueError("neither a reply nor the digest of an opened waveform")


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
        if match.sound is not None:
            _check_sound(match.sound)


def _check_sound(sound: Sound) -> None:
    figures = (sound.false_alarm, sound.pitch, sound.clip_length_s, sound.step_s, sound.waves_s, sound.wave_step_s)
    if not all(map(math.isfinite, (*figures, *sound.evidence, *sound.waves))) or not 0 <= sound.false_alarm <= 1:
        raise msgspec.ValidationError("a sound without a number")
    lengths = {len(sound.issued), len(sound.heard), len(sound.evidence)}
    if len(lengths) != 1 or max(*lengths, len(sound.waves), len(sound.family)) > LONGEST_TRACE:
        raise msgspec.ValidationError("a sound whose codes do not go together")
    if not all(0 <= code < 1 << CODE_BITS for code in (*sound.issued, *sound.heard)):
        raise msgspec.ValidationError("a sound whose codes are none")

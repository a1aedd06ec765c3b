"""`--unsealed`: content that two custodians approved, examined anew without touching the disk."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import click
import msgspec

from forensics.cli.context import Session
from forensics.cli.unseal import read_file
from forensics.content import Content, Spool
from forensics.errors import EarwitnessError
from forensics.model import Analysis, Observation
from forensics.rulebook.choice import CONFIGURED, Choice
from forensics.sealing.request import Approval, Request
from forensics.store.remembered import Remembered
from forensics.store.writer import Store
from forensics.unsealing import bring_out
from forensics.workers import WorkerPool

F = TypeVar("F", bound=Callable[..., Any])
Approved = Sequence[tuple[Path, Path, Path]]


def unsealed_option(command: F) -> F:
    """Add `--unsealed`."""
    option = click.option(
        "--unsealed",
        metavar="REQUEST APPROVAL APPROVAL",
        type=click.Path(path_type=Path),
        nargs=3,
        multiple=True,
        help="Examine this kept content too, which two custodians approved (see unseal); noted in the log.",
    )
    return option(command)


def contents(session: Session, store: Store, approved: Approved) -> dict[str, Content]:
    """The unsealed content by SHA-256, in memory alone. Raises InputError for what was not approved."""
    found = {}
    for request, *approvals in approved:
        asked = read_file(request, Request.parse)
        answers = [read_file(path, Approval.parse) for path in approvals]
        spool = Spool()
        for piece in bring_out(store, asked, answers, actor=session.actor, now=time.time()):
            spool.write(piece)
        content = spool.close()
        found[content.sha256] = content
    return found


def examined(
    session: Session,
    register: Path,
    found: dict[str, Content],
    names: dict[str, Remembered],
    *,
    rules: Sequence[Path] = (),
    trial: Sequence[Path] = (),
) -> dict[str, Analysis]:
    """What each content shows to the register in that folder and to rules, by SHA-256.

    `rules` go beside the shipped ones; `trial` are the only packs, drafts and all.
    """
    if not found:
        return {}
    config = msgspec.structs.replace(session.config, rules=tuple(rules), rules_signers=())
    choice = Choice(places=tuple(trial), has_drafts=True) if trial else CONFIGURED
    with WorkerPool(config, register, choice=choice) as pool:
        waiting = {sha256: pool.submit(observed(sha256, content, names)) for sha256, content in found.items()}
        return {sha256: result.result().analysis for sha256, result in waiting.items()}


def lying(seen: Remembered) -> Content | None:
    """The content of an observation where it was seen, if it still lies there unchanged."""
    wanted = seen.observation.content
    for place in (seen.observation.source, seen.observation.destination):
        path = Path(unquote(place.removeprefix("file://")))
        if not place.startswith("file://"):
            continue
        with contextlib.suppress(OSError, EarwitnessError):
            is_same_size = path.is_file() and path.stat().st_size == wanted.size
            if is_same_size and (content := Content.at(path)).sha256 == wanted.sha256:
                return content
    return None


def observed(sha256: str, content: Content, names: dict[str, Remembered]) -> Observation:
    """Content as it would be seen anew, named as what is remembered of it."""
    seen = names.get(sha256)
    if seen is None:
        return Observation(key=sha256, channel="", time=0.0, name=sha256, content=content)
    name = next((each.path[-1] for each in seen.artifacts if each.content.sha256 == sha256), seen.observation.name)
    return Observation(
        key=sha256,
        channel=seen.observation.channel,
        time=seen.observation.time,
        name=name,
        content=content,
        source=seen.observation.source,
        destination=seen.observation.destination,
    )

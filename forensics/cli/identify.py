"""`earwitness identify`: which registered clip or text does this contain?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from forensics.cli.context import Session
from forensics.cli.passwords import passwords_option, read_passwords
from forensics.cli.reference_access import recorded_access, reference_key_option
from forensics.cli.render import as_heard, json_line, match_line, match_record
from forensics.config import Audio
from forensics.errors import InputError, StoreError
from forensics.identify import Answer
from forensics.identify import identify as answer_paths
from forensics.model import Match, OutcomeKind
from forensics.register.book import Register
from forensics.text_safety import visible
from forensics.workers import WorkerPool


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--stdin", "is_stdin", is_flag=True, help="Read one path a line; answer one JSON line each, in order.")
@click.option("--candidates", type=click.IntRange(0, 1000), default=0, help="Also list the best N below the threshold.")
@click.option("--far", "is_far", is_flag=True, help="Also look for clips changed by much in speed, tempo or pitch.")
@reference_key_option
@passwords_option
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def identify(
    session: Session,
    *,
    files: tuple[str, ...],
    is_stdin: bool,
    candidates: int,
    is_far: bool,
    reference_key: Path | None,
    passwords: Path | None,
    is_json: bool,
) -> int:
    """Say which registered clip, picture or text a file, recording, video or document contains.

    Where nothing matched but a clip is too close to pass over, the answer is inconclusive and says which it may be.

    Exit 0: nothing registered in it, or inconclusive, 1: something was found, 7: there is nothing registered to
    compare with.
    """
    if is_stdin == bool(files):
        raise click.UsageError("give files, or --stdin and no files")
    found = is_missing = False
    registered = len(Register.load(session.store))
    if not registered:
        click.echo(f"earwitness: {visible(str(session.store))}: nothing is registered here to compare with", err=True)
    config = msgspec.structs.replace(session.config, audio=Audio(far=True)) if is_far else session.config
    count = session.config.workers.count if is_stdin else min(session.config.workers.count, len(files))
    with (
        recorded_access(session, reference_key, "to identify recordings") as access,
        WorkerPool(
            config,
            session.store,
            count=count,
            reference_key=access.key_file,
            on_opened=access.count,
            passwords=read_passwords(passwords),
        ) as pool,
    ):
        for answer in answer_paths(_lines() if is_stdin else files, pool, candidates=candidates):
            found = found or any(match.accepted for match in answer.matches)
            is_missing = is_missing or answer.is_missing
            _print(answer, is_json or is_stdin)
            access.note_due()
    if found:
        return 1
    if not registered:
        return StoreError.exit_code
    return InputError.exit_code if is_missing and not is_stdin else 0


def _lines() -> Iterator[str]:
    """Paths as they come, one a line; undecodable bytes of a name are kept."""
    for line in iter(sys.stdin.buffer.readline, b""):
        yield line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")


def _print(answer: Answer, is_json: bool) -> None:
    if is_json:
        json_line(_record(answer))
        return
    is_unclear = answer.is_inconclusive and answer.outcome is OutcomeKind.CLEAN
    word = "inconclusive" if is_unclear else answer.outcome.value
    click.echo(f"{word:<10} {visible(answer.path)}{f'  ({visible(answer.reason)})' if answer.reason else ''}")
    for match in answer.maybe:
        click.echo(f"           maybe: {match_line(replace(match, accepted=True))}{_place(answer, match)}")
    for match in as_heard(match for match in answer.matches if match not in answer.maybe):
        click.echo(f"           {match_line(match)}{_place(answer, match)}")
        for excerpt in match.why:
            if excerpt.kind == "text":
                click.echo(f"           “{visible(excerpt.text)}”")


def _record(answer: Answer) -> dict[str, Any]:
    """An answer as the command line promises it; `maybe` lists the clips for which it is inconclusive."""
    record = {
        "path": answer.path,
        "matches": [_found(answer, match) for match in answer.matches],
        "outcome": answer.outcome.value,
        "inconclusive": answer.is_inconclusive,
        "maybe": [_found(answer, match) for match in answer.maybe],
    }
    reason = "; ".join(filter(None, [answer.reason, _doubt(answer)]))
    return record | ({"reason": reason} if reason else {})


def _doubt(answer: Answer) -> str:
    """What an inconclusive answer may be, in words."""
    clips = list(dict.fromkeys(match.item for match in answer.maybe))
    return f"inconclusive: it may be {' or '.join(clips)}" if clips else ""


def _found(answer: Answer, match: Match) -> dict[str, Any]:
    return match_record(match) | {"inside": list(answer.inside(match))}


def _place(answer: Answer, match: Match) -> str:
    place = "".join(f" » {visible(part)}" for part in answer.inside(match))
    return f"  in{place}" if place else ""

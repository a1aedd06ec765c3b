"""`earwitness rules print text`: a rule that knows a passage again."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.rules.printing import leave, observed, printed
from forensics.cli.rules.subject import texts_of
from forensics.errors import InputError, Malformed
from forensics.rulebook.pack import FINGERPRINTS
from forensics.rulebook.text_prints import DISTINCTIVE_BITS, TEXT, key_in, unpacked
from forensics.rulebook.text_prints import printed as print_of
from forensics.text_safety import visible

KEY_BYTES = 32


@click.command()
@printed
@click.option("--least", "share", type=click.FloatRange(0, 1), default=0.0, help="Share of it that must be there.")
@click.pass_obj
def text(session: Session, *, file: Path, pack: Path, id: str, title: str, severity: str, share: float) -> int:
    """Print a rule for the passage in FILE: a briefing, a notice, a letter that must not leave; also of a document.

    It is found in other documents and packages, in part, and with words changed. The print holds keyed hashes of its
    words, by fours. For texts that were issued use `earwitness register`, which knows to whom.
    """
    texts = texts_of(session, observed(file))
    if not texts:
        raise InputError(f"{visible(str(file))}: no text was found in it")
    key = key_in(pack / FINGERPRINTS) or secrets.token_bytes(KEY_BYTES)
    try:
        data = print_of(max(texts, key=len), key)
    except Malformed as error:
        raise InputError(f"{visible(str(file))}: {error}") from error
    leave(pack, id, TEXT, data, {"least_share": share} if share else {}, title=title, severity=severity)
    _, made = unpacked(data)
    if made.bits < DISTINCTIVE_BITS:
        click.echo(f"{made.words} words are few: others may say the same", err=True)
    return 0

"""`earwitness rules print audio`: a rule that knows a recording again."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.rules.printing import leave, observed, printed, read_apart
from forensics.errors import InputError
from forensics.rulebook.audio_prints import AUDIO, DISTINCTIVE_S, LEAST_S, speech_s
from forensics.text_safety import visible


@click.command()
@printed
@click.option("--least", "least_s", type=click.FloatRange(0), default=0.0, help="Seconds of it that must be heard.")
@click.pass_obj
def audio(session: Session, *, file: Path, pack: Path, id: str, title: str, severity: str, least_s: float) -> int:
    """Print a rule for the recording in FILE: a hold announcement, a jingle, a clip that has leaked before.

    It is found however it is encoded, cut or wrapped. For clips that were issued use `earwitness register`, which knows
    to whom; this is for what a pack carries from place to place.
    """
    result = read_apart(session, observed(file))
    sounds = [sound for _, sound in sorted(result.reading.sounds.items())]
    if not sounds:
        said = "; ".join(
            f"{each.kind.value.replace('_', ' ')} {each.reason}".strip() for each in result.analysis.outcomes
        )
        raise InputError(f"{visible(str(file))}: no sound was heard in it ({visible(said)})")
    if len(sounds) > 1:
        raise InputError(f"{visible(str(file))}: {len(sounds)} recordings in one file; print them one by one")
    seconds = speech_s(sounds[0].codes)
    if seconds < LEAST_S:
        raise InputError(f"{visible(str(file))}: {seconds:.1f} s of speech, in which nothing is known again")
    if least_s > seconds:
        raise InputError(f"--least {least_s:g}: there are {seconds:.1f} s of speech in it")
    leave(
        pack,
        id,
        AUDIO,
        sounds[0].codes,
        {"least_s": least_s} if least_s else {},
        title=title,
        severity=severity,
    )
    if seconds < DISTINCTIVE_S:
        click.echo(f"{seconds:.1f} s of speech are few: other takes of the same words may be taken for it", err=True)
    return 0

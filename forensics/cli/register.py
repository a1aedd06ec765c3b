"""`earwitness register`: what is issued, to whom, so that it can be known again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from forensics import issuing
from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.cli.wording import counted
from forensics.errors import InputError
from forensics.policy import Policy
from forensics.recorder import Recorder
from forensics.register.book import Register
from forensics.register.terms import Terms
from forensics.registration.agreed import due, scope
from forensics.registration.run import Registered, register_paths
from forensics.text_safety import visible


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--programme", required=True, help="The review programme it is issued under.")
@click.option("--recipient", required=True, help="Who it is issued to.")
@click.option(
    "--package", default="", help="Package id; without it the manifest's, else the folder's or archive's name."
)
@click.option("--list", "clip_list", type=click.Path(path_type=Path), help="File of `clip_id<TAB>path` lines.")
@click.option("--consent", "consents", multiple=True, help="Token of a consent it rests on; may repeat. Kept keyed.")
@click.option("--agreement", default="", help="Version of the agreement the recipient signed.")
@click.option("--notice", default="", help="Version of the monitoring notice the recipient acknowledged.")
@click.option("--due", "due_text", default="", help="When it is to be back: 2026-12-01, or 14d from now.")
@click.option(
    "--scope", "scopes", multiple=True, help="What it may hold and serve: languages=es,en, purposes=translation."
)
@click.option("--keep-reference", is_flag=True, help="Also keep the waveforms of clips, sealed.")
@click.option(
    "--seal-for",
    "public_key",
    type=click.Path(path_type=Path),
    help="Public key that waveforms are sealed for (see reference-key); needed the first time.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def register(
    session: Session,
    *,
    paths: tuple[Path, ...],
    programme: str,
    recipient: str,
    package: str,
    clip_list: Path | None,
    consents: tuple[str, ...],
    agreement: str,
    notice: str,
    due_text: str,
    scopes: tuple[str, ...],
    keep_reference: bool,
    public_key: Path | None,
    is_json: bool,
) -> int:
    """Register issued packages, loose clips and pictures: digests, fingerprints of sounds, texts and pictures.

    Neither audio nor pictures are kept.

    On which terms it is issued may be said here or in a JSON manifest (consent, agreement, notice, due, scope); what
    is said here goes before. What the policy's programme demands and is not there is a finding against the issuer,
    which is recorded and names nobody.

    With --keep-reference audio is, sealed, in a file apart from the register (reference.sqlite): only who has the
    private key can open it, with `identify --reference-key`.

    A folder or archive with audio, candidates and a manifest is one package. Registering the same again changes
    nothing. Exit 0 when anything stands registered, 8 when nothing could be.
    """
    if public_key is not None and not keep_reference:
        raise click.UsageError("--seal-for goes with --keep-reference")
    if not paths and clip_list is None:
        raise click.UsageError("give paths, or a list with --list")
    for name, value in (("--programme", programme), ("--recipient", recipient)):
        if not value.strip():
            raise click.UsageError(f"{name} may not be empty")
    terms = Terms(
        consents=tuple(token for token in consents if token.strip()),
        agreement=agreement,
        notice=notice,
        due=due(due_text) if due_text else 0.0,
        **scope(scopes),
    )
    policy = session.policy()
    counts: Counter[str] = Counter()
    packages: dict[str, None] = {}
    for line in register_paths(
        paths,
        programme=programme,
        recipient=recipient,
        package=package,
        clip_list=clip_list,
        is_reference_kept=keep_reference,
        public_key=public_key,
        terms=terms,
        config=session.config,
        store=session.store,
    ):
        counts[line.kind if not line.problem else "problem"] += 1
        counts["new"] += line.is_new
        counts["reference"] += line.has_reference
        if not line.problem:
            packages[line.package] = None
        _print(line, is_json=is_json)
    _judge(session, policy, packages, is_json=is_json)
    return _summary(counts)


def _judge(session: Session, policy: Policy, packages: Iterable[str], *, is_json: bool) -> None:
    """Say what is wrong with how these packages are issued, and record it."""
    register = Register.load(session.store)
    host, now = session.config.host_name, time.time()
    found = [each for name in packages if (each := issuing.finding(name, policy, register, host=host, time=now))]
    if not found:
        return
    with session.open_store() as store:
        Recorder(store=store, policy=policy, folder=session.store).told(found)
    for analysis, verdict in found:
        if is_json:
            package = analysis.observation.name
            json_line({"id": "", "package": package, "outcome": issuing.CATEGORY, "reason": verdict.reason})
        else:
            click.echo(f"{issuing.CATEGORY:<10} {visible(verdict.reason)}", err=True)


def _print(line: Registered, *, is_json: bool) -> None:
    if line.problem and not is_json:
        click.echo(f"{line.outcome:<10} {visible(line.name)}: {visible(line.problem)}", err=True)
    elif line.problem:
        json_line({"id": line.id, "path": line.name, "outcome": line.outcome, "reason": line.problem})
    elif is_json:
        json_line(
            {
                "id": line.id,
                "kind": line.kind,
                "package": line.package,
                "role": line.role,
                "name": line.name,
                "sha256": line.sha256,
                "seconds": line.seconds,
                "words": line.words,
                "weak": line.is_weak,
                "reference": line.has_reference,
                "outcome": line.outcome,
            }
        )
    else:
        marks = (("known", not line.is_new), ("weak", line.is_weak), ("sealed", line.has_reference))
        notes = [note for note, holds in marks if holds]
        size = {"clip": f"{line.seconds:.1f} s", "text": counted(line.words, "word")}.get(line.kind, "")
        rest = "  ".join([*notes, visible(line.package)])
        click.echo(f"{line.kind:<5} {visible(line.id):<32} {size:>10}  {rest}")


def _summary(counts: Counter[str]) -> int:
    total = counts["clip"] + counts["text"] + counts["file"]
    if not total:
        raise InputError(f"nothing was registered ({counts['problem']} could not be read)")
    said = ", ".join(counted(counts[kind], kind) for kind in ("clip", "text", "file")) + f"; {counts['new']} new"
    said += f"; {counted(counts['reference'], 'waveform')} kept" if counts["reference"] else ""
    failed = f"; {counted(counts['problem'], 'problem')}" if counts["problem"] else ""
    click.echo(f"{said}{failed}", err=True)
    return 0

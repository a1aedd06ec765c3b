"""`earwitness programme`: halt a programme, recall what was issued, withdraw a consent; each act stands in the log."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from forensics.cli.context import Session
from forensics.cli.issued import evidence, holders
from forensics.cli.render import json_line
from forensics.errors import InputError
from forensics.model import CustodyEntry
from forensics.register.book import Register
from forensics.register.schema import FILE
from forensics.register.storage import RegisterWriter
from forensics.register.terms import HALT, RECALL, WITHDRAWAL, Issued
from forensics.reports.issues import states
from forensics.reports.records import iso
from forensics.text_safety import visible

_why = click.option("--reason", required=True, help="Why; it stands in the log and in every alert.")
_json = click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
_DONE = {HALT: "programme halted", RECALL: "recalled", WITHDRAWAL: "consent withdrawn"}


@click.group()
def programme() -> None:
    """Halt programmes, recall what was issued, withdraw consents. What is seen of it from then on is an incident."""


@programme.command()
@click.argument("name")
@_why
@_json
@click.pass_obj
def halt(session: Session, *, name: str, reason: str, is_json: bool) -> int:
    """Halt programme NAME: every later opening or sending of its packages is an incident. Says who holds them."""
    _check(session, "programme", name)
    _decide(session, HALT, [("programme", name)], reason)
    return _held(session, [("programme", name)], is_json=is_json)


@programme.command()
@click.argument("name")
@_why
@click.pass_obj
def resume(session: Session, *, name: str, reason: str) -> int:
    """End a halt of programme NAME."""
    if not Register.load(session.store).issues.is_halted(name):
        raise InputError(f"{visible(name)}: is not halted")
    _note(session, "programme resumed", f"programme:{name}", reason)
    with RegisterWriter.open(session.store) as writer:
        writer.lift(HALT, "programme", name)
    click.echo(f"resumed {visible(name)}", err=True)
    return 0


@programme.command()
@click.argument("name", required=False)
@click.option("--package", "packages", multiple=True, help="A package; may repeat.")
@click.option("--clip", "clips", multiple=True, help="A clip, in whichever packages it is; may repeat.")
@_why
@_json
@click.pass_obj
def recall(
    session: Session, *, name: str | None, packages: tuple[str, ...], clips: tuple[str, ...], reason: str, is_json: bool
) -> int:
    """Recall programme NAME, packages or clips, and say who still holds what: every later sighting is an incident.

    For each recipient: whether it came back, and where it was last seen, with the evidence.
    """
    named = [("programme", name)] if name else []
    named += [("package", each) for each in packages] + [("clip", each) for each in clips]
    if not named:
        raise click.UsageError("give a programme, packages with --package or clips with --clip")
    for about, each in named:
        _check(session, about, each)
    _decide(session, RECALL, named, reason)
    return _held(session, named, is_json=is_json)


@programme.command()
@click.option("--consent", "token", required=True, help="The token of the consent that was withdrawn.")
@_why
@_json
@click.pass_obj
def withdraw(session: Session, *, token: str, reason: str, is_json: bool) -> int:
    """Note that a consent was withdrawn, and say who holds what rests on it. The token itself is not kept.

    Whoever issues a package that rests on it from then on is told of as the issuer; what was issued before is an
    incident where it is seen again.
    """
    if not token.strip():
        raise click.UsageError("--consent may not be empty")
    _decide(session, WITHDRAWAL, [("consent", token)], reason)
    return _held(session, [("consent", token)], is_json=is_json)


@programme.command("list")
@_json
@click.pass_obj
def list_(session: Session, is_json: bool) -> int:
    """Show what is halted, recalled and withdrawn, since when and why."""
    for each in Register.load(session.store).issues.controls:
        if is_json:
            said = {"act": each.act, "about": each.about, "name": each.name, "reason": each.reason}
            json_line({**said, "since": iso(each.since)})
        else:
            words = f"{each.act:<10} {each.about:<9} {visible(each.name):<32}"
            click.echo(f"{words} since {iso(each.since)}  {visible(each.reason)}")
    return 0


def _check(session: Session, about: str, name: str) -> None:
    """Raise InputError for what was never issued: a misspelt recall would recall nothing."""
    register = Register.load(session.store)
    is_known = {
        "programme": lambda: any(each.programme == name for each in register.issues.all()),
        "package": lambda: register.package(name) is not None,
        "clip": lambda: bool(register.packages_of(name)) or bool(_packages(register, "clip", name)),
    }[about]()
    if not is_known:
        raise InputError(f"{visible(name)}: no {about} of that name was issued here")


def _decide(session: Session, act: str, named: Sequence[tuple[str, str]], reason: str) -> None:
    """Note each decision in the log, then let it stand; one that stands already is said."""
    if not (session.store / FILE).is_file():
        raise InputError(f"{session.store}: nothing is registered here")
    issues = Register.load(session.store).issues
    with RegisterWriter.open(session.store) as writer:
        for about, name in named:
            called = issues.hashed(name) if about == "consent" else name
            if any((each.act, each.about, each.name) == (act, about, called) for each in issues.controls):
                click.echo(f"{about} {visible(called)}: stands already", err=True)
                continue
            _note(session, _DONE[act], f"{about}:{called}", reason)
            writer.decide(act, about, name, reason)


def _note(session: Session, action: str, subject: str, reason: str) -> None:
    with session.open_store() as store, store.group() as group:
        group.custody(
            CustodyEntry(actor=session.actor, action=action, subject=subject, detail=reason, time=time.time())
        )


def _held(session: Session, named: Sequence[tuple[str, str]], *, is_json: bool) -> int:
    """Print who holds what is named."""
    register = Register.load(session.store)
    wanted: list[Issued] = []
    for about, name in named:
        packages = _packages(register, about, name)
        wanted += [each for each in register.issues.all() if each.package in packages and each not in wanted]
    with evidence(session) as connection:
        holders(states(register.issues, wanted, connection, now=time.time()), is_json=is_json)
    return 0


def _packages(register: Register, about: str, name: str) -> set[str]:
    """The packages that a programme, a clip or a consent is about."""
    if about == "package":
        return {name}
    if about == "clip":
        texts = (f"{name}:{role}-1" for role in ("source", "candidate", "target"))
        return {package for item in (name, *texts) for package in register.packages_of(item)}
    if about == "programme":
        return {each.package for each in register.issues.all() if each.programme == name}
    return {each.package for each in register.issues.all() if register.issues.hashed(name) in each.consents}

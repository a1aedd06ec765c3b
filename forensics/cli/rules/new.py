"""`earwitness rules new`: a first draft of a rule, from a template, from example files or from evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

import click

from forensics.cli.context import Session
from forensics.cli.opening import Approved, unsealed_option
from forensics.cli.rules.books import places_of
from forensics.cli.rules.knowing import Known, known
from forensics.cli.rules.lint import print_findings
from forensics.cli.rules.subject import is_evidence, observation_of, part_of
from forensics.cli.rules.test import test
from forensics.cli.wording import counted
from forensics.content import Content
from forensics.errors import EarwitnessError, InputError
from forensics.resources import samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import CHANNEL, HIT, Case
from forensics.rulebook.drafting import Draft, Examples, draft
from forensics.rulebook.example_files import Example, files_of, ordinary_files
from forensics.rulebook.lint_apart import lint_apart
from forensics.rulebook.lints.metadata import IdShape
from forensics.rulebook.new_files import manifest_of, write_new
from forensics.rulebook.pack import MANIFEST, rule_paths
from forensics.rulebook.rule_text import Wanted, rule_name
from forensics.rulebook.templates import TEMPLATES
from forensics.rulebook.yara_text import string_of
from forensics.text_safety import visible
from forensics.trials import trials

MOST_BYTES = 32 << 20
"""The largest example that is read."""
_MOST_ASKED = 3
_DOUBTFUL = ("shared", "label")
"""Kinds of strings that may be what somebody said, or a name."""
_PATH = click.Path(path_type=Path)


@click.command(name="new")
@click.argument("id")
@click.option("--pack", type=_PATH, default=Path(), help="The pack it goes into; one that is not there is begun.")
@click.option("--kind", type=click.Choice(list(TEMPLATES)), help="Begin with a template.  [default: yara]")
@click.option("--from", "examples", multiple=True, metavar="FILE|ID", help="Draft it from this; may be given again.")
@click.option("--not", "misses", multiple=True, type=_PATH, help="It must not match this file; may be given again.")
@click.option("--part", metavar="NAME", help="Of each example and near miss that is a container, this part: *.json.")
@click.option("--title", default="", help="What a person reads in the queue.")
@click.option("--author", default="", help="Who answers for it.  [default: whoever sits here]")
@unsealed_option
@click.pass_context
def new(
    ctx: click.Context,
    *,
    id: str,
    pack: Path,
    kind: str | None,
    examples: tuple[str, ...],
    misses: tuple[Path, ...],
    part: str | None,
    title: str,
    author: str,
    unsealed: Approved,
) -> int:
    """Write a draft rule with its samples into a pack, then test it and look it over.

    From files: strings that all of them have and no --not file has, hardly any ordinary file either; of a format its
    header, tags, keys and names, never values. The files become its hits, and near misses are made from the first. A
    second draft, ID-KNOWN, knows the first example itself again: its sound, else its words, else the file. From
    evidence (A12, O57; content that still lies where it was seen, or was unsealed) only what tells nothing of people is
    taken, and no content is copied: its hit is the format with every word taken out.

    Nothing is ever written over. Exit 0: the draft does what it should, 1: a test fails or lint finds something.
    """
    session: Session = ctx.obj
    if kind and (examples or misses):
        raise click.UsageError("--kind begins with a template, --from with examples: take one of them")
    if misses and not examples:
        raise click.UsageError("--not says what a draft from examples (--from) must not match")
    _check(id, pack)
    wanted = Wanted(id=id, title=title or f"Draft {id}", author=author or session.actor, created=date.today())
    if examples:
        hits = [_example(session, subject, part, unsealed) for subject in examples]
        knows = known(session, hits[0], pack)
        try:
            files, found = _from_examples(wanted, hits, [_example(session, str(path), part, ()) for path in misses])
        except InputError as error:
            if knows is None:
                raise
            click.echo(visible(f"  no rule over their format: {error}"))
            return _known_alone(ctx, knows, wanted, hits[0], pack)
        same = replace(wanted, id=f"{id}-KNOWN", title=f"{wanted.title}: the example itself, or what was made of it")
        prints = knows.files(same, hits[0]) if knows is not None else {}
        written = write_new(pack, {**manifest_of(pack), **files, **prints})
        _say_known(knows, same.id)
        if already := _found_already(session, hits):
            click.echo(visible(f"  the packs in force find every example already: {', '.join(already)}"))
        _say_draft(found, examples, has_hit=any("hit" in path.parts for path in files))
    else:
        about = "Begun from a template: say here why it fires, and what ordinary thing looks alike."
        wanted = replace(wanted, about=about)
        written = write_new(pack, {**manifest_of(pack), **TEMPLATES[kind or "yara"].files(wanted)})
    for path in written:
        click.echo(visible(f"wrote {path}"))
    return _try(ctx, id, pack)


def _check(id: str, pack: Path) -> None:
    """Raises InputError for an id that is odd or taken, and for a place that is no pack and not free to be one."""
    if not IdShape.pattern.fullmatch(id):
        raise InputError(f"{visible(id)}: {IdShape.fix}")
    if pack.is_dir() and any(pack.iterdir()):
        if not (pack / MANIFEST).is_file():
            raise InputError(f"{visible(str(pack))}: no pack ({MANIFEST} is missing); say with --pack which")
        book = Rulebook.load([pack]) if any(rule_paths(pack)) else Rulebook.empty()
        taken = book.rule(id) or next((rule for rule in book.rules if rule.name == rule_name(id)), None)
        if taken is not None:
            raise InputError(f"{id}: taken by {taken.path}:{taken.line}, and ids are for ever: take another")


def _from_examples(
    wanted: Wanted, hits: Sequence[Example], misses: Sequence[Example]
) -> tuple[Mapping[PurePosixPath, bytes], Draft]:
    is_private = any(each.evidence for each in hits)
    references = [f"{each.evidence} sha256 {Content.of(each.data).sha256}" for each in hits if each.evidence]
    count = counted(len(hits), "example")
    about = f"Drafted from the format of {count}: say here why it fires, and what ordinary thing looks alike."
    found = draft(
        replace(wanted, about=about, reference=", ".join(references)),
        Examples(
            hits=[each.data for each in hits],
            misses=[each.data for each in misses],
            ordinary=ordinary_files(samples_folder()),
            is_private=is_private,
        ),
    )
    return files_of(found, hits, misses), found


def _example(session: Session, subject: str, part: str | None, unsealed: Approved) -> Example:
    observation = observation_of(session, subject, CHANNEL, unsealed)
    observation = part_of(session, observation, part) if part else observation
    evidence = subject if is_evidence(subject) else ""
    return Example(name=observation.name, data=_bytes(observation.content, subject), evidence=evidence)


def _found_already(session: Session, hits: Sequence[Example]) -> list[str]:
    """The rules in force that match every one of the first examples; none where those rules do not load."""
    cases = [Case(rule="", expect=HIT, path=Path(each.name), data=each.data, file=each.name) for each in hits]
    try:
        with trials(session.config, places_of(session, ()), cases=_MOST_ASKED) as running:
            asked = [running.submit(case) for case in cases[:_MOST_ASKED]]
            analyses = [each.result().analysis for each in asked]
    except EarwitnessError:
        return []
    matched = [{match.rule for match in each.matches if match.accepted} for each in analyses]
    return sorted(set.intersection(*matched))


def _bytes(content: Content, name: str) -> bytes:
    if content.size > MOST_BYTES:
        raise InputError(f"{visible(name)}: larger than an example may be, {MOST_BYTES >> 20} MiB")
    if not content.size:
        raise InputError(f"{visible(name)}: empty, and says nothing of a format")
    return content.bytes()


def _say_draft(found: Draft, examples: Sequence[str], *, has_hit: bool) -> None:
    for each in found.strings:
        also = f"; in {counted(each.ordinary, 'ordinary file')} too" if each.ordinary else ""
        click.echo(visible(f"  {each.name} = {string_of(each.piece.data)}  ({each.piece.kind}{also})"))
    click.echo(f"  {found.condition}")
    if len(examples) == 1:
        click.echo("  of one example only: what is particular to it alone is not known; a second --from makes it surer")
    if any(map(is_evidence, examples)):
        sample = "the format with every word taken out" if has_hit else "none, so put one of your own beside it"
        click.echo(f"  of evidence nothing is taken but what tells nothing of people; its hit is {sample}")
    doubtful = [each.name for each in found.strings if each.piece.kind in _DOUBTFUL]
    if doubtful:
        click.echo(f"  {', '.join(doubtful)}: may be more than format; see that they name nobody and tell nothing")
    if found.matched_ordinary:
        names = ", ".join(found.matched_ordinary[:3])
        click.echo(visible(f"  it also matches {counted(len(found.matched_ordinary), 'ordinary file')}: {names}"))


def _beside(pack: Path, id: str) -> tuple[str, ...]:
    return (f"{id}-KNOWN",) if Rulebook.load([pack]).rule(f"{id}-KNOWN") is not None else ()


def _known_alone(ctx: click.Context, knows: Known, wanted: Wanted, example: Example, pack: Path) -> int:
    """Of examples that have no format of their own what knows the first one again is all there is."""
    for path in write_new(pack, {**manifest_of(pack), **knows.files(wanted, example)}):
        click.echo(visible(f"wrote {path}"))
    _say_known(knows, wanted.id)
    return _try(ctx, wanted.id, pack)


def _say_known(knows: Known | None, id: str) -> None:
    if knows is None:
        click.echo(
            "  no fingerprint: the first example is no sound, and too short or uniform to be known as text or file"
        )
    else:
        click.echo(f"  {id} knows the first example again, by the kind {knows.kind}")


def _try(ctx: click.Context, id: str, pack: Path) -> int:
    """Test the new rule and look it over; then what is next."""
    failed = ctx.invoke(test, packs=(pack,), rules=(id, *_beside(pack, id)))
    findings = [each for each in lint_apart([pack], [samples_folder() / "rules"]) if each.rule == id]
    print_findings(findings, is_json=False)
    is_fine = not failed and all(each.level == "info" for each in findings)
    place = visible(str(pack))
    click.echo(
        "next: say in its title and description what it finds and why, see that its samples are what you mean, "
        f'then set status = "active"; earwitness rules watch {place} tests it at each save'
    )
    return 0 if is_fine else 1

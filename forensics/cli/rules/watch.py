"""`earwitness rules watch`: a pack is looked over and tested at each save."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.ending import Ending
from forensics.cli.rules.apart import Apart
from forensics.cli.wording import counted
from forensics.errors import InputError, RuleError
from forensics.rulebook.changes import Changed, Stamp, changed, look
from forensics.rulebook.pack import find_packs, rule_paths
from forensics.rulebook.source import ids_in
from forensics.text_safety import visible

LOOK_EVERY_S = 0.5
"""Between two looks; where looking itself takes long, twenty times as long as that."""
SETTLE_S = 0.15
"""A save has ended when two looks so far apart agree."""
_MOST_LOOKS = 40
_MOST_NAMED = 3
_MOST_TOLD = 20
_SHARE = 20
_BROKEN = "R000"


@click.command(name="watch")
@click.argument("packs", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="PACK...")
@click.option("--once", "is_once", is_flag=True, help="Look over and test once, all of it, and end.")
@click.pass_context
def watch(ctx: click.Context, *, packs: tuple[Path, ...], is_once: bool) -> int:
    """Look packs over and test what changed, whenever a file of theirs is saved; Ctrl-C ends it.

    The whole packs first, then of each change the rules it touches: those of a rule file, or the one whose sample or
    case it is. What is printed is short: what is to mend, tests that fail, and a count.

    Exit 0: it was ended; with --once as `rules test` and `rules lint` together.
    """
    session: Session = ctx.obj
    config = ctx.find_root().params.get("config_path")
    with Ending() as ending, Apart(session.store, config, ending) as apart:
        seen = look(packs)
        is_fine = _round(apart, packs, Changed(files=(), rules=()))
        while not is_once and not apart.is_ended:
            seen_now = _next(ending, packs, seen)
            if seen_now is None:
                break
            what, seen = changed(seen, seen_now, packs), seen_now
            _say_changed(what, packs)
            _round(apart, packs, what)
        return int(is_once and not is_fine)


def _next(ending: Ending, packs: Sequence[Path], before: Mapping[Path, Stamp]) -> dict[Path, Stamp] | None:
    """How the packs stand after the next change has ended; None when this is to end."""
    pause_s = LOOK_EVERY_S
    while not ending.wait(pause_s):
        begun = time.process_time()
        now = look(packs)
        pause_s = max(LOOK_EVERY_S, _SHARE * (time.process_time() - begun))
        for _ in range(_MOST_LOOKS if now != before else 0):
            if ending.wait(SETTLE_S):
                return None
            later = look(packs)
            if later == now:
                return now
            now = later
        if now != before:
            return now
    return None


def _round(apart: Apart, packs: Sequence[Path], what: Changed) -> bool:
    """Look over, then test; of a change only what it touches. Whether there is nothing to mend."""
    linted = apart.run("lint", packs)
    if linted is None:
        return False
    findings = [each for each in linted if each["level"] != "info"]
    told = findings if not what.files else [each for each in findings if _is_about(each, what)]
    for each in told[:_MOST_TOLD]:
        place = f"{each['file']}:{each['line']}:{each['column']}" if each["line"] else each["file"]
        click.echo(visible(f"  {place}: {each['code']} {each['level']}: {each['message']}; {each['fix']}"))
    others = len(findings) - min(len(told), _MOST_TOLD)
    said = counted(len(findings), "finding") + (f" ({others} not told here)" if others and what.files else "")
    broken = [each for each in findings if each["code"] == _BROKEN]
    if broken:
        click.echo(f"  not tested, for not all of it loads; {said}")
        return False
    return _test(apart, packs, what, said) and not findings


def _test(apart: Apart, packs: Sequence[Path], what: Changed, said: str) -> bool:
    there = {id for pack in packs for id in _ids(pack)}
    rules = [id for id in what.rules if id in there]
    if what.files and not rules:
        click.echo(f"  no rule is touched; {said}")
        return True
    tested = apart.run("test", packs, *(word for id in rules for word in ("--rule", id)))
    if not tested or "summary" not in tested[-1]:
        return False
    *cases, last = tested
    failed = [case for case in cases if not case["passed"]]
    for case in failed[:_MOST_TOLD]:
        click.echo(visible(f"  {case.get('verdict', 'FAIL')} {case['case']}: {case['detail']}"))
    summary = last["summary"]
    others = [f", {summary[key]} {key}" for key in ("todo", "xpass") if summary.get(key)]
    counts = f"{summary['passed']} passed, {summary['failed']} failed{''.join(others)}"
    click.echo(f"  {counted(int(summary['rules']), 'rule')}, {counted(len(cases), 'case')}: {counts}; {said}")
    return not failed


def _ids(pack: Path) -> list[str]:
    try:
        return [id for place in find_packs(pack) for path in rule_paths(place) for id in ids_in(path)]
    except RuleError as error:
        raise InputError(str(error)) from error


def _is_about(finding: Mapping[str, object], what: Changed) -> bool:
    return finding["rule"] in what.rules or any(str(path) == finding["file"] for path in what.files)


def _say_changed(what: Changed, packs: Sequence[Path]) -> None:
    names = [_short(path, packs) for path in what.files[:_MOST_NAMED]]
    more = f" and {len(what.files) - len(names)} more" if len(what.files) > len(names) else ""
    click.echo(visible(f"{time.strftime('%H:%M:%S')} {', '.join(names)}{more}"))


def _short(path: Path, packs: Sequence[Path]) -> str:
    inside = (pack for pack in packs if path.is_relative_to(pack) and path != pack)
    return next((str(path.relative_to(pack)) for pack in inside), str(path))

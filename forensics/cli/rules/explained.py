"""What `rules explain` prints: a tree whose nodes bear + where they hold and - where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from forensics.cli.render import match_line, match_record
from forensics.cli.wording import counted
from forensics.explaining import Explained
from forensics.model import Artifact, Match, Outcome
from forensics.rulebook.explanation import Explanation, Seen, Valued
from forensics.rulebook.probes import Place
from forensics.text_safety import visible

_SHOWN_BYTES = 24


def print_artifact(
    artifact: Artifact,
    explained: Explained,
    shown: Sequence[Explanation],
    registered: Sequence[Match],
    *,
    is_whole: bool,
) -> None:
    """Print one artifact with what is told of rules over it: trees of matches and of each rule's nearest miss, or,
    `is_whole`, every tree."""
    outcome = _outcome(artifact, explained)
    said = f"; {outcome.kind.value.replace('_', ' ')}: {outcome.reason}" if outcome and outcome.reason else ""
    kind = f"{artifact.media_type}, {artifact.content.size:,} bytes"
    click.echo(f"{visible('/'.join(artifact.path))}  {visible(kind + said)}")
    for match in registered:
        click.echo(f"  {match_line(match)}")
    for each in shown:
        _print_one(each, is_brief=not (is_whole or each.is_match or explained.is_nearest(each)))


def record(
    artifact: Artifact, explained: Explained, shown: Sequence[Explanation], registered: Sequence[Match]
) -> dict[str, Any]:
    """The same as one JSON object."""
    outcome = _outcome(artifact, explained)
    return {
        "path": list(artifact.path),
        "type": artifact.media_type,
        "size": artifact.content.size,
        "outcome": outcome.kind.value if outcome else "",
        "reason": outcome.reason if outcome else "",
        "registered": [match_record(match) for match in registered],
        "rules": [
            {
                "rule": each.rule,
                "match": each.is_match,
                "skipped": each.skipped,
                "notes": list(each.notes),
                "failing": [_tree(node) for node in each.failing],
                "tree": _tree(each.tree) if each.tree is not None else None,
            }
            for each in shown
        ],
    }


def _outcome(artifact: Artifact, explained: Explained) -> Outcome | None:
    return next((each for each in explained.analysis.outcomes if each.artifact == artifact.number), None)


def _print_one(each: Explanation, *, is_brief: bool) -> None:
    if each.tree is None:
        click.echo(f"  {each.rule}  not asked: {visible(each.skipped)}")
        return
    otherwise = f"no match, {counted(len(each.failing), 'condition')} would have to be otherwise"
    notes = f"  ({'; '.join(each.notes)})" if each.notes else ""
    click.echo(f"  {visible(each.rule)}  {'MATCH' if each.is_match else otherwise}{visible(notes)}")
    if is_brief:
        return
    for line in _lines(each.tree, 2):
        click.echo(line)
    for node in each.failing:
        click.echo(f"    fails: {_said(node)}")
        for hint in _near(node):
            click.echo(f"           {hint}")


def _lines(node: Valued, depth: int) -> Iterator[str]:
    sign = "+" if node.is_true else "-"
    said = node.kind.value if node.children and not node.rule else _said(node)
    yield f"{'  ' * depth}{sign} {said}"
    for seen in node.strings:
        if seen.count:
            times = "once" if seen.count == 1 else f"{seen.count} times, first"
            first = seen.places[0]
            yield f"{'  ' * (depth + 2)}{visible(seen.name)} {times} at {first.offset}: {_bytes(first.data)}"
    for child in node.children:
        yield from _lines(child, depth + 1)


def _said(node: Valued) -> str:
    text = visible(" ".join(node.text.split()))
    known = [side for side in node.sides if side]
    return f"{text}   [{visible(', '.join(known))}]" if known else text


def _near(node: Valued) -> Iterator[str]:
    """What of a node that fails nearly holds."""
    for seen in (seen for each in node.walk() for seen in each.strings):
        near = seen.near
        if near is not None:
            yield f"{visible(seen.name)} occurs {near.how}, at {near.place.offset}: {_bytes(near.place.data)}"
        elif seen.count == 1 and not node.is_true:
            yield f"{visible(seen.name)} stands at {seen.places[0].offset}"


def _bytes(data: bytes) -> str:
    shown = data[:_SHOWN_BYTES]
    more = "…" if len(data) > _SHOWN_BYTES else ""
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in shown)
    return f"{shown.hex(' ')}{more}  {text}{more}"


def _tree(node: Valued) -> dict[str, Any]:
    return {
        "kind": node.kind.value,
        "text": node.text,
        "true": node.is_true,
        "sides": [side for side in node.sides if side],
        "rule": node.rule,
        "strings": [_string(seen) for seen in node.strings],
        "children": [_tree(child) for child in node.children],
    }


def _string(seen: Seen) -> dict[str, Any]:
    return {
        "name": seen.name,
        "count": seen.count,
        "places": [_place(each) for each in seen.places],
        "near": {"how": seen.near.how, **_place(seen.near.place)} if seen.near else None,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"offset": place.offset, "hex": place.data[:_SHOWN_BYTES].hex()}

"""Tampers with a log in every way there is, and asks both verifiers: `python -m tests.benchmarks.store_tampering`.

One is the walk over a store (`forensics.custody.chain` against heads whose signatures are checked), the other the
stand-alone `verify.py` over an exported bundle. Whoever tampers here has everything but the signing key: digests, the
manifest of the bundle and the order of things are made to fit anew. The broken seal of a bundle does not count as
found, or every tampering with a bundle would be found by it alone.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forensics.custody import bundle, chain, notes
from forensics.custody.chain import Entry
from forensics.custody.keys import signing_key
from forensics.errors import Malformed
from tests.custody.bundled import LOG_KEY, findings, list_files, signed_heads, write_whole
from tests.custody.made import AGENT, chained, log

COUNT = 300
SIZES = (60, 120, 180, 240, COUNT)
OTHER_KEY = signing_key(b"o" * 32, LOG_KEY.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A log that was tampered with: its entries, its heads as text, and the numbers of the entries where."""

    entries: list[Entry]
    heads: list[str]
    places: range


Tampering = Callable[[random.Random, list[Entry], list[str]], Case]


def edit_body(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """Another character in a body."""
    return _edit(dice, entries, heads, field=4)


def edit_key(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """Another digit in a key."""
    return _edit(dice, entries, heads, field=3)


def edit_digest(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """Another bit in a digest."""
    place = dice.randrange(COUNT)
    digest = bytearray(entries[place][5])
    digest[dice.randrange(32)] ^= 1 << dice.randrange(8)
    return Case(entries=_with(entries, place, 5, bytes(digest)), heads=heads, places=range(place + 1, place + 2))


def insert(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """An entry of their own, with the digest that it should have there."""
    place = dice.randrange(1, COUNT)
    body = f'["A1",{dice.random()}]'
    digest = chain.digest_after(entries[place - 1][5], chain.canonical(AGENT, 1, place + 1, "", body))
    made = (AGENT, 1, place + 1, "", body, digest)
    return Case(entries=[*entries[:place], made, *entries[place:]], heads=heads, places=range(place + 1, place + 2))


def delete(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """Some entries taken out."""
    place, many = dice.randrange(COUNT - 5), dice.randint(1, 5)
    places = range(place + 1, place + many + 1)
    return Case(entries=[*entries[:place], *entries[place + many :]], heads=heads, places=places)


def delete_and_number_anew(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """An entry taken out, and all after it moved up."""
    place = dice.randrange(COUNT - 1)
    moved = [(AGENT, 1, seq, *entry[3:]) for seq, entry in enumerate(entries[:place] + entries[place + 1 :], 1)]
    return Case(entries=moved, heads=heads, places=range(place + 1, COUNT + 1))


def swap(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """Two entries in each other's place, under their own numbers or each other's."""
    first, second = sorted(dice.sample(range(COUNT), 2))
    swapped = list(entries)
    swapped[first], swapped[second] = entries[second], entries[first]
    if dice.random() < 0.5:
        swapped[first] = (*entries[second][:2], first + 1, *entries[second][3:])
        swapped[second] = (*entries[first][:2], second + 1, *entries[first][3:])
    return Case(entries=swapped, heads=heads, places=range(first + 1, second + 2))


def duplicate(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """An entry twice."""
    place = dice.randrange(COUNT)
    after = dice.randrange(place, COUNT)
    doubled = [*entries[: after + 1], entries[place], *entries[after + 1 :]]
    return Case(entries=doubled, heads=heads, places=range(place + 1, after + 2))


def cut(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """The newest entries taken out; the heads stay, for somebody has them."""
    keep = dice.randrange(COUNT)
    return Case(entries=entries[:keep], heads=heads, places=range(keep + 1, COUNT + 1))


def chain_anew(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """A body edited and all digests after it made to fit."""
    place = dice.randrange(COUNT)
    return Case(entries=_chained_after_edit(dice, entries, place), heads=heads, places=range(place + 1, COUNT + 1))


def chain_and_sign_anew(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """The same, and all heads signed anew with another key of the same name."""
    place = dice.randrange(COUNT)
    made = _chained_after_edit(dice, entries, place)
    texts = [notes.Head.parse(note.text) for note in signed_heads(made, *SIZES)]
    return Case(entries=made, heads=[str(notes.sign(head, OTHER_KEY)) for head in texts], places=range(0))


def edit_head(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """Another character in a head or its signature."""
    place = dice.randrange(len(heads))
    return Case(
        entries=entries,
        heads=[*heads[:place], _changed(dice, heads[place]), *heads[place + 1 :]],
        places=range(0),
    )


def exchange_signature(dice: random.Random, entries: list[Entry], heads: list[str]) -> Case:
    """The signatures of two heads exchanged."""
    first, second = dice.sample(range(len(heads)), 2)
    (one, its), (two, others) = heads[first].split("\n\n"), heads[second].split("\n\n")
    swapped = list(heads)
    swapped[first], swapped[second] = f"{one}\n\n{others}", f"{two}\n\n{its}"
    return Case(entries=entries, heads=swapped, places=range(0))


TAMPERINGS: tuple[Tampering, ...] = (
    *(edit_body, edit_key, edit_digest, insert, delete, delete_and_number_anew, swap, duplicate, cut),
    *(chain_anew, chain_and_sign_anew, edit_head, exchange_signature),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the walk found it, whether it named the place, and whether the stand-alone verifier found it."""

    tampering: str
    is_found: bool
    is_placed: bool
    is_found_alone: bool


def judged(count: int, *, seed: int, folder: Path) -> Iterator[Verdict]:
    """Tamper so often, each way in turn; `folder` is where a bundle can be written over and over."""
    entries = log(COUNT)
    signed = signed_heads(entries, *SIZES)
    write_whole(folder, entries, signed)
    if found_by_walk(entries, [str(note) for note in signed]) or findings(folder):
        raise AssertionError("an untouched log does not hold")
    texts = [str(notes.sign(notes.Head.parse(note.text), LOG_KEY)) for note in signed]
    for number in range(count):
        tampering = TAMPERINGS[number % len(TAMPERINGS)]
        case = tampering(random.Random(seed + number), entries, texts)
        said = found_by_walk(case.entries, case.heads)
        yield Verdict(
            tampering=tampering.__name__,
            is_found=bool(said),
            is_placed=not case.places or any(each[0] in case.places or case.places[0] in each for each in said if each),
            is_found_alone=bool(found_alone(case, folder)),
        )


def found_by_walk(entries: list[Entry], heads: list[str]) -> list[range]:
    """The entries that the store's own walk names, an empty range for a head that does not hold."""
    held, said = [], []
    for text in heads:
        try:
            head, _ = notes.check_head(notes.Note.parse(text.encode()), [LOG_KEY.verifier])
            held.append((head.size, head.root))
        except Malformed:
            said.append(range(0))
    breaks = chain.Walk(AGENT, 1, heads=held).breaks(entries)
    return [*said, *(range(found.first, found.last + 1) for found in breaks)]


def found_alone(case: Case, folder: Path) -> list[str]:
    """What `verify.py` says of a bundle of this, its seal left aside."""
    with (folder / bundle.FOLDER / bundle.LOG).open("wb") as out:
        bundle.write_log(out, case.entries)
    (folder / bundle.FOLDER / bundle.HEADS).write_text("\n".join(case.heads), encoding="utf-8", newline="")
    list_files(folder)
    return [found for found in findings(folder) if "seal.txt" not in found]


def main() -> None:
    """Tamper as often as asked and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261123)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        verdicts = list(judged(chosen.count, seed=chosen.seed, folder=Path(folder)))
    print(f"{'tampering':<24}{'tried':>7}{'found by the walk':>19}{'place named':>13}{'found by verify.py':>20}")
    tried = Counter(verdict.tampering for verdict in verdicts)
    for name in [*tried, ""]:
        some = [verdict for verdict in verdicts if verdict.tampering == name or not name]
        found, placed, alone = (
            sum(getattr(verdict, claim) for verdict in some) for claim in ("is_found", "is_placed", "is_found_alone")
        )
        print(f"{name or 'all':<24}{len(some):>7}{found:>19}{placed:>13}{alone:>20}")


def _edit(dice: random.Random, entries: list[Entry], heads: list[str], *, field: int) -> Case:
    place = dice.choice([number for number, entry in enumerate(entries) if entry[field]])
    changed = _with(entries, place, field, _changed(dice, entries[place][field]))
    return Case(entries=changed, heads=heads, places=range(place + 1, place + 2))


def _with(entries: list[Entry], place: int, field: int, value: object) -> list[Entry]:
    entry = entries[place]
    return [*entries[:place], (*entry[:field], value, *entry[field + 1 :]), *entries[place + 1 :]]


def _changed(dice: random.Random, text: str) -> str:
    place = dice.randrange(len(text))
    other = dice.choice([letter for letter in "0123456789abcdefXYZ+/= \n\u2014\u00e9\u202e" if letter != text[place]])
    return text[:place] + other + text[place + 1 :]


def _chained_after_edit(dice: random.Random, entries: list[Entry], place: int) -> list[Entry]:
    contents = [(entry[3], entry[4]) for entry in entries]
    contents[place] = (contents[place][0], _changed(dice, contents[place][1]))
    return chained(contents)


if __name__ == "__main__":
    main()

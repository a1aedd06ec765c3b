"""A pack of so many rules with so many cases, half of them near misses; the same for the same seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

from forensics.rulebook.mutating import change
from forensics.rulebook.mutations.base import Sample

KINDS = ("text", "json", "zip", "document:docx", "document:eml", "table", "bytes", "written")
_WORDS = [
    "harbour",
    "ledger",
    "canal",
    "bakery",
    "winter",
    "signal",
    "garden",
    "copper",
    "violin",
    "marble",
    "ferry",
    "lantern",
    "orchard",
    "pepper",
    "saddle",
    "timber",
    "velvet",
    "walnut",
    "anchor",
    "basket",
    "candle",
    "dragon",
    "engine",
    "feather",
]


def build(folder: Path, *, rules: int, cases: int, seed: int) -> None:
    """Write the pack. Rules are over bytes and over text in turn, and ask for strings, counts, places and names."""
    chance = random.Random(seed)
    (folder / "yara").mkdir(parents=True)
    (folder / "pack.toml").write_text('id = "trials"\nversion = "1"\n')
    per_file = 10
    for first in range(0, rules, per_file):
        numbers = range(first, min(first + per_file, rules))
        text = "\n".join(_rule(number, chance) for number in numbers)
        (folder / f"yara/rules{first:04d}.yar").write_text(text)
    written: dict[int, list[str]] = {}
    for number in range(cases):
        rule, is_hit = number % rules, (number // rules) % 2 == 0
        kind = KINDS[(number // (2 * rules) + rule) % len(KINDS)]
        if rule % 2 == 0:  # a rule over bytes sees no words in a document, and in a mail those that no line end tears
            kind = {"document:docx": "7z", "document:eml": "attach"}.get(kind, kind)
        if kind == "written":
            written.setdefault(rule, []).append(_written(number, rule, chance, is_hit=is_hit))
        else:
            _sample(folder, number, rule, kind, chance, is_hit=is_hit)
    for rule, tables in written.items():
        path = folder / f"tests/T-{rule:04d}/cases.toml"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(tables))


def _rule(number: int, chance: random.Random) -> str:
    scope = "text" if number % 2 else "raw"
    other, third = chance.choice(_WORDS), chance.choice(_WORDS)
    return f"""rule rule_{number:04d} {{
    meta:
        id = "T-{number:04d}"
        title = "Marker {number}"
        scope = "{scope}"
    strings:
        $mark = "mark-{number:04d}" ascii wide
        $word = "{other}" nocase
        $pattern = /{third}[ -]{{1,3}}\\d{{2,6}}/
    condition:
        $mark and (#word < 200 or $pattern) and filesize < 1MB and not filename endswith ".ignored"
}}"""


def _prose(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words))


def _text(rule: int, chance: random.Random, *, is_hit: bool) -> str:
    mark = f"mark-{rule:04d}" if is_hit else f"mark {rule:04d}"
    return f"{_prose(chance, chance.randrange(20, 300))} {mark} {_prose(chance, 40)}"


def _written(number: int, rule: int, chance: random.Random, *, is_hit: bool) -> str:
    text = _text(rule, chance, is_hit=is_hit)
    expect = "match" if is_hit else "none"
    return f'[[case]]\nname = "case {number}"\ninput = {{ text = {json.dumps(text)} }}\nexpect = "{expect}"\n'


def _sample(folder: Path, number: int, rule: int, kind: str, chance: random.Random, *, is_hit: bool) -> None:
    text = _text(rule, chance, is_hit=is_hit)
    name, data = f"s{number}.txt", text.encode()
    if kind == "json":
        items = [{"id": n, "source": _prose(chance, 8), "audio": f"c{n}.wav"} for n in range(10)]
        name, data = f"s{number}.json", json.dumps({"items": items, "note": text}).encode()
    elif kind == "table":
        rows = "".join(f"c{n}.wav,{_prose(chance, 8)},{_prose(chance, 8)}\n" for n in range(10))
        name, data = f"s{number}.csv", f"clip,said,{text[-60:].replace(',', ' ')}\n{rows}{text}\n".encode()
    elif kind == "bytes" and rule % 2 == 0:
        name, data = f"s{number}.bin", b"\x01\x02\x03\xff" + chance.randbytes(4000) + data
    elif kind not in ("text", "bytes"):
        made = change(Sample(name=name, data=data), [kind], seed=number)
        assert made is not None
        name, data = made.name, made.data
    path = folder / f"samples/T-{rule:04d}/{'hit' if is_hit else 'miss'}/{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

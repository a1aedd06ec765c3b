"""How much it takes at least to meet a condition, in bits: of the cheapest way through its alternatives.

An estimate for people who write rules. A fixed byte says 8 bits; what stands at a given place says as much more as
there are places in a megabyte (20 bits); a name, type or channel says less than a header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from forensics.rulebook.atoms import bits
from forensics.rulebook.conditions import Kind, Node, RuleText
from forensics.rulebook.patterns import Pattern
from forensics.rulebook.ranges import number_of

ENOUGH_BITS = 40.0
"""Below, content of a few megabytes meets the condition by chance too often to be shown to a person."""
PLACE_BITS = 20.0
_NAME_BITS = 24.0
_COUNTED_BITS = 64.0
_MOST_COUNTED = 4
_NAMED = re.compile(r"\b(filename|path|filetype|channel|role)\b")
_COUNTED = re.compile(r"\b(units|clips|candidates|hash\.|pe\.|elf\.|math\.)")
_READ = re.compile(r"\bu?int(8|16|32)(?:be)?\s*\(")
_HOW_MANY = re.compile(r"\s*(any|all|none|\d+)\s+of\s+(them|\(([^)]*)\))(.*)", re.DOTALL)
_COUNT = re.compile(r"#(\w*)\s*(>=|>|==)\s*(\d+)")


def evidence_bits(rule: RuleText, patterns: Mapping[int, Pattern]) -> float:
    """The least that suffices. What is not understood counts as enough."""
    by_name: dict[str, float] = {}
    for number, string in enumerate(rule.strings):
        by_name[string.name] = bits(patterns[number].body) if number in patterns else ENOUGH_BITS
    return _least(rule.condition, by_name)


def _least(node: Node, strings: Mapping[str, float]) -> float:
    if node.kind is Kind.AND:
        return sum(_least(child, strings) for child in node.children)
    if node.kind is Kind.OR:
        return min(_least(child, strings) for child in node.children)
    return 0.0 if node.kind is Kind.NOT else _leaf(node, strings)


def _leaf(node: Node, strings: Mapping[str, float]) -> float:
    if hit := _HOW_MANY.fullmatch(node.text):
        return _several(hit[1], list(_meant(hit[2], node, strings)), is_placed=" at " in hit[4])
    if node.text.startswith("for ") or node.rule not in ("", "true", "false"):
        return ENOUGH_BITS
    return _of_strings(node, strings) if node.strings else _of_variables(node.text)


def _of_strings(node: Node, strings: Mapping[str, float]) -> float:
    """Strings that are there, so often, or at a place."""
    if hit := _COUNT.search(node.text):
        count = number_of(hit[3]) + (hit[2] == ">")
        return strings.get(f"${hit[1]}", ENOUGH_BITS) * min(count, _MOST_COUNTED)
    found = sum(strings.get(name, ENOUGH_BITS) for name in node.strings)
    return found + (PLACE_BITS if re.search(r"\b(at|in)\b", node.text) else 0.0)


def _of_variables(text: str) -> float:
    """What is asked of the content as a whole, or read at a place."""
    if _COUNTED.search(text):
        return _COUNTED_BITS
    if read := _READ.search(text):
        return int(read[1]) + PLACE_BITS if "==" in text else float(read[1])
    return _NAME_BITS if _NAMED.search(text) else 0.0


def _meant(said: str, node: Node, strings: Mapping[str, float]) -> Iterator[float]:
    """The strings that `them` or a list in parentheses names."""
    if said == "them":
        yield from strings.values()
        return
    starts = tuple(name[:-1] for name in node.strings if name.endswith("*"))
    for name, found in strings.items():
        if name in node.strings or (starts and name.startswith(starts)):
            yield found


def _several(how_many: str, found: list[float], *, is_placed: bool) -> float:
    if how_many == "none" or not found:
        return 0.0
    count = {"any": 1, "all": len(found)}.get(how_many) or min(int(how_many), len(found))
    return sum(sorted(found)[:count]) + (PLACE_BITS if is_placed else 0.0)

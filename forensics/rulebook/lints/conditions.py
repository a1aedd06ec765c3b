"""What a condition asks: slowly, needlessly, of what cannot be, or of next to nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from forensics.rulebook.checks import Remark, Written, WrittenCheck
from forensics.rulebook.conditions import Kind, Node
from forensics.rulebook.evidence import ENOUGH_BITS, evidence_bits
from forensics.rulebook.ranges import Bounds, bounds_of

_LOOP = re.compile(r"\bfor\b.*?\bin\s*\(\s*([^)]*?\.\.[^)]*)\)", re.DOTALL)
_WHOLE = re.compile(r"\b(?:hash|math)\.\w+\s*\(\s*0\s*,\s*(?:filesize|size)\b")
_BOUND = re.compile(r"\b(?:filesize|size)\s*<|>=?\s*(?:filesize|size)\b")
_CASED = re.compile(r"\b(filename|path)\s+(endswith|startswith|contains)\b")
_AT = re.compile(r"(\$\w+)\s+at\s+(\d+|0x[0-9A-Fa-f]+)")


class SlowLoop(WrittenCheck):
    """A loop as long as content can make it."""

    code, level = "S208", "warning"
    about = "a loop over every match (`#a`) or every byte (`filesize`): content can be made on which it takes long"
    fix = "bound the loop, or ask for the string with `in` or `at`"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such loop."""
        for node in _leaves(written):
            for hit in _LOOP.finditer(node.text):
                if "#" in hit[1] or re.search(r"\b(filesize|size)\b", hit[1]):
                    yield Remark(f"{written.who} loops over {' '.join(hit[1].split())}", node.start)


class WholeContent(WrittenCheck):
    """Reads everything, whatever its size."""

    code, level = "S209", "warning"
    about = "a digest or measure over the whole content (`hash.md5(0, filesize)`) without a bound to its size"
    fix = "ask for its size first: filesize < 10MB and ..."

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such call of a condition without a bound."""
        if _BOUND.search(written.text.condition.text):
            return
        for node in _leaves(written):
            if _WHOLE.search(node.text):
                yield Remark(f"{written.who} reads all of content of any size", node.start)


class CannotBe(WrittenCheck):
    """A condition that no content meets."""

    code, level = "L304", "error"
    about = "a condition that cannot hold: `filesize < 10 and filesize > 20`, `$a and not $a`, two contents at a place"
    fix = "one of the two cannot be meant"

    def find(self, written: Written) -> Iterator[Remark]:
        """What contradicts what."""
        if written.text.condition.text.strip() == "false":
            yield Remark(f"the condition of {written.who} is false", written.text.condition.start)
        for node in written.text.condition.walk():
            if node.kind is Kind.AND:
                yield from _contradictions(written, node)


class CasedName(WrittenCheck):
    """A name compared letter for letter."""

    code, level = "L308", "info"
    about = "a file name compared in one case: CLIP.WAV is not found by `endswith`"
    fix = "use iendswith, istartswith, icontains"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such comparison."""
        for node in _leaves(written):
            for hit in _CASED.finditer(node.text):
                yield Remark(f"{written.who} compares {hit[1]} with {hit[2]}", node.start)


class LittleEvidence(WrittenCheck):
    """A few bytes decide."""

    code, level = "D401", "warning"
    about = "a reference too short to be distinctive: a few bytes, which chance writes into large content, decide"
    fix = "ask for more beside it, or for it at a place"

    def find(self, written: Written) -> Iterator[Remark]:
        """How many bits the cheapest way to meet the condition needs."""
        if written.text.is_private or written.text.is_global:
            return
        found = evidence_bits(written.text, written.patterns)
        if found < ENOUGH_BITS:
            said = f"{round(found / 8, 1):g} bytes suffice for {written.who}"
            yield Remark(said if found else f"{written.who} asks for nothing particular", written.text.condition.start)


def _leaves(written: Written) -> Iterator[Node]:
    return (node for node in written.text.condition.walk() if node.kind is Kind.LEAF)


def _contradictions(written: Written, node: Node) -> Iterator[Remark]:
    parts = list(_conjuncts(node))
    said = {" ".join(part.text.split()) for part in parts if part.kind is not Kind.NOT}
    for part in parts:
        if part.kind is Kind.NOT and " ".join(part.children[0].text.split()) in said:
            yield Remark(f"{written.who} asks for {part.children[0].text} and not", part.start)
    yield from _empty_ranges(written, parts)
    yield from _two_contents(written, parts)


def _empty_ranges(written: Written, parts: Sequence[Node]) -> Iterator[Remark]:
    """Comparisons of one thing with numbers or texts that leave nothing."""
    left: dict[str, Bounds] = defaultdict(Bounds)
    for part in parts:
        found = bounds_of(part)
        if found is None:
            continue
        name, bounds = found
        left[name] = left[name].within(bounds)
        if left[name].is_empty:
            yield Remark(f"{name} cannot be all that {written.who} asks of it", part.start)
            return


def _two_contents(written: Written, parts: Sequence[Node]) -> Iterator[Remark]:
    """Fixed texts at fixed places that overlap and differ."""
    literals = {name: pattern.literal for name, _, pattern in written.named()}
    known: dict[int, int] = {}
    for part in parts:
        hit = _AT.fullmatch(part.text.strip())
        data = literals.get(hit[1]) if hit else None
        if hit is None or not data:
            continue
        at = int(hit[2], 0)
        for place, byte in enumerate(data, at):
            if known.setdefault(place, byte) != byte:
                yield Remark(f"{written.who} asks for two contents at {place}", part.start)
                return


def _conjuncts(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.kind is Kind.AND:
            yield from _conjuncts(child)
        else:
            yield child

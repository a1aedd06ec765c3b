"""What rules cost: processor time over the same bytes, each rule alone and all together.

Machines differ and are shared, so a cost is also told as a multiple of what a fixed rule costs in the same run over the
same bytes. Times are processor seconds; the least of some repetitions counts, which other work disturbs least.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yara

from forensics.errors import RuleError
from forensics.rulebook.book import Rulebook
from forensics.rulebook.compiling import compile_sources
from forensics.rulebook.conditions import read
from forensics.rulebook.probes import alone
from forensics.rulebook.rule import Rule

REPEATS = 3
LONGEST_S = 10
"""One scan of the sample by one rule; who takes longer is told as not ending."""
_ENOUGH_S = 0.01
"""Repetitions of which one takes less than this are too short to measure: more bytes are wanted."""
REFERENCE = """rule reference
{
    strings:
        $a = "reference of the cost" ascii wide
        $b = { 52 49 46 46 ?? ?? ?? ?? 57 41 56 45 }
        $c = /measure[0-9]{4,8}/
    condition:
        any of them
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one rule costs alone. `seconds` over the whole sample, infinite where it does not end.

    `ratio` is the multiple of what the reference costs.
    """

    rule: str
    seconds: float
    ratio: float
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """A pack's costs. Sizes in bytes; `each_s` is what one scan of next to nothing takes, `compiling_s` all rules."""

    sample_bytes: int
    compiling_s: float
    reference_s: float
    together_s: float
    each_s: float
    rules: tuple[Cost, ...]


def measure(book: Rulebook, sample: bytes, *, clock: Callable[[], float] = time.process_time) -> Costs:
    """Scan a sample with every active YARA rule, alone and together. Raises RuleError for what does not compile."""
    started = clock()
    together = compile_sources({file.namespace: file.text for file in book.files if file.text})
    compiling_s = clock() - started
    data = _enough(sample, clock)
    factor = len(sample) / max(1, len(data))
    reference_s = factor * _least(compile_sources({"r": REFERENCE}), data, clock)
    scale = _Scale(data, factor, reference_s, clock)
    return Costs(
        sample_bytes=len(sample),
        compiling_s=compiling_s,
        reference_s=reference_s,
        together_s=factor * _least(together, data, clock),
        each_s=min(_scanned(together, b"x", clock) for _ in range(100)),
        rules=tuple(_costs(book, scale)),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """What is scanned, and how its times become those of the sample."""

    data: bytes
    factor: float
    reference_s: float
    clock: Callable[[], float]


def _costs(book: Rulebook, scale: _Scale) -> Iterator[Cost]:
    for file in book.files:
        active = [rule for rule in map(book.rule, (each.id for each in file.rules)) if rule and rule.is_active]
        if not file.text or not active:
            continue
        try:
            text = read(file.text)
        except RuleError as error:
            yield from (Cost(rule=rule.id, seconds=math.nan, ratio=math.nan, problem=str(error)) for rule in active)
            continue
        for rule in active:
            yield _cost(rule, alone(text, rule.name), scale)


def _cost(rule: Rule, source: str, scale: _Scale) -> Cost:
    try:
        seconds = scale.factor * _least(compile_sources({"alone": source}), scale.data, scale.clock)
    except RuleError as error:
        return Cost(rule=rule.id, seconds=math.nan, ratio=math.nan, problem=str(error))
    if math.isinf(seconds):
        problem = f"not finished after {LONGEST_S} s over {len(scale.data) >> 10} KiB"
        return Cost(rule=rule.id, seconds=seconds, ratio=math.inf, problem=problem)
    return Cost(rule=rule.id, seconds=seconds, ratio=seconds / scale.reference_s if scale.reference_s else math.nan)


def _enough(sample: bytes, clock: Callable[[], float]) -> bytes:
    """The sample as often as it takes to be measured."""
    reference, data = compile_sources({"r": REFERENCE}), sample or b"\0"
    while (took := _scanned(reference, data, clock)) < _ENOUGH_S and len(data) < 16 << 20:
        data *= max(2, min(16, math.ceil(_ENOUGH_S / max(took, 1e-4))))
    return data


def _least(compiled: Any, data: bytes, clock: Callable[[], float]) -> float:
    seconds = [_scanned(compiled, data, clock)]
    while len(seconds) < REPEATS and not math.isinf(seconds[0]):
        seconds.append(_scanned(compiled, data, clock))
    return min(seconds)


def _scanned(compiled: Any, data: bytes, clock: Callable[[], float]) -> float:
    started = clock()
    try:
        compiled.match(data=data, timeout=LONGEST_S, warnings_callback=_go_on)
    except (yara.Error, MemoryError):
        return math.inf
    return clock() - started


def _go_on(*_: object) -> int:
    return int(yara.CALLBACK_CONTINUE)


def sampled(contents: Sequence[bytes], most: int) -> bytes:
    """One sample of many contents: of each as much as its share of `most` bytes, its beginning first."""
    whole = sum(len(each) for each in contents)
    if whole <= most:
        return b"".join(contents)
    share = most / whole
    return b"".join(each[: max(4096, int(len(each) * share))] for each in contents)[:most]

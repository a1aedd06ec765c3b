"""Identifiers in every carrier, and packages that hold none: `python -m tests.benchmarks.bench_identifiers`."""

from __future__ import annotations

import argparse
import random
import resource
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from forensics.config import Limits
from forensics.content import Content
from forensics.deidentification.verdict import Audit, Verdict, audit
from forensics.matchers.deidentification import NAME, DeidentificationMatcher
from forensics.model import Observation, Versions
from forensics.odds import wilson
from forensics.pipeline import Pipeline, load_decoders
from forensics.register.book import Register
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from tests.benchmarks.identifier_carriers import CARRIERS, degrees, jpeg, manifest, tiff
from tests.benchmarks.identifier_values import KINDS, SCRIPTS, clean, imei, in_script, phone, spoken


@dataclass(slots=True)
class Found:
    """By carrier: planted and found; and the clean packages that were flagged, with why."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    clean: int = 0
    flagged: list[str] = field(default_factory=list)
    traced: int = 0
    unread: int = 0


class Auditor:
    """The audit as the command does it, in one process."""

    def __init__(self) -> None:
        book, register = Rulebook.load([rules_folder() / "starter"]), Register.empty()
        matcher = DeidentificationMatcher(book, register)
        self._pipeline = Pipeline(
            decoders=load_decoders(), matchers=[matcher], limits=Limits(), versions=Versions(), rulebook=book
        )

    def __call__(self, package: str, files: Mapping[str, bytes]) -> Audit:
        seen = [
            Observation(key=name, channel="file", time=0.0, name=name, content=Content.of(data), is_leaving=False)
            for name, data in files.items()
        ]
        return audit(package, [self._pipeline.analyse(each, matchers=(NAME,)) for each in seen])


def play(*, each: int, packages: int, seed: int) -> Found:
    """Plant every kind so often in every carrier, and audit so many packages that hold none."""
    dice, ask, result = random.Random(f"identifiers-{seed}"), Auditor(), Found()
    for carrier, make in CARRIERS.items():
        for kind, value in KINDS.items():
            for _ in range(each):
                _plant(result, ask, carrier, kind, make(value(dice)))
    for language in ("en", "de", "fr", "es", "pt"):
        for _ in range(4 * each):
            for kind, number in (("imei", imei(dice)), ("phone", phone(dice))):
                said = spoken(dice, language, number)
                _plant(result, ask, f"spoken ({language})", kind, ("manifest.json", manifest(transcript=said)))
    for script in SCRIPTS:
        for _ in range(4 * each):
            text = in_script(f"imei {imei(dice)} {phone(dice)}", script)
            _plant(result, ask, f"digits ({script})", "imei", ("manifest.json", manifest(transcript=text)))
    for _ in range(4 * each):
        place = {
            1: (2, b"N\0"),
            2: (5, degrees(dice.uniform(36, 60))),
            3: (2, b"E\0"),
            4: (5, degrees(dice.uniform(1, 20))),
        }
        picture = jpeg((0xE1, b"Exif\0\0" + tiff({}, place)))
        _plant(result, ask, "EXIF position", "gps", ("a.jpg", picture))
    for number in range(packages):
        _clean(result, ask(f"TR-{number}", clean(dice)))
    return result


def _plant(result: Found, ask: Auditor, carrier: str, kind: str, file: tuple[str, bytes]) -> None:
    said = ask("planted", dict([file]))
    result.planted[carrier] += 1
    is_found = any(reason.is_identifying for reason in said.reasons)
    result.found[carrier] += is_found
    if not is_found:
        result.missed.append(f"{kind} in {carrier}")


def _clean(result: Found, said: Audit) -> None:
    result.clean += 1
    result.traced += said.verdict is Verdict.TRACES
    result.unread += said.verdict is Verdict.NOT_READ
    if said.verdict is Verdict.IDENTIFYING:
        reason = said.reasons[0]
        result.flagged.append(f"{reason.kind} {reason.shown} in {'/'.join(reason.path)}: {reason.carrier}")


def lines(result: Found) -> list[str]:
    """The table."""
    planted, found = result.planted.total(), result.found.total()
    most = wilson(len(result.flagged), result.clean)[1] if result.clean else 1.0
    return [
        *(f"{carrier:<26} {result.found[carrier]:>5} of {result.planted[carrier]}" for carrier in result.planted),
        "",
        f"{'all carriers':<26} {found:>5} of {planted}  ({found / planted:.2%})",
        f"{'clean packages flagged':<26} {len(result.flagged):>5} of {result.clean}  (at most {most:.2%} at 95 %)",
        f"{'  with traces, unread':<26} {result.traced:>5} {result.unread:>5}",
        *(f"  missed: {each}" for each in result.missed[:20]),
        *(f"  flagged: {each}" for each in result.flagged[:20]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=5, help="of each kind in each carrier")
    parser.add_argument("--packages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    result = play(each=asked.each, packages=asked.packages, seed=asked.seed)
    print("\n".join(lines(result)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{'processor time':<26} {used.ru_utime + used.ru_stime:>5.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Numbers as people say them: words of five languages become the digits they stand for.

"three five six nine, double three" is 356933. Only runs of several such words are respelt, since one alone is nearly
always something else ("six", "once"). English, German, French, Spanish and Portuguese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

LEAST_DIGITS = 5
"""Runs of fewer digits are left as they are."""

_UNITS = {
    0: "zero oh null zéro cero nil naught",
    1: "one eins ein un uno um uma",
    2: "two zwei zwo deux dos dois duas",
    3: "three drei trois tres três",
    4: "four vier quatre cuatro quatro",
    5: "five fünf fuenf cinq cinco",
    6: "six sechs seis meia",
    7: "seven sieben sept siete sete",
    8: "eight acht huit ocho oito",
    9: "nine neun neuf nueve nove",
}
_TEENS = {
    10: "ten zehn dix diez dez",
    11: "eleven elf onze once",
    12: "twelve zwölf douze doce doze",
    13: "thirteen dreizehn treize trece treze",
    14: "fourteen vierzehn quatorze catorce catorze",
    15: "fifteen fünfzehn quinze quince",
    16: "sixteen sechzehn seize dieciséis dezesseis dezasseis",
    17: "seventeen siebzehn dix-sept diecisiete dezessete dezassete",
    18: "eighteen achtzehn dix-huit dieciocho dezoito",
    19: "nineteen neunzehn dix-neuf diecinueve dezenove dezanove",
}
_TENS = {
    20: "twenty zwanzig vingt veinte vinte",
    30: "thirty dreißig dreissig trente treinta trinta",
    40: "forty vierzig quarante cuarenta quarenta",
    50: "fifty fünfzig cinquante cincuenta cinquenta",
    60: "sixty sechzig soixante sesenta sessenta",
    70: "seventy siebzig septante setenta",
    80: "eighty achtzig quatre-vingt quatre-vingts huitante ochenta oitenta",
    90: "ninety neunzig nonante noventa",
}
_REPEATS = {"double": 2, "doppel": 2, "zweimal": 2, "doble": 2, "duplo": 2, "triple": 3, "dreimal": 3, "treble": 3}
_JOINTS = frozenset(("and", "und", "et", "y", "e"))
_PLUS = frozenset(("plus", "más", "mais"))
_WORD = re.compile(r"[^\W_]+(?:-[^\W\d_]+)*")
_GAP = re.compile(r"[^\S\n]*[,.;:–-]?[^\S\n]*")


@dataclass(frozen=True, slots=True)
class Run:
    """One number that was said: where it stands as digits, and where it began before.

    `is_one`: nothing but words, and nobody counting.
    """

    start: int
    end: int
    before: int
    is_one: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Respelt:
    """A text with runs of spoken numbers as digits."""

    text: str
    runs: tuple[Run, ...]

    def spoken(self, start: int, end: int) -> int | None:
        """Where what stands there was said in the text before; None for what was written."""
        return next((run.before for run in self.runs if run.start < end and start < run.end), None)


def respell(text: str) -> Respelt | None:
    """The text with its spoken numbers as digits; None when there are none."""
    parts: list[str] = []
    runs: list[Run] = []
    at = length = 0
    for start, end, digits, is_one in _runs(text):
        parts += [text[at:start], digits]
        length += start - at
        runs.append(Run(length, length + len(digits), start, is_one))
        length += len(digits)
        at = end
    return Respelt(text="".join([*parts, text[at:]]), runs=tuple(runs)) if runs else None


def _runs(text: str) -> Iterator[tuple[int, int, str, bool]]:
    run: list[tuple[int, int, str]] = []
    for found in _WORD.finditer(text):
        word = found[0].lower()
        is_next = not run or _GAP.fullmatch(text, run[-1][1], found.start()) is not None
        if run and not is_next:
            yield from _whole(run)
            run = []
        if _is_said(word) or (run and word in _JOINTS):
            run.append((found.start(), found.end(), word))
        elif run:
            yield from _whole(run)
            run = []
    yield from _whole(run)


def _whole(run: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str, bool]]:
    while run and run[-1][2] in (_JOINTS | _PLUS | _REPEATS.keys()):
        run = run[:-1]
    spelt = _spelt([word for _, _, word in run])
    digits = "".join(spelt)
    written = [word.isdigit() for _, _, word in run]
    if not all(written) and sum(sign.isdigit() for sign in digits) >= LEAST_DIGITS:
        yield run[0][0], run[-1][1], digits, not any(written) and not _is_counting(spelt)


def _is_counting(spelt: list[str]) -> bool:
    """Say whether most steps from number to number are of one: somebody counts."""
    numbers = [int(each) for each in spelt if each.isdigit()]
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    return max(steps.count(1), steps.count(-1)) > len(steps) / 2


def _is_said(word: str) -> bool:
    return word in _REPEATS or word in _PLUS or (word.isdecimal() and word.isascii()) or _value(word) is not None


def _spelt(words: list[str]) -> list[str]:
    """The numbers that a run of words spells: tens take a unit that follows, `double` repeats the next."""
    made: list[str] = []
    repeat, tens = 1, 0
    for word in words:
        if word in _JOINTS:
            continue
        if word in _PLUS:
            made.append("+")
        elif word in _REPEATS:
            repeat = _REPEATS[word]
        else:
            value = _value(word)
            said = word if value is None else str(value)
            if tens and value is not None and (value < 10 or (tens in (60, 80) and value < 20)):
                made[-1] = str(tens + value)
            else:
                made.append(said * repeat)
            tens = value if value is not None and value >= 20 and value % 10 == 0 and repeat == 1 else 0
            repeat = 1
    return made


@cache
def _words() -> dict[str, int]:
    known = {
        word: value for table in (_UNITS, _TEENS, _TENS) for value, words in table.items() for word in words.split()
    }
    german = {word: value for value, words in _UNITS.items() for word in words.split()}
    for tens, ten in ((t, w) for t, words in _TENS.items() for w in words.split() if "zig" in w or "ßig" in w):
        known |= {f"{unit}und{ten}": tens + value for unit, value in german.items() if value}
    for tens in (t for t, words in _TENS.items() for _ in words.split()[:1]):
        for joint in ("-", "-et-"):
            for value in range(1, 20):
                for word in (_UNITS.get(value) or _TEENS.get(value, "")).split():
                    for ten in _TENS[tens].split():
                        known.setdefault(f"{ten}{joint}{word}", tens + value)
    return known


def _value(word: str) -> int | None:
    return _words().get(word)

"""Identifiers by seed, written and spoken, and the ordinary numbers of packages that hold none."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Mapping

from forensics.rulebook.identifier_kinds import luhn
from tests.benchmarks.identifier_carriers import media, wav, xliff, zipped

_WORDS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "de": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
    "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
    "pt": ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"],
}
_SAID = {
    "en": "Sure, write it down: {} , got that?",
    "de": "Klar, schreib auf: {} , hast du das?",
    "fr": "Bien sûr, note : {} , tu l'as ?",
    "es": "Claro, apunta: {} , ¿lo tienes?",
    "pt": "Claro, anota: {} , tens isso?",
}
SCRIPTS = {"Arabic-Indic": 0x660, "Persian": 0x6F0, "Devanagari": 0x966, "full-width": 0xFF10}


def checked(body: str) -> str:
    """Digits with Luhn's check digit."""
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


def digits(dice: random.Random, count: int) -> str:
    """So many digits."""
    return "".join(dice.choices("0123456789", k=count))


def imei(dice: random.Random) -> str:
    """An IMEI with the code of a reporting body."""
    return checked(dice.choice(("35", "86", "01")) + digits(dice, 12))


def iban(dice: random.Random) -> str:
    """A German account number with its check digits."""
    account = digits(dice, 18)
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


def phone(dice: random.Random) -> str:
    """A number with its country's code."""
    country = dice.choice(("49 30", "33 1", "34 91", "44 20", "351 21", "1 212"))
    return f"+{country} {dice.randrange(2, 9)}{digits(dice, 6)}"


def email(dice: random.Random) -> str:
    """An address for mail."""
    name, host = (
        dice.choice(("ines", "joao", "m.weber", "k_diaz")),
        dice.choice(("web-host.co.uk", "mail.de", "casa.pt")),
    )
    return f"{name}{dice.randrange(99)}@{host}"


KINDS: Mapping[str, Callable[[random.Random], str]] = {
    "imei": lambda d: d.choice(("{}", "IMEI {}", "imei: {}")).format(imei(d)),
    "mac": lambda d: ":".join(
        f"{each:02x}" for each in (d.randrange(64) * 4, *(d.randrange(160, 255) for _ in range(5)))
    ),
    "serial": lambda d: (
        f"serial number: {d.choice('CFGR')}{d.randrange(10)}{''.join(d.choices('ABCDEFGHJKLMNP', k=3))}{digits(d, 3)}XQ"
    ),
    "advertising": lambda d: f"IDFA: {str(uuid.UUID(int=d.getrandbits(128), version=4)).upper()}",
    "imsi": lambda d: f"imsi={d.choice(('26201', '20801', '21407'))}{digits(d, 10)}",
    "iccid": lambda d: checked("8949" + digits(d, 14)),
    "phone": phone,
    "email": email,
    "iban": iban,
    "gps": lambda d: f"lat/lon: {d.uniform(36, 60):.6f}, {d.uniform(-9, 24):.6f}",
}


def spoken(dice: random.Random, language: str, number: str) -> str:
    """A number as it is said, digit by digit, in groups."""
    words = [_WORDS[language][int(sign)] for sign in number if sign.isdigit()]
    parts, at = [], 0
    while at < len(words):
        step = dice.randrange(2, 5)
        parts.append(" ".join(words[at : at + step]))
        at += step
    return _SAID[language].format(dice.choice((", ", " ")).join(parts))


def in_script(text: str, script: str) -> str:
    """The text with its digits in another script."""
    return text.translate({0x30 + n: SCRIPTS[script] + n for n in range(10)})


def clean(dice: random.Random) -> Mapping[str, bytes]:
    """The files of a package that tells of nobody, full of numbers all the same."""
    number = digits(dice, 5)
    clips = [_clip(dice, f"TR-{number}-c{n:02d}") for n in range(1, 9)]
    data = {"package": f"TR-{number}", "programme": "translator", "created": _moment(dice), "clips": clips}
    kind = dice.randrange(4)
    files = {"manifest.json": json.dumps(data, indent=1, ensure_ascii=False).encode()}
    if kind == 1:
        head = "id\tsha256\tduration_ms\toffset\tbatch\ttext\n"
        rows = "".join(
            f"{c['id']}\t{c['sha256']}\t{c['duration_ms']}\t{dice.random():.6f}\t{dice.randrange(10**9)}\t{c['transcript']}\n"
            for c in clips
        )
        files = {"clips.tsv": (head + rows).encode()}
    if kind == 2:
        notes = "".join(f"<note>order {dice.randrange(10**10)}, rev {dice.random():.4f}</note>" for _ in range(3))
        files["candidates.xlf"] = xliff(header='<tool tool-id="mt-7" tool-version="4.2.1"/>', inner=notes)
    if kind == 3:
        files = {"package.zip": zipped(files, comment=f"batch {number}".encode())}
    stamp = _moment(dice).replace(":", "")
    files[f"audio/clip_{stamp}_{dice.randrange(10**8):08d}.wav"] = wav(seconds=0.2)
    if dice.random() < 0.2:
        files["audio/b.opus"] = media("ogg", "libopus", {"title": f"clip {number}"})
    return files


def _clip(dice: random.Random, id: str) -> dict[str, object]:
    said = dice.choice(_SENTENCES).format(
        n=dice.randrange(2, 40),
        money=f"{dice.randrange(10, 90_000)},{dice.randrange(100):02d}",
        year=dice.randrange(1950, 2030),
        time=f"{dice.randrange(24)}:{dice.randrange(60):02d}",
        big=dice.randrange(10**4, 10**7),
        half=dice.uniform(1, 99),
    )
    return {
        "id": id,
        "uuid": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "audio": f"audio/{id}.wav",
        "sha256": hashlib.sha256(dice.randbytes(8)).hexdigest(),
        "crc32": f"{dice.getrandbits(32):08x}",
        "duration_ms": dice.randrange(2000, 11_000),
        "recorded_ns": dice.randrange(1_700_000_000_000_000_000, 1_800_000_000_000_000_000),
        "order": dice.randrange(10**9, 10**13),
        "score": round(dice.random(), 12),
        "when": _moment(dice),
        "transcript": said,
        "candidates": [said.upper(), f"{said} {dice.randrange(10**6)}"],
    }


def _moment(dice: random.Random) -> str:
    return (
        f"20{dice.randrange(18, 27)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}T"
        f"{dice.randrange(24):02d}:{dice.randrange(60):02d}:{dice.randrange(60):02d}Z"
    )


_SENTENCES = (
    "It cost {money} euros, and the second one {n} more.",
    "Wir treffen uns um {time} am Gleis {n}, Zug {big}.",
    "En {year} nous étions {n}, puis deux, puis trois.",
    "Son {big} habitantes, {half:.1f} por ciento más que en {year}.",
    "Foram {n} dias, um, dois, três, e depois {half:.2f}.",
    "Twenty one, twenty two, and one more makes {n}.",
    "Take one or two at ten to six, the other three at half past seven.",
    "Die Bestellung {big} vom {n}.11. kostet {money}.",
    "Call me at {time}, bring {n} of them, the flat is number {n}.",
    "The serial was great, the second season even better, {n} of ten.",
    "My mobile broke in {year}, it was {n} months old.",
    "The position at {half:.1f} degrees is wrong by {half:.3f}.",
)

"""Names as an adversary gives them to files, people, machines and rules: every way we know to have a terminal, a widget
or a reader believe something else. The same number gives the same name.

Sequences in them are ones that the console itself never writes (`strict.py`), so that any that gets through is told
from the toolkit's own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

ESC = "\x1b"
STRINGS = {"OSC": "]", "DCS": "P", "SOS": "X", "PM": "^", "APC": "_"}
C1_STRINGS = {"OSC": "\x9d", "DCS": "\x90", "SOS": "\x98", "PM": "\x9e", "APC": "\x9f"}
CLASSES: dict[str, tuple[str, ...]] = {
    "C0 and DEL": tuple(f"a{chr(point)}b" for point in (*range(32), 0x7F)),
    "C1": tuple(f"a{chr(point)}b" for point in range(0x80, 0xA0)),
    "C1 as undecodable bytes": tuple(f"a{chr(0xDC00 + point)}31mb" for point in range(0x80, 0xA0)),
    "CSI": tuple(
        f"clip{lead}{rest}EVIL.wav"
        for lead in (f"{ESC}[", "\x9b", f"{ESC}\x00[", "\udc9b")
        for rest in (
            "2J",
            "31m",
            "7;31m",
            "5m",
            "8m",
            "666;666H",
            "?1047h",
            "?47l",
            "6n",
            "c",
            ">c",
            "0;0r",
            "4h",
            "3J",
            "20t",
        )
    ),
    "OSC and other strings": tuple(
        f"{lead}{body}{end}"
        for lead in (*(ESC + letter for letter in STRINGS.values()), *C1_STRINGS.values())
        for body in (
            "52;c;RVZJTA==",
            "0;EVIL",
            "8;;http://evil.example",
            "1337;File=:EVIL",
            "Gf=24,s=1,v=1;EVIL",
            "q#0~~",
        )
        for end in ("\x07", f"{ESC}\\", "\x9c", "")
    ),
    "other escapes": tuple(f"a{ESC}{final}b" for final in "c7=>8MDEHNO#(%)*+-./ABl|}~\x1b"),
    "bidi": tuple(
        f"invoice_{chr(point)}gpj.wav"
        for point in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x206A, 0x206F)
    ),
    "zero width": tuple(
        f"cl{chr(point)}ip.wav"
        for point in (
            *(
                0xAD,
                0x34F,
                0x115F,
                0x1160,
                0x17B4,
                0x17B5,
                0x180B,
                0x180E,
                0x180F,
                0x200B,
                0x200C,
                0x200D,
                0x2060,
                0x2061,
            ),
            *(0x2064, 0x2800, 0x3164, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFA, 0xFFFB, 0x1BCA0, 0x1D173, 0x13430, 0x110BD),
        )
    ),
    "variation selectors": tuple(
        f"a{chr(point) * count}b" for point in (0xFE00, 0xFE0D, 0xFE0F, 0xE0100) for count in (1, 40)
    ),
    "tags": tuple(
        "x" + "".join(chr(0xE0000 + ord(letter)) for letter in word) for word in ("EVIL", "\x01", "\x7f", " ")
    ),
    "lines": (*(f"one{chr(point)}two" for point in (10, 11, 12, 13, 0x85, 0x2028, 0x2029)), "\r\n" * 50),
    "stacks of marks": tuple(
        f"z{mark * count}a" for mark in ("\u0301", "\u20dd", "\u0e47", "\u1ab0") for count in (1, 3, 4, 400)
    ),
    "undecodable": (
        "a\udcff\udcfeb",
        "\ud83d\udc80",
        "\udc80" * 50,
        "\udced\udca0\udc80",
        "\udcc0\udcaf",
        "\udcf8\udc88\udc80",
    ),
    "markup": (
        *(
            "[@click=app.quit]x[/]",
            "[@click=app.bell()]x",
            "a[/b].wav",
            "rep[/",
            "[bold red]EVIL[/bold red]",
            "[[",
            "]]",
        ),
        *(
            "[link=http://evil.example]here[/link]",
            "[on red]",
            "\\[x]",
            "[/]",
            "[$error]x",
            "[@click=screen.quit",
            "{{x}}",
            "%s%n",
        ),
    ),
    "like ours": (
        *(
            "C 1m new  http  boss  Nothing left",
            "▌ C",
            "◉",
            "following",
            "✓ store   ✓ 3 sensors",
            "<202E>",
            "A1",
            "O1",
            "I1",
        ),
        *(
            "user:rv17",
            "-user:*",
            "last:7d OR x",
            '"',
            '""(',
            "clip:C-001",
            "NEAR(a b)",
            "*",
            "path:~x~",
            ":",
            "severity:high)",
        ),
    ),
    "paths": (
        "../../etc/passwd",
        "/dev/tty",
        "~/.ssh/id",
        "-rf",
        "--store",
        "con",
        "a\\b",
        "file:///",
        "a" + "/b" * 500,
        ".",
        "",
        " ",
    ),
    "scripts": (
        *(
            "مكالمة.wav",
            "שיחה.wav",
            "録音" * 60,
            "ｗｉｄｅ",
            "กำ่้๊",
            "हिन्दी",
            "한글",
            "👩‍👩‍👧‍👦️.wav",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "🇫🇷🇫",
            "ﷺ" * 30,
            "𒐫" * 20,
        ),
        *("I\u0307", "ﬁ", "ǆ", "ß" * 99, "\ue0b0\uf8ff", "\U000f0000", "\U0010ffff", "\ufdd0", "\U0001fffe"),
    ),
    "long": ("x" * 5000, "长" * 3000, "a b " * 2000, "x" * 100_000, "\u0301" * 5000, "\x1b[31m" * 2000),
}
"""What each name tries, and the plainest forms of it."""


def names(count: int) -> Iterator[str]:
    """So many names: every plain form once, as far as `count` goes in turns of the classes, then mixtures of them."""
    forms = _in_turn()
    yield from forms[:count]
    dice = random.Random(20_261_123)
    short = [form for form in forms if len(form) < 400]
    for _ in range(count - len(forms)):
        yield _MIXTURES[dice.randrange(len(_MIXTURES))](dice, short)


def _in_turn() -> list[str]:
    """One of each class, then the next of each."""
    most = max(len(forms) for forms in CLASSES.values())
    return [forms[turn] for turn in range(most) for forms in CLASSES.values() if turn < len(forms)]


def _joined(dice: random.Random, forms: list[str]) -> str:
    return "".join(dice.choices(forms, k=dice.randint(2, 4)))


def _cut(dice: random.Random, forms: list[str]) -> str:
    text = _joined(dice, forms)
    return text[: dice.randint(0, len(text))]


def _noise(dice: random.Random, forms: list[str]) -> str:
    return "".join(
        chr(dice.choice((dice.randrange(0x300), dice.randrange(0x110000)))) for _ in range(dice.randint(1, 60))
    )


def _bytes(dice: random.Random, forms: list[str]) -> str:
    return dice.randbytes(dice.randint(1, 80)).decode("utf-8", "surrogateescape")


def _dressed(dice: random.Random, forms: list[str]) -> str:
    return f"clip-{dice.randrange(9999):04d}{dice.choice(forms)}.wav"


_MIXTURES: tuple[Callable[[random.Random, list[str]], str], ...] = (_joined, _cut, _noise, _bytes, _dressed, _dressed)

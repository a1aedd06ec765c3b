"""Content in base 85, dumps, numbers, escapes and percent signs is found; what looks like it is passed over."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import textwrap
import urllib.parse
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.formats.base85_runs import decode85
from forensics.formats.dense_runs import find_dense
from forensics.formats.wrapped_runs import find_wrapped
from forensics.resources import samples_folder

DRAW = random.Random(8)
CLIP = b"fLaC\x00\x00\x00\x22" + DRAW.randbytes(3000) + bytes(100) + DRAW.randbytes(1901)
PROSE = "A word on what follows: it came at 9:30, 14 pages of it; nobody (but Ann) has read them yet.\n" * 40
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
TO_Z85 = str.maketrans(base64._b85alphabet.decode(), Z85)  # type: ignore[attr-defined]


def run(*command: str, data: bytes = CLIP) -> str:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode("latin-1")


def dump(offset: str, group: int, *, line: int = 16, between: str = " ", behind: bool = True) -> str:
    """Lines as xxd, hexdump, debuggers and certutil write them."""
    lines = []
    for at in range(0, len(CLIP), line):
        row = CLIP[at : at + line]
        groups = between.join(row.hex()[start : start + 2 * group] for start in range(0, 2 * len(row), 2 * group))
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{offset.format(at)}{groups.ljust(line * 3)}" + f"  {shown}" * behind)
    return "\n".join(lines)


def quoted(text: str, mark: str = "> ") -> str:
    return "".join(f"{mark}{line}\n" for line in text.splitlines())


def repr_json(data: bytes) -> str:
    return json.dumps({"id": 7, "data": data.decode("latin-1")})


B85 = base64.b85encode(CLIP).decode()
A85 = base64.a85encode(CLIP).decode()
NUMBERS = list(CLIP)
SIGNED = [byte - 256 if byte > 127 else byte for byte in CLIP]
GIT = "".join(
    chr(64 + len(row) if len(row) < 27 else 70 + len(row)) + base64.b85encode(row, pad=True).decode() + "\n"
    for at in range(0, len(zlib.compress(CLIP)), 52)
    for row in (zlib.compress(CLIP)[at : at + 52],)
)
SPELLED = {
    "b85": B85,
    "b85 in python": f'DATA = b85decode("{B85}")',
    "b85 in lines": "\n".join(B85[at : at + 76] for at in range(0, len(B85), 76)),
    "b85 quoted": quoted("\n".join(B85[at : at + 60] for at in range(0, len(B85), 60))),
    "b85 in literals": "\n".join(f'    b"{B85[at : at + 80]}"' for at in range(0, len(B85), 80)),
    "z85": json.dumps({"a": B85.translate(TO_Z85)}),
    "ascii85": A85,
    "ascii85 marked": base64.a85encode(CLIP, adobe=True, wrapcol=72).decode(),
    "ascii85 folded": base64.a85encode(CLIP, foldspaces=True, adobe=True, wrapcol=40).decode(),
    "ascii85 after silence": base64.a85encode(b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(30_000) + CLIP).decode(),
    "git": f"GIT binary patch\nliteral {len(CLIP)}\n{GIT}\nliteral 0\nHcmV?d00001\n",
    "xxd": dump("{:08x}: ", 2),
    "xxd wide": dump("{:08x}: ", 4, line=32),
    "capitals": dump("{:08X}  ", 1).upper().replace("X", "x"),
    "tcpdump": dump("\t0x{:04x}:  ", 2),
    "debug": dump("0B1F:{:04X}  ", 1, between="-"),
    "short offset": dump("{:04x}\t", 1, behind=False),
    "dump quoted": quoted(dump("{:08x}: ", 2)),
    "hexdump": run("hexdump", "-C"),
    "hexdump words": run("hexdump"),
    "od": run("od"),
    "od hex": run("od", "-A", "x", "-t", "x1z"),
    "od long": run("od", "-t", "x4"),
    "od bytes": run("od", "-b", "-v"),
    "numbers": json.dumps(NUMBERS),
    "numbers in lines": "\n".join(map(str, NUMBERS)),
    "numbers indented": json.dumps({"n": 400, "data": NUMBERS}, indent=4),
    "numbers after a length": json.dumps([len(CLIP), *NUMBERS]),
    "numbers in C": "static const unsigned char a[4009] = {\n" + textwrap.fill(str(NUMBERS)[1:-1], 90) + "\n};",
    "numbers in Java": "byte[] a = {" + ", ".join(f"(byte) {value}" for value in SIGNED) + "};",
    "signed": str(SIGNED),
    "numbers by key": json.dumps({str(at): value for at, value in enumerate(NUMBERS)}),
    "numbers by row": "\n".join(f"{at},{value}" for at, value in enumerate(NUMBERS)),
    "numbers quoted": quoted(textwrap.fill(str(NUMBERS), 70)),
    "repr": repr(CLIP),
    "repr in a list": repr([b"it's", CLIP, b'a "word"']),
    "escapes of JSON": repr_json(CLIP),
    "octal escapes": 'char a[] = "'
    + "".join(chr(b) if 48 <= b < 123 and b != 92 else f"\\{b:03o}" for b in CLIP)
    + '";',
    "literals in lines": "\n".join(f"    {CLIP[at : at + 40]!r}" for at in range(0, len(CLIP), 40)).replace('b"', "b'"),
    "percents": "".join(f"%{byte:02X}" for byte in CLIP),
    "form": "name=x&file=" + urllib.parse.quote_plus(CLIP) + "&more=1",
    "in a path": "https://example.org/put/" + urllib.parse.quote(CLIP, safe="") + " end",
}


@pytest.mark.parametrize("kind", SPELLED)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_content_is_found_whole_among_prose(kind: str, ending: str) -> None:
    if kind == "literals in lines" and '"' in SPELLED[kind]:
        pytest.skip("two kinds of quotes")
    text = (PROSE + SPELLED[kind] + "\n\n" + PROSE).replace("\n", ending).encode()
    (found,) = find_dense(text)
    assert CLIP in found.data
    assert found.data.startswith((CLIP, b"RIFF"))
    assert len(found.data) - len(CLIP) < 4 or found.data.startswith(b"RIFF")


def test_each_of_several_is_found() -> None:
    text = "\n".join([PROSE, B85, SPELLED["xxd"], PROSE, str(NUMBERS), SPELLED["form"], SPELLED["od"], repr(CLIP)])
    schemes = sorted(found.scheme for found in find_dense(text.encode()))
    assert schemes == ["base85", "decimal", "dump", "dump", "escaped", "percent"]


@pytest.mark.parametrize("encode", [base64.b32encode, base64.b32hexencode])
@pytest.mark.parametrize("width", [0, 64, 77])
def test_base_32(encode: object, width: int) -> None:
    text = encode(CLIP)  # type: ignore[operator]
    lines = b"\r\n".join(text[at : at + width] for at in range(0, len(text), width)) if width else text
    for written in (lines, lines.lower(), text.rstrip(b"="), lines + b"\n\nThe end of it"):
        (found,) = find_wrapped(b"see:\n" + written)
        assert (found.scheme, found.data[: len(CLIP)]) == ("base32", CLIP)


def test_samples_in_a_table_are_sound() -> None:
    wide = (samples_folder() / "decoders/headerless_audio/s16be-16k/call-16000.raw").read_bytes()
    samples = np.frombuffer(wide, ">i2")
    for text in (json.dumps(samples.tolist()), "\n".join(map(str, samples))):
        (found,) = find_dense(text.encode())
        assert found.data == samples.astype("<i2").tobytes()


NOISE = DRAW.randbytes(9000)
NEAR_MISSES = {
    "numbers of no meaning": json.dumps(list(NOISE)),
    "wide numbers": json.dumps([DRAW.randrange(-30_000, 30_000) for _ in range(9000)]),
    "a walk of numbers": "\n".join(str(row) for row in range(30_000)),
    "a table": "\n".join(f"{DRAW.randrange(99)}\t{DRAW.random():.4f}\t2019-04-0{row % 9}" for row in range(900)),
    "b85 of noise": base64.b85encode(NOISE).decode(),
    "ascii85 of noise": base64.a85encode(NOISE, adobe=True).decode(),
    "repr of noise": repr(NOISE),
    "form of noise": urllib.parse.quote_plus(NOISE),
    "dump of noise": run("hexdump", "-C", data=NOISE),
    "dumps that go nowhere": "0000000 01 02 03 04 05 06 07 08 09\n" * 400,
    "addresses": "7f3a00001000 7f3a00002000 0000 4096 rw\n" * 300,
    "rules": "=" * 70 + "\n" + "#!$%&" * 900,
    "paths": "C:\\Users\\x200\\001\\file\n" * 400,
    "small": "%41" * 900,
}


@pytest.mark.parametrize("kind", NEAR_MISSES)
def test_other_dense_text_holds_nothing(kind: str) -> None:
    assert not list(find_dense((PROSE + NEAR_MISSES[kind] + "\n" + PROSE).encode()))


def test_stars_do_not_blow_up() -> None:
    lines = "".join(
        f"{at:08x}  " + " ".join(f"{byte:02x}" for byte in CLIP[at : at + 16]) + "\n" for at in range(0, 640, 16)
    )
    text = PROSE + lines + "*\n" + "ffffff00  00 00 00 00 00 00 00 00\n" + PROSE
    (found,) = find_dense(text.encode())
    assert found.data == CLIP[:640]


PIECES = (
    "0000010 ",
    "1f 8b 08 ",
    "*\n",
    "<~",
    "~>",
    "\\x1f",
    "%1F",
    '"',
    "'",
    "zz!!",
    "255, ",
    "-1,",
    "literal 9\n",
    "\n",
    "zA<:5",
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40), st.integers(1, 200))
def test_any_text_ends(pieces: list[str], times: int) -> None:
    list(find_dense(("".join(pieces) * times).encode()))


@given(st.binary(max_size=60))
def test_base_85_is_undone(data: bytes) -> None:
    digits = np.full(256, 255, np.uint8)
    digits[np.frombuffer(base64._b85alphabet, np.uint8)] = np.arange(85)  # type: ignore[attr-defined]
    assert decode85(base64.b85encode(data), digits) == data


def test_a_dump_behind_an_endless_line_is_found() -> None:
    endless = "".join(f"<r f='c{number}.wav'>00000010: 41 42</r>" for number in range(1_000_000, 1_040_000))
    text = f"{endless}\n{run('xxd')}\n{endless}"
    assert [found.data for found in find_dense(text.encode("latin-1"))] == [CLIP]

"""Leaks that look like returns, and returns that are none: one function a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.benchmarks.returns_packages import Issued, Office, manifest, records, table, xliff, zipped

PORTAL = "http://portal.example/return/{}"
PASTE = "http://paste.example/{}"
MAIL = "smtp://mail.example:25/anybody@press.example"


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sends: name, content, where to; by which account and program where not their own."""

    name: str
    content: bytes
    destination: str
    account: str = ""
    process: str = "firefox"


def audio_along(mine: Issued, other: Issued, office: Office) -> Sent:
    assert mine.audio is not None
    members = {"back.xlf": _xliff(mine, office), "c1.wav": mine.audio.read_bytes()}
    return Sent("back.zip", zipped(members), PORTAL.format("a"))


def several_packages(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("back.zip", zipped({"1.xlf": _xliff(mine, office), "2.xlf": _xliff(other, office)}), PORTAL.format("b"))


def whole_package(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("manifest.json", manifest(mine).encode(), PORTAL.format("c"))


def candidate_beside(mine: Issued, other: Issued, office: Office) -> Sent:
    loose = "\n".join(mine.clips[0].candidates).encode()
    return Sent("back.zip", zipped({"back.xlf": _xliff(mine, office), "note.txt": loose}), PORTAL.format("d"))


def right_shape_elsewhere(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("back.csv", table(mine, [office.chosen(clip) for clip in mine.clips]), PASTE.format("e"))


def another_account(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("back.xlf", _xliff(mine, office), PORTAL.format("f"), account="visitor")


def another_program(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("back.xlf", _xliff(mine, office), PORTAL.format("g"), process="rclone")


def another_ones_package(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("back.json", records(other, [office.chosen(clip) for clip in other.clips]), PORTAL.format("h"))


def edited_text(mine: Issued, other: Issued, office: Office) -> Sent:
    text = "\n".join(office.edited(clip.source, 0.15) for clip in (*mine.clips, *other.clips))
    return Sent("letter.txt", f"They gave me this to translate.\n\n{text}\n".encode(), MAIL)


def split(mine: Issued, other: Issued, office: Office) -> Sent:
    half = max((clip.candidates[1] for clip in mine.clips), key=len)
    return Sent("part-2.txt", half.encode(), PASTE.format("i"))


def zipped_twice(mine: Issued, other: Issued, office: Office) -> Sent:
    inner = zipped({"manifest.json": manifest(mine).encode()})
    return Sent("holiday.zip", zipped({"pictures.zip": inner}), PASTE.format("j"))


def halted(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("back.xlf", _xliff(mine, office), PORTAL.format("k"))


def recalled(mine: Issued, other: Issued, office: Office) -> Sent:
    return Sent("back.xlf", _xliff(mine, office), PORTAL.format("l"))


def sound_alone(mine: Issued, other: Issued, office: Office) -> Sent:
    assert mine.audio is not None
    return Sent("voice.wav", mine.audio.read_bytes(), PASTE.format("m"))


Kind = Callable[[Issued, Issued, Office], Sent]
KINDS: Mapping[str, Kind] = {
    "audio along with a return": audio_along,
    "audio alone, elsewhere": sound_alone,
    "several packages in one": several_packages,
    "the package as it was issued": whole_package,
    "candidates beside a return": candidate_beside,
    "right shape, wrong destination": right_shape_elsewhere,
    "right destination, another account": another_account,
    "right destination, another program": another_program,
    "somebody else's package": another_ones_package,
    "edited text in a letter": edited_text,
    "one text of a package, split off": split,
    "zipped twice, renamed": zipped_twice,
    "halted programme": halted,
    "recalled package": recalled,
}


def _xliff(issued: Issued, office: Office) -> bytes:
    return xliff(issued, [office.chosen(clip) for clip in issued.clips])

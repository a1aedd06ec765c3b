"""The rule samples that are archives are sound, or locked on purpose."""

from __future__ import annotations

import subprocess
from pathlib import Path

from forensics.resources import samples_folder
from tests.decoders.opening import opened

RULES = samples_folder() / "rules"
SIGNS = (b"PK\x03\x04", b"7z\xbc\xaf")
LOCKED = {
    "EW-EVA-7Z-LOCKED-AUDIO/hit/private.7z",
    "EW-EVA-7Z-LOCKED-AUDIO/hit/voices.7z",
    "EW-EVA-7Z-LOCKED-AUDIO/miss/papers.7z",
    "EW-EVA-ARCHIVE-HIDES-NAMES/hit/hidden.7z",
    "EW-EVA-ARCHIVE-HIDES-NAMES/hit/private.7z",
    "EW-EVA-ARCHIVE-HIDES-NAMES/miss/private.7z",
    "EW-EVA-ZIP-LOCKED-AUDIO/hit/aes.zip",
    "EW-EVA-ZIP-LOCKED-AUDIO/hit/private.zip",
    "EW-EVA-ZIP-LOCKED-AUDIO/miss/private.zip",
}


def archives() -> list[Path]:
    files = sorted(path for path in RULES.rglob("*") if path.is_file())
    return [path for path in files if path.read_bytes()[:4] in SIGNS or path.suffix == ".tar"]


def is_sound(path: Path) -> bool:
    """What 7z says of every member, with a password that fits none."""
    return subprocess.run(["7z", "t", "-pnone", str(path)], capture_output=True, check=False).returncode in (0, 1)


def test_only_the_locked_archives_do_not_open() -> None:
    found = archives()
    assert len(found) > 15
    assert {path.relative_to(RULES).as_posix() for path in found if not is_sound(path)} == LOCKED


def test_the_open_7z_holds_audio_that_is_read() -> None:
    result = opened((RULES / "EW-EVA-7Z-LOCKED-AUDIO/miss/open.7z").read_bytes(), "open.7z")
    assert (result.names, result.errors) == (["a.wav"], [])
    assert result.child("a.wav")[:4] == b"RIFF"

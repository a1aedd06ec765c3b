"""How a clip was heard, as one column: JSON whose codes are hexadecimal, sixteen digits each, end to end."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from forensics.model import Sound
from forensics.store.texts import restored, stored, stored_real

MAX_ENTRIES = 1000
"""Codes and correlations kept: 80 s of a clip."""
MAX_FAMILY = 100
_DIGITS = 16
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def packed_sound(sound: Sound) -> str:
    """About 40 bytes for each code."""
    return _JSON.encode(
        {
            "false_alarm": stored_real(sound.false_alarm),
            "pitch": stored_real(sound.pitch),
            "family": [stored(item, 500) for item in sound.family[:MAX_FAMILY]],
            "clip_length_s": stored_real(sound.clip_length_s),
            "step_s": stored_real(sound.step_s),
            "issued": hexadecimal(sound.issued[:MAX_ENTRIES]),
            "heard": hexadecimal(sound.heard[:MAX_ENTRIES]),
            "evidence": [round(stored_real(value), 1) for value in sound.evidence[:MAX_ENTRIES]],
            "waves_s": stored_real(sound.waves_s),
            "wave_step_s": stored_real(sound.wave_step_s),
            "waves": [round(stored_real(value), 3) for value in sound.waves[:MAX_ENTRIES]],
        }
    )


def unpacked_sound(packed: str) -> Sound | None:
    """What `packed_sound` was given; None for what is no such thing, which custody reports."""
    try:
        values: dict[str, Any] = json.loads(packed)
        return Sound(
            family=tuple(restored(str(item)) for item in values["family"]),
            issued=_codes(values["issued"]),
            heard=_codes(values["heard"]),
            evidence=_numbers(values["evidence"]),
            waves=_numbers(values["waves"]),
            **{name: _numbers([values[name]])[0] for name in _FIGURES},
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


_FIGURES = ("false_alarm", "pitch", "clip_length_s", "step_s", "waves_s", "wave_step_s")


def hexadecimal(codes: Iterable[int]) -> str:
    """Codes as sixteen digits each."""
    return "".join(f"{code:016x}" for code in codes)


def _codes(text: str) -> tuple[int, ...]:
    return tuple(int(text[at : at + _DIGITS], 16) for at in range(0, len(text), _DIGITS))


def _numbers(values: Iterable[Any]) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("not a number")
    return numbers

"""How a clip was heard survives the store, a store from before opens, and the custody chain covers both."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from forensics.model import Sound
from forensics.store import reader
from forensics.store.sounds import packed_sound, unpacked_sound
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, match, observation, verdict

HEARD = Sound(
    false_alarm=2.5e-7,
    pitch=1.05,
    family=("C-044", "C-\udc80\u202e"),
    clip_length_s=6.0,
    issued=(0, 1, (1 << 64) - 1),
    heard=(1 << 63, 1, 2),
    evidence=(3.5, -1.0, 12.0),
    waves_s=0.5,
    waves=(0.91, -0.2),
)


def record(folder: Path, key: str, sound: Sound | None) -> None:
    found = match(sound=sound, programme="translator" if sound else "")
    with Store.open(folder, actor="tester", clock=lambda: NOW) as store, store.group() as group:
        group.record(analysis(observation(key), [found]), verdict(), grouper=latest)


def test_what_was_heard_is_read_back(tmp_path: Path) -> None:
    record(tmp_path, "k", HEARD)
    detail = reader.alert_detail(reader.open_reader(tmp_path), 1)
    assert detail is not None
    [found] = detail.matches
    assert (found.sound, found.programme) == (HEARD, "translator")


@given(st.text() | st.sampled_from(['{"family": 1}', "[]", "null", packed_sound(HEARD)[:-40] + "}"]))
def test_what_is_no_sound_is_none(text: str) -> None:
    assert unpacked_sound(text) is None

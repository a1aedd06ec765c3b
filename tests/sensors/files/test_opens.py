"""Openings as fanotify tells them, with real processes and mounts."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.sensors.files.opens import CLOSE_NOWRITE, CLOSE_WRITE, OPEN, OPEN_EXEC, Opens

ALL = OPEN | OPEN_EXEC | CLOSE_NOWRITE | CLOSE_WRITE
ENOUGH_S = 10.0


@pytest.fixture
def opens() -> Iterator[Opens]:
    try:
        opens = Opens(ALL)
    except OSError as error:
        pytest.skip(f"fanotify: {error}")
    yield opens
    opens.close()


def masks(opens: Opens, path: Path, wanted: int) -> dict[int, int]:
    """All that each process was told to have done with the file, once the wanted was told."""
    found: dict[int, int] = {}
    deadline = time.monotonic() + ENOUGH_S
    while time.monotonic() < deadline and not any(mask & wanted == wanted for mask in found.values()):
        if opens.wait(0.1):
            for event in opens.events():
                if os.readlink(f"/proc/self/fd/{event.fd}") == str(path):
                    found[event.pid] = found.get(event.pid, 0) | event.mask
    return found


def file(path: Path, size: int = 5000) -> Path:
    path.write_bytes(b"x" * size)
    return path


def test_a_reader_is_told_with_its_number(opens: Opens, tmp_path: Path) -> None:
    clip = file(tmp_path / "clip.wav")
    reader = subprocess.Popen(["cat", clip], stdout=subprocess.DEVNULL)
    reader.wait()
    assert masks(opens, clip, OPEN | CLOSE_NOWRITE)[reader.pid] == OPEN | CLOSE_NOWRITE


def test_a_writer_is_told_apart_when_it_closes(opens: Opens, tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    writer = subprocess.Popen(["cp", file(tmp_path / "clip.wav"), copy])
    writer.wait()
    assert masks(opens, copy, CLOSE_WRITE)[writer.pid] & CLOSE_NOWRITE == 0


def test_programs_are_told(opens: Opens, tmp_path: Path) -> None:
    script = tmp_path / "send"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    sender = subprocess.Popen([script])
    sender.wait()
    assert masks(opens, script, OPEN_EXEC)[sender.pid] & OPEN_EXEC


def test_a_file_over_two_gigabytes_has_its_size(opens: Opens, tmp_path: Path) -> None:
    large = tmp_path / "large.tar"
    with large.open("wb") as content:
        content.truncate(3 << 30)
    subprocess.run(["head", "-c1", large], check=True, stdout=subprocess.DEVNULL)
    assert any(mask & CLOSE_NOWRITE for mask in masks(opens, large, CLOSE_NOWRITE).values())


def test_an_ignored_file_is_heard_again_after_it_was_modified(opens: Opens, tmp_path: Path) -> None:
    ignored, heard = file(tmp_path / "ignored"), file(tmp_path / "heard")
    fd = os.open(ignored, os.O_RDONLY)
    opens.ignore(fd)
    os.close(fd)
    reader = subprocess.Popen(["cat", ignored, heard], stdout=subprocess.DEVNULL)
    told: list[str] = []
    deadline = time.monotonic() + ENOUGH_S
    while str(heard) not in told and time.monotonic() < deadline:
        opens.wait(0.1)
        told += [os.readlink(f"/proc/self/fd/{event.fd}") for event in opens.events() if event.pid == reader.pid]
    reader.wait()
    assert str(heard) in told
    assert str(ignored) not in told
    with ignored.open("ab") as content:
        content.write(b"more")
    subprocess.run(["cat", ignored], check=True, stdout=subprocess.DEVNULL)
    assert any(mask & OPEN for mask in masks(opens, ignored, OPEN | CLOSE_NOWRITE).values())


def test_a_pipe_with_a_name_holds_nobody_up(opens: Opens, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    subprocess.run(["sh", "-c", f"cat '{pipe}' & echo hello > '{pipe}'; wait"], check=True, stdout=subprocess.DEVNULL)
    clip = file(tmp_path / "clip.wav")
    subprocess.run(["cat", clip], check=True, stdout=subprocess.DEVNULL)
    assert masks(opens, clip, OPEN | CLOSE_NOWRITE)


def test_a_new_mount_is_marked(opens: Opens, tmp_path: Path) -> None:
    stick = tmp_path / "my stick"
    stick.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "stick", stick], check=True)
    try:
        opens.wait(0.1)
        clip = file(stick / "clip.wav")
        subprocess.run(["cat", clip], check=True, stdout=subprocess.DEVNULL)
        assert masks(opens, clip, OPEN | CLOSE_NOWRITE)
    finally:
        opens.close()  # events that nobody has taken hold the mount
        subprocess.run(["umount", stick], check=True)


def test_a_program_in_a_mount_namespace_of_its_own_is_seen(opens: Opens, tmp_path: Path) -> None:
    clip = file(tmp_path / "clip.wav")
    inside = tmp_path / "inside"
    inside.mkdir()
    script = f"mount --bind '{tmp_path}' '{inside}' && cat '{inside}/clip.wav' && exec sleep 60"
    program = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.DEVNULL)
    found = masks(opens, inside / clip.name, OPEN | CLOSE_NOWRITE)
    program.kill()
    program.wait()
    assert found


def test_descriptors_do_not_pile_up(opens: Opens, tmp_path: Path) -> None:
    for i in range(1000):
        last = file(tmp_path / f"{i:04}", 1)
    subprocess.run(["cat", *sorted(tmp_path.iterdir())], check=True, stdout=subprocess.DEVNULL)
    before = len(os.listdir("/proc/self/fd"))
    for _ in opens.events():
        break
    is_last = False
    deadline = time.monotonic() + ENOUGH_S
    while not is_last and time.monotonic() < deadline:
        opens.wait(0.1)
        for event in opens.events():
            is_last = is_last or os.readlink(f"/proc/self/fd/{event.fd}") == str(last)
            assert len(os.listdir("/proc/self/fd")) < before + 200
    assert is_last
    assert len(os.listdir("/proc/self/fd")) <= before
    assert opens.overflows == 0


def test_a_wait_is_ended_by_another_thread(opens: Opens) -> None:
    waiting = threading.Thread(target=lambda: [opens.wait(60.0) for _ in range(3)], daemon=True)
    waiting.start()
    deadline = time.monotonic() + ENOUGH_S
    while waiting.is_alive() and time.monotonic() < deadline:
        opens.wake()
        waiting.join(0.05)
    assert not waiting.is_alive()


def test_nothing_happens_after_the_close(opens: Opens) -> None:
    opens.close()
    opens.close()
    opens.wake()

"""`rules watch` as a process: what is saved is tested, what does not load is said, and a signal ends it at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.invoking import earwitness

WAIT_S = 180
"""After that it hangs, however busy the machine is."""


class Watched:
    """A watch that runs."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path) -> None:
        self.process = process
        self._out = out

    def text(self) -> str:
        """What it printed so far."""
        return self._out.read_text()

    def wait_for(self, words: str, *, after: int = 0, meanwhile: Callable[[], object] = lambda: None) -> int:
        """Until it printed these words beyond a place; the place behind them."""
        deadline = time.monotonic() + WAIT_S
        while (at := self.text().find(words, after)) < 0:
            assert time.monotonic() < deadline, self.text()
            assert self.process.poll() is None, self.text()
            meanwhile()
            time.sleep(0.1)
        return at + len(words)


@contextmanager
def watching(pack: Path, out: Path) -> Iterator[Watched]:
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "forensics.cli", "rules", "watch", str(pack)], stdout=file, stderr=file
        )
        try:
            yield Watched(process, out)
        finally:
            process.kill()
            process.wait(WAIT_S)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    for id in ("T-ONE", "T-TWO"):
        assert earwitness("rules", "new", id, "--pack", tmp_path / "p").returncode == 1 - (id == "T-ONE")
    return tmp_path / "p"


@pytest.mark.slow
def test_a_save_is_tested_and_a_signal_ends_it(pack: Path, tmp_path: Path) -> None:
    rule = pack / "yara" / "t-one.yar"
    sound = rule.read_text()
    with watching(pack, tmp_path / "out") as watched:
        at = watched.wait_for("2 rules, 8 cases: 8 passed, 0 failed")
        rule.write_text(sound.replace("#our-export v1", "#our-export v2"))
        at = watched.wait_for("yara/t-one.yar\n", after=at)
        at = watched.wait_for("FAIL T-ONE/hit/first.txt", after=at)
        at = watched.wait_for("1 rule, 4 cases: 2 passed, 2 failed", after=at)
        rule.write_text(sound + "rule half {\n")
        at = watched.wait_for("not tested, for not all of it loads", after=at)
        rule.write_text(sound)
        at = watched.wait_for("1 rule, 4 cases: 4 passed, 0 failed", after=at)
        (pack / "samples/T-TWO/miss/\x1b[31mred.txt").write_text("x")
        watched.wait_for("1 rule, 5 cases: 5 passed, 0 failed", after=at)
        assert "\x1b" not in watched.text()
        watched.process.send_signal(signal.SIGINT)
        assert watched.process.wait(WAIT_S) == 0
        assert "Traceback" not in watched.text()


def linting(pid: int) -> list[str]:
    """The processes that look rules over for a watch."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in children if b"\0lint\0" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_it_ends_while_rules_are_compiled_without_end(pack: Path, tmp_path: Path) -> None:
    strings = "\n".join(f'$a{number} = "string{number}x" xor wide ascii' for number in range(9000))
    (pack / "yara" / "bomb.yar").write_text(f"rule bomb {{ strings: {strings} condition: any of them }}")
    with watching(pack, tmp_path / "out") as watched:
        deadline = time.monotonic() + WAIT_S
        while not (children := linting(watched.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        (child,) = children
        watched.process.send_signal(signal.SIGTERM)
        assert watched.process.wait(WAIT_S) == 0
        assert not Path(f"/proc/{child}").exists()
        assert watched.text() == ""


def test_once_looks_over_and_tests_all_and_says_how_it_went(pack: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "forensics.cli", "rules", "watch", "--once", str(pack)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 rules, 8 cases: 8 passed, 0 failed" in done.stdout
    assert (done.returncode, done.stderr) == (1, "")
    assert "L307" in done.stdout

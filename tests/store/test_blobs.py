"""Partial files: what a killed process left goes at the next start, what another is writing stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from forensics.content import Content
from forensics.store.blobs import FOLDER, Blobs

WRITER = """
import sys, time
from pathlib import Path
from forensics.content import Content
from forensics.store.blobs import Blobs

class Slow(Content):
    def chunks(self):
        yield b"first"
        print("writing", flush=True)
        time.sleep(600)

Blobs(Path(sys.argv[1])).put(Slow(data=b"first", size=5, sha256="ab" * 32))
"""


def partials(store: Path) -> list[Path]:
    return list((store / FOLDER).glob(".partial-*"))


def test_what_another_process_is_writing_stays_until_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        assert Blobs(tmp_path).sweep() == 0
        assert len(partials(tmp_path)) == 1
        writer.kill()
    assert Blobs(tmp_path).sweep() == 1
    assert not partials(tmp_path)


def test_what_is_kept_is_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    content = Content.of(os.urandom(3 << 20))
    blobs.put(content)
    assert blobs.get(content.sha256).bytes() == content.bytes()
    assert blobs.sweep() == 0
    assert not partials(tmp_path)

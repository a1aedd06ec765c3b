import os
from pathlib import Path

import pytest

from forensics.errors import InputError
from forensics.registration.sources import File, files_of, lines_of


def test_a_folder_is_walked_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/2.wav", "b/1.wav", "a.wav", ".hidden.wav", ".git/x.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe.wav")
    found = [each.below for each in files_of(tmp_path) if isinstance(each, File)]
    assert found == [("a.wav",), ("b", "1.wav"), ("b", "2.wav")]
    with pytest.raises(InputError, match="no such"):
        list(files_of(tmp_path / "none"))


def test_lines_are_read_whatever_stands_in_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/near.wav").write_bytes(b"x")
    (tmp_path / "far.wav").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    text = b"\xef\xbb\xbfC-1\tnear.wav\r\n\n C-2 \tfar.wav\nno tab\n\tx.wav\nC-3\t\nC-4\t/none.wav\nC-\xff\tnear.wav"
    (tmp_path / "lists/clips.tsv").write_bytes(text)
    lines = list(lines_of(Path("lists/clips.tsv")))
    assert [(line.number, line.clip, bool(line.problem)) for line in lines] == [
        (1, "C-1", False), (3, "C-2", False), (4, "no tab", True), (5, "", True), (6, "C-3", True), (7, "C-4", False),
        (8, "C-�", False),
    ]  # fmt: skip
    assert [line.path.resolve() for line in lines[:2]] == [tmp_path / "lists/near.wav", tmp_path / "far.wav"]
    assert lines[5].path == Path("/none.wav")
    with pytest.raises(InputError):
        list(lines_of(tmp_path))

"""The database of sealed waveforms: apart from the register, bound to it by digests, and never in its way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forensics.database import open_writer
from forensics.errors import ConfigError, Malformed, StoreError
from forensics.register import references, waveform
from forensics.register.references import FILE, References, ReferenceWriter, Sealed, forget, is_begun
from forensics.register.sealing import PrivateKey, make_key_pair, seal

ONE, OTHER = "a" * 64, "b" * 64
SPEECH = (np.sin(np.arange(8000) / 9) * 5000).astype(np.int16)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "responder.key"
    make_key_pair(path)
    return path


def keep(folder: Path, key_file: Path, *digests: str, clock: float = 1000.0) -> None:
    public = PrivateKey.read(key_file).public
    with ReferenceWriter.open(folder, public, clock=lambda: clock) as writer:
        writer.keep(Sealed(sha256=each, data=seal(waveform.pack(SPEECH), public, each)) for each in digests)


def change(folder: Path, statement: str, *values: object) -> None:
    connection = open_writer(folder / FILE)
    assert connection.execute(statement, values).rowcount == 1
    connection.close()


def test_what_is_kept_is_read_back_and_counted(tmp_path: Path, key_file: Path) -> None:
    assert References.open(tmp_path, key_file).waveform(ONE) is None
    keep(tmp_path, key_file, ONE)
    opened: list[str] = []
    book = References.open(tmp_path, key_file, opened.append)
    samples = book.waveform(ONE)
    assert samples is not None
    assert np.abs(samples - SPEECH).max() < 200
    assert book.waveform(OTHER) is None
    assert opened == [ONE]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_another_key_is_refused_on_both_sides(tmp_path: Path, key_file: Path) -> None:
    keep(tmp_path, key_file, ONE)
    make_key_pair(tmp_path / "other")
    with pytest.raises(ConfigError, match="sealed for"):
        References.open(tmp_path, tmp_path / "other")
    with pytest.raises(ConfigError, match="sealed for"):
        ReferenceWriter.open(tmp_path, PrivateKey.read(tmp_path / "other").public)
    with pytest.raises(ConfigError, match="public key"):
        ReferenceWriter.open(tmp_path / "fresh")


def test_changed_cut_or_swapped_waveforms_are_malformed(tmp_path: Path, key_file: Path) -> None:
    keep(tmp_path, key_file, ONE, OTHER)
    opened: list[str] = []
    book = References.open(tmp_path, key_file, opened.append)
    for broken in (b"", b"short", bytes(5000)):
        change(tmp_path, "UPDATE waveforms SET sealed = ? WHERE sha256 = ?", broken, ONE)
        with pytest.raises(Malformed):
            book.waveform(ONE)
    change(tmp_path, "UPDATE waveforms SET sealed = (SELECT sealed FROM waveforms WHERE sha256 = ?) WHERE sha256 = ?",
           OTHER, ONE)  # fmt: skip
    with pytest.raises(Malformed):
        book.waveform(ONE)
    assert book.waveform(OTHER) is not None
    assert opened == [OTHER]


def test_orphans_are_swept_when_old_or_ones_own(tmp_path: Path, key_file: Path) -> None:
    keep(tmp_path, key_file, "1" * 64, ONE, clock=0.0)
    keep(tmp_path, key_file, "2" * 64, "3" * 64, clock=references.STALE_S)
    with ReferenceWriter.open(tmp_path, clock=lambda: references.STALE_S + 1) as writer:
        assert writer.sweep(lambda sha256: sha256 == ONE, own=["3" * 64]) == 2
        assert [writer.holds(each) for each in ("1" * 64, "2" * 64, "3" * 64, ONE)] == [False, True, False, True]


def test_what_is_forgotten_leaves_no_bytes(tmp_path: Path, key_file: Path) -> None:
    forget(tmp_path, [ONE])
    assert not is_begun(tmp_path)
    keep(tmp_path, key_file, ONE)
    connection = open_writer(tmp_path / FILE)
    sealed = bytes(connection.execute("SELECT sealed FROM waveforms").fetchone()[0])
    forget(tmp_path, [ONE])
    connection.close()
    assert is_begun(tmp_path)
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert sealed[200:300] not in data


def test_a_database_of_something_else_is_left_alone(tmp_path: Path, key_file: Path) -> None:
    (tmp_path / FILE).write_bytes(b"something else entirely")
    for act in (
        lambda: References.open(tmp_path, key_file),
        lambda: is_begun(tmp_path),
        lambda: forget(tmp_path, [ONE]),
    ):
        with pytest.raises(StoreError, match=FILE):
            act()
    (tmp_path / FILE).write_bytes(b"")
    assert not is_begun(tmp_path)
    forget(tmp_path, [ONE])
    assert References.open(tmp_path, key_file).waveform(ONE) is None

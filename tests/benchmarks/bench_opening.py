"""What becomes of odd, locked and hostile files: `python -m tests.benchmarks.bench_opening`; README.md says how.

Every file must end in something found or a stated outcome, no worker may take more than LIMIT_MB, and nothing may be
written by a name that an archive gives.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import opening_bombs, opening_mutations
from tests.benchmarks.opening_judging import HEAD, Verdict, row, scanned

LIMIT_MB = 512
PARTS = ("bombs", "damaged", "corpus")


def main() -> int:
    asked = _options()
    failures = 0
    print(HEAD, flush=True)
    for name, write in _parts(asked).items():
        with tempfile.TemporaryDirectory(prefix="earwitness-opening-") as place:
            write(Path(place) / "files")
            verdict = scanned(Path(place) / "files", Path(place), passwords=("wrong", opening_mutations.WORD))
            print(row(name, verdict), flush=True)
            failures += _failures(verdict, Path(place))
    return int(failures > 0)


def _parts(asked: argparse.Namespace) -> dict[str, Callable[[Path], None]]:
    parts: dict[str, Callable[[Path], None]] = {}
    if "bombs" in asked.parts:
        parts["bombs"] = _write_bombs
    if "damaged" in asked.parts:
        parts["damaged"] = lambda folder: opening_mutations.write(folder, asked.damaged)
    for corpus in asked.corpus if "corpus" in asked.parts else ():
        parts[corpus.name[:15]] = lambda folder, corpus=corpus: opening_mutations.unpack_corpus(corpus, folder)  # type: ignore[misc]
    return parts


def _write_bombs(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, data in opening_bombs.bombs():
        (folder / name).write_bytes(data)


def _failures(verdict: Verdict, place: Path) -> int:
    """Say what is wrong, and how much."""
    escaped = opening_bombs.escaped((Path("/tmp"), Path("/dev/shm"), Path.home(), place / "here", place, Path("/")))
    for title, names in (("not told of", verdict.missing), ("archives silently clean", verdict.silent)):
        if names:
            print(f"  {title}: {', '.join(names[:20])}")
    for path in escaped:
        print(f"  written by name: {path}")
        shutil.rmtree(path, ignore_errors=True)
    is_large = verdict.peak_mb > LIMIT_MB
    if is_large:
        print(f"  a worker took more than {LIMIT_MB} MB")
    return len(verdict.missing) + len(verdict.silent) + len(escaped) + is_large + verdict.died + verdict.killed


def _options() -> argparse.Namespace:
    names = lambda text: [each for each in text.split(",") if each in PARTS]  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=names, default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--damaged", type=int, default=1000, help="damaged files of all formats")
    parser.add_argument(
        "--corpus", type=Path, action="append", default=[], help="odd files: a folder or a source package"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())

"""How near unrelated files and edited copies are: `python -m tests.benchmarks.fuzzy_pairs [FOLDER]...`."""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from forensics.errors import Malformed
from forensics.fingerprints.fuzzy import Fuzzy, fuzzy
from forensics.rulebook.fuzzy_rules import DISTANCE, MOST_DISTANCE

PIECE = 40
SHARES = (0.01, 0.05, 0.1, 0.2)


def edited(data: bytes, share: float, rng: random.Random) -> bytes:
    """A copy with that share of its bytes inserted, removed or replaced, in pieces of forty."""
    made = bytearray(data)
    for _ in range(max(1, round(len(data) * share / PIECE))):
        at, way = rng.randrange(len(made)), rng.randrange(3)
        piece = bytes(rng.choice(data) for _ in range(PIECE))
        made[at : at + (PIECE if way else 0)] = piece if way < 2 else b""
    return bytes(made)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("/usr/share"), Path("/usr/lib/python3")])
    parser.add_argument("--files", type=int, default=2500)
    parser.add_argument("--pairs", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    paths = sorted(_files(asked.folders))
    rng.shuffle(paths)
    began = time.process_time()
    contents = [path.read_bytes() for path in paths[: asked.files]]
    known = [(data, digest) for data in contents if (digest := _digest(data)) is not None]
    rate = sum(map(len, contents)) / 1e6 / (time.process_time() - began)
    print(f"{len(contents)} files, {len(contents) - len(known)} too uniform; {rate:.0f} MB a CPU second")
    far = [one.distance(other) for (_, one), (_, other) in (rng.sample(known, 2) for _ in range(asked.pairs))]
    for most in (DISTANCE, 60, MOST_DISTANCE):
        print(f"unrelated pairs at {most:>3} or nearer: {sum(each <= most for each in far):>5} of {asked.pairs}")
    for share in SHARES:
        near = [_copy(data, digest, share, rng) for data, digest in rng.sample(known, min(300, len(known)))]
        print(f"{share:>4.0%} edited: {sum(each <= DISTANCE for each in near):>4} of {len(near)} within {DISTANCE}")
    return 0


def _copy(data: bytes, digest: Fuzzy, share: float, rng: random.Random) -> int:
    copy = _digest(edited(data, share, rng))
    return 999 if copy is None else copy.distance(digest)


def _digest(data: bytes) -> Fuzzy | None:
    try:
        return fuzzy(data)
    except Malformed:
        return None


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            for path in (Path(place) / name for name in names):
                if path.is_file() and not path.is_symlink() and 1000 < path.stat().st_size < 400_000:
                    yield path


if __name__ == "__main__":
    raise SystemExit(main())

"""What chain, tree, heads and both verifiers cost: `OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.store_proofs`.

CPU seconds, and how many times what SHA-256 alone takes for the three hashes that every entry needs (its digest, its
leaf, a node of the tree): nothing in Python can be faster than once that.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from forensics.custody import bundle, chain, notes, tree
from tests.custody.bundled import LOG_KEY, TIME, write_whole
from tests.custody.made import AGENT

EVERY = 1000
"""Entries between two heads."""
BODY = '["O1",' + ",".join(f'"field {number} of it"' for number in range(36)) + "]"
_TELLING = """
import resource, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(end.code, used.ru_utime + used.ru_stime, int(peak) / 1024)
"""


def main() -> None:
    """Make a log of so many entries and print a line for each thing that is done with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    count = parser.parse_args().entries
    floor, _ = timed(lambda: hashes_alone(count))
    print(f"{count} entries of {len(BODY)} bytes, a head every {EVERY}\n{'':<52}{'CPU s':>8}{'x SHA-256 alone':>17}")

    def tell(what: str, spent: float) -> None:
        print(f"{what:<52}{spent:>8.2f}{spent / floor:>17.1f}")

    tell("SHA-256 alone, three hashes an entry", floor)
    spent, (digests, heads) = timed(lambda: written(count))
    tell("chain, grow the tree and sign heads", spent)
    spent, holding = timed(lambda: [notes.check_head(note, [LOG_KEY.verifier])[0] for note in heads])
    tell(f"check the signatures of {len(heads)} heads", spent)
    walk = chain.Walk(AGENT, 1, heads=[(head.size, head.root) for head in holding])
    spent, broken = timed(lambda: list(walk.breaks(entries(digests))))
    tell("walk over the log, its digests and its heads", spent)
    dice = random.Random(1)
    seqs = sorted(dice.sample(range(1, count - count % EVERY), min(5000, count // 2)))
    sizes = [head.size for head in holding]
    spent, proofs = timed(lambda: bundle.prove_part(AGENT, 1, digests, seqs=seqs, sizes=sizes))
    tell(f"{len(proofs[0])} inclusion and {len(proofs[1])} consistency proofs", spent)
    with tempfile.TemporaryDirectory() as folder:
        spent, _ = timed(lambda: write_whole(Path(folder), list(entries(digests)), heads))
        tell("write all of it as a bundle", spent)
        code, alone, peak = told_by_verifier(Path(folder))
    tell(f"verify.py over the bundle (peak {peak:.0f} MB)", alone)
    if broken or walk.covered != sizes[-1] or code:
        raise SystemExit("the log does not hold")


def hashes_alone(count: int) -> None:
    """The three hashes of every entry and nothing else."""
    entry = bytes(tree.HASH_BYTES) + chain.canonical(AGENT, 1, count, "ab12", BODY)
    leaf, node = entry[:33], entry[:65]
    for _ in range(count):
        sha256(entry).digest()
        sha256(leaf).digest()
        sha256(node).digest()


def written(count: int) -> tuple[list[bytes], list[notes.Note]]:
    """What a store does for each entry, its database aside: the digests, and the signed heads."""
    frontier, previous, digests, heads = tree.Frontier(), chain.BEFORE_FIRST, [], []
    for seq in range(1, count + 1):
        previous = chain.digest_after(previous, chain.canonical(AGENT, 1, seq, "ab12", BODY))
        frontier.append(chain.leaf_of(previous))
        digests.append(previous)
        if seq % EVERY == 0:
            head = notes.Head.at(AGENT, 1, size=seq, root=frontier.root(), time=TIME + seq)
            heads.append(notes.sign(head, LOG_KEY))
    return digests, heads


def entries(digests: list[bytes]) -> Iterator[chain.Entry]:
    """The entries, as a store reads them one by one."""
    for seq, digest in enumerate(digests, 1):
        yield AGENT, 1, seq, "ab12", BODY, digest


def told_by_verifier(folder: Path) -> tuple[int, float, float]:
    """Exit status, CPU seconds and peak memory in MB of the stand-alone verifier in a process of its own."""
    call = [sys.executable, "-I", "-S", "-c", _TELLING, str(folder / bundle.VERIFIER)]
    said = subprocess.run(call, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    code, spent, peak = said.split()
    return int(code), float(spent), float(peak)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The CPU seconds that work takes, and what it gives."""
    start = time.process_time()
    done = work()
    return time.process_time() - start, done


if __name__ == "__main__":
    main()

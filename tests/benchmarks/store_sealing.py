"""What keeping content sealed costs: MB a second of processor time, of whole processes from their start to their end.

python -m tests.benchmarks.store_sealing [--mib 1024] [--folder DIR]

`keep` is what the store does with content: check the digest, seal, write, sync. `seal` is the envelope alone. `open` is
two shares joined, then every segment. It takes as much of the disk for a while.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

OBJECT_MIB = 64
MIB = 1 << 20


def main() -> None:
    """Print a line for each operation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--folder", type=Path, help="Where the store is made; the default is the temporary folder.")
    parser.add_argument("--work", choices=WORK, help=argparse.SUPPRESS)
    settings = parser.parse_args()
    if settings.work:
        WORK[settings.work](settings.folder, settings.mib // OBJECT_MIB)
        return
    print(f"{'operation':<10} {'MiB':>6} {'CPU s':>7} {'MB/CPU s':>9}")
    for name, rate, seconds in measured(settings.mib, settings.folder):
        print(f"{name:<10} {settings.mib:>6} {seconds:>7.2f} {rate:>9.0f}")


def measured(mib: int, base: Path | None = None) -> list[tuple[str, float, float]]:
    """Of each operation its name, MB per CPU second and CPU seconds."""
    found = []
    with tempfile.TemporaryDirectory(dir=base) as folder:
        _prepare(Path(folder))
        for name in WORK:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            call = [sys.executable, "-m", "tests.benchmarks.store_sealing"]
            subprocess.run([*call, "--work", name, "--folder", folder, "--mib", str(mib)], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found.append((name, mib // OBJECT_MIB * OBJECT_MIB * MIB / 1e6 / seconds, seconds))
    return found


def _prepare(folder: Path) -> None:
    from forensics.content import Content
    from forensics.sealing.custodian import new_key
    from forensics.store.blobs import Blobs

    blobs = Blobs(folder)
    for name in ("anna", "boris", "chloe"):
        key = new_key(name, os.urandom)
        (folder / name).write_bytes(key.text("", os.urandom))
        blobs.custodians.add(key.public)
    data = os.urandom(OBJECT_MIB * MIB)
    (folder / "object").write_bytes(data)
    content = Content.of(data)
    (folder / "digest").write_text(content.sha256)
    (folder / "path").write_text(blobs.put(content))
    os.rename(folder / "sealed", folder / "opened")


def _keep(folder: Path, count: int) -> None:
    from forensics.content import Content
    from forensics.store.blobs import Blobs

    blobs, digest = Blobs(folder), (folder / "digest").read_text()
    for number in range(count):
        content = Content.at(folder / "object")
        content.adopt_sha256(digest)
        os.rename(folder / blobs.put(content), folder / str(number))


def _seal(folder: Path, count: int) -> None:
    from forensics.content import Content
    from forensics.sealing.envelope import new_header, sealed
    from forensics.store.custodians import Custodians

    people = Custodians(folder).all()
    for _ in range(count):
        key = os.urandom(32)
        header = new_header("0" * 64, "0" * 64, people, key, os.urandom)
        for _ in sealed(Content.at(folder / "object").chunks(), header=header, key=key):
            pass


def _open(folder: Path, count: int) -> None:
    from forensics.sealing.custodian import CustodianKey
    from forensics.sealing.envelope import opened, read_header
    from forensics.sealing.shares import joined

    keys = [CustodianKey.parse((folder / name).read_bytes(), str) for name in ("anna", "chloe")]
    path = folder / "opened" / Path((folder / "path").read_text()).relative_to("sealed")
    digest = (folder / "digest").read_text()
    for _ in range(count):
        with path.open("rb") as file:
            header = read_header(file)
            numbers = [header.number_of(key.public) for key in keys]
            parts = {
                n: key.unseal(header.shares[n - 1], header.purpose(n, digest))
                for n, key in zip(numbers, keys, strict=True)
            }
            for _ in opened(file, header=header, key=joined(parts)):
                pass


WORK: dict[str, Callable[[Path, int], None]] = {"keep": _keep, "seal": _seal, "open": _open}

if __name__ == "__main__":
    main()

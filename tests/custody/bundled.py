"""Bundles made for the tests of custody, and the question whether they hold."""

from __future__ import annotations

import contextlib
import hashlib
import io
from pathlib import Path

from forensics.custody import bundle, chain, notes, verify
from forensics.custody.keys import Use, signing_key
from tests.custody.made import AGENT, root

SECRET = bytes(range(32))
LOG_KEY = signing_key(SECRET, notes.origin_of(AGENT, 1))
WITNESS_KEY = signing_key(b"w" * 32, "witness.example/w1", use=Use.COSIGNATURE)
TIME = 1_790_000_000


def signed_heads(entries: list[chain.Entry], *sizes: int) -> list[notes.Note]:
    """Heads of the log, each a minute after the one before; the last one is witnessed."""
    found = [
        notes.sign(notes.Head.at(AGENT, 1, size=size, root=root(entries[:size]), time=TIME + 60 * place), LOG_KEY)
        for place, size in enumerate(sizes)
    ]
    return [*found[:-1], notes.cosign(found[-1], WITNESS_KEY, time=TIME + 3600)]


def write_whole(folder: Path, entries: list[chain.Entry], heads: list[notes.Note]) -> None:
    """A bundle of a whole log."""
    with opened(folder, bundle.LOG) as out:
        bundle.write_log(out, entries)
    with opened(folder, bundle.PROOFS) as out:
        bundle.write_proofs(out)
    finish(folder, heads)


def write_part(folder: Path, entries: list[chain.Entry], seqs: list[int], heads: list[notes.Note]) -> None:
    """A bundle of some entries of a log, with what proves them."""
    sizes = [notes.Head.parse(note.text).size for note in heads]
    inclusion, consistency = bundle.prove_part(AGENT, 1, (entry[5] for entry in entries), seqs=seqs, sizes=sizes)
    with opened(folder, bundle.LOG) as out:
        bundle.write_log(out, (entries[seq - 1] for seq in seqs))
    with opened(folder, bundle.PROOFS) as out:
        bundle.write_proofs(out, inclusion=inclusion, consistency=consistency)
    finish(folder, heads)


def finish(folder: Path, heads: list[notes.Note]) -> None:
    """Write what every bundle has, and seal it."""
    with opened(folder, bundle.HEADS) as out:
        bundle.write_heads(out, heads)
    with opened(folder, bundle.KEYS) as out:
        bundle.write_keys(out, [LOG_KEY.verifier, WITNESS_KEY.verifier])
    (folder / bundle.DECLARATION).write_bytes(bundle.DECLARATION_TEXT)
    (folder / bundle.VERIFIER).write_bytes(bundle.verifier())
    (folder / "README.md").write_bytes(bundle.explanation())
    manifest = list_files(folder)
    (folder / bundle.SEAL).write_text(str(bundle.seal(manifest, LOG_KEY, time=TIME + 7200)), encoding="utf-8")


def list_files(folder: Path) -> bytes:
    """Write the manifest over what is there, as anybody can; the bytes of it."""
    files = sorted(path for path in (folder / "data").rglob("*") if path.is_file())
    with (folder / bundle.MANIFEST).open("wb") as out:
        bundle.write_manifest(
            out,
            ((path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files),
        )
    return (folder / bundle.MANIFEST).read_bytes()


def opened(folder: Path, name: str) -> io.BufferedWriter:
    """A file of the bundle to write."""
    path = folder / bundle.FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


def findings(folder: Path, *, keys: Path | None = None, heads: Path | None = None) -> list[str]:
    """What the stand-alone verifier says does not hold, or was erased, or cannot be read."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        report = verify.Report()
        try:
            verify.check(str(folder), str(keys) if keys else None, str(heads) if heads else None, report)
        except (OSError, verify.Wrong, UnicodeDecodeError) as error:
            return [f"CANNOT BE READ  {error}"]
    return [line for line in said.getvalue().splitlines() if line.startswith(("BROKEN", "ERASED"))]

"""Writes what `verify.py` reads: the custody part of an exported bundle. The formats are in README.md beside this.

Nothing here touches files: entries, heads and keys go in, bytes come out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from itertools import pairwise
from typing import IO, Final

from forensics.custody import chain, proofs
from forensics.custody.chain import Entry
from forensics.custody.keys import SigningKey, VerifierKey
from forensics.custody.notes import Note, signed

FOLDER: Final = "data/custody"
LOG, HEADS, PROOFS, KEYS = "log.jsonl", "heads.txt", "proofs.json", "keys.txt"
"""Files in that folder."""
MANIFEST, SEAL, VERIFIER, DECLARATION = "manifest-sha256.txt", "seal.txt", "verify.py", "bagit.txt"
"""Files of the bundle's top folder."""
DECLARATION_TEXT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """That an entry is counted by the head of that size: the digest of the entry before it, and the path."""

    agent: str
    epoch: int
    seq: int
    previous: bytes
    size: int
    path: proofs.Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """That the head of size `second` continues that of size `first`."""

    agent: str
    epoch: int
    first: int
    second: int
    path: proofs.Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a bundle holds of one or more logs: entries, and by what others can hold them against their logs.

    The entries of each log stand in the order of their numbers. Without proofs of inclusion for a log it is there as a
    whole.
    """

    entries: Sequence[Entry]
    heads: Sequence[Note]
    keys: Sequence[VerifierKey]
    inclusion: Sequence[Inclusion] = ()
    consistency: Sequence[Consistency] = ()


def prove_part(
    agent: str, epoch: int, digests: Iterable[bytes], *, seqs: Iterable[int], sizes: Iterable[int]
) -> tuple[list[Inclusion], list[Consistency]]:
    """The proofs of a log that is exported in part, in one pass over the digests of the whole of it.

    `seqs` are the entries that are exported, `sizes` those of the heads. Each entry is proven to the earliest head
    that counts it. Raises ValueError for an entry that no head counts: sign a head first.
    """
    heads = sorted({size for size in sizes if size})
    covered = {seq: next((size for size in heads if size >= seq), None) for seq in seqs}
    asked = {seq: (seq - 1, size) for seq, size in covered.items() if size is not None}
    if len(asked) != len(covered):
        raise ValueError("no head counts every entry that is to be proven")
    before = {0: chain.BEFORE_FIRST}
    pairs = list(pairwise(heads))

    def leaves() -> Iterable[bytes]:
        for seq, digest in enumerate(digests, 1):
            if seq + 1 in asked:
                before[seq] = digest
            yield chain.leaf_of(digest)

    made = proofs.prove(leaves(), inclusion=asked.values(), consistency=pairs)
    inclusion = [
        Inclusion(
            agent=agent, epoch=epoch, seq=seq, previous=before[seq - 1], size=place[1], path=made.inclusion[place]
        )
        for seq, place in sorted(asked.items())
    ]
    return inclusion, [
        Consistency(agent=agent, epoch=epoch, first=first, second=second, path=made.consistency[first, second])
        for first, second in pairs
    ]


def write(part: Part, opened: Callable[[str], AbstractContextManager[IO[bytes]]]) -> None:
    """Write the custody part of a bundle; `opened` gives a new file for a path from the bundle's top folder."""
    with opened(f"{FOLDER}/{LOG}") as out:
        write_log(out, part.entries)
    with opened(f"{FOLDER}/{HEADS}") as out:
        write_heads(out, part.heads)
    with opened(f"{FOLDER}/{PROOFS}") as out:
        write_proofs(out, inclusion=part.inclusion, consistency=part.consistency)
    with opened(f"{FOLDER}/{KEYS}") as out:
        write_keys(out, part.keys)


def write_log(out: IO[bytes], entries: Iterable[Entry]) -> None:
    """Write `log.jsonl`: the entries of each log in the order of their numbers."""
    for agent, epoch, seq, key, body, digest in entries:
        fields = {"agent": agent, "epoch": epoch, "seq": seq, "key": key, "body": body, "digest": digest.hex()}
        out.write(_JSON.encode(fields).encode() + b"\n")


def write_heads(out: IO[bytes], heads: Iterable[Note]) -> None:
    """Write `heads.txt`: one signed head after another, an empty line between."""
    out.write("\n".join(map(str, heads)).encode())


def write_proofs(
    out: IO[bytes], *, inclusion: Iterable[Inclusion] = (), consistency: Iterable[Consistency] = ()
) -> None:
    """Write `proofs.json`. A log with any proof of inclusion is there in part, one without as a whole."""
    out.write(b'{"inclusion":[')
    _write_items(
        out,
        (
            {"agent": one.agent, "epoch": one.epoch, "seq": one.seq, "previous": one.previous.hex(), "size": one.size}
            | {"path": _hexadecimal(one.path)}
            for one in inclusion
        ),
    )
    out.write(b'],"consistency":[')
    _write_items(
        out,
        (
            {"agent": one.agent, "epoch": one.epoch, "first": one.first, "second": one.second}
            | {"path": _hexadecimal(one.path)}
            for one in consistency
        ),
    )
    out.write(b"]}\n")


def write_keys(out: IO[bytes], keys: Iterable[VerifierKey]) -> None:
    """Write `keys.txt`: one verifier key a line, of logs and of witnesses."""
    out.write("".join(f"{key}\n" for key in keys).encode())


def write_manifest(out: IO[bytes], files: Iterable[tuple[str, str]]) -> None:
    """Write the manifest (RFC 8493): (path from the top folder with `/` between, SHA-256 in hexadecimal)."""
    for path, digest in files:
        spelled = path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
        out.write(f"{digest}  {spelled}\n".encode())


def seal(manifest: bytes, key: SigningKey, *, time: int) -> Note:
    """The note that says with which manifest a log's key exported the bundle, at `time` (seconds since 1970, UTC)."""
    return signed(f"{key.name}\nmanifest-sha256.txt {sha256(manifest).hexdigest()}\ntime {time}\n", key)


def verifier() -> bytes:
    """The stand-alone verifier that goes into every bundle."""
    return resources.files("forensics.custody").joinpath("verify.py").read_bytes()


def explanation() -> bytes:
    """What the files hold and what each check proves, for whoever receives a bundle."""
    return resources.files("forensics.custody").joinpath("README.md").read_bytes()


def _write_items(out: IO[bytes], items: Iterable[dict[str, object]]) -> None:
    separator = b"\n"
    for item in items:
        out.write(separator + _JSON.encode(item).encode())
        separator = b",\n"


def _hexadecimal(path: Sequence[bytes]) -> list[str]:
    return [step.hex() for step in path]

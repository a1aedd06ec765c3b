"""The custody part of a bundle: the entries of a case as they are chained, with proofs that signed heads count them."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from forensics.custody import bundle, notes, stamps
from forensics.custody.chain import Entry
from forensics.custody.keys import VerifierKey
from forensics.database import Connection
from forensics.errors import Malformed
from forensics.reports.casefile import CaseFile
from forensics.store import extract, signed, witnesses


@dataclass(slots=True, kw_only=True)
class Proofs:
    """What goes into `data/custody`. `uncounted` are entries that no head counts yet: they are named, not proven."""

    entries: list[Entry] = field(default_factory=list)
    heads: list[notes.Note] = field(default_factory=list)
    inclusion: list[bundle.Inclusion] = field(default_factory=list)
    consistency: list[bundle.Consistency] = field(default_factory=list)
    keys: list[VerifierKey] = field(default_factory=list)
    uncounted: list[str] = field(default_factory=list)
    stamped: list[tuple[notes.Note, bytes]] = field(default_factory=list)
    """Heads that an authority stamped, each with its answer."""

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The files by their path in the bundle."""
        log, heads, proofs, keys = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
        bundle.write_log(log, self.entries)
        bundle.write_heads(heads, self.heads)
        bundle.write_proofs(proofs, inclusion=self.inclusion, consistency=self.consistency)
        bundle.write_keys(keys, self.keys)
        names = (bundle.LOG, bundle.HEADS, bundle.PROOFS, bundle.KEYS)
        for name, made in zip(names, (log, heads, proofs, keys), strict=True):
            yield f"{bundle.FOLDER}/{name}", made.getvalue()
        for number, (note, answer) in enumerate(self.stamped, 1):
            yield f"{bundle.FOLDER}/stamps/{number}.note", stamps.stamped(note)
            yield f"{bundle.FOLDER}/stamps/{number}.tsr", answer


def prove(connection: Connection, case: CaseFile) -> Proofs:
    """Take the entries of a case out of every log of the store, and prove each to a head that its log signed."""
    made = Proofs(keys=list(signed.all_keys(connection)))
    ids = {*(act.id for act in case.acts), *(gap.id for gap in case.gaps), *(flow.id for flow in case.unread)}
    ids.update(finding.seen.id for finding in case.findings)
    for log in extract.logs(connection):
        _prove_log(connection, log, ids, made)
    return made


def _prove_log(connection: Connection, log: extract.Life, ids: set[int], made: Proofs) -> None:
    entries = extract.entries(connection, log, ids)
    heads = {size: note for size, note in _heads(connection, log, made.keys) if size}
    most = max(heads, default=0)
    counted = [entry for entry in entries if entry[2] <= most]
    made.uncounted += [f"{log.agent}:{log.epoch}:{entry[2]}" for entry in entries if entry[2] > most]
    if not counted:
        return
    needed = {min(size for size in heads if size >= entry[2]) for entry in counted} | {most}
    answers = _stamps(connection, log, heads.keys(), [entry[2] for entry in counted])
    needed |= {size for size, _ in answers}
    made.stamped += [(heads[size], answer) for size, answer in answers]
    inclusion, consistency = bundle.prove_part(
        log.agent,
        log.epoch,
        extract.digests(connection, log),
        seqs=[entry[2] for entry in counted],
        sizes=needed,
    )
    made.entries += counted
    made.inclusion += inclusion
    made.consistency += consistency
    made.heads += [heads[size] for size in sorted(needed)]


def _stamps(
    connection: Connection, log: extract.Life, heads: Collection[int], seqs: Collection[int]
) -> list[tuple[int, bytes]]:
    """The stamps of heads that were the first stamped to count one of these entries: it was there by then."""
    found = [(each.size, each.answer) for each in witnesses.stamps(connection) if each.log == log.id]
    sizes = sorted({size for size, _ in found if size in heads})
    first = {next((size for size in sizes if size >= seq), 0) for seq in seqs}
    return [(size, answer) for size, answer in found if size in first]


def _heads(connection: Connection, log: extract.Life, keys: list[VerifierKey]) -> Iterator[tuple[int, notes.Note]]:
    """The heads of a log that hold; `earwitness verify` tells of those that do not."""
    for size, text in extract.notes(connection, log):
        try:
            note = notes.Note.parse(text.encode("utf-8", "surrogatepass"))
            head, _ = notes.check_head(note, keys)
        except Malformed:
            continue
        if head.log == (log.agent, log.epoch) and head.size == size:
            yield size, note

"""The proof of single entries of the log, as a small sealed bundle that its own verify.py checks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from forensics.errors import InputError, StoreError
from forensics.reports.bag import TAG_MANIFEST, own_key, seal
from forensics.reports.draft import Draft
from forensics.reports.exporting import Done, Task
from forensics.reports.proofs import Proofs
from forensics.store import reader
from forensics.store.proven import proven


def export_proof(task: Task, ids: Sequence[int], place: Path) -> Done:
    """Write what proves that these entries (by their ids) stood in their logs when heads were signed.

    Of each entry there is its inclusion in the first head that counts it, and that every later head in the bundle, up
    to the newest, continues that one. That it is asked for is noted first, so that there is such a head. Raises
    InputError for an entry that there is not, StoreError.
    """
    names = ", ".join(map(str, ids))
    subject = f"entry {names}" if len(ids) == 1 else f"entries {names}"
    with Draft(place) as draft:
        with closing(reader.open_reader(task.store)) as connection:
            known = {row.id for id in ids for row in reader.log_page(connection, before=id + 1, limit=1)}
        if missing := sorted(set(ids) - known):
            raise InputError(f"{', '.join(map(str, missing))}: the log has no such entry")
        task.note("read", subject, "proof")
        with closing(reader.open_reader(task.store)) as connection:
            part = proven(connection, ids)
            key = own_key(connection, task.store)
        if not part.entries:
            raise StoreError("there is nothing to prove")
        proofs = Proofs(
            entries=list(part.entries),
            heads=list(part.heads),
            inclusion=list(part.inclusion),
            consistency=list(part.consistency),
            keys=list({str(each): each for each in (*part.keys, key.verifier)}.values()),
        )
        for path, data in proofs.files():
            draft.add(path, [data])
        digest = seal(draft, subject, key, task.clock())
        task.note("export", subject, f"proof, {TAG_MANIFEST} sha256 {digest}")
        draft.finish()
        return Done(place=str(place), files=len(draft.digests), digest=digest)

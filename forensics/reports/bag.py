"""The evidence bundle: a BagIt bag (RFC 8493) that is checked without us.

Its format is in `forensics/custody/README.md`.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from forensics.custody import bundle, keys, notes
from forensics.database import Connection
from forensics.errors import StoreError
from forensics.reports.casefile import CaseFile
from forensics.reports.draft import Draft
from forensics.reports.exporting import Done, Gather, Task
from forensics.reports.first_hour import first_hour
from forensics.reports.forms import FORMS
from forensics.reports.page import page
from forensics.reports.product import NAME, json_text, product_version
from forensics.reports.proofs import Proofs, prove
from forensics.reports.records import record
from forensics.store import extract, reader

FORMS_IN = ("case", "dfxml", "csv", "timesketch", "jsonl")
"""Forms that every bundle has, under `data/`."""
TAG_MANIFEST, INFO = "tagmanifest-sha256.txt", "bag-info.txt"


def export_bundle(task: Task, gather: Gather, place: Path) -> Done:
    """Write a case file as a sealed bundle; its tag manifest's digest stands in the chain of custody.

    That the evidence is read for it is noted first, so that a signed head counts everything that is exported.
    """
    with Draft(place) as draft:
        with closing(reader.open_reader(task.store)) as connection:
            subject = gather(connection).subject
        task.note("read", subject, "export bundle")
        with closing(reader.open_reader(task.store)) as connection:
            case = gather(connection)
            proofs = prove(connection, case)
            key = own_key(connection, task.store)
        now = task.clock()
        _payload(draft, case, proofs, now)
        digest = seal(draft, case.subject, key, now)
        task.note("export", case.subject, f"bundle, {TAG_MANIFEST} sha256 {digest}")
        draft.finish()
        return Done(place=str(place), files=len(draft.digests), digest=digest)


def _payload(draft: Draft, case: CaseFile, proofs: Proofs, now: float) -> None:
    """What the bundle is about, under `data/`."""
    hour = first_hour(case)
    unproven = {"not_yet_counted_by_a_head": proofs.uncounted}
    draft.add("data/incident.json", [f"{json_text({**record(hour), 'proofs': unproven})}\n"])
    draft.add("data/report.html", [page(case, hour, now=now)])
    for form in FORMS_IN:
        for name, texts in FORMS[form].files(case):
            draft.add(f"data/{'csv/' if form == 'csv' else ''}{name}", texts)
    for path, data in proofs.files():
        draft.add(path, [data])


def seal(draft: Draft, subject: str, key: keys.SigningKey, now: float) -> str:
    """The tag files, the seal last but for the list of them all; returns that list's digest."""
    payload, octets = dict(draft.digests), draft.size
    manifest = BytesIO()
    bundle.write_manifest(manifest, payload.items())
    note = bundle.seal(manifest.getvalue(), key, time=int(now))
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    facts = (
        f"Bag-Software-Agent: {NAME} {product_version()}\nBagging-Date: {day}\n"
        f"Payload-Oxum: {octets}.{len(payload)}\nExternal-Identifier: {json_text(subject)[1:-1]}\n"
    )
    draft.add(bundle.DECLARATION, [bundle.DECLARATION_TEXT])
    draft.add(INFO, [facts])
    draft.add(bundle.MANIFEST, [manifest.getvalue()])
    draft.add(bundle.SEAL, [str(note)])
    draft.add(bundle.VERIFIER, [bundle.verifier()])
    draft.add("README.md", [bundle.explanation()])
    tags = BytesIO()
    bundle.write_manifest(tags, [each for each in draft.digests.items() if each[0] not in payload])
    draft.add(TAG_MANIFEST, [tags.getvalue()])
    return sha256(tags.getvalue()).hexdigest()


def own_key(connection: Connection, store: Path) -> keys.SigningKey:
    """The key of the store's own log. Raises StoreError."""
    own = next((log for log in extract.logs(connection) if log.is_own), None)
    if own is None:
        raise StoreError(f"{store}: has no log of its own")
    return keys.load_key(store, notes.origin_of(own.agent, own.epoch))
